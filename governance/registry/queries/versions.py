"""Reads of versions, of what was measured of them, and of the slots that they are in."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, Max, OuterRef, Q, QuerySet, Subquery

from governance.accounts.queries import TokenHolder
from governance.accounts.rules import Actor
from governance.core.compiled import KEY, NAME, NUMBER, Compiled, CompiledObject
from governance.inventory.models import Model
from governance.inventory.queries import locked_model
from governance.registry.models import (
    Artifact,
    ArtifactCheck,
    Deprecation,
    EvaluationResult,
    ModelVersion,
    ModelVersionQuerySet,
    Slot,
    SlotAssignment,
    StageChange,
)
from governance.registry.rules import (
    ArtifactFact,
    LabelNotFound,
    Move,
    SlotNotOfModel,
    SlotRole,
    Stage,
    VersionNotFound,
    counting_result,
    is_label,
    notice_headers,
)


def _numbered(name: str, number: int) -> QuerySet[ModelVersion]:
    return ModelVersion.objects.with_model().filter(model__name=name, number=number)


def _locked(key: UUID) -> QuerySet[ModelVersion]:
    return ModelVersion.objects.select_for_update(of=("self",)).filter(pk=key)


def _default_slot(key: UUID) -> QuerySet[Slot]:
    return Slot.objects.filter(model=key, is_default=True)


def _champion(key: UUID) -> QuerySet[SlotAssignment]:
    assignments = SlotAssignment.objects.current().select_related("version__model")
    return assignments.filter(slot=key, role=SlotRole.CHAMPION)


class _Number(NamedTuple):
    number: int


def _last_number(key: UUID) -> QuerySet[ModelVersion, Any]:
    return ModelVersion.objects.filter(model=key).order_by("-number").values_list("number")[:1]


_CHAMPION = CompiledObject(_champion, key=KEY)
_DEFAULT_SLOT = CompiledObject(_default_slot, key=KEY)
_LAST_NUMBER = Compiled(_last_number, _Number, key=KEY)
_NUMBERED = CompiledObject(_numbered, name=NAME, number=NUMBER)
_LOCKED = CompiledObject(_locked, key=KEY)


def version_numbered(
    name: str, number: int, *, actor: Actor, at: datetime, present: bool = False
) -> ModelVersion:
    """Return the version, or raise VersionNotFound: absent and invisible look alike.

    `present` leaves out what was removed from the registry, as MLflow's clients need it.
    """
    if isinstance(actor, TokenHolder):
        version = _numbered_within(name, number, actor)
    else:
        versions = ModelVersion.objects.visible_to(actor, at=at).with_model()
        version = versions.filter(model__in=Model.objects.named(name), number=number).first()
    if version is None or (present and version.removed_at is not None):
        message = f"Model Version (name={name}, version={number}) not found"
        raise VersionNotFound(message, name=name, version=str(number))
    return version


def _numbered_within(name: str, number: int, holder: TokenHolder) -> ModelVersion | None:
    """Return the version if the pipeline may see it, as `visible_to` says."""
    version = None if "\x00" in name else _NUMBERED.first(name=name, number=number)
    return version if version and holder.sees(version.model.unit) else None


def version_labeled(name: str, label: str, *, actor: Actor, at: datetime) -> ModelVersion:
    """Return the version with this label, or raise LabelNotFound: absent and invisible look alike.

    What is no label is not even looked for.
    """
    labeled = (
        ModelVersion.objects.visible_to(actor, at=at)
        .with_model()
        .filter(model__in=Model.objects.named(name), label=label)
    )
    version = labeled.first() if is_label(label) else None
    if version is None:
        raise LabelNotFound(f"Model Version (name={name}, label={label}) not found", name=name)
    return version


def locked_version(version: ModelVersion) -> ModelVersion:
    """Lock the model, then the version: the order that every action keeps."""
    model = locked_model(version.model)
    locked = _LOCKED.get(key=version.pk)
    locked.model = model
    return locked


def latest_versions(model: Model, stages: Sequence[Stage] = ()) -> list[ModelVersion]:
    """Return the newest version in each of the stages (all four when none is named).

    In Production that is the default slot's champion: what else is there serves in other slots.
    """
    wanted = ModelVersion.objects.present().in_default_stage()
    wanted = wanted.filter(model=model, stage__in=stages or list(Stage))
    newest = wanted.values("stage").annotate(newest=Max("number")).values("newest")
    return list(
        ModelVersion.objects.with_model()
        .filter(model=model, number__in=newest)
        .prefetch_related("tags")
        .order_by("number")
    )


def latest_versions_of(models: Collection[Model]) -> dict[Model, list[ModelVersion]]:
    """Return, of each of these models, the newest version in each stage, in two queries."""
    newer = (
        ModelVersion.objects.present()
        .in_default_stage()
        .filter(model=OuterRef("model"), stage=OuterRef("stage"), number__gt=OuterRef("number"))
    )
    newest = (
        ModelVersion.objects.present()
        .in_default_stage()
        .filter(~Exists(newer), model__in=models)
        .select_related("model", "registered_by")
        .prefetch_related("tags")
        .order_by("number")
    )
    found: dict[Model, list[ModelVersion]] = {model: [] for model in models}
    for version in newest:
        found[version.model].append(version)
    return found


def default_slot(model: Model) -> Slot | None:
    return _DEFAULT_SLOT.first(key=model.pk)


def last_number(model: Model) -> int:
    """Return the highest number of the model's versions, removed ones among them, or 0."""
    newest = _LAST_NUMBER.first(key=model.pk)
    return newest.number if newest else 0


def champion_alias() -> str:
    """The alias that a model's default slot gets: the first protected one, or none."""
    return next(iter(settings.PROTECTED_ALIASES), "")


def slot_named(model: Model, name: str) -> Slot:
    """Return the model's slot of that name. Raises SlotNotOfModel."""
    slot = Slot.objects.filter(model=model, name=name).first() if "\x00" not in name else None
    if slot is None:
        raise SlotNotOfModel(f"{model.name} has no slot {name}.")
    return slot


def champion_of(slot: Slot) -> ModelVersion | None:
    """Return the version that serves in the slot now."""
    assignment = _CHAMPION.first(key=slot.pk)
    return assignment.version if assignment else None


def last_incumbent_of(slot: Slot) -> ModelVersion | None:
    """Return the version that served in the slot before the present one, and could again."""
    assignment = _LAST_CHAMPION.first(key=slot.pk)
    return assignment.version if assignment else None


def former_champions(
    slots: Collection[Slot | UUID], *, by: datetime | None = None
) -> QuerySet[SlotAssignment]:
    """Return what served in these slots and could again, what ended last first.

    That is what a successor retired. What a rollback or a decision of its own took out of service
    is left out until it is promoted anew: one signature must not bring it back, and having served
    elsewhere meanwhile changes nothing in that. What serves now is not Archived. With `by`, as it
    was at that moment.
    """
    changes = StageChange.objects.filter(version=OuterRef("version"))
    known = (changes.filter(changed_at__lte=by) if by else changes).order_by("-changed_at")
    archived = known.filter(target=Stage.ARCHIVED)
    here = archived.filter(slot=OuterRef("slot"))
    served = SlotAssignment.objects.filter(slot__in=slots, role=SlotRole.CHAMPION)
    if by is None:
        stood = served.filter(version__stage=Stage.ARCHIVED, version__removed_at=None)
    else:
        kept = Q(version__removed_at=None) | Q(version__removed_at__gt=by)
        stood = (
            served.filter(kept, ended_at__lte=by)
            .alias(stage_then=Subquery(known.values("target")[:1]))
            .filter(stage_then=Stage.ARCHIVED)
        )
    return (
        stood.exclude(ended_at=None)
        .annotate(
            archived_by=Subquery(archived.values("move")[:1]),
            archived_here_by=Subquery(here.values("move")[:1]),
        )
        .filter(archived_by=Move.RETIRED, archived_here_by=Move.RETIRED)
        .select_related("version__model")
        .order_by("-ended_at", "-assigned_at")
    )


_LAST_CHAMPION = CompiledObject(lambda key: former_champions([key])[:1], key=KEY)


def results_of(version: ModelVersion) -> list[EvaluationResult]:
    return list(
        EvaluationResult.objects.filter(version=version).order_by(
            "metric", "slice", "-received_at", "pk"
        )
    )


def counting_results(results: Iterable[EvaluationResult]) -> list[EvaluationResult]:
    """Return, of each metric and slice, the one result that counts."""
    results = list(results)
    keys = sorted({(result.metric, result.slice) for result in results})
    chosen = (
        counting_result(results, metric=metric, slice_name=slice_name)
        for metric, slice_name in keys
    )
    return [result for result in chosen if result is not None]


def has_served(version: ModelVersion) -> bool:
    """Tell whether live traffic has ever reached the version."""
    serving = (SlotRole.CHAMPION, SlotRole.CANARY)
    return (
        version.assignments.filter(role__in=serving).exists()
        or version.stage_changes.filter(target=Stage.PRODUCTION).exists()
    )


def deprecation_of(version: ModelVersion) -> Deprecation | None:
    """Return what says that the version is to be used no more, if anything does now."""
    return version.deprecations.filter(ended_at=None).select_related("reason").first()


def artifact_facts(version: ModelVersion) -> list[ArtifactFact]:
    return [
        ArtifactFact(path=row.path, sha256=row.sha256, size=row.size)
        for row in version.artifacts.order_by("path")
    ]


def latest_artifact_check(version: ModelVersion) -> ArtifactCheck | None:
    return version.artifact_checks.order_by("-checked_at", "-pk").first()


def consumer_notice(version: ModelVersion) -> dict[str, str]:
    """Return the headers that tell a consumer's program of a deprecation; none without one."""
    deprecation = deprecation_of(version)
    if deprecation is None:
        return {}
    return notice_headers(deprecated_at=deprecation.deprecated_at, from_date=deprecation.from_date)


def live_versions() -> ModelVersionQuerySet:
    """Return what answers live traffic now, and has digests to compare with."""
    serving = SlotAssignment.objects.current().answering()
    return (
        ModelVersion.objects.with_model()
        .filter(Exists(Artifact.objects.filter(version=OuterRef("pk"))))
        .filter(pk__in=serving.values("version"))
    )
