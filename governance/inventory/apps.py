from django.apps import AppConfig

from governance.audit.registration import register
from governance.inventory.refusals_of_upkeep import forbid_judging_ones_own

UPKEEP = (
    "Review",
    "Campaign",
    "CampaignEnd",
    "AttestationItem",
    "Attestation",
    "Waiver",
    "WaiverDecision",
    "WaiverEnd",
)
"""Reviews, attestations and waivers: rows are only added."""


class InventoryConfig(AppConfig):
    name = "governance.inventory"
    label = "inventory"

    def ready(self) -> None:
        register(
            self.get_model("Model"),
            extra=lambda model: {"developers": model.developer_keys},
        )
        register(self.get_model("TierAssessment"), history=True)
        register(self.get_model("ClassAssessment"), history=True)
        register(self.get_model("Builder"), history=True)
        register(self.get_model("FormerName"), history=True)
        for name in UPKEEP:
            register(self.get_model(name), history=True)
        forbid_judging_ones_own(self)
