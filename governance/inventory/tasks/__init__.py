"""What runs later, and what falls due by itself."""

from governance.inventory.tasks import campaigns, imports, tier_overrides

__all__ = ["campaigns", "imports", "tier_overrides"]
