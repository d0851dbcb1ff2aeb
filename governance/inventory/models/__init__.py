"""The tables of the inventory."""

from governance.inventory.models.assessments import ClassAssessment, TierAssessment
from governance.inventory.models.records import Builder, FormerName, Model, ModelQuerySet

__all__ = [
    "Builder",
    "ClassAssessment",
    "FormerName",
    "Model",
    "ModelQuerySet",
    "TierAssessment",
]
