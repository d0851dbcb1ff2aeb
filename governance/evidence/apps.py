from django.apps import AppConfig
from django.core.checks import register as register_check

from governance.audit.registration import register
from governance.core.observing import OBSERVERS
from governance.evidence.checks import check_seal, seal_key_in_use
from governance.evidence.firm import check_requirements

SEAL_COLUMNS = (
    "seal",
    "seal_holder",
    "seal_is_self_made",
    "timestamped_at",
    "timestamp_missing",
)
"""Packs from before there were seals are without them."""

EXAMINING = (
    "ExaminationView",
    "InformationRequest",
    "InformationRequestAssignment",
    "InformationRequestAttachment",
    "InformationRequestEnd",
    "InformationRequestMessage",
)
"""What examiners opened and asked for: rows are only added."""
FILED = ("EvidenceWithdrawal", "FiledEvidence", "Inapplicability", "InapplicabilityEnd")
"""What people filed and stated: rows are only added."""


class EvidenceConfig(AppConfig):
    name = "governance.evidence"
    label = "evidence"

    def ready(self) -> None:
        register(self.get_model("Pack"), history=True, later=SEAL_COLUMNS)
        register(self.get_model("EvidenceFile"), history=True, exclude=("data",))
        for name in ("CoverageSnapshot", "Population", "Sample", *EXAMINING, *FILED):
            register(self.get_model(name), history=True)
        register_check(check_requirements)
        register_check(check_seal)
        OBSERVERS.append(seal_key_in_use)
