from django.apps import AppConfig

from governance.audit.registration import register
from governance.registry.refusals import (
    forbid_that_the_live_are_not_marked,
    forbid_that_the_retired_serve,
    forbid_what_breaks_the_stage_machine,
)

HISTORY = (
    "Artifact",
    "ArtifactCheck",
    "BundlePart",
    "DataSnapshot",
    "EvaluationResult",
    "LineageEvent",
    "LineageEventKey",
    "LineageFact",
    "LineageMatch",
    "StageChange",
    "VersionInput",
    "VersionParent",
)


class RegistryConfig(AppConfig):
    name = "governance.registry"
    label = "registry"

    def ready(self) -> None:
        # What was registered stays as it was; the database itself refuses anything else.
        register(
            self.get_model("ModelVersion"),
            mutable=("stage", "description", "label", "updated_at", "removed_at"),
        )
        register(self.get_model("SlotAssignment"), mutable=("ended_at",))
        register(self.get_model("Deprecation"), mutable=("ended_at",))
        register(self.get_model("VersionComment"), mutable=("body_id", "edited_at", "removed_at"))
        # When an instance last said the same is a note about it, and no act of anybody.
        register(
            self.get_model("DeploymentReport"),
            exclude=("last_seen_at",),
            mutable=("last_seen_at",),
        )
        register(self.get_model("Slot"))
        for name in ("Alias", "ModelTag", "VersionTag"):
            register(self.get_model(name), removable=True)
        # The sealed secret is no fact of a webhook's record: sealing it anew changes nothing.
        register(self.get_model("Webhook"), exclude=("sealed_secret",))
        for name in HISTORY:
            register(self.get_model(name), history=True)
        forbid_what_breaks_the_stage_machine(self)
        forbid_that_the_retired_serve(self)
        forbid_that_the_live_are_not_marked(self)
