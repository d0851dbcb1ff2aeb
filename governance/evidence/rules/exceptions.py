"""Exceptions as a pack prints them: waivers, and what decisions rest on in spite of a check."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from governance.evidence.rules.decisions import DecisionPage, LapseRow, OverrideRow
from governance.evidence.rules.reading import Entry, Evidence, Held
from governance.inventory.rules.waivers import WaiverKind


@dataclass(frozen=True, kw_only=True)
class WaiverRow:
    """Something that a model was let off, by whom, and until when."""

    kind: str
    waived: str
    reason: str
    control: str
    starts_date: date | None
    expires_date: date | None
    requested_by: str
    state: str
    tone: str
    decided_by: str
    decided_at: datetime | None
    comment: str
    entry: Entry | None


@dataclass(frozen=True, kw_only=True)
class Resting:
    """A decision with what it rests on in spite of a check, an emergency or what lapsed since."""

    reference: str
    version: int
    emergency: str
    overrides: Sequence[OverrideRow]
    lapses: Sequence[LapseRow]


@dataclass(frozen=True, kw_only=True)
class Exceptions:
    waivers: Sequence[WaiverRow]
    decisions: Sequence[Resting]

    @property
    def count(self) -> int:
        overrides = sum(len(one.overrides) for one in self.decisions)
        others = sum(bool(one.emergency) + len(one.lapses) for one in self.decisions)
        return len(self.waivers) + overrides + others


def exceptions(evidence: Evidence, decided: Sequence[DecisionPage]) -> Exceptions:
    """Waivers oldest first; decisions in the order in which they are given."""
    resting = [
        Resting(
            reference=page.reference,
            version=page.version,
            emergency=page.emergency,
            overrides=page.overrides,
            lapses=page.lapses,
        )
        for page in decided
    ]
    return Exceptions(
        waivers=[_waiver(evidence, held) for held in evidence.in_order("waiver")],
        decisions=[one for one in resting if one.emergency or one.overrides or one.lapses],
    )


def _waiver(evidence: Evidence, held: Held) -> WaiverRow:
    decided = _of(evidence, "waiver_decision", held)
    ended = _of(evidence, "waiver_end", held)
    state, tone = _state(evidence, held, decided, ended)
    return WaiverRow(
        kind=WaiverKind(held["kind"]).label,
        waived=evidence.prose(held, "waived"),
        reason=evidence.prose(held, "reason"),
        control=evidence.prose(held, "control"),
        starts_date=held.date("starts_date"),
        expires_date=held.date("expires_date"),
        requested_by=evidence.person(held, "requested_by_id"),
        state=state,
        tone=tone,
        decided_by=evidence.prose(decided, "printed_name") if decided else "",
        decided_at=decided.at("decided_at") if decided else None,
        comment=evidence.prose(decided, "comment") if decided else "",
        entry=evidence.written_by.get(held.ref),
    )


def _of(evidence: Evidence, kind: str, waiver: Held) -> Held | None:
    return next((one for one in evidence.all(kind) if one["waiver_id"] == waiver.key), None)


def _state(
    evidence: Evidence, waiver: Held, decided: Held | None, ended: Held | None
) -> tuple[str, str]:
    """How it stood at the moment of which the evidence is."""
    if decided and not decided.fields.get("approved"):
        return "Refused", "bad"
    if ended:
        return ("Ended" if decided else "Withdrawn"), "na"
    if decided is None:
        return "Asked for", "na"
    expires = waiver.date("expires_date")
    is_over = expires is not None and expires < evidence.as_of.date()
    return ("Expired", "na") if is_over else ("In force", "warn")
