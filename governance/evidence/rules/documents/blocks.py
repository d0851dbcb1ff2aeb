"""What every document is made of, whether it becomes a page, a PDF or Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from governance.core.diffs import Line


class Reader(StrEnum):
    """For whom a document is. The values stand in addresses and in names of files."""

    FULL = "full"
    REVIEWER = "reviewer"
    EXECUTIVE = "executive"
    INSTRUCTIONS = "instructions"
    ANNEX_IV = "annex-iv"
    ANNEX_V = "annex-v"
    ANNEX_VIII_A = "annex-viii-a"
    ANNEX_VIII_B = "annex-viii-b"
    FRIA = "fria"

    @property
    def label(self) -> str:
        return LABELS[self]


LABELS = {
    Reader.FULL: "Whole card",
    Reader.REVIEWER: "For reviewers",
    Reader.EXECUTIVE: "One page",
    Reader.INSTRUCTIONS: "Instructions for use",
    Reader.ANNEX_IV: "Technical documentation",
    Reader.ANNEX_V: "Declaration, draft",
    Reader.ANNEX_VIII_A: "Registration",
    Reader.ANNEX_VIII_B: "Registration, not high risk",
    Reader.FRIA: "Fundamental rights",
}


class Held(StrEnum):
    """How much of what a point asks for is on record. None of it says that the point is met."""

    ALL = "Has evidence"
    PART = "Has evidence in part"
    NONE = "Has no evidence"

    @property
    def tone(self) -> str:
        return {Held.ALL: "ok", Held.PART: "warn", Held.NONE: "bad"}[self]

    @property
    def icon(self) -> str:
        return {Held.ALL: "check", Held.PART: "half", Held.NONE: "ring"}[self]


@dataclass(frozen=True, kw_only=True)
class Prose:
    """Markdown that somebody wrote. `by` says who or what it is from; empty where that is plain."""

    text: str
    by: str = ""
    kind: str = "prose"


@dataclass(frozen=True, kw_only=True)
class Lines:
    """Facts with their names. `label` says what they are facts of."""

    rows: tuple[tuple[str, str], ...]
    label: str = "Facts"
    kind: str = "lines"


@dataclass(frozen=True, kw_only=True)
class Cell:
    """`note` stands below in small print; a tone never stands without its words."""

    text: str
    note: str = ""
    tone: str = ""


@dataclass(frozen=True, kw_only=True)
class Table:
    """The first cell of a row names it. `numbers` are the places of columns that hold numbers."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    numbers: tuple[int, ...] = ()
    kind: str = "table"


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A figure of the card, by its digest. Its bytes stand beside the document, never in it."""

    digest: str
    media_type: str
    name: str
    description: str
    kind: str = "picture"


@dataclass(frozen=True, kw_only=True)
class Changed:
    """What differs between two texts, line by line."""

    title: str
    lines: tuple[Line, ...]
    kind: str = "changed"


@dataclass(frozen=True, kw_only=True)
class Gap:
    """That something is not on record, and what would fill it."""

    missing: str
    filled_by: str = ""
    kind: str = "gap"


Block = Prose | Lines | Table | Picture | Changed | Gap


@dataclass(frozen=True, kw_only=True)
class Chapter:
    """`number` is that of the law where the chapter is a point of it, then with its `citation`."""

    key: str
    title: str
    number: str = ""
    citation: str = ""
    asks: str = ""
    held: Held | None = None
    blocks: tuple[Block, ...] = ()
    chapters: tuple[Chapter, ...] = ()

    def walk(self) -> Iterator[Chapter]:
        yield self
        for chapter in self.chapters:
            yield from chapter.walk()


@dataclass(frozen=True, kw_only=True)
class Document:
    """One document. `status` says in a word or two whether its card stands, `standing` which card
    it is, and `tone` whether to rely on that.
    """

    reader: Reader
    title: str
    model: str
    version: int
    status: str
    standing: str
    tone: str
    lead: str
    law: str
    organization: str
    as_of: str
    front: tuple[Block, ...] = ()
    chapters: tuple[Chapter, ...] = field(default_factory=tuple)

    @property
    def points(self) -> list[Chapter]:
        """The chapters that a law asks for and that have no points of their own."""
        return [one for top in self.chapters for one in top.walk() if one.held is not None]

    @property
    def pictures(self) -> list[Picture]:
        blocks = [b for top in self.chapters for one in top.walk() for b in one.blocks]
        return [block for block in (*self.front, *blocks) if isinstance(block, Picture)]

    def body(self) -> dict[str, Any]:
        """Return the document as plain JSON values, whose digest stands for it."""
        body: dict[str, Any] = _plain(self)
        return {"format": "countersign.document/1", **body}


def _plain(value: Any) -> Any:
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    if hasattr(value, "__dataclass_fields__"):
        found = {name: _plain(getattr(value, name)) for name in value.__dataclass_fields__}
        return {name: one for name, one in found.items() if one not in ("", [], None)}
    return value
