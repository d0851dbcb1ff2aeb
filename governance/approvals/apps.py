from django.apps import AppConfig

from governance.approvals.refusals import forbid_what_no_rule_allowed
from governance.audit.registration import register

HISTORY = (
    "Condition",
    "ConditionFinding",
    "DossierCopy",
    "Lapse",
    "Override",
    "OverrideSignOff",
    "PolicySignOff",
    "SignOff",
    "Tick",
)


class ApprovalsConfig(AppConfig):
    name = "governance.approvals"
    label = "approvals"

    def ready(self) -> None:
        register(self.get_model("PolicyVersion"), mutable=("state", "in_force_at", "ended_at"))
        register(
            self.get_model("PromotionRequest"),
            mutable=(
                "state",
                "closed_at",
                "closed_by",
                "closed_reason_id",
                "decided_digest",
                "stands_until",
            ),
        )
        for name in HISTORY:
            register(self.get_model(name), history=True)
        forbid_what_no_rule_allowed(self)
