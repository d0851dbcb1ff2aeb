from django.apps import AppConfig
from django.core import checks

from governance.audit.registration import register
from governance.core.observing import OBSERVERS
from governance.evidence.checks import check_seal, seal_key_in_use
from governance.evidence.firm import check_requirements


class EvidenceConfig(AppConfig):
    name = "governance.evidence"
    label = "evidence"

    def ready(self) -> None:
        register(self.get_model("EvidenceFile"), history=True, exclude=("data",))
        register(self.get_model("Pack"), history=True, later=("seal_is_self_made",))
        for name in (
            "PackModel",
            "PackDownload",
            "FiledEvidence",
            "EvidenceWithdrawal",
            "Inapplicability",
            "InapplicabilityEnd",
            "CoverageSnapshot",
            "Population",
            "Sample",
        ):
            register(self.get_model(name), history=True)
        checks.register(check_requirements)
        checks.register(check_seal)
        OBSERVERS.append(seal_key_in_use)
