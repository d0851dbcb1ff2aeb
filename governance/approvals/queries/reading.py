"""Reading what a decision rests on: one fact when it is asked for, or the facts of many at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import prefetch_related_objects

from governance.accounts.models import Delegation, RoleGrant, Unit, User
from governance.accounts.queries import delegations_in, grants_reaching, holders_of, roles_of
from governance.accounts.rules import Role, covers
from governance.approvals.models import (
    ConditionFinding,
    Override,
    PromotionRequest,
    SignOff,
    Tick,
)
from governance.approvals.rules.judgement import RequestState
from governance.cards.models import CardEditor, CardRevision
from governance.cards.queries import card_editors, editors_in, published_card
from governance.core.grouping import by_key
from governance.inventory.models import Builder, ClassAssessment, Model, TierAssessment
from governance.inventory.queries import builders_in, builders_of
from governance.inventory.queries.model_changes import accepted_changes
from governance.inventory.rules import Capacity
from governance.inventory.rules.model_changes import AcceptedChange
from governance.registry.models import (
    Artifact,
    ArtifactCheck,
    BundlePart,
    EvaluationResult,
    ModelVersion,
    Slot,
    SlotAssignment,
)
from governance.registry.queries import (
    champion_of,
    former_champions,
    last_incumbent_of,
    latest_artifact_check,
    results_of,
)
from governance.registry.rules import Move, SlotRole, Stage
from governance.validation.models import Finding, Report
from governance.validation.queries import (
    latest_report,
    open_findings,
    validators_in,
    validators_of,
)


class Reading:
    """Reads each fact when it is asked for: the only way under lock, where nothing may be older."""

    def champion(self, slot: Slot) -> ModelVersion | None:
        return champion_of(slot)

    def last_incumbent(self, slot: Slot) -> ModelVersion | None:
        return last_incumbent_of(slot)

    def card(self, version: ModelVersion) -> CardRevision | None:
        return published_card(version)

    def card_editors(self, version: ModelVersion) -> dict[str, tuple[str, ...]]:
        return card_editors(version)

    def report(self, version: ModelVersion) -> Report | None:
        return latest_report(version)

    def findings(self, model: Model) -> Sequence[Finding]:
        return open_findings(model)

    def artifacts(self, version: ModelVersion) -> Sequence[Artifact]:
        return list(version.artifacts.order_by("path"))

    def artifact_check(self, version: ModelVersion) -> ArtifactCheck | None:
        return latest_artifact_check(version)

    def parts(self, version: ModelVersion) -> Sequence[BundlePart]:
        return list(version.parts.order_by("kind", "name"))

    def results(self, version: ModelVersion) -> Sequence[EvaluationResult]:
        return results_of(version)

    def builders(self, model: Model) -> dict[str, dict[Capacity, str]]:
        return builders_of(model)

    def validators(self, version: ModelVersion) -> dict[str, tuple[str, ...]]:
        return validators_of(version)

    def sign_offs(self, request: PromotionRequest) -> list[SignOff]:
        return list(_sign_offs([request]))

    def ticks(self, request: PromotionRequest) -> Sequence[Tick]:
        return list(_ticks([request]))

    def overrides(self, request: PromotionRequest) -> Sequence[Override]:
        return list(_overrides([request]))

    def conditions(self, version: ModelVersion) -> Sequence[ConditionFinding]:
        return list(_conditions([version.pk]))

    def tier_assessed_at(self, model: Model) -> datetime | None:
        return _last_assessed(TierAssessment, [model]).get(model.pk)

    def class_assessed_at(self, model: Model) -> datetime | None:
        return _last_assessed(ClassAssessment, [model]).get(model.pk)

    def developers(self, model: Model) -> Sequence[User]:
        return list(model.developers.all())

    def earlier_approval(self, version: ModelVersion, slot: Slot) -> PromotionRequest | None:
        return earlier_approval(version, slot)

    def changes(self, model: Model) -> Sequence[AcceptedChange]:
        return accepted_changes([model])[model.pk]

    def holders(self, role: Role, *, unit: Unit, at: datetime) -> list[User]:
        return holders_of(role, unit=unit, at=at)

    def grants(self, role: Role, *, unit: Unit, at: datetime) -> Sequence[RoleGrant]:
        return grants_reaching(role, unit=unit, at=at)

    def roles(self, user: User, *, unit: Unit, at: datetime) -> set[Role]:
        return roles_of(user, unit=unit, at=at)

    def delegations(self, *, unit: Unit, at: datetime) -> Sequence[Delegation]:
        return delegations_in(unit, at=at)


LIVE = Reading()


class ReadAhead(Reading):
    """Has read the facts of many open requests at once, in a dozen queries however many they are.

    For lists only: what it answers is as old as its making. `reader` is whose roles are read too.
    """

    def __init__(
        self, requests: Sequence[PromotionRequest], *, reader: User | None, at: datetime
    ) -> None:
        self._reader = reader
        versions = [request.version for request in requests]
        models, slots = [v.model for v in versions], [request.slot for request in requests]
        prefetch_related_objects(models, "developers")
        self._champions = _champions(slots)
        self._incumbents = _incumbents(slots, self._champions)
        judged = {v.pk for v in (*versions, *self._champions.values())}
        cards = list(
            CardRevision.objects.filter(version__in=versions)
            .select_related("withdrawal")
            .order_by("number")
        )
        self._cards = {row.version_id: row for row in cards if not row.is_withdrawn}
        self._publishers = by_key(cards, lambda row: row.version_id)
        self._editors = by_key(
            CardEditor.objects.filter(version__in=versions), lambda row: row.version_id
        )
        self._reports = by_key(_reports(versions), lambda row: row.version_id)
        self._findings = by_key(
            Finding.objects.open().filter(model__in=models), lambda row: row.model_id
        )
        self._artifacts = by_key(
            Artifact.objects.filter(version__in=judged).order_by("path"), lambda r: r.version_id
        )
        self._artifact_checks = {
            row.version_id: row
            for row in ArtifactCheck.objects.filter(version__in=versions).order_by("checked_at")
        }
        self._parts = by_key(
            BundlePart.objects.filter(version__in=judged).order_by("kind", "name"),
            lambda row: row.version_id,
        )
        self._results = by_key(_results(judged), lambda row: row.version_id)
        self._builders = by_key(
            Builder.objects.filter(model__in=models).select_related("user"), lambda r: r.model_id
        )
        self._sign_offs = by_key(_sign_offs(requests), lambda row: row.request_id)
        self._ticks = by_key(_ticks(requests), lambda row: row.request_id)
        self._overrides = by_key(_overrides(requests), lambda row: row.request_id)
        self._conditions = by_key(
            _conditions([v.pk for v in versions]), lambda row: row.finding.version_id
        )
        self._tiers = _last_assessed(TierAssessment, models)
        self._classes = _last_assessed(ClassAssessment, models)
        self._changes = accepted_changes(models)
        self._grants = list(
            RoleGrant.objects.at(at).filter(user__is_active=True).select_related("user")
        )
        self._own = list(reader.grants.at(at)) if reader else []
        self._lent = list(Delegation.objects.at(at))

    def champion(self, slot: Slot) -> ModelVersion | None:
        return self._champions.get(slot.pk)

    def last_incumbent(self, slot: Slot) -> ModelVersion | None:
        return self._incumbents.get(slot.pk)

    def card(self, version: ModelVersion) -> CardRevision | None:
        return self._cards.get(version.pk)

    def card_editors(self, version: ModelVersion) -> dict[str, tuple[str, ...]]:
        return editors_in(
            ((row.user_id, row.pk) for row in self._editors[version.pk]),
            ((row.published_by_id, row.pk) for row in self._publishers[version.pk]),
        )

    def report(self, version: ModelVersion) -> Report | None:
        return next(reversed(self._reports[version.pk]), None)

    def findings(self, model: Model) -> Sequence[Finding]:
        return self._findings[model.pk]

    def artifacts(self, version: ModelVersion) -> Sequence[Artifact]:
        return self._artifacts[version.pk]

    def artifact_check(self, version: ModelVersion) -> ArtifactCheck | None:
        return self._artifact_checks.get(version.pk)

    def parts(self, version: ModelVersion) -> Sequence[BundlePart]:
        return self._parts[version.pk]

    def results(self, version: ModelVersion) -> Sequence[EvaluationResult]:
        return self._results[version.pk]

    def builders(self, model: Model) -> dict[str, dict[Capacity, str]]:
        return builders_in(self._builders[model.pk])

    def validators(self, version: ModelVersion) -> dict[str, tuple[str, ...]]:
        return validators_in((row.signed_by_id, row.pk) for row in self._reports[version.pk])

    def sign_offs(self, request: PromotionRequest) -> list[SignOff]:
        return self._sign_offs[request.pk]

    def ticks(self, request: PromotionRequest) -> Sequence[Tick]:
        return self._ticks[request.pk]

    def overrides(self, request: PromotionRequest) -> Sequence[Override]:
        return self._overrides[request.pk]

    def conditions(self, version: ModelVersion) -> Sequence[ConditionFinding]:
        return self._conditions[version.pk]

    def tier_assessed_at(self, model: Model) -> datetime | None:
        return self._tiers.get(model.pk)

    def class_assessed_at(self, model: Model) -> datetime | None:
        return self._classes.get(model.pk)

    def developers(self, model: Model) -> Sequence[User]:
        return list(model.developers.all())

    def earlier_approval(self, version: ModelVersion, slot: Slot) -> PromotionRequest | None:
        return earlier_approval(version, slot)

    def changes(self, model: Model) -> Sequence[AcceptedChange]:
        return self._changes[model.pk]

    def holders(self, role: Role, *, unit: Unit, at: datetime) -> list[User]:
        people = {grant.user_id: grant.user for grant in self.grants(role, unit=unit, at=at)}
        return sorted(people.values(), key=lambda user: user.name)

    def grants(self, role: Role, *, unit: Unit, at: datetime) -> Sequence[RoleGrant]:
        return [g for g in self._grants if g.role == role and covers(g.unit.path, unit.path)]

    def roles(self, user: User, *, unit: Unit, at: datetime) -> set[Role]:
        if user != self._reader:
            return super().roles(user, unit=unit, at=at)
        return {Role(grant.role) for grant in self._own if covers(grant.unit.path, unit.path)}

    def delegations(self, *, unit: Unit, at: datetime) -> Sequence[Delegation]:
        return [
            one
            for one in self._lent
            if covers(one.unit.path, unit.path)
            and one.delegator in self.holders(Role(one.role), unit=unit, at=at)
        ]


def earlier_approval(
    version: ModelVersion, slot: Slot, *, by: datetime | None = None
) -> PromotionRequest | None:
    """Return the newest request that brought this version into the slot, or had by a moment."""
    rows = PromotionRequest.objects.filter(
        version=version, slot=slot, target=Stage.PRODUCTION, state=RequestState.DONE
    )
    known = rows.filter(closed_at__lte=by) if by else rows
    return known.exclude(move=Move.ROLLED_BACK).order_by("-closed_at").first()


def _sign_offs(requests: Collection[PromotionRequest]) -> Iterable[SignOff]:
    return (
        SignOff.objects.filter(request__in=requests)
        .select_related("signer", "on_behalf_of", "printed_name", "comment", "dossier")
        .order_by("signed_at")
    )


def _ticks(requests: Collection[PromotionRequest]) -> Iterable[Tick]:
    """Oldest first, so that the newest of a check stands last."""
    return Tick.objects.filter(request__in=requests).order_by("ticked_at", "pk")


def _overrides(requests: Collection[PromotionRequest]) -> Iterable[Override]:
    return (
        Override.objects.filter(request__in=requests)
        .select_related("reason", "control")
        .prefetch_related("sign_offs__printed_name")
        .order_by("proposed_at", "pk")
    )


def _conditions(versions: Collection[UUID]) -> Iterable[ConditionFinding]:
    return (
        ConditionFinding.objects.filter(finding__version__in=versions)
        .select_related("condition", "finding")
        .order_by("finding__number")
    )


def _last_assessed(
    table: type[TierAssessment] | type[ClassAssessment], models: Collection[Model]
) -> dict[UUID, datetime]:
    rows = table._default_manager.filter(model__in=models).order_by("assessed_at")
    return dict(rows.values_list("model_id", "assessed_at"))


def _reports(versions: Collection[ModelVersion]) -> Iterable[Report]:
    return (
        Report.objects.filter(version__in=versions).select_related("signed_by").order_by("number")
    )


def _results(versions: Collection[UUID]) -> Iterable[EvaluationResult]:
    """In the order of `results_of`: of each metric and slice the newest first."""
    return EvaluationResult.objects.filter(version__in=versions).order_by(
        "metric", "slice", "-received_at", "pk"
    )


def _champions(slots: Collection[Slot]) -> dict[UUID, ModelVersion]:
    rows = SlotAssignment.objects.current().filter(slot__in=slots, role=SlotRole.CHAMPION)
    return {row.slot_id: row.version for row in rows.select_related("version__model")}


def _incumbents(
    slots: Collection[Slot], champions: dict[UUID, ModelVersion]
) -> dict[UUID, ModelVersion]:
    found: dict[UUID, ModelVersion] = {}
    for row in former_champions(slots):
        if row.version != champions.get(row.slot_id):
            found.setdefault(row.slot_id, row.version)
    return found
