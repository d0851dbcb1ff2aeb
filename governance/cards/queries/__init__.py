"""Reads of model cards."""

from governance.cards.queries.drafts import Draft, draft_of, expected_of, measured_metrics
from governance.cards.queries.revisions import (
    card_editors,
    card_revisions,
    editors_in,
    last_card_of,
    published_card,
    published_cards,
)

__all__ = [
    "Draft",
    "card_editors",
    "card_revisions",
    "draft_of",
    "editors_in",
    "expected_of",
    "last_card_of",
    "measured_metrics",
    "published_card",
    "published_cards",
]
