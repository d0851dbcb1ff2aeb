from django.apps import AppConfig

from governance.audit.registration import register


class RegistryConfig(AppConfig):
    name = "governance.registry"
    label = "registry"

    def ready(self) -> None:
        register(self.get_model("ModelVersion"))
        for name in ("Slot", "SlotAssignment", "ModelTag", "VersionTag"):
            register(self.get_model(name))
        for name in ("Artifact", "EvaluationResult", "StageChange"):
            register(self.get_model(name), history=True)
