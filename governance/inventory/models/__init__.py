"""The tables of the inventory."""

from governance.inventory.models.assessments import ClassAssessment, TierAssessment
from governance.inventory.models.records import Builder, FormerName, Model, ModelQuerySet
from governance.inventory.models.scopes import RuleScope

__all__ = [
    "Builder",
    "ClassAssessment",
    "FormerName",
    "Model",
    "ModelQuerySet",
    "RuleScope",
    "TierAssessment",
]
