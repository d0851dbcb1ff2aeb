"""What can be done to the inventory."""

from governance.inventory.actions.records import (
    ModelRecord,
    create_model,
    describe_model,
    edit_model,
)
from governance.inventory.actions.scopes import recompute_scope

__all__ = ["ModelRecord", "create_model", "describe_model", "edit_model", "recompute_scope"]
