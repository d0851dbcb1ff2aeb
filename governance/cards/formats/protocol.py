"""What one format of model cards is, and what comes of reading and writing a card in it.

A format says how a document is parsed and how a card is rendered; `frame` does the rest alike for
all: guards, origins, what is carried along, and the account of what was lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from governance.cards.rules.model_card import Kept, ModelCard, Source

PAYLOAD = "countersign.carried/1"
"""The `format` of what stands in an extension field."""


class Rule(StrEnum):
    """What became of a field that the target has no place for.

    Carried: it stands in an extension field of the file, where our own import finds it again and
    other tools ignore it. Turned into text: a reader of the file finds its words, a program not.
    """

    CARRIED = "carried"
    TEXT = "turned into text"
    SHORTENED = "shortened"
    DROPPED = "dropped"


@dataclass(frozen=True, kw_only=True)
class Loss:
    """One field that the target format cannot hold as what it is."""

    path: str
    says: str
    rule: Rule
    why: str


@dataclass(frozen=True, kw_only=True)
class Notice:
    """Something odd in a file that was read all the same: where, and what was made of it."""

    field: str
    message: str
    line: int | None = None

    def words(self) -> str:
        return f"line {self.line}, {self.field}: " if self.line else f"{self.field}: "


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why a format cannot hold the fields of the card that begin with `path`.

    `rule` is TEXT or SHORTENED where that is what the format makes of them.
    """

    path: str
    why: str
    rule: Rule = Rule.DROPPED


@dataclass(frozen=True, kw_only=True)
class Document:
    """A file that passed the guards: UTF-8 without NUL. `text` is without BOM, with its own line
    ends; `digest` is the SHA-256 of `data`.
    """

    data: bytes
    text: str
    digest: str
    filename: str = ""
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Parsed:
    """What a format found in a document.

    `card` has neither sources nor what was carried; `carried` is the payload of the extension
    field, if there was one, and `unchanged` tells whether the file is still as it was written.
    """

    card: ModelCard
    notices: tuple[Notice, ...] = ()
    carried: Mapping[str, Any] | None = None
    unchanged: bool = True
    media_type: str = ""


@dataclass(frozen=True, kw_only=True)
class Origin:
    """The document that a card was once read from, and what it said then."""

    format: str
    document: Document
    parsed: Parsed


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A card as read. `origin` names the file; `card.sources` names it too."""

    card: ModelCard
    format: str
    origin: Source
    warnings: tuple[Notice, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Writing:
    """A card as written. `kept` counts the fields of the card that the file holds as such."""

    data: bytes
    format: str
    kept: int
    losses: tuple[Loss, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What a format renders. `carried` goes into its extension field, where it has one.

    `at` is when the card was written, as `2026-03-02T12:00:00Z`, or empty where nobody knows.
    """

    card: ModelCard
    origin: Origin | None = None
    carried: Mapping[str, Any] | None = field(default=None)
    at: str = ""


class CardFormat(Protocol):
    """One format: a file of this package with an instance, and its line in `FORMATS`.

    `name` is its key, `title` what people call it, `suffix` the ending of its files.

    `carries`: it has an extension field, where `render` puts `draft.carried` and `parse` finds it.
    `keeps_source`: the file stays with the card, so that an export to the format starts from it.
    `starts_from`: the formats whose documents `render` can change in place; its own first.
    `reasons`: why it cannot hold some fields of the card, for the report of losses.
    """

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def suffix(self) -> str: ...
    @property
    def carries(self) -> bool: ...
    @property
    def keeps_source(self) -> bool: ...
    @property
    def starts_from(self) -> tuple[str, ...]: ...
    @property
    def reasons(self) -> tuple[Reason, ...]: ...

    def certainty(self, document: Document) -> int:
        """Tell from 0 to 100 how surely the document is of this format."""

    def parse(self, document: Document) -> Parsed:
        """Return what the document says; each field is in the card or in `card.kept`.

        Raises InvalidInput, naming place and rule. Never fetches anything.
        """

    def render(self, draft: Draft) -> bytes:
        """Return the file. With an origin, that document with only the differences changed."""


__all__ = [
    "PAYLOAD",
    "CardFormat",
    "Document",
    "Draft",
    "Kept",
    "Loss",
    "Notice",
    "Origin",
    "Parsed",
    "Reading",
    "Reason",
    "Rule",
    "Writing",
]
