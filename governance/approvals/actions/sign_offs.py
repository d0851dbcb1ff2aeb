"""Signing: the one way in which a person decides on a promotion request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.db import transaction

from governance.accounts.models import Delegation, Unit, User
from governance.accounts.permissions import Permission, require
from governance.accounts.proof import Proof, require_proof
from governance.accounts.queries import delegations_in, roles_of
from governance.accounts.rules import PermissionMissing, Role
from governance.approvals.actions.changes import carry_out, close, keep_dossier
from governance.approvals.actions.conditions import insert_conditions, require_conditions
from governance.approvals.actions.locks import (
    lock_policy,
    lock_request,
    lock_version,
    require_complete,
    require_same_policy,
)
from governance.approvals.actions.requests import require_open
from governance.approvals.models import PromotionRequest, SignOff
from governance.approvals.queries.bindings import bound
from governance.approvals.queries.cases import Case, build_case, sign_offs_of, signature_of
from governance.approvals.queries.chairs import reader_bars
from governance.approvals.queries.challenge import openings_by
from governance.approvals.rules.challenge import EVIDENCE, EvidencePage
from governance.approvals.rules.conditions import ConditionDraft
from governance.approvals.rules.duties import require_separation
from governance.approvals.rules.judgement import (
    ChecksNotMet,
    Decision,
    DossierChanged,
    NeedState,
    NotNeeded,
    NotYourTurn,
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
    conditions: Sequence[ConditionDraft] = (),
) -> SignOff:
    """Sign a request in a role the actor holds; with the last approval the version moves.

    A deputy signs in the name of whoever lent them the role. What is signed is the dossier whose
    digest was on the screen: if any fact differs now, nothing is signed. `conditions` of an
    approval become findings when the stage changes. Appends request.signed, or the entry of the
    move, or request.returned or request.rejected. Raises RequestClosed, PermissionMissing,
    DossierChanged, DutiesNotSeparated, InventoryIncomplete, NotAModel, ChecksNotMet, NotNeeded,
    NotYourTurn, InvalidInput, ProofMissing, NoPolicy, NoEmergency.
    """
    request = lock_request(request_id)
    names = require_role(actor, role, unit=request.version.model.unit, at=at)
    require_open(request)
    require_proof(proof, actor=actor, at=at)
    _require_words(decision, comment, conditions)

    case = locked_case(request, at=at)
    _require_same_dossier(case, digest_seen)
    in_name_of = _require_may_sign(case, actor, role, decision, in_name_of=names)
    require_conditions(conditions, version=case.version, at=at)

    signed, written = insert_sign_off(
        request, case, role=role, decision=decision, meaning=meaning_of(case, decision, role),
        comment=comment, proof=proof, actor=actor, at=at, on_behalf_of=in_name_of,
    )  # fmt: skip
    written += insert_conditions(signed, conditions, version=case.version)
    _conclude(request, case, signed, written, actor=actor, at=at)
    return signed


def locked_case(request: PromotionRequest, *, at: datetime) -> Case:
    """Gather the case again under lock: what held on the screen may not hold now."""
    target = Stage(request.target)
    policy = lock_policy(request.version, slot=request.slot, target=target, at=at)
    version, slot = lock_version(request.version, request.slot, target=target)
    require_same_policy(policy, version, slot=slot, target=target, at=at)
    return build_case(
        version,
        slot=slot,
        move=Move(request.move),
        target=target,
        policy=policy,
        request=request,
        requested_by=f"user:{request.requested_by_id}",
        at=at,
        share=request.share,
    )


def require_role(actor: User, role: Role, *, unit: Unit, at: datetime) -> list[User | None]:
    """Return in whose names the person could sign in the role; None stands for their own.

    Raises PermissionMissing unless they hold the role itself, or somebody who does has lent it to
    them, whatever else they may.
    """
    lent = _lent_to(actor, unit=unit, at=at)
    if not lent:
        require(actor, Permission.PROMOTION_SIGN, unit=unit, at=at)
    names = _names(actor, role, lent, unit=unit, at=at)
    if not names:
        raise PermissionMissing(
            f"You do not hold the role {role.label.lower()} in {unit.name}.",
            role=role,
            unit=unit.path,
        )
    return names


def in_whose_names(person: User, role: Role, *, unit: Unit, at: datetime) -> list[User | None]:
    """Return the person, as None, if they hold the role, and those who have lent it to them."""
    return _names(person, role, _lent_to(person, unit=unit, at=at), unit=unit, at=at)


def _lent_to(person: User, *, unit: Unit, at: datetime) -> list[Delegation]:
    # By reference: who tries may be a token, which has no key of a person.
    return [one for one in delegations_in(unit, at=at) if one.deputy.ref == person.ref]


def _names(
    person: User, role: Role, lent: Sequence[Delegation], *, unit: Unit, at: datetime
) -> list[User | None]:
    if not person.is_active:
        return []
    own: list[User | None] = [None] if role in roles_of(person, unit=unit, at=at) else []
    return own + [one.delegator for one in lent if one.role == role]


def _require_words(decision: Decision, comment: str, conditions: Sequence[ConditionDraft]) -> None:
    """A comment is asked for with everything but a plain approval."""
    if decision != Decision.APPROVE and conditions:
        raise invalid("conditions", "decision", "Only an approval has conditions.")
    if (decision != Decision.APPROVE or conditions) and not comment.strip():
        raise invalid("comment", "required", "Say why. It is printed in the evidence.")


def _require_same_dossier(case: Case, digest_seen: str) -> None:
    if case.digest != digest_seen:
        raise DossierChanged(
            "Nothing was signed: what you saw is not what stands here now. Read what changed, "
            "then sign again.",
            seen=digest_seen,
            now=case.digest,
        )


def _require_may_sign(
    case: Case, actor: User, role: Role, decision: Decision, *, in_name_of: Sequence[User | None]
) -> User | None:
    """Return in whose name the person signs: the first in which nothing bars them."""
    found = {who: reader_bars(case, reader=actor, role=role, in_name_of=who) for who in in_name_of}
    free = [who for who, barred in found.items() if not barred]
    if not free:
        require_separation(found[in_name_of[0]], stream=case.version.model.stream)
    state = case.judgement.state_for(role)
    if state is None:
        raise NotNeeded(f"The policy asks for no signature of role {role.label.lower()} here.")
    if decision == Decision.APPROVE:
        _require_approvable(case, state, role)
    return free[0]


def _require_approvable(case: Case, state: NeedState, role: Role) -> None:
    require_complete(case.version, target=Stage(case.dossier.target))
    if case.judgement.unmet_checks:
        sentences = " ".join(check.sentence for check in case.judgement.unmet_checks)
        raise ChecksNotMet(
            f"Nobody can approve while a check is not met. {sentences}",
            checks=[check.id for check in case.judgement.unmet_checks],
        )
    if role not in state.open_roles:
        raise NotNeeded("The policy has all the signatures of this role that it asks for.")
    if state.need.step > case.judgement.step:
        first = " and ".join(
            one.need.label.lower()
            for one in case.judgement.missing_needs
            if one.need.step == case.judgement.step
        )
        raise NotYourTurn(f"The policy has others sign before you: {first}.")


def meaning_of(case: Case, decision: Decision, role: Role) -> str:
    """Return the statement that a signature of this role makes."""
    state = case.judgement.state_for(role)
    return MEANINGS.get(decision) or (state.need.meaning if state else "")


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
    on_behalf_of: User | None = None,
) -> tuple[SignOff, list[Record]]:
    """Insert a signature over the case's dossier; return it and every row that was written.

    It says what its signer had opened by then. The portal signs what it states, so that it holds
    for this record and no other.
    """
    copy, is_new = keep_dossier(request, case, at=at)
    opened = openings_by(request, actor)
    signed = SignOff(
        request=request,
        dossier=copy,
        signer=actor,
        on_behalf_of=on_behalf_of,
        printed_name=audit.write_prose(actor.name),
        comment=audit.write_prose(comment.strip()) if comment.strip() else None,
        role=role,
        decision=decision,
        meaning=meaning,
        dossier_digest=copy.digest,
        proof=proof.method,
        signed_at=at,
        first_opened_at=opened.get(EvidencePage.DECISION),
        evidence_opened=",".join(sorted(opened.keys() & EVIDENCE)),
    )
    signed.binding = bound(signed)
    signed.save(force_insert=True)
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
        judged = judged_again(case, request, at=at)
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
        }
        | ({"on_behalf_of": f"user:{signed.on_behalf_of_id}"} if signed.on_behalf_of_id else {}),
        records=[request, *written],
    )


def judged_again(case: Case, request: PromotionRequest, *, at: datetime) -> Case:
    """Return the case with the signatures that the request has by now."""
    judgement = judge(
        policy=case.policy,
        dossier=case.dossier,
        checks=case.judgement.checks,
        signatures=[signature_of(row) for row in sign_offs_of(request)],
        duties=case.duties,
        at=at,
    )
    return replace(case, judgement=judgement)
