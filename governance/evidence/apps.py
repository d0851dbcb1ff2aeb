from django.apps import AppConfig

from governance.audit.registration import register


class EvidenceConfig(AppConfig):
    name = "governance.evidence"
    label = "evidence"

    def ready(self) -> None:
        register(self.get_model("Pack"), history=True)
