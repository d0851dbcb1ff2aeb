from django.apps import AppConfig

from governance.audit.registration import register


class RegistryConfig(AppConfig):
    name = "governance.registry"
    label = "registry"

    def ready(self) -> None:
        # What was registered stays as it was; the database itself refuses anything else.
        register(self.get_model("ModelVersion"), mutable=("stage", "description", "updated_at"))
        register(self.get_model("SlotAssignment"), mutable=("ended_at",))
        for name in ("Slot", "ModelTag", "VersionTag"):
            register(self.get_model(name))
        for name in ("Artifact", "EvaluationResult", "StageChange"):
            register(self.get_model(name), history=True)
