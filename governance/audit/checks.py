"""The triggers: put back after every migrate, and missed loudly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.db import connections

from governance.audit import triggers
from governance.audit.targets import shown, target_at
from governance.audit.targets.naming import http_address
from governance.audit.targets.shipping import AddressWrong, Target


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


def check_targets(**_: Any) -> list[CheckMessage]:
    """Each address that checkpoints are to be copied to, or alarms sent to, has a meaning."""
    found: dict[str, Target] = {}
    errors: list[CheckMessage] = []
    for address in settings.LEDGER_TARGETS:
        try:
            target = target_at(address)
        except AddressWrong as error:
            errors.append(_wrong("LEDGER_TARGETS", address, str(error), number=2))
            continue
        if found.setdefault(target.name, target) is not target:
            errors.append(_wrong("LEDGER_TARGETS", address, "it stands there twice", number=2))
    return errors + _alarm_errors()


def _alarm_errors() -> list[CheckMessage]:
    if not settings.LEDGER_ALARM_URL:
        return []
    try:
        http_address(settings.LEDGER_ALARM_URL)
    except AddressWrong as error:
        return [_wrong("LEDGER_ALARM_URL", settings.LEDGER_ALARM_URL, str(error), number=3)]
    return []


def _wrong(setting: str, address: str, rule: str, *, number: int) -> CheckMessage:
    return Error(f"{setting}: {shown(address)!r}: {rule}.", id=f"audit.E00{number}")
