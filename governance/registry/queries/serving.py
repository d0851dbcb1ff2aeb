"""Reads of what serves where, now and on any past date, and of what instances say they run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet

from governance.accounts.rules import Actor
from governance.inventory.models import Model
from governance.registry.models import (
    Artifact,
    DeploymentReport,
    ModelVersion,
    Slot,
    SlotAssignment,
)
from governance.registry.queries import latest_artifact_check
from governance.registry.rules import CheckOutcome, SlotNotOfModel, SlotRole, Verdict
from governance.registry.rules.deployments import (
    Allowance,
    Heard,
    Hearing,
    Known,
    allowance,
    summary,
)

ROLE_ORDER = list(SlotRole)


@dataclass(frozen=True, kw_only=True)
class Instance:
    """What one serving instance said last, and what to make of it."""

    report: DeploymentReport
    hearing: Hearing
    seen_at: datetime


@dataclass(frozen=True, kw_only=True)
class Place:
    """One slot at one moment: who has a role there, champion first, and what its instances run.

    `slot` is empty for a name that instances report and that the model has no slot of.
    """

    model: Model
    name: str
    slot: Slot | None
    roles: Sequence[SlotAssignment]
    instances: Sequence[Instance]

    @property
    def hearing(self) -> Hearing | None:
        """What is heard of the slot as a whole; nothing while no instance has reported."""
        return summary([instance.hearing for instance in self.instances])

    @property
    def silent_since(self) -> datetime | None:
        """When the slot was last heard of, if none of its instances reports any more."""
        times = [one.seen_at for one in self.instances]
        return max(times) if self.hearing == Hearing.SILENT else None

    @property
    def is_live(self) -> bool:
        return any(one.role in {SlotRole.CHAMPION, SlotRole.CANARY} for one in self.roles)


def live_assignments(
    actor: Actor,
    *,
    at: datetime,
    on: datetime | None = None,
    model: Model | None = None,
    slot: str = "",
) -> list[SlotAssignment]:
    """Return every role that stood at the moment `on` (now without one), as far as the actor sees.

    One query for a model, a slot or the whole bank: by model, slot and role, champion first. What
    stood is read off rows that are only ever added and ended, so a past date is as it was then.
    """
    rows = (
        SlotAssignment.objects.standing_at(on or at)
        .filter(slot__model__in=Model.objects.visible_to(actor, at=at))
        .select_related("slot__model__unit", "version")
    )
    if model is not None:
        rows = rows.filter(slot__model=model)
    if slot:
        rows = rows.filter(slot__name=slot)
    return sorted(rows, key=_by_place)


def _by_place(row: SlotAssignment) -> tuple[str, str, int, int]:
    role = ROLE_ORDER.index(SlotRole(row.role))
    return row.slot.model.name, row.slot.name, role, -row.version.number


def places(
    actor: Actor,
    *,
    at: datetime,
    on: datetime | None = None,
    model: Model | None = None,
    slot: str = "",
) -> list[Place]:
    """Return what is live, slot by slot, with what the instances report: in two queries.

    A slot in which nothing serves is there if an instance reports that it runs something in it.
    """
    moment = on or at
    assignments = live_assignments(actor, at=at, on=on, model=model, slot=slot)
    reports = DeploymentReport.objects.filter(
        model__in=[model] if model else Model.objects.visible_to(actor, at=at)
    )
    if slot:
        reports = reports.filter(slot_name=slot)
    return _placed(assignments, _newest(reports, moment), moment)


def places_of(model: Model, slots: Sequence[Slot], *, at: datetime) -> list[Place]:
    """Return these slots of the model as they are now, the empty ones too, in their order.

    After them come the slots that instances name and that the model does not have.
    """
    roles = SlotAssignment.objects.standing_at(at).filter(slot__in=slots)
    rows = sorted(roles.select_related("slot__model__unit", "version"), key=_by_place)
    reports = _newest(DeploymentReport.objects.filter(model=model), at)
    found = {place.name: place for place in _placed(rows, reports, at)}
    for slot in slots:
        empty = Place(model=model, name=slot.name, slot=slot, roles=(), instances=())
        found.setdefault(slot.name, empty)
    known = [found.pop(slot.name) for slot in slots]
    return [*known, *found.values()]


def _newest(reports: QuerySet[DeploymentReport], moment: datetime) -> list[DeploymentReport]:
    """Return, of each instance, what it had said last at that moment."""
    rows = DeploymentReport.objects.filter(reported_at__lte=moment)
    later = rows.filter(
        model=OuterRef("model"),
        slot_name=OuterRef("slot_name"),
        instance=OuterRef("instance"),
        reported_at__gt=OuterRef("reported_at"),
    )
    newest = reports.filter(~Exists(later), reported_at__lte=moment)
    return list(newest.select_related("model", "slot", "version").order_by("slot_name", "instance"))


def _placed(
    assignments: Sequence[SlotAssignment], reports: Sequence[DeploymentReport], moment: datetime
) -> list[Place]:
    models: dict[UUID, Model] = {}
    slots: dict[tuple[UUID, str], Slot | None] = {}
    roles: defaultdict[tuple[UUID, str], list[SlotAssignment]] = defaultdict(list)
    heard: defaultdict[tuple[UUID, str], list[DeploymentReport]] = defaultdict(list)
    for row in assignments:
        key = (row.slot.model_id, row.slot.name)
        models[key[0]], slots[key] = row.slot.model, row.slot
        roles[key].append(row)
    for report in reports:
        key = (report.model_id, report.slot_name)
        models.setdefault(key[0], report.model)
        slots.setdefault(key, report.slot)
        heard[key].append(report)
    return [
        Place(
            model=models[key[0]],
            name=key[1],
            slot=slots[key],
            roles=roles[key],
            instances=_instances(heard[key], roles[key], moment),
        )
        for key in sorted(slots, key=lambda key: (models[key[0]].name, key[1]))
    ]


def _instances(
    reports: Sequence[DeploymentReport], roles: Sequence[SlotAssignment], moment: datetime
) -> list[Instance]:
    serving = {role.version_id for role in roles}
    patience = timedelta(hours=settings.DEPLOYMENT_SILENCE_HOURS)
    found = []
    for report in reports:
        heard = Heard(
            verdict=Verdict(report.verdict),
            seen_at=min(report.last_seen_at, moment),
            serves=report.version_id in serving,
        )
        hearing = heard.hearing(at=moment, patience=patience)
        found.append(Instance(report=report, hearing=hearing, seen_at=heard.seen_at))
    return found


def slot_by_id(model: Model, slot_id: UUID) -> Slot:
    """Return the model's slot. Raises SlotNotOfModel."""
    slot = Slot.objects.filter(model=model, pk=slot_id).first()
    if slot is None:
        raise SlotNotOfModel(f"{model.name} has no such slot.")
    slot.model = model
    return slot


def slot_called(model: Model, name: str) -> Slot | None:
    """Return the slot of that name, or the default one for ""; None where there is none."""
    if "\x00" in name:
        return None
    named = {"name": name} if name else {"is_default": True}
    return Slot.objects.filter(model=model, **named).first()


def known_of(version: ModelVersion, slot: Slot) -> Known:
    """Return what a verdict on this version in this slot rests on, in two queries."""
    assignments = list(SlotAssignment.objects.filter(slot=slot, version=version))
    current = next((row for row in assignments if row.ended_at is None), None)
    files = Artifact.objects.filter(version=version).values_list("sha256", flat=True)
    return Known(
        role=SlotRole(current.role) if current else None,
        was_live=any(row.role in {SlotRole.CHAMPION, SlotRole.CANARY} for row in assignments),
        digests=frozenset({version.digest, *files}),
    )


def files_differ(version: ModelVersion) -> bool:
    """Tell whether the newest check of the version's files found them changed."""
    newest = latest_artifact_check(version)
    return newest is not None and newest.outcome == CheckOutcome.MISMATCH


def deployment_allowance(version: ModelVersion, *, slot: str, digest: str) -> Allowance:
    """Answer whether the version may answer live traffic in the slot now; "" is the default one."""
    row = slot_called(version.model, slot)
    return allowance(
        known_of(version, row) if row else None,
        subject=str(version),
        slot=row.name if row else slot,
        digest=digest,
        files_differ=files_differ(version),
    )


def newest_report(model: Model, *, slot_name: str, instance: str) -> DeploymentReport | None:
    """Return what this instance said last."""
    return (
        DeploymentReport.objects.filter(model=model, slot_name=slot_name, instance=instance)
        .order_by("-reported_at")
        .first()
    )


def unapproved(models: Collection[Model], *, at: datetime) -> list[DeploymentReport]:
    """Return what instances of these models said last, where nobody approved it."""
    rows = _newest(DeploymentReport.objects.filter(model__in=models), at)
    return [row for row in rows if row.verdict == Verdict.UNAPPROVED]
