"""Seats that the reader lent, and those that were lent to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from governance.accounts.models import Delegation, RoleGrant, User
from governance.accounts.queries import holds_through
from governance.accounts.rules import SIGNING_ROLES


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
    lent: Sequence[Lent]
    seats: Sequence[RoleGrant]
    people: Sequence[User]


def delegations_page(reader: User, *, at: datetime) -> DelegationsPage:
    """Everything lent by the reader or to them, newest first."""
    rows = (
        Delegation.objects.filter(Q(delegator=reader) | Q(deputy=reader))
        .select_related("delegator", "deputy", "unit", "reason", "end")
        .order_by("-given_at")
    )
    seats = reader.grants.at(at).filter(role__in=SIGNING_ROLES).order_by("role")
    people = User.objects.filter(is_active=True).exclude(pk=reader.pk).order_by("name")
    return DelegationsPage(
        lent=[_lent(row, reader, at=at) for row in rows],
        seats=list(seats),
        people=list(people) if seats else [],
    )


def _lent(row: Delegation, reader: User, *, at: datetime) -> Lent:
    ended = getattr(row, "end", None)
    is_over = ended is not None or row.ends_at <= at
    if is_over:
        state, tone = "Ended", "mute"
    elif row.starts_at > at:
        state, tone = "Not yet", "mute"
    elif not holds_through(row, unit=row.unit, at=at):
        state, tone = "The role is no longer held", "warn"
    else:
        state, tone = "Holds", "ok"
    return Lent(
        row=row, is_mine=row.delegator_id == reader.pk, state=state, tone=tone, can_end=not is_over
    )


def seat_choices(seats: Sequence[RoleGrant]) -> list[tuple[str, str]]:
    return [(str(grant.pk), f"{grant.get_role_display()} in {grant.unit.name}") for grant in seats]
