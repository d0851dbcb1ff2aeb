"""What is due of one model beside its versions: its review, its attestation, its waivers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from governance.accounts.models import User
from governance.accounts.permissions import Permission
from governance.core.wording import as_date
from governance.inventory.models import Attestation, AttestationItem, Model, Waiver
from governance.inventory.queries.attestations import due_items_of, latest_attestation
from governance.inventory.queries.reviews import ReviewStanding, hands_in, review_standings
from governance.inventory.queries.waivers import is_expiring, state_of, waivers_of
from governance.inventory.rules.reviews import ReviewOutcome
from governance.inventory.rules.waivers import WaiverState
from governance.portal.pages.may import frozen, why_not

OUTCOMES = {
    ReviewOutcome.NO_CHANGE: ("ok", "check"),
    ReviewOutcome.CHANGE_NEEDED: ("warn", "alert"),
    ReviewOutcome.RETIRE: ("bad", "stage-archived"),
}
STATES = {
    WaiverState.REQUESTED: ("ink", "clock"),
    WaiverState.UNDECIDED: ("mute", "minus"),
    WaiverState.WITHDRAWN: ("mute", "minus"),
    WaiverState.REFUSED: ("bad", "cross"),
    WaiverState.TO_COME: ("mute", "clock"),
    WaiverState.IN_FORCE: ("ok", "check"),
    WaiverState.ENDED: ("mute", "minus"),
    WaiverState.EXPIRED: ("bad", "alert"),
}
SHOWN = frozenset({WaiverState.REQUESTED, WaiverState.TO_COME, WaiverState.IN_FORCE})


@dataclass(frozen=True, kw_only=True)
class WaiverRow:
    """One waiver, with how it stands as a shape and a word."""

    waiver: Waiver
    state: WaiverState
    tone: str
    icon: str
    said: str


@dataclass(frozen=True, kw_only=True)
class Upkeep:
    """`attestation` is the last one; `waivers` are those that count or wait, and those that ran out
    with none in their place.
    """

    review: ReviewStanding
    due: Sequence[AttestationItem]
    attestation: Attestation | None
    waivers: Sequence[WaiverRow]
    waiver_count: int
    can_review: bool
    can_ask: bool


def upkeep_of(model: Model, *, reader: User, held: Collection[Permission], at: datetime) -> Upkeep:
    """Read it in five queries, and one more for who may review; `held` is what the reader may."""
    today = as_date(at)
    (standing,) = review_standings([model], today=today)
    rows = [waiver_row(waiver, today=today) for waiver in waivers_of(model)]
    return Upkeep(
        review=standing,
        due=due_items_of(model),
        attestation=latest_attestation(model),
        waivers=_telling(rows),
        waiver_count=len(rows),
        can_review=Permission.REVIEW_RECORD in held and not hands_in(model, reader),
        can_ask=Permission.WAIVER_REQUEST in held,
    )


def waiver_row(waiver: Waiver, *, today: date) -> WaiverRow:
    state = state_of(waiver, today=today)
    tone, icon = STATES[state]
    if is_expiring(waiver, today=today):
        return WaiverRow(waiver=waiver, state=state, tone="warn", icon="clock", said="Ends soon")
    return WaiverRow(waiver=waiver, state=state, tone=tone, icon=icon, said=state.label)


def _telling(rows: Sequence[WaiverRow]) -> list[WaiverRow]:
    held = {row.waiver.kind for row in rows if row.state == WaiverState.IN_FORCE}
    found, seen = [row for row in rows if row.state in SHOWN], set(held)
    for row in rows:
        if row.state == WaiverState.EXPIRED and row.waiver.kind not in seen:
            found.append(row)
            seen.add(row.waiver.kind)
    return found


def no_reviewing(reader: User, model: Model, *, at: datetime) -> str:
    """Say why the reader records no review of the model, or nothing."""
    reason = why_not(reader, Permission.REVIEW_RECORD, "Recording a review", unit=model.unit, at=at)
    return reason or too_close(reader, model, "review it")


def no_asking(reader: User, model: Model, *, at: datetime) -> str:
    """Say why the reader asks for no waiver, or nothing."""
    permission = Permission.WAIVER_REQUEST
    return frozen(model) or why_not(
        reader, permission, "Asking for a waiver", unit=model.unit, at=at
    )


def too_close(reader: User, model: Model, what: str) -> str:
    """Say what the reader is to the model that keeps them from it, or nothing."""
    hands = hands_in(model, reader)
    if not hands:
        return ""
    been = " and ".join(row.get_capacity_display().lower() for row in hands)
    return f"You are or were {been} of {model.name}. Only somebody independent can {what}."
