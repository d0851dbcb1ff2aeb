"""Rolling back: the slot's last incumbent returns at once, on one approver's signature."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from governance.accounts.models import User
from governance.accounts.proof import Proof, require_proof
from governance.accounts.rules import Role
from governance.approvals.actions.changes import carry_out, insert_request
from governance.approvals.actions.locks import lock_version
from governance.approvals.actions.sign_offs import (
    insert_sign_off,
    judged_again,
    require_role,
)
from governance.approvals.models import PromotionRequest
from governance.approvals.queries.cases import (
    ROLLBACK_NEED,
    ROLLBACK_POLICY,
    Case,
    build_case,
)
from governance.approvals.queries.chairs import reader_bars
from governance.approvals.queries.standing import require_standing
from governance.approvals.rules.duties import require_separation
from governance.approvals.rules.judgement import Decision, DossierChanged
from governance.core.errors import Refused, invalid
from governance.registry.models import ModelVersion, Slot
from governance.registry.queries import last_incumbent_of
from governance.registry.rules import Move, Stage


class NothingToRollBackTo(Refused):
    """No version served in the slot before, or it was never approved for it."""

    code = "nothing_to_roll_back_to"


def rollback_case(slot: Slot, *, at: datetime) -> Case:
    """Return the case of a rollback as it stands now. Raises NothingToRollBackTo."""
    version = last_incumbent_of(slot)
    if version is None:
        raise NothingToRollBackTo("No earlier version of this slot could return.")
    return _case(version, slot, at=at)


def _case(version: ModelVersion, slot: Slot, *, at: datetime) -> Case:
    case = build_case(
        version,
        slot=slot,
        move=Move.ROLLED_BACK,
        target=Stage.PRODUCTION,
        policy=ROLLBACK_POLICY,
        request=None,
        requested_by="",
        at=at,
    )
    if case.dossier.basis is None or not case.dossier.basis.sign_offs:
        raise NothingToRollBackTo("The earlier version has no approval on record to rest on.")
    require_standing(version, slot, at=at)
    return case


@transaction.atomic
def roll_back(
    *,
    slot: Slot,
    digest_seen: str,
    reason: str,
    proof: Proof,
    actor: User,
    at: datetime,
) -> PromotionRequest:
    """Return the slot's last incumbent to Production and archive what serves now.

    One approver who is no builder authorizes it, resting on the incumbent's earlier sign-offs.
    Appends version.rolled_back. Raises NothingToRollBackTo, ApprovalLapsed, PermissionMissing,
    DutiesNotSeparated, DossierChanged, InvalidInput, ProofMissing.
    """
    target = last_incumbent_of(slot)
    if target is None:
        raise NothingToRollBackTo("No earlier version of this slot could return.")
    version, slot = lock_version(target, slot)
    unit = version.model.unit
    names = require_role(actor, Role.APPROVER, unit=unit, at=at)
    require_proof(proof, actor=actor, at=at)
    if not reason.strip():
        raise invalid("reason", "required", "Say why the earlier version must return.")
    case = _case(version, slot, at=at)
    barred = reader_bars(case, reader=actor, role=Role.APPROVER, in_name_of=names[0])
    require_separation(barred, stream=version.model.stream)
    if case.digest != digest_seen:
        raise DossierChanged(
            "Nothing was rolled back: what you saw is not what stands here now.",
            seen=digest_seen,
            now=case.digest,
        )
    request = insert_request(case, actor=actor, person=actor, at=at)
    _, written = insert_sign_off(
        request, case, role=Role.APPROVER, decision=Decision.APPROVE,
        meaning=ROLLBACK_NEED.meaning, comment=reason, proof=proof, actor=actor, at=at,
        on_behalf_of=names[0],
    )  # fmt: skip
    carry_out(request, judged_again(case, request, at=at), actor=actor, at=at, records=written)
    return request
