from django.apps import AppConfig

from governance.audit.registration import register


class ApprovalsConfig(AppConfig):
    name = "governance.approvals"
    label = "approvals"

    def ready(self) -> None:
        register(self.get_model("PolicyVersion"))
        register(self.get_model("PromotionRequest"))
        for name in ("PolicySignOff", "DossierCopy", "SignOff"):
            register(self.get_model(name), history=True)
