"""Who held which role at a past moment, and in whose name whoever could sign.

Grants and delegations say since when and until when they hold. Whether a person could sign in is
a column that changes; since when it was what, the ledger's entries say.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from governance.accounts.models import Delegation, RoleGrant, Unit, User
from governance.accounts.rules import covers
from governance.audit.models import LedgerEntry
from governance.audit.rules import Verb


@dataclass(frozen=True, kw_only=True)
class SeatsThen:
    """The roles that reached a unit, and the delegations of them that held: of active people."""

    grants: Sequence[RoleGrant]
    lent: Sequence[Delegation]


def seats_at(unit: Unit, moment: datetime) -> SeatsThen:
    """Return what was held in the unit then, in four queries.

    As `grants_reaching` and `delegations_in` say of now: a delegation ends with the delegator's
    own role, and what nobody had put on record yet did not hold yet.
    """
    held = [g for g in grants_at(moment) if covers(g.unit.path, unit.path)]
    given = Delegation.objects.at(moment).filter(given_at__lte=moment).order_by("given_at")
    lent = [one for one in given if covers(one.unit.path, unit.path)]
    people = {one.user_id: one.user for one in held} | {one.deputy_id: one.deputy for one in lent}
    active = active_at(people.values(), moment)
    grants = [one for one in held if one.user_id in active]
    roles = {(one.user_id, one.role) for one in grants}
    return SeatsThen(
        grants=grants,
        lent=[
            one for one in lent if one.deputy_id in active and (one.delegator_id, one.role) in roles
        ],
    )


def grants_at(moment: datetime) -> Sequence[RoleGrant]:
    """Return every grant that held then and had been given by then, by person and role."""
    rows = RoleGrant.objects.at(moment).filter(granted_at__lte=moment).select_related("user")
    return list(rows.order_by("user__name", "role", "pk"))


def active_at(people: Collection[User], moment: datetime) -> set[UUID]:
    """Return who of these people could sign in then, in one query."""
    keys = {person.ref: person.pk for person in people}
    active = {person.pk for person in people if person.is_active}
    switches = LedgerEntry.objects.filter(
        subject__in=keys, verb__in=(Verb.USER_DEACTIVATED, Verb.USER_UPDATED), at__gt=moment
    )
    # The first switch after the moment tells how it stood before; the newest come first here.
    for entry in reversed(list(switches.oldest_first())):
        if "is_active" not in entry.facts.get("changed", ()):
            continue
        if entry.verb == Verb.USER_DEACTIVATED:
            active.add(keys[entry.subject])
        else:
            active.discard(keys[entry.subject])
    return active
