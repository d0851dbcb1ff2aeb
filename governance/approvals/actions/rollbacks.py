"""Rolling back: the slot's last incumbent returns at once, on one approver's signature."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.db.models import Max

from governance.accounts.models import User
from governance.accounts.permissions import Permission, require
from governance.accounts.proof import Proof
from governance.accounts.queries import roles_of
from governance.accounts.rules import PermissionMissing, Role
from governance.approvals.actions.changes import carry_out, keep_dossier
from governance.approvals.actions.locks import lock_version
from governance.approvals.actions.sign_offs import require_proof
from governance.approvals.models import PromotionRequest, SignOff
from governance.approvals.queries.cases import (
    ROLLBACK_NEED,
    ROLLBACK_POLICY,
    Case,
    build_case,
    reader_bars,
    sign_offs_of,
    signature_of,
)
from governance.approvals.rules.duties import require_separation
from governance.approvals.rules.judgement import Decision, DossierChanged, judge
from governance.audit import actions as audit
from governance.core.errors import Refused, invalid
from governance.registry.models import ModelVersion, Slot
from governance.registry.queries import last_incumbent_of
from governance.registry.rules import Move, Stage


class NothingToRollBackTo(Refused):
    """No version served in the slot before, or it was never approved for it."""

    code = "nothing_to_roll_back_to"


def rollback_case(slot: Slot, *, reader: User) -> Case:
    """Return the case of a rollback as it stands now. Raises NothingToRollBackTo."""
    version = last_incumbent_of(slot)
    if version is None:
        raise NothingToRollBackTo("No earlier version of this slot could return.")
    return _case(version, slot, reader=reader)


def _case(version: ModelVersion, slot: Slot, *, reader: User) -> Case:
    case = build_case(
        version,
        slot=slot,
        move=Move.ROLLED_BACK,
        target=Stage.PRODUCTION,
        policy=ROLLBACK_POLICY,
        request=None,
        requested_by="",
    )
    if case.dossier.basis is None or not case.dossier.basis.sign_offs:
        raise NothingToRollBackTo("The earlier version has no approval on record to rest on.")
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
    Appends version.rolled_back. Raises NothingToRollBackTo, PermissionMissing,
    DutiesNotSeparated, DossierChanged, InvalidInput.
    """
    target = last_incumbent_of(slot)
    if target is None:
        raise NothingToRollBackTo("No earlier version of this slot could return.")
    version, slot = lock_version(target, slot)
    unit = version.model.unit
    require(actor, Permission.PROMOTION_SIGN, unit=unit, at=at)
    if Role.APPROVER not in roles_of(actor, unit=unit, at=at):
        raise PermissionMissing(f"Only an approver in {unit.name} rolls a version back.")
    require_proof(proof, actor=actor, at=at)
    if not reason.strip():
        raise invalid("reason", "required", "Say why the earlier version must return.")
    case = _case(version, slot, reader=actor)
    require_separation(reader_bars(case, reader=actor, role=Role.APPROVER))
    if case.digest != digest_seen:
        raise DossierChanged(
            "Nothing was rolled back: what you saw is not what stands here now.",
            seen=digest_seen,
            now=case.digest,
        )
    request = _insert_request(case, actor=actor, at=at)
    signed = _insert_signature(request, case, reason=reason, proof=proof, actor=actor, at=at)
    judgement = judge(
        policy=ROLLBACK_POLICY,
        dossier=case.dossier,
        checks=(),
        signatures=[signature_of(row) for row in sign_offs_of(request)],
        duties=case.duties,
    )
    carry_out(
        request,
        replace(case, judgement=judgement),
        actor=actor,
        at=at,
        records=[signed, signed.dossier],
    )
    return request


def _insert_request(case: Case, *, actor: User, at: datetime) -> PromotionRequest:
    model = case.version.model
    last = PromotionRequest.objects.filter(model=model).aggregate(last=Max("number"))["last"]
    return PromotionRequest.objects.create(
        version=case.version,
        model=model,
        number=(last or 0) + 1,
        slot=case.slot,
        move=Move.ROLLED_BACK,
        source=case.version.stage,
        target=Stage.PRODUCTION,
        requested_by=actor,
        requested_via=actor.ref,
        opened_at=at,
    )


def _insert_signature(
    request: PromotionRequest, case: Case, *, reason: str, proof: Proof, actor: User, at: datetime
) -> SignOff:
    copy, _ = keep_dossier(request, case, at=at)
    return SignOff.objects.create(
        request=request,
        dossier=copy,
        signer=actor,
        printed_name=audit.write_prose(actor.name),
        comment=audit.write_prose(reason.strip()),
        role=Role.APPROVER,
        decision=Decision.APPROVE,
        meaning=ROLLBACK_NEED.meaning,
        dossier_digest=copy.digest,
        proof=proof.method,
        signed_at=at,
    )
