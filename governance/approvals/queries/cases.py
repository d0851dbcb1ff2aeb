"""A request with everything that a reader of it needs: dossier, checks, signatures, duties."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db.models import F

from governance.accounts.models import User
from governance.accounts.permissions import Permission
from governance.accounts.queries import units_with
from governance.accounts.rules import Actor, Role
from governance.approvals.models import DossierCopy, PromotionRequest, SignOff
from governance.approvals.queries.dossiers import gather
from governance.approvals.queries.policies import policies_in_force
from governance.approvals.queries.reading import LIVE, ReadAhead, Reading
from governance.approvals.rules.dossier import Dossier
from governance.approvals.rules.duties import Bar, Duties, bars
from governance.approvals.rules.judgement import (
    Decision,
    Judgement,
    RequestState,
    Signature,
    judge,
)
from governance.approvals.rules.policies import Need, Policy, Scope, policy_for
from governance.core.errors import NotFound
from governance.registry.models import ModelVersion, Slot
from governance.registry.rules import Move, Stage


class RequestNotFound(NotFound):
    code = "request_not_found"


ROLLBACK_NEED = Need(
    role=Role.APPROVER,
    count=1,
    meaning="I return this version to service on the strength of its earlier approval.",
)


ROLLBACK_POLICY = Policy(
    key="rollback",
    title="Return of the last incumbent",
    scope=Scope(target=Stage.PRODUCTION),
    needs=(ROLLBACK_NEED,),
    validator_may_approve=True,
)
"""The fixed rule of a rollback, in the form of a policy: one approver, no checks."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """What stands for and against one change of stage, now."""

    version: ModelVersion
    slot: Slot
    policy: Policy
    dossier: Dossier
    judgement: Judgement
    duties: Duties
    request: PromotionRequest | None = None

    @property
    def digest(self) -> str:
        return self.judgement.dossier_digest


@dataclass(frozen=True, kw_only=True)
class Chair:
    """One place to sign, as one reader sees it: may they take it, and if not, why not."""

    need: Need
    given: tuple[SignOff, ...]
    missing: int
    candidates: tuple[User, ...]
    bars: tuple[Bar, ...]
    holds_role: bool

    @property
    def open_to_reader(self) -> bool:
        return self.missing > 0 and self.holds_role and not self.bars


def build_case(
    version: ModelVersion,
    *,
    slot: Slot,
    move: Move,
    target: Stage,
    policy: Policy,
    request: PromotionRequest | None,
    requested_by: str,
    share: int | None = None,
    reading: Reading = LIVE,
) -> Case:
    """Gather and judge. Under lock the caller gets what will hold; without, what holds now."""
    is_rollback = move == Move.ROLLED_BACK
    dossier, checks = gather(
        version,
        slot=slot,
        move=move,
        target=target,
        policy=None if is_rollback else policy,
        share=share,
        reading=reading,
    )
    sign_offs = reading.sign_offs(request) if request else []
    duties = _duties(version, policy=policy, requested_by=requested_by, reading=reading)
    judgement = judge(
        policy=policy,
        dossier=dossier,
        checks=checks,
        signatures=[signature_of(row) for row in sign_offs],
        duties=duties,
    )
    return Case(
        version=version,
        slot=slot,
        policy=policy,
        dossier=dossier,
        judgement=judgement,
        duties=duties,
        request=request,
    )


def case_of(
    request: PromotionRequest,
    *,
    policies: Sequence[Policy] | None = None,
    reading: Reading = LIVE,
) -> Case:
    """Return the case of a request as it stands now. Raises NoPolicy when none reaches it."""
    version = request.version
    policy = (
        ROLLBACK_POLICY
        if request.move == Move.ROLLED_BACK
        else policy_for(
            policies if policies is not None else policies_in_force(),
            tier=version.model.tier or 0,
            kind=version.model.kind,
            source=Stage(version.stage),
            target=Stage(request.target),
        )
    )
    return build_case(
        version,
        slot=request.slot,
        move=Move(request.move),
        target=Stage(request.target),
        policy=policy,
        request=request,
        requested_by=f"user:{request.requested_by_id}",
        share=request.share,
        reading=reading,
    )


def _duties(
    version: ModelVersion, *, policy: Policy, requested_by: str, reading: Reading
) -> Duties:
    builders = reading.builders(version.model)
    return Duties(
        model_name=version.model.name,
        version_number=version.number,
        builders={ref: frozenset(capacities) for ref, capacities in builders.items()},
        registered_by=f"user:{version.registered_by_id}",
        requested_by=requested_by,
        validated_by=frozenset(reading.validators(version)),
        validator_may_approve=policy.validator_may_approve,
    )


def signature_of(row: SignOff) -> Signature:
    return Signature(
        ref=row.ref,
        signer=f"user:{row.signer_id}",
        role=Role(row.role),
        decision=Decision(row.decision),
        dossier_digest=row.dossier_digest,
    )


def sign_offs_of(request: PromotionRequest) -> list[SignOff]:
    return LIVE.sign_offs(request)


def chairs(case: Case, *, reader: User, at: datetime, reading: Reading = LIVE) -> list[Chair]:
    """Return the places to sign as this reader sees them."""
    unit = case.version.model.unit
    held = reading.roles(reader, unit=unit, at=at)
    rows = {row.ref: row for row in reading.sign_offs(case.request)} if case.request else {}
    signed = frozenset(signature.signer for signature in case.judgement.signatures)
    found = []
    for state in case.judgement.needs:
        role = state.need.role
        candidates = (
            [
                person
                for person in reading.holders(role, unit=unit, at=at)
                if person.ref not in signed and not bars(person.ref, case.duties, role=role)
            ]
            if state.missing
            else []
        )
        found.append(
            Chair(
                need=state.need,
                given=tuple(rows[signature.ref] for signature in state.given),
                missing=state.missing,
                candidates=tuple(candidates),
                bars=tuple(reader_bars(case, reader=reader, role=role)),
                holds_role=role in held,
            )
        )
    return found


def reader_bars(case: Case, *, reader: User, role: Role) -> list[Bar]:
    """Return why this reader may not sign in this role; signing the same facts twice included."""
    signed = frozenset(signature.signer for signature in case.judgement.signatures)
    return bars(reader.ref, replace(case.duties, signed_by=signed), role=role)


def request_by_id(request_id: UUID, *, actor: Actor, at: datetime) -> PromotionRequest:
    """Return the request, or raise RequestNotFound: absent and invisible look alike."""
    request = (
        PromotionRequest.objects.visible_to(actor, at=at)
        .with_version()
        .filter(pk=request_id)
        .first()
    )
    if request is None:
        raise RequestNotFound("There is no such promotion request.")
    return request


def open_requests(actor: Actor, *, at: datetime) -> list[PromotionRequest]:
    """Return the open requests that the actor may see, oldest first."""
    return list(
        PromotionRequest.objects.visible_to(actor, at=at)
        .open()
        .with_version()
        .order_by("opened_at")
    )


def waiting_for(user: User, *, at: datetime) -> list[tuple[Case, Chair]]:
    """Return the open requests on which this person's signature is what is next, oldest first.

    A request whose checks fail waits for its builders, not for a signer.
    """
    units = units_with(user, Permission.PROMOTION_SIGN, at=at)
    requests = list(
        PromotionRequest.objects.open()
        .filter(version__model__unit__in=units)
        .with_version()
        .order_by("opened_at")
    )
    policies, ahead = policies_in_force(), ReadAhead(requests, reader=user, at=at)
    found = []
    for request in requests:
        case = case_of(request, policies=policies, reading=ahead)
        if case.judgement.unmet_checks:
            continue
        places = chairs(case, reader=user, at=at, reading=ahead)
        chair = next((place for place in places if place.open_to_reader), None)
        if chair is not None:
            found.append((case, chair))
    return found


def approved_dossier(version: ModelVersion) -> DossierCopy | None:
    """Return the dossier under which this version was last approved for Production."""
    return (
        DossierCopy.objects.filter(
            request__version=version,
            request__target=Stage.PRODUCTION,
            request__state=RequestState.DONE,
            # A request keeps every dossier that somebody signed, also those that went stale.
            digest=F("request__decided_digest"),
        )
        .order_by("-request__closed_at")
        .first()
    )
