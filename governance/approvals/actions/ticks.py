"""Manual checks: a person looks, and says what they found."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from governance.accounts.models import User
from governance.accounts.permissions import Permission, require
from governance.accounts.queries import roles_of
from governance.accounts.rules import SIGNING_ROLES, PermissionMissing
from governance.approvals.actions.locks import lock_request
from governance.approvals.actions.requests import require_open
from governance.approvals.actions.sign_offs import locked_case
from governance.approvals.models import Tick
from governance.approvals.queries.chairs import reader_bars
from governance.approvals.rules.duties import require_separation
from governance.approvals.rules.manual import NoSuchCheck
from governance.audit import actions as audit
from governance.audit.rules import Verb
from governance.core.errors import invalid


@transaction.atomic
def tick_check(
    *, request_id: UUID, check_id: str, holds: bool, note: str, actor: User, at: datetime
) -> Tick:
    """Say what one found in a manual check of a request's policy; the newest says what counts.

    Who has a role that signs looks independently, barred by what would bar their signature.
    Appends check.ticked. Raises RequestClosed, PermissionMissing, DutiesNotSeparated, NoSuchCheck,
    InvalidInput without a note, NoPolicy.
    """
    request = lock_request(request_id)
    unit = request.version.model.unit
    require(actor, Permission.CHECK_TICK, unit=unit, at=at)
    require_open(request)
    case = locked_case(request, at=at)
    check = case.policy.manual_check(check_id)
    if check is None:
        raise NoSuchCheck("The policy has no such manual check.")
    if check.role not in roles_of(actor, unit=unit, at=at):
        role = check.role.label.lower()
        raise PermissionMissing(f"“{check.label}” is for whoever holds the role {role} here.")
    if check.role in SIGNING_ROLES:
        found = reader_bars(case, reader=actor, role=check.role)
        barred = [bar for bar in found if bar.rule != "nobody_signs_twice"]
        require_separation(barred, stream=case.version.model.stream)
    if not note.strip():
        raise invalid("note", "required", "Say what you looked at, and what you found.")
    tick = Tick.objects.create(
        request=request,
        check_id=check.id,
        holds=holds,
        note=audit.write_prose(note.strip()),
        role=check.role,
        ticked_by=actor,
        ticked_at=at,
    )
    audit.append(
        verb=Verb.CHECK_TICKED,
        stream=request.version.model.stream,
        subject=request.ref,
        actor=actor.ref,
        at=at,
        facts={
            "version": case.version.ref,
            "number": case.version.number,
            "check": check.id,
            "holds": holds,
            "role": check.role,
        },
        records=[tick],
    )
    return tick
