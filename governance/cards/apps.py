from django.apps import AppConfig
from django.core import checks

from governance.audit.registration import register
from governance.cards.firm import check_sections


class CardsConfig(AppConfig):
    name = "governance.cards"
    label = "cards"

    def ready(self) -> None:
        register(self.get_model("CardDraft"), later=("parts", "edits"))
        # The digest says what the bytes are.
        register(self.get_model("CardAttachment"), history=True, exclude=("data",))
        register(self.get_model("CardComment"), mutable=("settled_by_id", "settled_at"))
        for name in ("CardEditor", "CardRevision", "CardWithdrawal"):
            register(self.get_model(name), history=True)
        checks.register(check_sections)
