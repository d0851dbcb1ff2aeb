"""Who keeps a record: asked by every action that changes one, right after its lock."""

from __future__ import annotations

from datetime import datetime

from governance.accounts.permissions import Permission, require
from governance.accounts.rules import Actor
from governance.inventory.models import Model
from governance.inventory.queries import record_digest
from governance.inventory.rules import ModelRetired, NotTheOwner, RecordChanged


def require_keeper(model: Model, actor: Actor, at: datetime) -> None:
    """Raise PermissionMissing, NotTheOwner or ModelRetired unless the actor may change it now."""
    require(actor, Permission.MODEL_EDIT, unit=model.unit, at=at)
    require_ownership(model, actor)
    require_in_use(model)


def require_base(model: Model, base: str | None) -> None:
    """Raise RecordChanged unless `base`, where it is given, is the digest of the record now."""
    if base is not None and base != record_digest(model):
        raise RecordChanged(
            f"The record of {model.name} was changed after you opened it.",
            subject=model.ref,
            stream=model.stream,
        )


def require_in_use(model: Model) -> None:
    """Raise ModelRetired for a record that is frozen."""
    if model.retired_at is not None:
        raise ModelRetired(
            f"{model.name} is retired: its record is frozen, and no version of it moves. Its "
            "owner can bring it back.",
            subject=model.ref,
            stream=model.stream,
        )


def require_ownership(model: Model, actor: Actor) -> None:
    """Refuse anybody but the owner, unless there is none who could still sign in."""
    owner = model.owner
    if owner is not None and owner.is_active and actor.ref != owner.ref:
        raise NotTheOwner(
            f"{owner.name} owns {model.name}; only they change its record.",
            subject=model.ref,
            stream=model.stream,
        )
