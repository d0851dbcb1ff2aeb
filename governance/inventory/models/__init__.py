"""The tables of the inventory."""

from governance.inventory.models.assessments import (
    Assessment,
    ClassAssessment,
    Determination,
    TierAssessment,
    TierOverride,
    TierOverrideApproval,
)
from governance.inventory.models.questionnaires import AnswerDraft, QuestionnaireVersion
from governance.inventory.models.records import Builder, FormerName, Model, ModelQuerySet

__all__ = [
    "AnswerDraft",
    "Assessment",
    "Builder",
    "ClassAssessment",
    "Determination",
    "FormerName",
    "Model",
    "ModelQuerySet",
    "QuestionnaireVersion",
    "TierAssessment",
    "TierOverride",
    "TierOverrideApproval",
]
