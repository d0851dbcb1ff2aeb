from django.apps import AppConfig

from governance.audit.registration import register


class ValidationConfig(AppConfig):
    name = "governance.validation"
    label = "validation"

    def ready(self) -> None:
        register(self.get_model("Validation"))
        register(self.get_model("Report"), history=True)
        register(self.get_model("Finding"))
