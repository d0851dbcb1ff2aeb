"""What is done to model cards: drafts, revisions, comments. Entries hold digests, never words."""

from governance.cards.actions.comments import comment_on_section, settle_comment
from governance.cards.actions.drafts import save_draft, write_draft
from governance.cards.actions.importing import Imported, import_card, read_upload
from governance.cards.actions.publishing import publish_card, withdraw_card
from governance.cards.actions.unsaved import forget_unsaved, keep_unsaved

__all__ = [
    "Imported",
    "comment_on_section",
    "forget_unsaved",
    "import_card",
    "keep_unsaved",
    "publish_card",
    "read_upload",
    "save_draft",
    "settle_comment",
    "withdraw_card",
    "write_draft",
]
