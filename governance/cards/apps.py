from django.apps import AppConfig

from governance.audit.registration import register


class CardsConfig(AppConfig):
    name = "governance.cards"
    label = "cards"

    def ready(self) -> None:
        register(self.get_model("CardDraft"))
        register(self.get_model("CardEditor"), history=True)
        register(self.get_model("CardRevision"), history=True)
