"""The ledger entries as the pages print them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from governance.core.wording import sentence
from governance.evidence.rules.reading import Entry, Evidence

IN_A_TABLE = 1500
"""More entries are printed as a list, which takes a fifth of the time and half of the pages."""
MOST_PRINTED = 50_000
"""Two lines each fill some 2,000 pages; the attached evidence always holds all of them."""


@dataclass(frozen=True, kw_only=True)
class EntryRow:
    seq: int
    at: datetime
    what: str
    detail: str
    who: str
    hash: str
    previous: str
    signed: bool


def entry_rows(evidence: Evidence) -> list[EntryRow]:
    """Oldest first, as they chain."""
    return [
        EntryRow(
            seq=entry.seq,
            at=entry.at,
            what=sentence(entry.verb.replace(".", " ")),
            detail=_detail(entry),
            who=evidence.name(entry.actor),
            hash=entry.hash,
            previous=entry.previous,
            signed=entry.verb.endswith(".signed"),
        )
        for entry in evidence.entries
    ]


def _detail(entry: Entry) -> str:
    """The first few facts that are short and no references or digests."""
    facts = (
        f"{key.replace('_', ' ')} {value}"
        for key, value in entry.facts.items()
        if isinstance(value, str | int) and not isinstance(value, bool) and _short(str(value))
    )
    return ", ".join([*facts][:3])


def _short(text: str) -> bool:
    return 0 < len(text) <= 40 and ":" not in text
