"""The change of stage. Called by approvals alone, which appends the one entry of the whole act."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import QuerySet

from governance.accounts.rules import Actor
from governance.core.models import Record
from governance.inventory.actions.liveness import note_idle, note_live
from governance.inventory.models import Model
from governance.registry.models import ModelVersion, Slot, SlotAssignment, StageChange
from governance.registry.queries import champion_of
from governance.registry.rules import (
    Authorization,
    AuthorizationMismatch,
    Move,
    SlotRole,
    Stage,
    StageUnchanged,
    TooMuchTraffic,
)

MOST_SHARED = 99
LIVE = (SlotRole.CHAMPION, SlotRole.CANARY)
"""The roles that answer live traffic."""


@dataclass(kw_only=True)
class MoveResult:
    """What one authorized move wrote; no `change` where the version keeps its stage."""

    change: StageChange | None = None
    retired: ModelVersion | None = None
    records: list[Record] = field(default_factory=list)


def move_to_stage(
    *, version: ModelVersion, slot: Slot, authorization: Authorization, actor: Actor, at: datetime
) -> MoveResult:
    """Move one version as authorized; into Production, the slot's champion retires to Archived.

    A version that serves elsewhere already keeps its stage, and so does a champion that serves on
    elsewhere. The caller holds the transaction and the locks of model, slot and versions, and
    appends the entry. Raises AuthorizationMismatch, StageUnchanged; then nothing has changed.
    """
    _check(version, slot, authorization)
    result = MoveResult(records=[version])
    if authorization.target == Stage.PRODUCTION:
        result.retired = _retire_champion(slot, authorization, result.records, actor=actor, at=at)
        _assign(version, slot, SlotRole.CHAMPION, authorization, result.records, actor=actor, at=at)
    elif version.stage == Stage.PRODUCTION or authorization.target != Stage.STAGING:
        _end_assignments(version.assignments.all(), result.records, at=at)
        result.records += note_if_idle(version.model)
    if version.stage != authorization.target:
        result.change = _change_stage(
            version, authorization.target, authorization.move, slot, authorization,
            actor=actor, at=at,
        )  # fmt: skip
        # A model is as new as the last change of a stage, as in MLflow.
        version.model.updated_at = at
        version.model.save(update_fields=["updated_at"])
        result.records += [version.model, result.change]
    return result


def share_traffic(
    *, version: ModelVersion, slot: Slot, authorization: Authorization, actor: Actor, at: datetime
) -> MoveResult:
    """Give a version the authorized share of a slot's live traffic, beside its champion.

    What it did in the slot before ends. Locks, entry and refusals as for `move_to_stage`.
    """
    _check(version, slot, authorization)
    require_room(version, slot, share=authorization.share or 0)
    result = MoveResult(records=[version])
    _assign(version, slot, SlotRole.CANARY, authorization, result.records, actor=actor, at=at)
    return result


def note_if_idle(model: Model) -> list[Record]:
    """Take the model's mark away if nothing of it answers live traffic any more."""
    live = SlotAssignment.objects.current().answering().filter(slot__model=model)
    return [] if live.exists() else note_idle(model)


def require_room(version: ModelVersion, slot: Slot, *, share: int) -> None:
    """Raise TooMuchTraffic if canaries together would leave the champion nothing."""
    others = slot.assignments.current().filter(role=SlotRole.CANARY).exclude(version=version)
    taken = sum(row.share or 0 for row in others)
    if taken + share > MOST_SHARED:
        raise TooMuchTraffic(
            f"Other canaries have {taken} percent of {slot}; with {share} more the champion would "
            "be left with nothing.",
            subject=version.ref,
            stream=version.model.stream,
        )


def _check(version: ModelVersion, slot: Slot, authorization: Authorization) -> None:
    champion = champion_of(slot)
    replaces = champion.ref if champion else None
    expected = (authorization.version_ref, authorization.slot_ref)
    if (version.ref, slot.ref) != expected or authorization.incumbent_ref != replaces:
        raise AuthorizationMismatch(
            "This authorization is for another version, slot or champion than stand here now."
        )
    if version == champion and authorization.target == Stage.PRODUCTION:
        raise StageUnchanged(f"{version} serves in {slot} already.")
    if authorization.target == version.stage != Stage.PRODUCTION:
        raise StageUnchanged(f"{version} is in {Stage(version.stage).label} already.")


def _assign(
    version: ModelVersion,
    slot: Slot,
    role: SlotRole,
    authorization: Authorization,
    records: list[Record],
    *,
    actor: Actor,
    at: datetime,
) -> None:
    if role in LIVE:
        records += note_live(version.model, at=at)
    _end_assignments(version.assignments.filter(slot=slot), records, at=at)
    # The unique constraint one_champion_per_slot refuses this row to any racing promotion.
    records.append(
        SlotAssignment.objects.create(
            version=version,
            slot=slot,
            role=role,
            share=authorization.share,
            assigned_by=actor.ref,
            authorized_by=authorization.request_ref,
            assigned_at=at,
        )
    )


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
    _end_assignments(champion.assignments.filter(slot=slot), records, at=at)
    if SlotAssignment.objects.current().filter(version=champion, role__in=LIVE).exists():
        return None  # Still live elsewhere, so still in Production.
    _end_assignments(champion.assignments.all(), records, at=at)
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
    # First the record: the database refuses a stage to which no recorded change leads.
    change = StageChange.objects.create(
        version=version,
        slot=slot,
        source=version.stage,
        target=target,
        move=move,
        authorized_by=authorization.request_ref,
        changed_by=actor.ref,
        changed_at=at,
    )
    version.stage, version.updated_at = target, at
    version.save(update_fields=["stage", "updated_at"])
    return change
