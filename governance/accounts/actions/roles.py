"""Giving roles and ending them; both are rows, and neither is ever edited."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from governance.accounts.actions.units import STREAM
from governance.accounts.models import RoleGrant, RoleGrantEnd, Unit, User
from governance.accounts.permissions import Permission, require
from governance.accounts.queries import locked_person, require_no_examiner
from governance.accounts.rules import Actor, GrantEnded, OwnGrant, Role
from governance.audit import actions as audit
from governance.audit.rules import Verb
from governance.core.errors import invalid


@transaction.atomic
def grant_role(
    *,
    user: User,
    role: Role,
    unit: Unit,
    starts_at: datetime,
    actor: Actor,
    at: datetime,
    ends_at: datetime | None = None,
) -> RoleGrant:
    """Give a person a role in a unit, from a start to an end. Appends role.granted.

    Nobody gives themself a role, so that whoever rules over access cannot alone take a seat among
    those who sign. Raises ExaminersAccount, InvalidInput when the end is not after the start,
    OwnGrant, PermissionMissing.
    """
    # Lock the person: of a role and an examination at once, one must find the other.
    user = locked_person(user)
    require(actor, Permission.ROLE_GRANT, unit=unit, at=at)
    if user.ref == actor.ref:
        raise OwnGrant("Nobody gives themself a role. Another administrator gives it to you.")
    require_no_examiner(user)
    if ends_at is not None and ends_at <= starts_at:
        raise invalid("ends_at", "after_start", "Enter an end that is after the start.")
    grant = RoleGrant.objects.create(
        user=user,
        role=role,
        unit=unit,
        starts_at=starts_at,
        ends_at=ends_at,
        granted_by=actor.ref,
        granted_at=at,
    )
    audit.append(
        verb=Verb.ROLE_GRANTED,
        stream=STREAM,
        subject=grant.ref,
        actor=actor.ref,
        at=at,
        facts={
            "user": user.ref,
            "role": role,
            "unit": unit.ref,
            "starts_at": starts_at,
            "ends_at": ends_at,
        },
        records=[grant],
    )
    return grant


@transaction.atomic
def end_role(*, grant: RoleGrant, actor: Actor, at: datetime) -> RoleGrantEnd:
    """End a grant now, also one that has not begun. Appends role.ended.

    Raises GrantEnded, PermissionMissing.
    """
    # Lock the person: two administrators ending one grant at once must not both succeed.
    User.objects.select_for_update().get(pk=grant.user_id)
    require(actor, Permission.ROLE_GRANT, unit=grant.unit, at=at)
    has_run_out = grant.ends_at is not None and grant.ends_at <= at
    if has_run_out or RoleGrantEnd.objects.filter(grant=grant).exists():
        raise GrantEnded("This role has ended already.")
    end = RoleGrantEnd.objects.create(grant=grant, ended_at=at, ended_by=actor.ref)
    audit.append(
        verb=Verb.ROLE_ENDED,
        stream=STREAM,
        subject=grant.ref,
        actor=actor.ref,
        at=at,
        facts={"user": f"user:{grant.user_id}", "role": grant.role},
        records=[end],
    )
    return end
