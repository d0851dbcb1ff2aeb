"""What can be done to the inventory."""

from governance.inventory.actions.custom_fields import change_field, define_field
from governance.inventory.actions.dependencies import add_feeder, end_feeder
from governance.inventory.actions.records import (
    ModelRecord,
    create_model,
    describe_model,
    edit_model,
)
from governance.inventory.actions.retirements import return_from_retirement

__all__ = [
    "ModelRecord",
    "add_feeder",
    "change_field",
    "create_model",
    "define_field",
    "describe_model",
    "edit_model",
    "end_feeder",
    "return_from_retirement",
]
