"""What a card says. `first` is the form that revisions have today; `model_card` the next one."""

from governance.cards.rules.first import (
    BY_KEY,
    FORMAT,
    MAX_SECTION,
    NO_ANSWER,
    SECTIONS,
    Card,
    CardNotFound,
    CardUnchanged,
    DraftChanged,
    MeasuredValue,
    Section,
    gap_problems,
    is_answer,
    read_card,
    section_problems,
)

__all__ = [
    "BY_KEY",
    "FORMAT",
    "MAX_SECTION",
    "NO_ANSWER",
    "SECTIONS",
    "Card",
    "CardNotFound",
    "CardUnchanged",
    "DraftChanged",
    "MeasuredValue",
    "Section",
    "gap_problems",
    "is_answer",
    "read_card",
    "section_problems",
]
