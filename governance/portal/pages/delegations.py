"""Seats that the reader lent, and those that were lent to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Q

from governance.accounts.models import Delegation, RoleGrant, User
from governance.accounts.queries import holds_through
from governance.accounts.queries.past import seats_at
from governance.accounts.rules import SIGNING_ROLES
from governance.core.instants import Instant


@dataclass(frozen=True, kw_only=True)
class Lent:
    """One delegation. `state` says in words whether it holds; `can_end` that it can be ended."""

    row: Delegation
    is_mine: bool
    state: str
    tone: str
    can_end: bool


@dataclass(frozen=True, kw_only=True)
class DelegationsPage:
    """Of a past moment there are no seats to lend."""

    instant: Instant | None
    lent: Sequence[Lent]
    seats: Sequence[RoleGrant]
    people: Sequence[User]


def delegations_page(
    reader: User, *, at: datetime, instant: Instant | None = None
) -> DelegationsPage:
    """Everything lent by the reader or to them, newest first, now or as it stood."""
    mine = Delegation.objects.filter(Q(delegator=reader) | Q(deputy=reader))
    rows = mine.select_related("delegator", "deputy", "unit", "reason").order_by("-given_at")
    if instant:
        return DelegationsPage(
            instant=instant,
            lent=[_lent_then(row, reader, instant) for row in rows.known_by(instant.moment)],
            seats=(),
            people=(),
        )
    seats = reader.grants.at(at).filter(role__in=SIGNING_ROLES).order_by("role")
    people = User.objects.filter(is_active=True).exclude(pk=reader.pk).order_by("name")
    return DelegationsPage(
        instant=None,
        lent=[_lent(row, reader, at=at) for row in rows.select_related("end")],
        seats=list(seats),
        people=list(people) if seats else [],
    )


def _lent_then(row: Delegation, reader: User, instant: Instant) -> Lent:
    """How it stood, by whose roles were held then; nothing of the past is ended."""
    moment = instant.moment
    held = any(one == row for one in seats_at(row.unit, moment).lent)
    ended = _lent(row, reader, at=moment, holds=held)
    return replace(ended, can_end=False)


def _lent(row: Delegation, reader: User, *, at: datetime, holds: bool | None = None) -> Lent:
    ended = getattr(row, "end", None)
    is_over = ended is not None or row.ends_at <= at
    if is_over:
        state, tone = "Ended", "mute"
    elif row.starts_at > at:
        state, tone = "Not yet", "mute"
    elif not (holds_through(row, unit=row.unit, at=at) if holds is None else holds):
        state, tone = "The role is no longer held", "warn"
    else:
        state, tone = "Holds", "ok"
    return Lent(
        row=row, is_mine=row.delegator_id == reader.pk, state=state, tone=tone, can_end=not is_over
    )


def seat_choices(seats: Sequence[RoleGrant]) -> list[tuple[str, str]]:
    return [(str(grant.pk), f"{grant.get_role_display()} in {grant.unit.name}") for grant in seats]
