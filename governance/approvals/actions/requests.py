"""Asking for a change of stage, and taking the question back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from governance.accounts.models import User
from governance.accounts.permissions import Permission, require
from governance.accounts.rules import Actor, NotAPerson
from governance.approvals.actions.changes import carry_out, close, insert_request
from governance.approvals.actions.locks import (
    lock_policy,
    lock_request,
    lock_version,
    require_complete,
    require_same_policy,
)
from governance.approvals.models import PromotionRequest
from governance.approvals.queries.cases import Case, build_case
from governance.approvals.rules.judgement import (
    MOVES,
    AlreadyDecided,
    AnotherShareAsked,
    RequestClosed,
    RequestState,
)
from governance.audit import actions as audit
from governance.audit.rules import Verb
from governance.core.compiled import KEY, CompiledObject
from governance.core.errors import NotAllowed, WrongState, invalid
from governance.registry.actions.stages import require_room
from governance.registry.models import ModelVersion, Slot
from governance.registry.queries import champion_of, default_slot
from governance.registry.rules import (
    Move,
    SlotNotOfModel,
    SlotRole,
    Stage,
    StageUnchanged,
    VersionNotFound,
)

NAMED = frozenset({Move.EMERGENCY, Move.CONFIRMED})
"""The moves that the stages alone do not tell."""


class NotTheRequester(NotAllowed):
    code = "not_the_requester"


class NotServing(WrongState):
    """Only what serves is confirmed in service."""

    code = "not_serving"


class Outcome(Enum):
    """What became of asking for a stage."""

    ALREADY_THERE = "ALREADY_THERE"
    MOVED = "MOVED"
    OPENED = "OPENED"
    WAITING = "WAITING"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The answer. `case` and `request` are given unless the version is there already."""

    outcome: Outcome
    version: ModelVersion
    request: PromotionRequest | None = None
    case: Case | None = None


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What is asked for: a stage, in a slot, and for a canary the share of its traffic.

    `move` is given where the stages do not tell which it is: an emergency, for a `reason`, or the
    confirmation of what serves.
    """

    target: Stage
    slot: Slot
    share: int | None = None
    move: Move | None = None
    reason: str = ""

    def move_of(self, version: ModelVersion) -> Move:
        if self.move:
            return self.move
        return Move.SHARED if self.share else MOVES[Stage(version.stage), self.target]

    def is_granted_to(self, version: ModelVersion) -> bool:
        """Tell whether the version has it: in Production that is said of the slot."""
        if self.move == Move.CONFIRMED:
            return False
        if self.target != Stage.PRODUCTION:
            return version.stage == self.target
        role = SlotRole.CANARY if self.share else SlotRole.CHAMPION
        held = version.assignments.filter(slot=self.slot, ended_at=None)
        return held.filter(role=role, share=self.share).exists()


@transaction.atomic
def ask_for_stage(
    *,
    version: ModelVersion,
    target: Stage,
    actor: Actor,
    at: datetime,
    slot: Slot | None = None,
) -> Asked:
    """Ask that a version go to a stage; it goes at once if nothing is outstanding.

    Into Production it goes as champion of the slot, the model's default one where none is named.
    Otherwise the question stands as a promotion request, which is a result, not an error: the
    caller says what is missing. Asking again finds the same request. Appends request.opened, or
    the entry of the move, or nothing. Raises PermissionMissing, NotAPerson, NotAModel,
    InventoryIncomplete, ModelRetired, NoPolicy, AlreadyDecided (the very same facts were rejected
    or returned before), InvalidInput for a slot with another stage than Production.
    """
    if slot is not None and target != Stage.PRODUCTION:
        raise invalid("slot", "stage", "A slot is named together with Production alone.")
    wish = Wish(target=target, slot=_slot_of(version, slot))
    return _ask(version, wish, actor=actor, at=at)


@transaction.atomic
def ask_for_canary(
    *, version: ModelVersion, slot: Slot, share: int, actor: Actor, at: datetime
) -> Asked:
    """Ask that a version answer a share of a slot's live traffic, in percent, as its canary.

    It takes what a champion takes: the policy of Production decides, and its people sign. The
    version keeps its stage. Answers, entry and refusals as for `ask_for_stage`; raises
    InvalidInput for a share outside 1 to 99, AnotherShareAsked, StageUnchanged for the champion,
    TooMuchTraffic.
    """
    if not 1 <= share <= 99:
        raise invalid("share", "range", "A share is a whole percentage from 1 to 99.")
    wish = Wish(target=Stage.PRODUCTION, slot=_slot_of(version, slot), share=share)
    if Wish(target=Stage.PRODUCTION, slot=wish.slot).is_granted_to(version):
        raise StageUnchanged(f"{version} is the champion of {slot}: it has all its traffic.")
    require_room(version, wish.slot, share=share)
    return _ask(version, wish, actor=actor, at=at)


@transaction.atomic
def ask_in_emergency(
    *, version: ModelVersion, slot: Slot | None, reason: str, actor: Actor, at: datetime
) -> Asked:
    """Ask that a version go live now and be reviewed after, on the signatures of an emergency.

    The policy of the ordinary move says whose these are, and how long what goes live so stands.
    Answers, entry and refusals as for `ask_for_stage`; raises NoEmergency, InvalidInput without a
    reason.
    """
    if not reason.strip():
        raise invalid("reason", "required", "Say what the emergency is. It is kept on record.")
    slot = _slot_of(version, slot)
    wish = Wish(target=Stage.PRODUCTION, slot=slot, move=Move.EMERGENCY, reason=reason.strip())
    return _ask(version, wish, actor=actor, at=at)


@transaction.atomic
def ask_to_confirm(*, version: ModelVersion, slot: Slot, actor: Actor, at: datetime) -> Asked:
    """Ask that the champion of a slot be approved again, where it serves.

    So the review after an emergency is signed, and an approval that lapsed given anew. The policy
    is that of Production; nothing changes its stage. Answers, entry and refusals as for
    `ask_for_stage`; raises NotServing for a version that is not the slot's champion.
    """
    if champion_of(slot) != version:
        raise NotServing(f"{version} is not the champion of {slot}: there is nothing to confirm.")
    slot = _slot_of(version, slot)
    wish = Wish(target=Stage.PRODUCTION, slot=slot, move=Move.CONFIRMED)
    return _ask(version, wish, actor=actor, at=at)


def _slot_of(version: ModelVersion, slot: Slot | None) -> Slot:
    slot = slot or default_slot(version.model)
    if slot is None:
        raise VersionNotFound("This model has no versions.")
    if slot.model_id != version.model_id:
        raise SlotNotOfModel(f"{version.model.name} has no slot {slot}.")
    return slot


def _ask(version: ModelVersion, wish: Wish, *, actor: Actor, at: datetime) -> Asked:
    locked = _locked_open_request(version, wish)
    require(actor, Permission.PROMOTION_REQUEST, unit=version.model.unit, at=at)
    person = actor.person
    if person is None:
        raise NotAPerson("A change of stage is asked for by a person, or on a person's account.")
    if wish.is_granted_to(version):
        return Asked(outcome=Outcome.ALREADY_THERE, version=version)
    require_complete(version, target=wish.target)
    policy = lock_policy(version, slot=wish.slot, target=wish.target, at=at)
    version, slot = lock_version(version, wish.slot, target=wish.target)
    if wish.is_granted_to(version):
        return Asked(outcome=Outcome.ALREADY_THERE, version=version)
    require_same_policy(policy, version, slot=slot, target=wish.target, at=at)
    require_complete(version, target=wish.target)
    # While we waited for the model, ours may have been overtaken by another move, or another
    # opened: that one is read then, not locked.
    locked = locked if locked and locked.source == version.stage else None
    request = locked or _open_request(version, wish)
    case = build_case(
        version,
        slot=slot,
        move=wish.move_of(version),
        target=wish.target,
        policy=policy,
        request=request,
        requested_by=f"user:{request.requested_by_id}" if request else person.ref,
        at=at,
        share=wish.share,
    )
    if request is None:
        _refuse_if_decided(case)
        return _open(case, reason=wish.reason, actor=actor, person=person, at=at)
    _require_same_share(request, wish)
    if case.judgement.is_met and locked is not None:
        carry_out(request, case, actor=actor, at=at)
        return Asked(outcome=Outcome.MOVED, version=version, request=request, case=case)
    return Asked(outcome=Outcome.WAITING, version=version, request=request, case=case)


def _require_same_share(request: PromotionRequest, wish: Wish) -> None:
    if request.share != wish.share:
        raise AnotherShareAsked(
            f"{request.reference} asks for {request.share} percent of {request.slot}. Withdraw it "
            "before you ask for another share.",
            request=str(request.pk),
        )


def _open(case: Case, *, reason: str, actor: Actor, person: User, at: datetime) -> Asked:
    """Put the question on record; carry it out at once if nothing is outstanding."""
    request = insert_request(case, reason=reason, actor=actor, person=person, at=at)
    if case.judgement.is_met:
        carry_out(request, case, actor=actor, at=at)
        return Asked(outcome=Outcome.MOVED, version=case.version, request=request, case=case)
    audit.append(
        verb=Verb.REQUEST_OPENED,
        stream=case.version.model.stream,
        subject=request.ref,
        actor=actor.ref,
        at=at,
        facts={
            "version": case.version.ref,
            "number": case.version.number,
            "from": request.source,
            "to": request.target,
            "slot": case.slot.ref,
            "policy": case.policy.ref or case.policy.key,
            "dossier": case.digest,
            "requested_by": f"user:{request.requested_by_id}",
            "unmet_checks": [check.id for check in case.judgement.unmet_checks],
            "missing_roles": [
                role for state in case.judgement.missing_needs for role in state.open_roles
            ],
        }
        | ({"move": request.move} if request.move in NAMED else {}),
        records=[request],
    )
    return Asked(outcome=Outcome.OPENED, version=case.version, request=request, case=case)


def _locked_open_request(version: ModelVersion, wish: Wish) -> PromotionRequest | None:
    """Return the open request, locked, or None if there is none or it closed meanwhile."""
    standing = _open_request(version, wish)
    if standing is None:
        return None
    request = lock_request(standing.pk)
    return request if request.standing == RequestState.OPEN else None


def _open_for(key: UUID, slot: UUID, target: str, move: str) -> QuerySet[PromotionRequest]:
    requests = PromotionRequest.objects.open().with_version()
    return requests.filter(version=key, slot=slot, target=target, move=move)


# Asked twice in each change of stage, once before the locks and once behind them.
_OPEN = CompiledObject(
    _open_for, key=KEY, slot=UUID(int=1), target="\ue000target", move="\ue000move"
)


def _open_request(version: ModelVersion, wish: Wish) -> PromotionRequest | None:
    if wish.is_granted_to(version):
        return None
    return _OPEN.first(
        key=version.pk,
        slot=wish.slot.pk,
        target=wish.target.value,
        move=wish.move_of(version).value,
    )


def _refuse_if_decided(case: Case) -> None:
    decided = (
        PromotionRequest.objects.filter(
            version=case.version,
            slot=case.slot,
            move=case.dossier.move,
            target=case.dossier.target,
            state__in=[RequestState.REJECTED, RequestState.RETURNED],
            decided_digest=case.digest,
        )
        .order_by("-closed_at")
        .select_related("closed_reason")
        .first()
    )
    if decided is not None:
        words = RequestState(decided.state).label.lower()
        raise AlreadyDecided(
            f"{decided.reference} was {words} and nothing has changed since. "
            f"The reason given: {decided.closed_reason}",
            subject=case.version.ref,
            stream=case.version.model.stream,
            request=str(decided.pk),
        )


@transaction.atomic
def withdraw(*, request_id: UUID, reason: str, actor: Actor, at: datetime) -> PromotionRequest:
    """Take a request back. Appends request.withdrawn.

    The requester or the model's owner may. Raises InvalidInput, NotTheRequester,
    PermissionMissing, RequestClosed.
    """
    request = lock_request(request_id)
    person = actor.person
    owner = request.version.model.owner_id
    if person is None or person.pk not in {request.requested_by_id, owner}:
        raise NotTheRequester("Only who asked, or the model's owner, takes a request back.")
    # A token that may only read acts for the same person as one that may ask.
    require(actor, Permission.PROMOTION_REQUEST, unit=request.version.model.unit, at=at)
    require_open(request)
    if not reason.strip():
        raise invalid("reason", "required", "Say why you take the request back.")
    close(
        request,
        RequestState.WITHDRAWN,
        digest="",
        actor=actor,
        at=at,
        reason=audit.write_prose(reason.strip()),
    )
    audit.append(
        verb=Verb.REQUEST_WITHDRAWN,
        stream=request.version.model.stream,
        subject=request.ref,
        actor=actor.ref,
        at=at,
        facts={"version": request.version.ref},
        records=[request],
    )
    return request


def require_open(request: PromotionRequest) -> None:
    """Raise RequestClosed unless the request still waits for its decision."""
    if request.standing != RequestState.OPEN:
        words = request.standing.label.lower()
        raise RequestClosed(f"{request.reference} is closed already: {words}.")
