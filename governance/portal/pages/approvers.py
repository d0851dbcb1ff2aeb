"""Who could approve: each sign-off that the policy asks for, who held a role of it, what barred."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from governance.accounts.models import User
from governance.approvals.queries.approvers import Approvers, Place, Seat
from governance.approvals.rules.explanations import DUTIES
from governance.core.instants import Instant, limit_of
from governance.core.wording import listed
from governance.evidence.queries.approvers import who_could_approve
from governance.inventory.models import Model
from governance.inventory.queries.revisions import names_at
from governance.portal.pages.policy_words import need_sentence


@dataclass(frozen=True, kw_only=True)
class SeatRow:
    """One person in one role. `tone`, `icon` and `said` tell how it stood, `why` by which rules."""

    person: User
    role: str
    in_name_of: User | None
    tone: str
    icon: str
    said: str
    why: Sequence[tuple[str, str]]


@dataclass(frozen=True, kw_only=True)
class PlaceRows:
    title: str
    meaning: str
    missing: int
    rows: Sequence[SeatRow]


@dataclass(frozen=True, kw_only=True)
class ApproversPage:
    """`kept` is what the address asks for beside the moment."""

    instant: Instant | None
    model_name: str
    found: Approvers
    places: Sequence[PlaceRows]
    kept: Sequence[tuple[str, Sequence[str]]]

    @property
    def subject(self) -> str:
        """`version 2 to Production, asked for in D-1`."""
        found = self.found
        if found.request:
            return (
                f"version {found.request.version.number} to {found.request.goal}, asked for in "
                f"{found.request.reference}"
            )
        if found.version:
            return f"version {found.version.number} on its way into Production"
        return "nothing"

    @property
    def verdict(self) -> str:
        """One sentence that answers who could sign."""
        found, was = self.found, self.instant is not None
        if found.case is None:
            return found.why_none
        if not found.is_open and found.request:
            state = found.standing.label.lower() if found.standing else ""
            return f"Nobody: {found.request.reference} {'was' if was else 'is'} {state}."
        if not found.case.policy.needs:
            return f"The policy {'asked' if was else 'asks'} for no signature."
        people = sorted({seat.person.name for seat in found.could_sign})
        could = "could" if was else "can"
        if people:
            return f"{listed(people)} {could} sign for {self.subject}."
        return f"Nobody {could} sign for {self.subject}."


def approvers_page(
    model: Model,
    *,
    request_id: UUID | None,
    number: int | None,
    at: datetime,
    instant: Instant | None,
) -> ApproversPage:
    """Read the page. Raises RequestNotFound, VersionNotFound."""
    by = limit_of(instant)
    found = who_could_approve(model, request_id=request_id, number=number, at=at, by=by)
    asked = (("request", request_id), ("version", number))
    return ApproversPage(
        instant=instant,
        model_name=names_at([model], by)[model.pk] if by else model.name,
        found=found,
        places=[_rows(found, place) for place in found.places],
        kept=[(name, [str(value)]) for name, value in asked if value is not None],
    )


def _rows(found: Approvers, place: Place) -> PlaceRows:
    need = place.state.need
    title = need_sentence(need, found.case.policy) if found.case else need.label
    return PlaceRows(
        title=title,
        meaning=need.meaning,
        missing=max(place.state.missing, 0),
        rows=[_row(found, place, seat) for seat in place.seats],
    )


def _row(found: Approvers, place: Place, seat: Seat) -> SeatRow:
    signed = any(bar.rule == "nobody_signs_twice" for bar in seat.bars)
    if seat.bars:
        look = ("ink", "sign", "Had signed") if signed else ("bad", "cross", "Barred")
    elif not found.is_open:
        look = ("mute", "minus", "Nothing to sign")
    elif seat in place.open_seats:
        look = ("ok", "check", "Could sign")
    else:
        look = ("mute", "minus", "Not needed")
    tone, icon, said = look
    return SeatRow(
        person=seat.person,
        role=seat.role.label,
        in_name_of=seat.in_name_of,
        tone=tone,
        icon=icon,
        said=said,
        why=[(bar.rule, DUTIES[bar.rule]) for bar in seat.bars],
    )
