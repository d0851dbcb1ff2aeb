"""A request with everything that a reader of it needs: dossier, checks, signatures, duties."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import F

from governance.accounts.models import Unit
from governance.accounts.rules import BUILDING_ROLES, Actor, Role
from governance.approvals.models import DossierCopy, PromotionRequest, SignOff
from governance.approvals.queries.dossiers import ROLLBACK_KEY, gather
from governance.approvals.queries.policies import policies_in_force, subject_of
from governance.approvals.queries.reading import LIVE, Reading
from governance.approvals.rules.dossier import Dossier
from governance.approvals.rules.duties import Duties
from governance.approvals.rules.emergencies import emergency_policy
from governance.approvals.rules.independence import Independence
from governance.approvals.rules.judgement import (
    Decision,
    Judgement,
    RequestState,
    Signature,
    judge,
)
from governance.approvals.rules.policies import Need, Policy, Scope, policy_for
from governance.core.errors import NotFound
from governance.core.grouping import by_key
from governance.inventory.rules import Capacity
from governance.registry.models import ModelVersion, Slot
from governance.registry.rules import Move, Stage


class RequestNotFound(NotFound):
    code = "request_not_found"


ROLLBACK_NEED = Need(
    roles=(Role.APPROVER,),
    count=1,
    meaning="I return this version to service on the strength of its earlier approval.",
)


ROLLBACK_POLICY = Policy(
    key=ROLLBACK_KEY,
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


def build_case(
    version: ModelVersion,
    *,
    slot: Slot,
    move: Move,
    target: Stage,
    policy: Policy,
    request: PromotionRequest | None,
    requested_by: str,
    at: datetime,
    share: int | None = None,
    reading: Reading = LIVE,
) -> Case:
    """Gather and judge. Under lock the caller gets what will hold; without, what holds now.

    `policy` is the one that reaches the move; in an emergency it holds in its shorter form.
    """
    if move == Move.EMERGENCY:
        policy = emergency_policy(policy)
    duties = _duties(
        version,
        policy=policy,
        request=request,
        requested_by=requested_by,
        reading=reading,
        at=at,
    )
    dossier, checks = gather(
        version,
        slot=slot,
        move=move,
        target=target,
        policy=policy,
        request=request,
        duties=duties,
        at=at,
        share=share,
        reading=reading,
    )
    sign_offs = reading.sign_offs(request) if request else []
    judgement = judge(
        policy=policy,
        dossier=dossier,
        checks=checks,
        signatures=[signature_of(row) for row in sign_offs],
        duties=duties,
        at=at,
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
    at: datetime,
    policies: Sequence[Policy] | None = None,
    reading: Reading = LIVE,
) -> Case:
    """Return the case of a request as it stands now.

    Raises NoPolicy when none reaches it, NoEmergency when it no longer knows one.
    """
    version, target = request.version, Stage(request.target)
    if request.move == Move.ROLLED_BACK:
        policy = ROLLBACK_POLICY
    else:
        source, name = Stage(version.stage), request.slot.name
        subject = subject_of(version.model, slot=name, source=source, target=target, at=at)
        in_force = policies if policies is not None else policies_in_force()
        policy = policy_for(in_force, subject)
    return build_case(
        version,
        slot=request.slot,
        move=Move(request.move),
        target=target,
        policy=policy,
        request=request,
        requested_by=f"user:{request.requested_by_id}",
        at=at,
        share=request.share,
        reading=reading,
    )


def _duties(
    version: ModelVersion,
    *,
    policy: Policy,
    request: PromotionRequest | None,
    requested_by: str,
    reading: Reading,
    at: datetime,
) -> Duties:
    builders, validators = reading.builders(version.model), reading.validators(version)
    unit_builders = _unit_builders(version.model.unit, policy, reading, at=at)
    overriders = _overriders(request, reading) if request else {}
    editors = reading.card_editors(version)
    return Duties(
        model_name=version.model.name,
        version_number=version.number,
        builders={ref: frozenset(capacities) for ref, capacities in builders.items()},
        registered_by=f"user:{version.registered_by_id}",
        committed_by=version.committer_ref,
        requested_by=requested_by,
        card_edited_by=frozenset(editors),
        validated_by=frozenset(validators),
        validator_may_approve=policy.validator_may_approve,
        unit_builders=frozenset(unit_builders),
        overridden_by=frozenset(overriders),
        records={
            **_built(builders),
            **_by_rule("validator_approves_not", validators),
            **_by_rule("validator_asks_not", validators),
            **_by_rule("unit_builder_signs_not", unit_builders),
            **_by_rule("overrider_signs_not", overriders),
            **_by_rule("card_editor_signs_not", editors),
            ("committer_signs_not", version.committer_ref): (version.ref,),
            ("registrant_signs_not", f"user:{version.registered_by_id}"): (version.ref,),
            **({("requester_signs_not", requested_by): (request.ref,)} if request else {}),
        },
    )


def _overriders(request: PromotionRequest, reading: Reading) -> dict[str, tuple[str, ...]]:
    """Who signed which overrides of the request."""
    signed = [one for row in reading.overrides(request) for one in row.sign_offs.all()]
    found = by_key(sorted(signed, key=lambda one: one.ref), lambda one: f"user:{one.signer_id}")
    return {person: tuple(one.ref for one in given) for person, given in found.items()}


Records = dict[tuple[str, str], tuple[str, ...]]


def _built(builders: Mapping[str, Mapping[Capacity, str]]) -> Records:
    rules = {
        Capacity.OWNER: "owner_signs_not",
        Capacity.DEVELOPER: "developer_signs_not",
    }
    return {
        (rules[capacity], person): (row,)
        for person, rows in builders.items()
        for capacity, row in rows.items()
    }


def _by_rule(rule: str, records: Mapping[str, tuple[str, ...]]) -> Records:
    return {(rule, person): rows for person, rows in records.items()}


def _unit_builders(
    unit: Unit, policy: Policy, reading: Reading, *, at: datetime
) -> dict[str, tuple[str, ...]]:
    """Who owns or builds models in the unit, by what grants; asked only where a policy minds."""
    if not any(Independence.UNIT in need.independent_of for need in policy.needs):
        return {}
    grants = [grant for role in BUILDING_ROLES for grant in reading.grants(role, unit=unit, at=at)]
    found = by_key(sorted(grants, key=lambda grant: grant.ref), lambda grant: grant.user.ref)
    return {person: tuple(grant.ref for grant in given) for person, given in found.items()}


def signature_of(row: SignOff) -> Signature:
    return Signature(
        ref=row.ref,
        signer=f"user:{row.signer_id}",
        role=Role(row.role),
        decision=Decision(row.decision),
        dossier_digest=row.dossier_digest,
        signed_at=row.signed_at,
        on_behalf_of=f"user:{row.on_behalf_of_id}" if row.on_behalf_of_id else "",
    )


def sign_offs_of(request: PromotionRequest) -> list[SignOff]:
    return LIVE.sign_offs(request)


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
