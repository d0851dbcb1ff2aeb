"""Model cards in and out: every format that the portal reads and writes.

A new format is one file with an instance of `CardFormat`, and one line in `FORMATS`.
"""

from __future__ import annotations

from governance.cards.formats import frame
from governance.cards.formats.countersign import COUNTERSIGN
from governance.cards.formats.cyclonedx import CYCLONEDX
from governance.cards.formats.guards import document_of
from governance.cards.formats.huggingface import HUGGINGFACE
from governance.cards.formats.markdown import MARKDOWN
from governance.cards.formats.mct import MCT
from governance.cards.formats.protocol import (
    CardFormat,
    Document,
    Loss,
    Notice,
    Reading,
    Rule,
    Writing,
)
from governance.cards.formats.sagemaker import SAGEMAKER
from governance.cards.formats.spdx import SPDX
from governance.cards.rules.model_card import ModelCard
from governance.core.errors import invalid

FORMATS: dict[str, CardFormat] = {
    one.name: one
    for one in (
        COUNTERSIGN,
        CYCLONEDX,
        HUGGINGFACE,
        MARKDOWN,
        MCT,
        SAGEMAKER,
        SPDX,
    )
}


def guess(data: bytes, filename: str = "") -> str:
    """Return the name of the format that the file is most likely of.

    Raises InvalidInput where it is of none that can be read, or no text at all.
    """
    return _guess(document_of(data, filename))


def _guess(document: Document) -> str:
    certainty = {name: one.certainty(document) for name, one in FORMATS.items()}
    best = max(certainty, key=lambda name: certainty[name])
    if not certainty[best]:
        known = ", ".join(one.title for one in FORMATS.values())
        raise invalid("file", "format", f"It is of no format that can be read: {known}.")
    return best


def read_card(data: bytes, *, filename: str = "", name: str = "") -> Reading:
    """Return the card that a file holds, with a warning for each thing that is odd in it.

    The format is guessed unless given. Raises InvalidInput with the reason: never half a card.
    """
    document = document_of(data, filename)
    return frame.read(_named(name or _guess(document)), document)


def write_card(card: ModelCard, name: str, *, carry: bool = True, at: str = "") -> Writing:
    """Return the card as a file of the format, with a line for each field that it cannot hold.

    A card that was read from a file of that format comes back as that file, with only the
    differences changed. What has no field is put into the extension field of the format, if it has
    one and `carry` is not false, so that our own import finds it again. `at` is when the card was
    written (`2026-03-02T12:00:00Z`), for formats that ask for a time where the card says none.
    """
    return frame.write(_named(name), card, FORMATS, carry=carry, at=at)


def _named(name: str) -> CardFormat:
    if name not in FORMATS:
        raise invalid("format", "format", f"There is no format {name!r}: {', '.join(FORMATS)}.")
    return FORMATS[name]


__all__ = [
    "FORMATS",
    "CardFormat",
    "Document",
    "Loss",
    "Notice",
    "Reading",
    "Rule",
    "Writing",
    "guess",
    "read_card",
    "write_card",
]
