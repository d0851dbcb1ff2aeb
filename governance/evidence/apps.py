from django.apps import AppConfig
from django.core import checks

from governance.audit.registration import register
from governance.evidence.firm import check_requirements


class EvidenceConfig(AppConfig):
    name = "governance.evidence"
    label = "evidence"

    def ready(self) -> None:
        register(self.get_model("EvidenceFile"), history=True, exclude=("data",))
        for name in (
            "Pack",
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
