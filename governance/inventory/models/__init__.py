"""The tables of the inventory."""

from governance.inventory.models.assessments import ClassAssessment, TierAssessment
from governance.inventory.models.records import Builder, FormerName, Model, ModelQuerySet
from governance.inventory.models.revisions import RecordRevision
from governance.inventory.models.views import SavedView

__all__ = [
    "Builder",
    "ClassAssessment",
    "FormerName",
    "Model",
    "ModelQuerySet",
    "RecordRevision",
    "SavedView",
    "TierAssessment",
]
