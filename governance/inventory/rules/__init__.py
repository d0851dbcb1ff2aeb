"""What a model's record must say; in `questionnaires`, what is asked about it as data."""

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

__all__ = [
    "MAX_NAME",
    "MOST_JURISDICTIONS",
    "REQUIRED",
    "AiActClass",
    "Capacity",
    "InventoryIncomplete",
    "Kind",
    "ModelNotFound",
    "NotTheOwner",
    "RecordChanged",
    "Tier",
    "class_problems",
    "jurisdiction_problems",
    "name_problems",
    "name_taken",
    "tracking_problems",
]
