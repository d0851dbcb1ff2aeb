from django.apps import AppConfig

from governance.audit.registration import register

EXAMINING = (
    "ExaminationView",
    "InformationRequest",
    "InformationRequestAssignment",
    "InformationRequestAttachment",
    "InformationRequestEnd",
    "InformationRequestMessage",
)
"""What examiners opened and asked for: rows are only added."""


class EvidenceConfig(AppConfig):
    name = "governance.evidence"
    label = "evidence"

    def ready(self) -> None:
        register(self.get_model("Pack"), history=True)
        for name in EXAMINING:
            register(self.get_model(name), history=True)
