"""Putting triggers where they belong, and telling where one is missing or altered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple

from django.db.backends.base.base import BaseDatabaseWrapper

from governance.audit.registration import REFUSAL_MARK
from governance.audit.triggers.history import guards, history_triggers
from governance.audit.triggers.refusals import refusal_triggers
from governance.audit.triggers.trigger import Trigger


class _Present(NamedTuple):
    name: str
    table: str
    reads: str


def install(connection: BaseDatabaseWrapper) -> list[str]:
    """Bring the triggers of every table to what they should be; return those (re)made.

    Idempotent: a trigger that is there and unaltered is left alone. A refusal that nobody states
    any more goes.
    """
    triggers = {trigger.name: trigger for trigger in wanted(connection)}
    made = missing(connection)
    with connection.cursor() as cursor:
        for row in _present(connection):
            if REFUSAL_MARK in row.name and row.name not in triggers:
                cursor.execute(_drop(connection, row.table, row.name))
        for trigger in (triggers[name] for name in made):
            if trigger.function:
                cursor.execute(trigger.function)
            cursor.execute(_drop(connection, trigger.table, trigger.name))
            cursor.execute(trigger.sql)
    return made


def remove(connection: BaseDatabaseWrapper) -> None:
    """Drop the triggers. For tests that empty tables, and for nothing else."""
    _drop_all(connection, wanted(connection))


def remove_refusals(connection: BaseDatabaseWrapper) -> None:
    """Drop what refuses rows until the next `install`; history stays guarded."""
    tables = _tables(connection)
    _drop_all(connection, (t for t in refusal_triggers(connection) if t.table in tables))


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """The names of triggers that are absent, disabled or not what they should be."""
    present = {row.name: (row.table, row.reads) for row in _present(connection)}
    return [t.name for t in wanted(connection) if present.get(t.name) != (t.table, t.reads)]


def wanted(connection: BaseDatabaseWrapper) -> Iterator[Trigger]:
    """Every trigger that should be there, of the tables that are there."""
    tables = _tables(connection)
    history = (
        trigger
        for guard in guards()
        if guard.table in tables
        for trigger in history_triggers(connection, guard)
    )
    refusals = (trigger for trigger in refusal_triggers(connection) if trigger.table in tables)
    return chain(history, refusals)


def _tables(connection: BaseDatabaseWrapper) -> set[str]:
    return set(connection.introspection.table_names())


def _drop_all(connection: BaseDatabaseWrapper, triggers: Iterable[Trigger]) -> None:
    with connection.cursor() as cursor:
        for trigger in list(triggers):
            cursor.execute(_drop(connection, trigger.table, trigger.name))


def _drop(connection: BaseDatabaseWrapper, table: str, name: str) -> str:
    on = f" ON {table}" if connection.vendor == "postgresql" else ""
    return f"DROP TRIGGER IF EXISTS {name}{on}"


_SQLITE = "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'"
# Type and mode; whether a WHEN narrows it, and to how many columns; its comment; its function.
_POSTGRESQL = """
SELECT t.tgname, c.relname, concat_ws(
    ' ', t.tgtype, t.tgenabled, t.tgqual IS NOT NULL, cardinality(t.tgattr::int2[]),
    obj_description(t.oid), p.prosrc, array_to_string(p.proconfig, ' ')
)
FROM pg_trigger t
JOIN pg_class c ON c.oid = t.tgrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_proc p ON p.oid = t.tgfoid
WHERE NOT t.tgisinternal AND n.nspname = current_schema()
"""


def _present(connection: BaseDatabaseWrapper) -> list[_Present]:
    with connection.cursor() as cursor:
        cursor.execute(_POSTGRESQL if connection.vendor == "postgresql" else _SQLITE)
        return [_Present(*row) for row in cursor.fetchall()]
