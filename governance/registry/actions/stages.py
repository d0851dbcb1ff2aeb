"""The change of stage. Called by approvals alone, which appends the one entry of the whole act."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import QuerySet

from governance.accounts.rules import Actor
from governance.core.models import Record
from governance.registry.models import ModelVersion, Slot, SlotAssignment, StageChange
from governance.registry.queries import champion_of
from governance.registry.rules import (
    Authorization,
    AuthorizationMismatch,
    Move,
    SlotRole,
    Stage,
    StageUnchanged,
)


@dataclass(kw_only=True)
class MoveResult:
    """What one authorized move wrote: the version's own change first."""

    change: StageChange
    retired: ModelVersion | None = None
    records: list[Record] = field(default_factory=list)


def move_to_stage(
    *, version: ModelVersion, slot: Slot, authorization: Authorization, actor: Actor, at: datetime
) -> MoveResult:
    """Move one version as authorized; into Production, the slot's champion retires to Archived.

    The caller holds the transaction and the locks of model, slot and versions, and appends the
    entry. Raises AuthorizationMismatch, StageUnchanged; then nothing has changed.
    """
    _check(version, slot, authorization)
    records: list[Record] = []
    retired = None
    if authorization.target == Stage.PRODUCTION:
        retired = _retire_champion(slot, authorization, records, actor=actor, at=at)
        # The unique constraint one_champion_per_slot refuses this row to any racing promotion.
        records.append(
            SlotAssignment.objects.create(
                version=version, slot=slot, role=SlotRole.CHAMPION, assigned_at=at
            )
        )
    elif version.stage == Stage.PRODUCTION:
        _end_assignments(version.assignments.all(), records, at=at)
    change = _change_stage(
        version, authorization.target, authorization.move, slot, authorization, actor=actor, at=at
    )
    return MoveResult(change=change, retired=retired, records=[version, change, *records])


def _check(version: ModelVersion, slot: Slot, authorization: Authorization) -> None:
    champion = champion_of(slot)
    replaces = champion.ref if champion else None
    expected = (authorization.version_ref, authorization.slot_ref)
    if (version.ref, slot.ref) != expected or authorization.incumbent_ref != replaces:
        raise AuthorizationMismatch(
            "This authorization is for another version, slot or champion than stand here now."
        )
    if version.stage == authorization.target:
        raise StageUnchanged(f"{version} is in {Stage(version.stage).label} already.")


def _retire_champion(
    slot: Slot,
    authorization: Authorization,
    records: list[Record],
    *,
    actor: Actor,
    at: datetime,
) -> ModelVersion | None:
    champion = champion_of(slot)
    if champion is None:
        return None
    _end_assignments(SlotAssignment.objects.filter(slot=slot, version=champion), records, at=at)
    if SlotAssignment.objects.current().filter(version=champion).exists():
        return None  # Still champion elsewhere, so still in Production.
    move = Move.REMOVED if authorization.move == Move.ROLLED_BACK else Move.RETIRED
    change = _change_stage(champion, Stage.ARCHIVED, move, slot, authorization, actor=actor, at=at)
    records += [champion, change]
    return champion


def _end_assignments(
    assignments: QuerySet[SlotAssignment], records: list[Record], *, at: datetime
) -> None:
    for assignment in assignments.filter(ended_at=None):
        assignment.ended_at = at
        assignment.save(update_fields=["ended_at"])
        records.append(assignment)


def _change_stage(
    version: ModelVersion,
    target: Stage,
    move: Move,
    slot: Slot,
    authorization: Authorization,
    *,
    actor: Actor,
    at: datetime,
) -> StageChange:
    source = version.stage
    version.stage, version.updated_at = target, at
    version.save(update_fields=["stage", "updated_at"])
    return StageChange.objects.create(
        version=version,
        slot=slot,
        source=source,
        target=target,
        move=move,
        authorized_by=authorization.request_ref,
        changed_by=actor.ref,
        changed_at=at,
    )
