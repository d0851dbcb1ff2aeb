"""Who keeps a record: asked by every action that changes one, right after its lock."""

from __future__ import annotations

from datetime import datetime

from governance.accounts.permissions import Permission, require
from governance.accounts.rules import Actor
from governance.inventory.models import Model
from governance.inventory.rules import NotTheOwner


def require_keeper(model: Model, actor: Actor, at: datetime) -> None:
    """Raise PermissionMissing or NotTheOwner unless the actor may change the record."""
    require(actor, Permission.MODEL_EDIT, unit=model.unit, at=at)
    require_ownership(model, actor)


def require_ownership(model: Model, actor: Actor) -> None:
    """Refuse anybody but the owner, unless there is none who could still sign in."""
    owner = model.owner
    if owner is not None and owner.is_active and actor.ref != owner.ref:
        raise NotTheOwner(
            f"{owner.name} owns {model.name}; only they change its record.",
            subject=model.ref,
            stream=model.stream,
        )
