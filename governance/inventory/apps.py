from django.apps import AppConfig

from governance.audit.registration import register


class InventoryConfig(AppConfig):
    name = "governance.inventory"
    label = "inventory"

    def ready(self) -> None:
        register(
            self.get_model("Model"),
            extra=lambda model: {
                "developers": sorted(
                    str(pk) for pk in model.developers.values_list("pk", flat=True)
                )
            },
        )
        register(self.get_model("TierAssessment"), history=True)
        register(self.get_model("Builder"), history=True)
        register(self.get_model("FormerName"), history=True)
