"""What a model's record must say; in `frameworks`, as data, which rules then apply to it."""

from governance.inventory.rules.records import (
    MAX_NAME,
    MOST_JURISDICTIONS,
    REQUIRED,
    AiActClass,
    Capacity,
    InventoryIncomplete,
    Kind,
    ModelNotFound,
    NotTheOwner,
    RecordChanged,
    Tier,
    class_problems,
    jurisdiction_problems,
    name_problems,
    name_taken,
    tracking_problems,
)
from governance.inventory.rules.scopes import FrameworkNotFound, ScopeCause

__all__ = [
    "MAX_NAME",
    "MOST_JURISDICTIONS",
    "REQUIRED",
    "AiActClass",
    "Capacity",
    "FrameworkNotFound",
    "InventoryIncomplete",
    "Kind",
    "ModelNotFound",
    "NotTheOwner",
    "RecordChanged",
    "ScopeCause",
    "Tier",
    "class_problems",
    "jurisdiction_problems",
    "name_problems",
    "name_taken",
    "tracking_problems",
]
