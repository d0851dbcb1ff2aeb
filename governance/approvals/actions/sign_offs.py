"""Signing: the one way in which a person decides on a promotion request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.db import transaction

from governance.accounts.models import Unit, User
from governance.accounts.permissions import Permission, require
from governance.accounts.proof import Proof, require_proof
from governance.accounts.queries import roles_of
from governance.accounts.rules import PermissionMissing, Role
from governance.approvals.actions.changes import carry_out, close, keep_dossier
from governance.approvals.actions.locks import (
    lock_policy,
    lock_request,
    lock_version,
    require_complete,
    require_same_policy,
)
from governance.approvals.actions.requests import require_open
from governance.approvals.models import PromotionRequest, SignOff
from governance.approvals.queries.cases import (
    Case,
    build_case,
    reader_bars,
    sign_offs_of,
    signature_of,
)
from governance.approvals.rules.duties import require_separation
from governance.approvals.rules.judgement import (
    ChecksNotMet,
    Decision,
    DossierChanged,
    NotNeeded,
    RequestState,
    judge,
)
from governance.audit import actions as audit
from governance.audit.rules import Verb
from governance.core.errors import invalid
from governance.core.models import Record
from governance.registry.rules import Move, Stage

MEANINGS = {
    Decision.RETURN: "I return this version for changes.",
    Decision.REJECT: "I reject this change of stage.",
}
CLOSING = {
    Decision.RETURN: (RequestState.RETURNED, Verb.REQUEST_RETURNED),
    Decision.REJECT: (RequestState.REJECTED, Verb.REQUEST_REJECTED),
}


@transaction.atomic
def sign_off(
    *,
    request_id: UUID,
    role: Role,
    decision: Decision,
    digest_seen: str,
    comment: str,
    proof: Proof,
    actor: User,
    at: datetime,
) -> SignOff:
    """Sign a request in a role the actor holds; with the last approval the version moves.

    What is signed is the dossier whose digest was on the screen: if any fact differs now,
    nothing is signed. Appends request.signed, or the entry of the move, or request.returned or
    request.rejected. Raises RequestClosed, PermissionMissing, DossierChanged,
    DutiesNotSeparated, InventoryIncomplete, ChecksNotMet, NotNeeded, InvalidInput,
    ProofMissing, NoPolicy.
    """
    request = lock_request(request_id)
    require(actor, Permission.PROMOTION_SIGN, unit=request.version.model.unit, at=at)
    require_open(request)
    require_role(actor, role, unit=request.version.model.unit, at=at)
    require_proof(proof, actor=actor, at=at)
    if decision != Decision.APPROVE and not comment.strip():
        raise invalid("comment", "required", "Say why. It is printed in the evidence.")

    case = locked_case(request)
    _require_same_dossier(case, digest_seen)
    _require_may_sign(case, actor, role, decision)

    meaning = MEANINGS.get(decision) or _need_meaning(case, role)
    signed, written = insert_sign_off(
        request, case, role=role, decision=decision, meaning=meaning, comment=comment,
        proof=proof, actor=actor, at=at,
    )  # fmt: skip
    _conclude(request, case, signed, written, actor=actor, at=at)
    return signed


def locked_case(request: PromotionRequest) -> Case:
    """Gather the case again under lock: what held on the screen may not hold now."""
    policy = lock_policy(
        request.version.model, source=Stage(request.version.stage), target=Stage(request.target)
    )
    version, slot = lock_version(request.version, request.slot)
    require_same_policy(policy, version, Stage(request.target))
    return build_case(
        version,
        slot=slot,
        move=Move(request.move),
        target=Stage(request.target),
        policy=policy,
        request=request,
        requested_by=f"user:{request.requested_by_id}",
        share=request.share,
    )


def require_role(actor: User, role: Role, *, unit: Unit, at: datetime) -> None:
    """Raise PermissionMissing unless the person holds the role itself, whatever else they may."""
    if role not in roles_of(actor, unit=unit, at=at):
        raise PermissionMissing(f"You do not hold the role {role.label.lower()} in {unit.name}.")


def _require_same_dossier(case: Case, digest_seen: str) -> None:
    if case.digest != digest_seen:
        raise DossierChanged(
            "Nothing was signed: what you saw is not what stands here now. Read what changed, "
            "then sign again.",
            seen=digest_seen,
            now=case.digest,
        )


def _require_may_sign(case: Case, actor: User, role: Role, decision: Decision) -> None:
    require_separation(reader_bars(case, reader=actor, role=role))
    need = next((state for state in case.judgement.needs if state.need.role == role), None)
    if need is None:
        raise NotNeeded(f"The policy asks for no signature of role {role.label.lower()} here.")
    if decision != Decision.APPROVE:
        return
    require_complete(case.version, target=Stage(case.dossier.target))
    if case.judgement.unmet_checks:
        sentences = " ".join(check.sentence for check in case.judgement.unmet_checks)
        raise ChecksNotMet(
            f"Nobody can approve while a check is not met. {sentences}",
            checks=[check.id for check in case.judgement.unmet_checks],
        )
    if need.missing <= 0:
        raise NotNeeded("The policy has all the signatures of this role that it asks for.")


def _need_meaning(case: Case, role: Role) -> str:
    return next(state.need.meaning for state in case.judgement.needs if state.need.role == role)


def insert_sign_off(
    request: PromotionRequest,
    case: Case,
    *,
    role: Role,
    decision: Decision,
    meaning: str,
    comment: str,
    proof: Proof,
    actor: User,
    at: datetime,
) -> tuple[SignOff, list[Record]]:
    """Insert a signature over the case's dossier; return it and every row that was written."""
    copy, is_new = keep_dossier(request, case, at=at)
    signed = SignOff.objects.create(
        request=request,
        dossier=copy,
        signer=actor,
        printed_name=audit.write_prose(actor.name),
        comment=audit.write_prose(comment.strip()) if comment.strip() else None,
        role=role,
        decision=decision,
        meaning=meaning,
        dossier_digest=copy.digest,
        proof=proof.method,
        signed_at=at,
    )
    return signed, [signed, copy] if is_new else [signed]


def _conclude(
    request: PromotionRequest,
    case: Case,
    signed: SignOff,
    written: Sequence[Record],
    *,
    actor: User,
    at: datetime,
) -> None:
    decision = Decision(signed.decision)
    verb = Verb.REQUEST_SIGNED
    if decision == Decision.APPROVE:
        judged = judged_again(case, request)
        if judged.judgement.is_met:
            carry_out(request, judged, actor=actor, at=at, records=written)
            return
    else:
        state, verb = CLOSING[decision]
        close(request, state, digest=case.digest, actor=actor, at=at, reason=signed.comment)
    audit.append(
        verb=verb,
        stream=case.version.model.stream,
        subject=request.ref,
        actor=actor.ref,
        at=at,
        facts={
            "version": case.version.ref,
            "number": case.version.number,
            "sign_off": signed.ref,
            "role": signed.role,
            "decision": signed.decision,
            "dossier": case.digest,
        },
        records=[request, *written],
    )


def judged_again(case: Case, request: PromotionRequest) -> Case:
    """Return the case with the signatures that the request has by now."""
    judgement = judge(
        policy=case.policy,
        dossier=case.dossier,
        checks=case.judgement.checks,
        signatures=[signature_of(row) for row in sign_offs_of(request)],
        duties=case.duties,
    )
    return replace(case, judgement=judgement)
