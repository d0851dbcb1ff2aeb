"""The tables of the inventory."""

from governance.inventory.models.assessments import (
    AnswerEvidence,
    Assessment,
    ClassAssessment,
    Determination,
    TierAssessment,
    TierOverride,
    TierOverrideApproval,
)
from governance.inventory.models.attestations import (
    Attestation,
    AttestationItem,
    Campaign,
    CampaignEnd,
)
from governance.inventory.models.custom_fields import (
    CustomField,
    CustomFieldQuerySet,
    CustomValue,
)
from governance.inventory.models.dependencies import (
    Dependency,
    DependencyQuerySet,
)
from governance.inventory.models.examinations import (
    Examination,
    ExaminationEnd,
    ExaminationExtension,
    ExaminedModel,
    Examiner,
)
from governance.inventory.models.model_changes import (
    ChangeDecision,
    ModelChange,
    ModelChangeQuerySet,
)
from governance.inventory.models.questionnaires import (
    AnswerDraft,
    QuestionnaireVersion,
)
from governance.inventory.models.records import (
    Builder,
    FormerName,
    Model,
    ModelQuerySet,
)
from governance.inventory.models.retirements import (
    Retirement,
    RetirementEnd,
    RetirementQuerySet,
)
from governance.inventory.models.reviews import (
    Review,
)
from governance.inventory.models.revisions import (
    RecordRevision,
)
from governance.inventory.models.scopes import (
    RuleScope,
)
from governance.inventory.models.views import (
    SavedView,
)
from governance.inventory.models.waivers import (
    Waiver,
    WaiverDecision,
    WaiverEnd,
)

__all__ = [
    "AnswerDraft",
    "AnswerEvidence",
    "Assessment",
    "Attestation",
    "AttestationItem",
    "Builder",
    "Campaign",
    "CampaignEnd",
    "ChangeDecision",
    "ClassAssessment",
    "CustomField",
    "CustomFieldQuerySet",
    "CustomValue",
    "Dependency",
    "DependencyQuerySet",
    "Determination",
    "Examination",
    "ExaminationEnd",
    "ExaminationExtension",
    "ExaminedModel",
    "Examiner",
    "FormerName",
    "Model",
    "ModelChange",
    "ModelChangeQuerySet",
    "ModelQuerySet",
    "QuestionnaireVersion",
    "RecordRevision",
    "Retirement",
    "RetirementEnd",
    "RetirementQuerySet",
    "Review",
    "RuleScope",
    "SavedView",
    "TierAssessment",
    "TierOverride",
    "TierOverrideApproval",
    "Waiver",
    "WaiverDecision",
    "WaiverEnd",
]
