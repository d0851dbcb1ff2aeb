"""The append-only triggers: put back after every migrate, and missed loudly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error
from django.db import connections

from governance.audit import triggers


def protect_after_migrate(*, using: str, **_: Any) -> None:
    """Install what is missing. On SQLite a migration that rebuilds a table drops its triggers."""
    triggers.install(connections[using])


def check_protection(*, databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """`manage.py check --deploy --database default` fails when a history table is unprotected."""
    return [_error(alias, name) for alias in databases or () for name in _missing(alias)]


def _missing(alias: str) -> list[str]:
    return triggers.missing(connections[alias])


def _error(alias: str, name: str) -> CheckMessage:
    return Error(
        f"The append-only trigger {name} is missing or altered in database {alias!r}.",
        hint="Run `manage.py migrate`: it puts the triggers back.",
        id="audit.E001",
    )
