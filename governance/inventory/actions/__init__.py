"""What can be done to the inventory."""

from governance.inventory.actions.records import (
    ModelRecord,
    create_model,
    describe_model,
    edit_model,
)

__all__ = ["ModelRecord", "create_model", "describe_model", "edit_model"]
