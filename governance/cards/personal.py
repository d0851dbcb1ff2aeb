"""Where cards hold what people said of them, and what they typed and did not save."""

from __future__ import annotations

from governance.audit.personal import register_notes, register_texts
from governance.cards.models import CardComment, CardWithdrawal, UnsavedText

register_texts(CardComment, about="version__model")
register_texts(CardWithdrawal, about="revision__version__model")
register_notes(UnsavedText, person="user")
