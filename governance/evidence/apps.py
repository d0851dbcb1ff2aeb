from django.apps import AppConfig

from governance.audit.registration import register


class EvidenceConfig(AppConfig):
    name = "governance.evidence"
    label = "evidence"

    def ready(self) -> None:
        for name in ("Pack", "Population", "Sample"):
            register(self.get_model(name), history=True)
