"""What versions are made of, and whether their files were found as registered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from governance.evidence.rules.reading import Entry, Evidence, Held, version_number
from governance.registry.rules import CheckOutcome, PartKind


@dataclass(frozen=True, kw_only=True)
class PartRow:
    version: int
    kind: str
    name: str
    revision: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class ReadingRow:
    """One reading of a version's files at their source."""

    version: int
    outcome: str
    tone: str
    files: int
    checked_at: datetime | None
    entry: Entry | None


@dataclass(frozen=True, kw_only=True)
class DeprecationRow:
    version: int
    from_date: date | None
    reason: str
    ended_at: datetime | None


TONES = {CheckOutcome.MATCH: "ok", CheckOutcome.MISMATCH: "bad", CheckOutcome.UNREADABLE: "warn"}


@dataclass(frozen=True, kw_only=True)
class Contents:
    parts: Sequence[PartRow]
    readings: Sequence[ReadingRow]
    deprecations: Sequence[DeprecationRow]


def contents(evidence: Evidence) -> Contents:
    """Newest version first; of the readings of a version the newest alone, all are attached."""
    parts = [_part(evidence, held) for held in evidence.all("bundle_part")]
    newest = {held["version_id"]: held for held in evidence.in_order("artifact_check")}
    readings = [_reading(evidence, held) for held in newest.values()]
    deprecations = [_deprecation(evidence, held) for held in evidence.in_order("deprecation")]
    return Contents(
        parts=sorted(parts, key=lambda row: (-row.version, row.kind, row.name)),
        readings=sorted(readings, key=lambda row: -row.version),
        deprecations=sorted(deprecations, key=lambda row: -row.version),
    )


def _part(evidence: Evidence, held: Held) -> PartRow:
    return PartRow(
        version=version_number(evidence, held),
        kind=PartKind(held["kind"]).label,
        name=held["name"],
        revision=held["revision"],
        sha256=held["sha256"],
    )


def _reading(evidence: Evidence, held: Held) -> ReadingRow:
    outcome = CheckOutcome(held["outcome"])
    return ReadingRow(
        version=version_number(evidence, held),
        outcome=outcome.label,
        tone=TONES[outcome],
        files=held.number("files"),
        checked_at=held.at("checked_at"),
        entry=evidence.written_by.get(held.ref),
    )


def _deprecation(evidence: Evidence, held: Held) -> DeprecationRow:
    return DeprecationRow(
        version=version_number(evidence, held),
        from_date=held.date("from_date"),
        reason=evidence.prose(held, "reason"),
        ended_at=held.at("ended_at"),
    )
