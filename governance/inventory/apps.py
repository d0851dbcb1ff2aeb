from django.apps import AppConfig

from governance.audit.registration import register
from governance.inventory.refusals import forbid_what_breaks_the_register


class InventoryConfig(AppConfig):
    name = "governance.inventory"
    label = "inventory"

    def ready(self) -> None:
        register(
            self.get_model("Model"),
            extra=lambda model: {"developers": model.developer_keys},
        )
        register(self.get_model("TierAssessment"), history=True)
        register(self.get_model("ClassAssessment"), history=True)
        register(self.get_model("Builder"), history=True)
        register(self.get_model("FormerName"), history=True)
        register(self.get_model("Dependency"), mutable=("ended_at", "ended_by"))
        register(self.get_model("CustomField"))
        register(self.get_model("CustomValue"), mutable=("value",))
        register(self.get_model("Retirement"), history=True)
        register(self.get_model("RetirementEnd"), history=True)
        forbid_what_breaks_the_register(self)
