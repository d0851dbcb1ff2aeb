"""The triggers: put back after every migrate, and missed loudly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error
from django.db import connections

from governance.audit import triggers


def loosen_before_migrate(*, using: str, plan: Sequence[Any] = (), **_: Any) -> None:
    """Take the refusals away while tables change; `migrate` puts them back at its end.

    SQLite rebuilds a table under another name, and will not rename it while a trigger of any
    other table speaks of it. A migration that fails leaves them away, which the check tells.
    """
    if plan:
        triggers.remove_refusals(connections[using])


def protect_after_migrate(*, using: str, **_: Any) -> None:
    """Install what is missing. On SQLite a migration that rebuilds a table drops its triggers."""
    triggers.install(connections[using])


def check_protection(*, databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """`manage.py check --deploy --database default` fails when a trigger is missing."""
    return [_error(alias, name) for alias in databases or () for name in _missing(alias)]


def _missing(alias: str) -> list[str]:
    return triggers.missing(connections[alias])


def _error(alias: str, name: str) -> CheckMessage:
    return Error(
        f"The trigger {name} is missing or altered in database {alias!r}.",
        hint="Run `manage.py migrate`: it puts the triggers back.",
        id="audit.E001",
    )
