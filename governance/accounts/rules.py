"""Roles, scopes and the shape of whoever acts."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from django.db.models import TextChoices

from governance.core.errors import NotAllowed, Refused, WrongState

if TYPE_CHECKING:
    from governance.accounts.models import Unit, User
    from governance.accounts.permissions import Permission


class Role(TextChoices):
    MODEL_OWNER = "MODEL_OWNER", "Model owner"
    DEVELOPER = "DEVELOPER", "Developer"
    VALIDATOR = "VALIDATOR", "Validator"
    APPROVER = "APPROVER", "Approver"
    COMPLIANCE = "COMPLIANCE", "Compliance"
    ADMINISTRATOR = "ADMINISTRATOR", "Administrator"


class Scope(TextChoices):
    """What a token may be used for, within the unit of its service account."""

    READ = "registry:read", "Read models and versions"
    REGISTER = "registry:write", "Register models and versions, set tags and descriptions"
    EVALUATE = "evaluations:write", "Post evaluation results"
    REQUEST = "promotions:request", "Ask for stage changes"


class Actor(Protocol):
    """Whoever acts: a person, a service account behind a token, or the shell.

    `person` is who answers for the act: the user, or the responsible person of a service account.
    """

    @property
    def ref(self) -> str: ...

    @property
    def label(self) -> str: ...

    @property
    def person(self) -> User | None: ...

    def permissions(self, *, unit: Unit, at: datetime) -> frozenset[Permission]:
        """Return what the actor may do in that unit at that moment."""
        ...


class PermissionMissing(NotAllowed):
    code = "permission_missing"


class NotAPerson(Refused):
    """Only a person may do this; a service account or the shell tried."""

    code = "not_a_person"


class PasswordWrong(Refused):
    code = "password_wrong"


class GrantEnded(WrongState):
    code = "grant_ended"


class OwnAccount(Refused):
    """Nobody switches off the account that they act with."""

    code = "own_account"


class OwnGrant(Refused):
    """Nobody gives themself a role."""

    code = "own_grant"


class AdministratorExists(WrongState):
    code = "administrator_exists"


def covers(granted: str, path: str) -> bool:
    """Tell whether a grant on the unit path `granted` reaches the unit path `path`."""
    return path == granted or path.startswith(granted + "/")
