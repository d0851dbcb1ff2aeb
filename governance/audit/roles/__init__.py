"""Two roles on PostgreSQL: what the portal's own may do, and whether that is all it can."""

from governance.audit.roles.faults import faults, roles
from governance.audit.roles.granting import grant, grant_after_migrate, rights

__all__ = ["faults", "grant", "grant_after_migrate", "rights", "roles"]
