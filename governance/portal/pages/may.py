"""Why a reader may not do something here, and who may: said in place of the button."""

from __future__ import annotations

from datetime import datetime

from governance.accounts.models import Unit, User
from governance.accounts.permissions import Permission, may, roles_with
from governance.accounts.queries import named_holders
from governance.inventory.models import Model


def why_not(reader: User, permission: Permission, what: str, *, unit: Unit, at: datetime) -> str:
    """Return one or two sentences, or nothing when the reader holds the permission.

    `what` completes "… takes the role": "Publishing this card".
    """
    if may(reader, permission, unit=unit, at=at):
        return ""
    roles = roles_with(permission)
    words = " or ".join(role.label.lower() for role in roles)
    who = named_holders(roles, unit=unit, at=at) or f"Nobody holds it in {unit.name} yet."
    return f"{what} takes the role {words}. {who}"


def frozen(model: Model) -> str:
    """Say that the model is retired, if it is: then nobody holds a right to write about it."""
    if model.retired_at is None:
        return ""
    return f"{model.name} is retired: its record is frozen until its owner brings it back."
