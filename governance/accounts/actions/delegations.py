"""Lending one's seat among those who sign, for a time, and taking it back."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from governance.accounts.actions.units import STREAM
from governance.accounts.models import Delegation, DelegationEnd, Unit, User
from governance.accounts.permissions import Permission, require
from governance.accounts.queries import require_no_examiner, roles_of
from governance.accounts.rules import (
    BUILDING_ROLES,
    LONGEST_DELEGATION_DAYS,
    SIGNING_ROLES,
    DelegationOver,
    NotYourDelegation,
    PermissionMissing,
    Role,
    UnfitDeputy,
    covers,
)
from governance.audit import actions as audit
from governance.audit.rules import Verb
from governance.core.errors import InvalidInput, Problem


@transaction.atomic
def give_delegation(
    *,
    deputy: User,
    role: Role,
    unit: Unit,
    starts_at: datetime,
    ends_at: datetime,
    reason: str,
    actor: User,
    at: datetime,
) -> Delegation:
    """Have another sign in a role of one's own, in a unit, for a time. Appends delegation.given.

    Only a role held there oneself is lent, so that nobody lends on what was lent to them. What
    bars the delegator from a request bars the deputy too. Raises ExaminersAccount, InvalidInput,
    PermissionMissing, UnfitDeputy for somebody who owns or builds models in the unit, or who
    cannot sign in.
    """
    # By key, so that two who lend to each other at once do not wait for each other.
    people = User.objects.select_for_update().filter(pk__in=[actor.pk, deputy.pk]).order_by("pk")
    deputy = next(one for one in people if one.pk == deputy.pk)
    require(actor, Permission.DELEGATION_GIVE, unit=unit, at=at)
    if role not in SIGNING_ROLES or role not in roles_of(actor, unit=unit, at=at):
        raise PermissionMissing(f"You do not hold the role {role.label.lower()} in {unit.name}.")
    if problems := _problems(deputy, starts_at, ends_at, reason, actor=actor, at=at):
        raise InvalidInput(*problems)
    require_no_examiner(deputy)
    if not deputy.is_active or _builds_in(deputy, unit, at=at):
        raise UnfitDeputy(
            f"{deputy.name} owns or builds models in {unit.name}, or cannot sign in: no deputy of "
            "somebody who signs there."
        )
    delegation = Delegation.objects.create(
        delegator=actor,
        deputy=deputy,
        role=role,
        unit=unit,
        reason=audit.write_prose(reason.strip()),
        starts_at=starts_at,
        ends_at=ends_at,
        given_at=at,
    )
    audit.append(
        verb=Verb.DELEGATION_GIVEN,
        stream=STREAM,
        subject=delegation.ref,
        actor=actor.ref,
        at=at,
        facts={
            "deputy": deputy.ref,
            "role": role,
            "unit": unit.ref,
            "starts_at": starts_at,
            "ends_at": ends_at,
        },
        records=[delegation],
    )
    return delegation


def _builds_in(person: User, unit: Unit, *, at: datetime) -> bool:
    """Tell whether they own or build models in the unit, in one above it or in one within it."""
    held = person.grants.at(at).filter(role__in=BUILDING_ROLES)
    return any(
        covers(grant.unit.path, unit.path) or covers(unit.path, grant.unit.path) for grant in held
    )


def _problems(
    deputy: User,
    starts_at: datetime,
    ends_at: datetime,
    reason: str,
    *,
    actor: User,
    at: datetime,
) -> list[Problem]:
    found = []
    if deputy == actor:
        message = "Choose somebody else than yourself."
        found.append(Problem(field="deputy", rule="other", message=message))
    if ends_at <= starts_at or ends_at <= at:
        message = "Enter an end that is after the start, and not past."
        found.append(Problem(field="ends_at", rule="after_start", message=message))
    elif ends_at - starts_at > timedelta(days=LONGEST_DELEGATION_DAYS):
        message = f"A delegation lasts {LONGEST_DELEGATION_DAYS} days at most."
        found.append(Problem(field="ends_at", rule="longest", message=message))
    if not reason.strip():
        message = "Say why, such as: on leave."
        found.append(Problem(field="reason", rule="required", message=message))
    return found


@transaction.atomic
def end_delegation(*, delegation_id: UUID, actor: User, at: datetime) -> DelegationEnd:
    """End a delegation now; its delegator and its deputy can. Appends delegation.ended.

    Raises DelegationOver, NotYourDelegation.
    """
    delegation = Delegation.objects.select_related("delegator").get(pk=delegation_id)
    User.objects.select_for_update().get(pk=delegation.delegator_id)
    if actor.pk not in {delegation.delegator_id, delegation.deputy_id}:
        raise NotYourDelegation("Only who lent the seat, or to whom it was lent, ends it.")
    if delegation.ends_at <= at or DelegationEnd.objects.filter(delegation=delegation).exists():
        raise DelegationOver("This delegation has ended already.")
    end = DelegationEnd.objects.create(delegation=delegation, ended_at=at, ended_by=actor.ref)
    audit.append(
        verb=Verb.DELEGATION_ENDED,
        stream=STREAM,
        subject=delegation.ref,
        actor=actor.ref,
        at=at,
        facts={"deputy": f"user:{delegation.deputy_id}", "role": delegation.role},
        records=[end],
    )
    return end
