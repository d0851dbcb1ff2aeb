"""Slots of a model, and the roles in them that answer nobody. Each appends one entry.

Champion and canary answer live traffic: approvals give those, after a decision. Here they can only
become less. Locks: the model, then the slot, then the version.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from governance.accounts.permissions import Permission, require
from governance.accounts.rules import Actor
from governance.audit import actions as audit
from governance.audit.rules import Verb, admissible
from governance.core.models import Record, insert_unique
from governance.inventory.actions.keeping import require_in_use
from governance.inventory.models import Model
from governance.inventory.queries import locked_model
from governance.inventory.rules import ModelNotFound
from governance.registry.actions.stages import note_if_idle
from governance.registry.models import Alias, ModelVersion, Slot, SlotAssignment
from governance.registry.queries import champion_alias, default_slot
from governance.registry.queries.aliases import slot_aliases
from governance.registry.rules import SlotRole, Stage, VersionNotFound
from governance.registry.rules.aliases import check_settable_alias, is_among
from governance.registry.rules.slots import (
    FREE_ROLES,
    LIVE_ROLES,
    AliasTaken,
    NotInSlot,
    RoleNeedsDecision,
    RoleUnchanged,
    SlotIsLive,
    SlotTaken,
    VersionRetired,
    alias_for,
    check_share,
    check_slot_name,
)


@transaction.atomic
def create_slot(
    *, model: Model, name: str, actor: Actor, at: datetime, alias: str | None = None
) -> Slot:
    """Give the model another place of use. Appends slot.created.

    Without an alias it gets one made of its name; "" is for none. A slot is never the default one.
    Raises InvalidInput, SlotTaken, AliasTaken, ModelNotFound if it was removed, PermissionMissing.
    """
    model = locked_model(model)
    require(actor, Permission.SLOT_MANAGE, unit=model.unit, at=at)
    require_in_use(model)
    if model.removed_at is not None:
        raise ModelNotFound(f"{model.name} was removed.")
    check_slot_name(name)
    wanted = alias_for(name) if alias is None else alias
    taken = SlotTaken(f"{model.name} has a slot {name} already.", **_about(model))
    if model.slots.filter(name=name).exists():
        raise taken
    _require_free(model, wanted)
    slot = Slot(
        model=model,
        name=name,
        is_default=False,
        alias=wanted,
        created_by=actor.ref,
        created_at=at,
    )
    insert_unique(slot, taken=taken)
    _append(Verb.SLOT_CREATED, slot, slot, {"alias": wanted}, [slot], actor=actor, at=at)
    return slot


@transaction.atomic
def bind_alias(*, slot: Slot, alias: str, actor: Actor, at: datetime) -> Slot:
    """Let another alias follow the slot's champion, or none (""). Appends slot.alias_bound.

    Only while nothing answers live traffic there: a changed alias would send the clients that load
    by it to another version, or to none, and nobody signed that. Nothing when it is the same.
    Raises InvalidInput, AliasTaken, SlotIsLive, PermissionMissing.
    """
    slot, model = _locked(slot)
    require(actor, Permission.SLOT_MANAGE, unit=model.unit, at=at)
    if slot.alias == alias:
        return slot
    if slot.assignments.current().answering().exists():
        raise SlotIsLive(
            f"A version answers live traffic in {slot.name}, and clients may load it by the alias "
            "as it is. Change it while nothing is live there, or create another slot.",
            **_about(model),
        )
    _require_free(model, alias, but=slot)
    before, slot.alias = slot.alias, alias
    slot.save(update_fields=["alias"])
    facts = {"alias": alias, "before": before}
    _append(Verb.SLOT_ALIAS_BOUND, slot, slot, facts, [slot], actor=actor, at=at)
    return slot


@transaction.atomic
def assign_role(
    *, slot: Slot, version: ModelVersion, role: SlotRole, actor: Actor, at: datetime
) -> SlotAssignment:
    """Make a version challenger or shadow in the slot. Appends slot.assigned.

    What it did there before as one of these ends; nothing when it is that already. Raises
    RoleNeedsDecision for a role that answers live traffic, RoleUnchanged for a version that has
    one there, VersionRetired, ModelRetired, VersionNotFound, PermissionMissing.
    """
    slot, model = _locked(slot)
    require(actor, Permission.SLOT_MANAGE, unit=model.unit, at=at)
    if role not in FREE_ROLES:
        raise RoleNeedsDecision(
            f"A {role.label.lower()} answers live traffic. Ask for it: a promotion request says "
            "what is missing and who signs.",
            **_about(model),
        )
    require_in_use(model)
    version = _locked_version(version, model)
    if version.stage == Stage.ARCHIVED or version.removed_at is not None:
        raise VersionRetired(
            f"{version} is archived or removed, so it serves nowhere.", **_about(model)
        )
    standing = _standing(slot, version)
    if standing is not None and standing.role == role:
        return standing
    if standing is not None and standing.role not in FREE_ROLES:
        label = SlotRole(standing.role).label.lower()
        raise RoleUnchanged(f"{version} is {label} in {slot.name}.", **_about(model))
    ended = [_ended(standing, at=at)] if standing else []
    assignment = _insert(slot, version, role, actor=actor, at=at)
    _append(
        Verb.SLOT_ASSIGNED, slot, version, _facts(assignment, version),
        [assignment, *ended], actor=actor, at=at,
    )  # fmt: skip
    return assignment


@transaction.atomic
def end_role(*, slot: Slot, version: ModelVersion, actor: Actor, at: datetime) -> SlotAssignment:
    """End what a version does in the slot, unless it is its champion. Appends slot.ended.

    Whoever may ask for a role may end it: taking traffic off a version takes no signature. Raises
    NotInSlot, RoleUnchanged for a champion and for all that a version in Production does,
    PermissionMissing.
    """
    slot, model = _locked(slot)
    require(actor, Permission.PROMOTION_REQUEST, unit=model.unit, at=at)
    version = _locked_version(version, model)
    standing = _require_standing(slot, version)
    if standing.role == SlotRole.CHAMPION:
        raise RoleUnchanged(
            f"{version} is champion in {slot.name}. It ends with its successor, with a rollback, "
            "or when it is archived.",
            **_about(model),
        )
    _require_other_use(version, standing)
    _ended(standing, at=at)
    _append(
        Verb.SLOT_ENDED, slot, version, _facts(standing, version),
        [standing, *note_if_idle(model)], actor=actor, at=at,
    )  # fmt: skip
    return standing


@transaction.atomic
def lower_share(
    *, slot: Slot, version: ModelVersion, share: int, actor: Actor, at: datetime
) -> SlotAssignment:
    """Give a canary less live traffic than it has. Appends slot.share_lowered.

    The request that authorized more authorizes less; more takes a new one. Raises InvalidInput,
    NotInSlot, PermissionMissing, RoleNeedsDecision, RoleUnchanged for what is no canary.
    """
    slot, model = _locked(slot)
    require(actor, Permission.PROMOTION_REQUEST, unit=model.unit, at=at)
    check_share(share)
    version = _locked_version(version, model)
    standing = _require_standing(slot, version)
    if standing.share is None:
        label = SlotRole(standing.role).label.lower()
        raise RoleUnchanged(f"{version} is {label} in {slot.name}, no canary.", **_about(model))
    if share == standing.share:
        return standing
    if share > standing.share:
        raise RoleNeedsDecision(
            f"{version} has {standing.share} percent of {slot.name}. Ask for more: that takes a "
            "promotion request of its own.",
            **_about(model),
        )
    before = standing.share
    _ended(standing, at=at)
    lowered = _insert(
        slot, version, SlotRole.CANARY,
        actor=actor, at=at, share=share, authorized_by=standing.authorized_by,
    )  # fmt: skip
    _append(
        Verb.SLOT_SHARE_LOWERED, slot, version,
        _facts(lowered, version) | {"before": before}, [lowered, standing],
        actor=actor, at=at,
    )  # fmt: skip
    return lowered


def _locked(slot: Slot) -> tuple[Slot, Model]:
    """Lock the model, then the slot."""
    model = locked_model(slot.model)
    locked = Slot.objects.select_for_update().get(pk=slot.pk)
    locked.model = model
    return locked, model


def _locked_version(version: ModelVersion, model: Model) -> ModelVersion:
    """Lock the version. Raises VersionNotFound for one of another model."""
    if version.model_id != model.pk:
        raise VersionNotFound(f"{version} is no version of {model.name}.")
    locked = ModelVersion.objects.select_for_update(of=("self",)).get(pk=version.pk)
    locked.model = model
    return locked


def _standing(slot: Slot, version: ModelVersion) -> SlotAssignment | None:
    return slot.assignments.current().filter(version=version).first()


def _require_standing(slot: Slot, version: ModelVersion) -> SlotAssignment:
    standing = _standing(slot, version)
    if standing is None:
        raise NotInSlot(f"{version} has no role in {slot.name}.", **_about(slot.model))
    return standing


def _require_other_use(version: ModelVersion, ending: SlotAssignment) -> None:
    """Raise RoleUnchanged if a version in Production would be left without live traffic."""
    others = version.assignments.current().answering().exclude(pk=ending.pk)
    if version.stage == Stage.PRODUCTION and ending.role in LIVE_ROLES and not others.exists():
        raise RoleUnchanged(
            f"This is all that {version} does, and it is in Production. Ask for it to be archived.",
            **_about(version.model),
        )


def _require_free(model: Model, alias: str, but: Slot | None = None) -> None:
    """Raise AliasTaken if the alias means something already, in whatever case; "" never does."""
    if not alias:
        return
    check_settable_alias(alias)
    held = {name: slot for name, slot in slot_aliases(model).items() if slot != but}
    free = Alias.objects.filter(model=model).values_list("name", flat=True)
    # The default slot comes with the first version, and finds its alias free.
    kept = [] if default_slot(model) else [champion_alias()]
    if is_among(alias, [*held, *free, *kept]):
        raise AliasTaken(
            f"The alias {alias} of {model.name} means something else already. Choose another, or "
            "take it away first.",
            **_about(model),
        )


def _ended(assignment: SlotAssignment, *, at: datetime) -> SlotAssignment:
    assignment.ended_at = at
    assignment.save(update_fields=["ended_at"])
    return assignment


def _insert(
    slot: Slot,
    version: ModelVersion,
    role: SlotRole,
    *,
    actor: Actor,
    at: datetime,
    share: int | None = None,
    authorized_by: str = "",
) -> SlotAssignment:
    return SlotAssignment.objects.create(
        slot=slot,
        version=version,
        role=role,
        share=share,
        assigned_by=actor.ref,
        authorized_by=authorized_by,
        assigned_at=at,
    )


def _facts(assignment: SlotAssignment, version: ModelVersion) -> dict[str, Any]:
    facts = {"role": assignment.role, "number": version.number, "share": assignment.share}
    return {key: fact for key, fact in facts.items() if fact is not None}


def _about(model: Model) -> dict[str, str]:
    """Where the refusal of such a call is put on record."""
    return {"subject": model.ref, "stream": model.stream}


def _append(
    verb: Verb,
    slot: Slot,
    subject: Record,
    facts: Mapping[str, Any],
    records: list[Record],
    *,
    actor: Actor,
    at: datetime,
) -> None:
    audit.append(
        verb=verb,
        stream=slot.model.stream,
        subject=subject.ref,
        actor=actor.ref,
        at=at,
        facts=admissible({"slot": slot.ref, "name": slot.name, **facts}),
        records=records,
    )
