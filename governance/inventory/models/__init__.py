"""The tables of the inventory."""

from governance.inventory.models.assessments import ClassAssessment, TierAssessment
from governance.inventory.models.records import Builder, FormerName, Model, ModelQuerySet
from governance.inventory.models.revisions import RecordRevision

__all__ = [
    "Builder",
    "ClassAssessment",
    "FormerName",
    "Model",
    "ModelQuerySet",
    "RecordRevision",
    "TierAssessment",
]
