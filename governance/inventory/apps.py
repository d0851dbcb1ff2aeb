from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured

from governance.accounts.rules import Role
from governance.audit.registration import register
from governance.inventory.firm import check_frameworks
from governance.inventory.refusals import forbid_what_breaks_the_register
from governance.inventory.refusals_of_changes import forbid_changing_the_live
from governance.inventory.refusals_of_examinations import forbid_examining_ones_own
from governance.inventory.refusals_of_upkeep import forbid_judging_ones_own

HISTORY = (
    "AnswerEvidence",
    "Assessment",
    "ChangeDecision",
    "ClassAssessment",
    "Determination",
    "ModelChange",
    "QuestionnaireVersion",
    "RuleScope",
    "TierAssessment",
    "TierOverride",
    "TierOverrideApproval",
)

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

EXAMINED = (
    "Examination",
    "ExaminationExtension",
    "ExaminationEnd",
    "Examiner",
    "ExaminedModel",
)
"""Examinations: the same."""


class InventoryConfig(AppConfig):
    name = "governance.inventory"
    label = "inventory"

    def ready(self) -> None:
        register(
            self.get_model("Model"),
            # Told by other rows or columns: by who serves, by the newest determination, by words.
            exclude=("live_since", "is_tool", "search_text"),
            extra=lambda model: {"developers": model.developer_keys},
        )
        for name in HISTORY + UPKEEP + EXAMINED:
            register(self.get_model(name), history=True)
        register(self.get_model("RecordRevision"), history=True, carried="is_carried")
        register(self.get_model("Builder"), history=True)
        register(self.get_model("FormerName"), history=True)
        register(self.get_model("Dependency"), mutable=("ended_at", "ended_by"))
        register(self.get_model("CustomField"))
        register(self.get_model("CustomValue"), mutable=("value",))
        register(self.get_model("Retirement"), history=True)
        register(self.get_model("RetirementEnd"), history=True)
        forbid_what_breaks_the_register(self)
        forbid_judging_ones_own(self)
        forbid_changing_the_live(self)
        forbid_examining_ones_own(self)
        check_approvers(settings.TIER_APPROVERS)
        checks.register(check_frameworks)


def check_approvers(approvers: dict[str, tuple[str, ...]]) -> None:
    """Raise ImproperlyConfigured unless each approver's name stands for roles that there are."""
    for name, roles in approvers.items():
        wrong = [role for role in roles if role not in Role.values]
        if wrong or not name:
            raise ImproperlyConfigured(
                f"TIER_APPROVERS: {wrong[0] if wrong else name!r} is no role. Write "
                f"name=ROLE|ROLE with roles of: {', '.join(Role.values)}."
            )
