"""Policies, promotion requests, the dossiers that were signed, and the signatures."""

from governance.approvals.models.overrides import Override, OverrideSignOff
from governance.approvals.models.policies import PolicySignOff, PolicyVersion
from governance.approvals.models.requests import (
    DossierCopy,
    EvidenceOpening,
    Lapse,
    PromotionRequest,
    PromotionRequestQuerySet,
    Tick,
)
from governance.approvals.models.sign_offs import Condition, ConditionFinding, SignOff

__all__ = [
    "Condition",
    "ConditionFinding",
    "DossierCopy",
    "EvidenceOpening",
    "Lapse",
    "Override",
    "OverrideSignOff",
    "PolicySignOff",
    "PolicyVersion",
    "PromotionRequest",
    "PromotionRequestQuerySet",
    "SignOff",
    "Tick",
]
