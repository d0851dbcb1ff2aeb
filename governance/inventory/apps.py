from django.apps import AppConfig
from django.core import checks

from governance.audit.registration import register
from governance.inventory.firm import check_frameworks


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
        register(self.get_model("RuleScope"), history=True)
        checks.register(check_frameworks)
