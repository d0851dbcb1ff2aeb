"""Rolling back: the slot's last incumbent returns at once, on one approver's signature."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import transaction

from governance.accounts.models import Unit, User
from governance.accounts.permissions import Permission, require
from governance.accounts.proof import Proof, prove_apart, require_proof
from governance.accounts.queries import person_with_email
from governance.accounts.rules import Actor, PermissionMissing, Role
from governance.approvals.actions.changes import carry_out, insert_request
from governance.approvals.actions.locks import lock_version
from governance.approvals.actions.sign_offs import (
    in_whose_names,
    insert_sign_off,
    judged_again,
    require_role,
)
from governance.approvals.models import PromotionRequest, SignOff
from governance.approvals.queries.cases import (
    ROLLBACK_NEED,
    ROLLBACK_POLICY,
    Case,
    build_case,
    sign_offs_of,
)
from governance.approvals.queries.chairs import reader_bars
from governance.approvals.queries.standing import require_standing
from governance.approvals.rules.duties import require_separation
from governance.approvals.rules.judgement import Decision, DossierChanged
from governance.core.errors import DomainError, Refused, invalid
from governance.inventory.models import Model
from governance.registry.models import ModelVersion, Slot
from governance.registry.queries import default_slot, last_incumbent_of, slot_named
from governance.registry.rules import Move, Stage


class NothingToRollBackTo(Refused):
    """No version served in the slot before, or it was never approved for it."""

    code = "nothing_to_roll_back_to"


def slot_to_roll_back(model: Model, name: str = "") -> Slot:
    """Return the slot of that name, the default one where none is named.

    Raises SlotNotOfModel, NothingToRollBackTo.
    """
    slot = slot_named(model, name) if name else default_slot(model)
    if slot is None:
        raise NothingToRollBackTo(f"{model.name} has no version yet, so nothing could return.")
    return slot


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


def basis_of(case: Case) -> tuple[PromotionRequest, list[SignOff]]:
    """Return the earlier approval and those of its signatures that the rollback rests on."""
    basis = case.dossier.basis
    if basis is None:
        raise NothingToRollBackTo("The earlier version has no approval on record to rest on.")
    request = PromotionRequest.objects.with_version().get(pk=basis.request.partition(":")[2])
    return request, [row for row in sign_offs_of(request) if row.ref in basis.sign_offs]


def rolled_back_before(slot: Slot, person: User, digest: str) -> SignOff | None:
    """Return the person's signature under a rollback of these very facts, if it was done."""
    return (
        SignOff.objects.filter(
            request__slot=slot,
            request__move=Move.ROLLED_BACK,
            signer=person,
            dossier_digest=digest,
        )
        .select_related("request")
        .first()
    )


def require_may_roll_back(case: Case, *, person: User, at: datetime) -> None:
    """Raise PermissionMissing or DutiesNotSeparated unless this person could authorize it."""
    model = case.version.model
    names = in_whose_names(person, Role.APPROVER, unit=model.unit, at=at)
    if not names:
        raise _no_approver(model.unit)
    barred = reader_bars(case, reader=person, role=Role.APPROVER, in_name_of=names[0])
    require_separation(barred, stream=model.stream)


def approver_called(email: str, *, case: Case, at: datetime) -> User:
    """Return the person who signs in so, if they could authorize it.

    Raises PermissionMissing, in the same words if nobody signs in so, or DutiesNotSeparated.
    """
    person = _approver(email, unit=case.version.model.unit, at=at)
    with _naming(person):
        require_may_roll_back(case, person=person, at=at)
    return person


def _approver(email: str, *, unit: Unit, at: datetime) -> User:
    person = person_with_email(email)
    if person is None or not in_whose_names(person, Role.APPROVER, unit=unit, at=at):
        raise _no_approver(unit)
    return person


def _no_approver(unit: Unit) -> PermissionMissing:
    return PermissionMissing(
        f"Only an approver in {unit.name} rolls a version back.",
        role=Role.APPROVER,
        unit=unit.path,
    )


def roll_back_for(
    *,
    email: str,
    password: str,
    code: str,
    slot: Slot,
    digest_seen: str,
    reason: str,
    via: Actor | None,
    at: datetime,
) -> PromotionRequest:
    """Roll back on the word of an approver who is not signed in, and proves themself here.

    `via` is the system that passes the call on, if one does. The same call again answers what the
    first one did, whatever it proves. Nothing is looked at that the person gave before all else
    holds. Raises as `roll_back` and `prove_apart`; once the person is known, the facts of
    the refusal name them.
    """
    unit = slot.model.unit
    if via is not None:
        require(via, Permission.PROMOTION_ROLL_BACK, unit=unit, at=at)
    person = _approver(email, unit=unit, at=at)
    earlier = rolled_back_before(slot, person, digest_seen)
    if earlier is not None:
        return earlier.request
    with _naming(person):
        case = rollback_case(slot, at=at)
        require_may_roll_back(case, person=person, at=at)
        _require_reason(reason)
        _require_unchanged(case, digest_seen)
        proof = prove_apart(person, password=password, code=code, at=at)
        return roll_back(
            slot=slot, digest_seen=digest_seen, reason=reason, proof=proof, actor=person, at=at,
            via=via,
        )  # fmt: skip


@contextmanager
def _naming(person: User) -> Iterator[None]:
    """The call comes from a system or a shell: have a refusal of it say whom it named."""
    try:
        yield
    except DomainError as error:
        error.facts["approver"] = person.ref
        raise


@transaction.atomic
def roll_back(
    *,
    slot: Slot,
    digest_seen: str,
    reason: str,
    proof: Proof,
    actor: User,
    at: datetime,
    via: Actor | None = None,
) -> PromotionRequest:
    """Return the slot's last incumbent to Production and archive what serves now.

    One approver who is no builder authorizes it, resting on the incumbent's earlier sign-offs.
    `via` is the system that passed the call on: it may do that, and authorizes nothing. Appends
    version.rolled_back. Raises NothingToRollBackTo, ApprovalLapsed, PermissionMissing,
    DutiesNotSeparated, DossierChanged, InvalidInput, ProofMissing.
    """
    target = last_incumbent_of(slot)
    if target is None:
        raise NothingToRollBackTo("No earlier version of this slot could return.")
    version, slot = lock_version(target, slot, target=Stage.PRODUCTION)
    unit = version.model.unit
    names = require_role(actor, Role.APPROVER, unit=unit, at=at)
    if via is not None:
        require(via, Permission.PROMOTION_ROLL_BACK, unit=unit, at=at)
    require_proof(proof, actor=actor, at=at)
    _require_reason(reason)
    case = _case(version, slot, at=at)
    barred = reader_bars(case, reader=actor, role=Role.APPROVER, in_name_of=names[0])
    require_separation(barred, stream=version.model.stream)
    _require_unchanged(case, digest_seen)
    request = insert_request(case, actor=via or actor, person=actor, at=at)
    _, written = insert_sign_off(
        request, case, role=Role.APPROVER, decision=Decision.APPROVE,
        meaning=ROLLBACK_NEED.meaning, comment=reason, proof=proof, actor=actor, at=at,
        on_behalf_of=names[0],
    )  # fmt: skip
    carry_out(request, judged_again(case, request, at=at), actor=actor, at=at, records=written)
    return request


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise invalid("reason", "required", "Say why the earlier version must return.")


def _require_unchanged(case: Case, digest_seen: str) -> None:
    if case.digest != digest_seen:
        raise DossierChanged(
            "Nothing was rolled back: what you saw is not what stands here now.",
            seen=digest_seen,
            now=case.digest,
        )
