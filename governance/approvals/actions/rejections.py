"""Rejecting without a signature: through an API, where nobody can prove who they are."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from governance.accounts.models import User
from governance.accounts.permissions import Permission, require
from governance.accounts.queries import roles_of
from governance.accounts.rules import Actor, NotAPerson, Role
from governance.approvals.actions.changes import close, keep_dossier
from governance.approvals.actions.locks import lock_request
from governance.approvals.actions.requests import require_open
from governance.approvals.actions.sign_offs import locked_case
from governance.approvals.models import PromotionRequest
from governance.approvals.queries.cases import Case
from governance.approvals.queries.chairs import reader_bars
from governance.approvals.rules.duties import require_separation
from governance.approvals.rules.judgement import NotNeeded, RequestState
from governance.audit import actions as audit
from governance.audit.rules import Verb
from governance.core.errors import invalid


@transaction.atomic
def reject_request(
    *, request_id: UUID, reason: str, actor: Actor, at: datetime
) -> PromotionRequest:
    """Close a request as rejected, in the name of the person who answers for the actor.

    No signature: it moves nothing, so it needs no proof, and it is recorded as what it is. The
    person must be one who could sign this request now. The same facts are not asked for again.
    Appends request.rejected. Raises DutiesNotSeparated, InvalidInput, NoPolicy, NotAPerson,
    NotNeeded, PermissionMissing, RequestClosed.
    """
    request = lock_request(request_id)
    unit = request.version.model.unit
    require(actor, Permission.PROMOTION_REJECT, unit=unit, at=at)
    if actor.person is None:
        raise NotAPerson("A request is rejected by a person, or on a person's account.")
    require(actor.person, Permission.PROMOTION_SIGN, unit=unit, at=at)
    require_open(request)
    if not reason.strip():
        raise invalid("comment", "required", "Say why. It is printed in the evidence.")
    case = locked_case(request, at=at)
    role = _seat(case, actor.person, at=at)
    copy, is_new = keep_dossier(request, case, at=at)
    close(
        request,
        RequestState.REJECTED,
        digest=case.digest,
        actor=actor,
        at=at,
        reason=audit.write_prose(reason.strip()),
    )
    audit.append(
        verb=Verb.REQUEST_REJECTED,
        stream=case.version.model.stream,
        subject=request.ref,
        actor=actor.ref,
        at=at,
        facts={
            "version": case.version.ref,
            "number": case.version.number,
            "person": actor.person.ref,
            "role": role,
            "decision": "REJECT",
            "signed": False,
            "dossier": case.digest,
        },
        records=[request, *([copy] if is_new else [])],
    )
    return request


def _seat(case: Case, person: User, *, at: datetime) -> Role:
    """Return a role in which the person could sign this case now, or raise why there is none."""
    held = roles_of(person, unit=case.version.model.unit, at=at)
    asked = [role for state in case.judgement.needs for role in state.need.roles]
    roles = [role for role in asked if role in held]
    if not roles:
        raise NotNeeded("The policy asks for no signature that this person could give.")
    found = {role: reader_bars(case, reader=person, role=role) for role in roles}
    free = next((role for role, barred in found.items() if not barred), None)
    if free is None:
        require_separation(found[roles[0]], stream=case.version.model.stream)
    return free or roles[0]
