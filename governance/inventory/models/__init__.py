"""The tables of the inventory."""

from governance.inventory.models.assessments import ClassAssessment, TierAssessment
from governance.inventory.models.attestations import (
    Attestation,
    AttestationItem,
    Campaign,
    CampaignEnd,
)
from governance.inventory.models.records import Builder, FormerName, Model, ModelQuerySet
from governance.inventory.models.reviews import Review
from governance.inventory.models.waivers import Waiver, WaiverDecision, WaiverEnd

__all__ = [
    "Attestation",
    "AttestationItem",
    "Builder",
    "Campaign",
    "CampaignEnd",
    "ClassAssessment",
    "FormerName",
    "Model",
    "ModelQuerySet",
    "Review",
    "TierAssessment",
    "Waiver",
    "WaiverDecision",
    "WaiverEnd",
]
