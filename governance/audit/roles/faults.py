"""Every way in which the role that the portal uses could get at history, as the catalog has it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.db import DatabaseError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

from governance.audit.roles.granting import rights
from governance.audit.triggers import guards
from governance.core.observing import Observation

PARAMETERS_ARE_GRANTED = 15_00_00
"""Before this version nobody but a superuser can set session_replication_role at all."""
NAMED = 3
"""How many tables a sentence names before it counts the others."""
HOW = "docs/configuration.md says how to part the two roles"


class Fault(NamedTuple):
    """Something that the role can do and should not, or cannot and has to."""

    what: str
    of: tuple[str, ...] = ()

    def __str__(self) -> str:
        more = len(self.of) - NAMED
        named = ", ".join(self.of[:NAMED])
        return f"{self.what} {named}{f' and {more} more' if more > 0 else ''}".strip()


def roles() -> Observation:
    """For the doctor: whether the role in use could rewrite history."""
    if connection.vendor != "postgresql":
        text = "SQLite has none: who can write its file can drop its triggers"
        return Observation(name="roles", fine=False, text=text, needed=False)
    try:
        found = faults(connection)
    except DatabaseError as error:
        text = f"not looked at: {' '.join(str(error).split())}"
        return Observation(name="roles", fine=False, text=text)
    role = connection.settings_dict["USER"]
    if found:
        text = f"{role} {'; '.join(map(str, found))}. {HOW}"
        return Observation(name="roles", fine=False, text=text)
    text = f"{role} owns no table, adds to history and cannot change it"
    return Observation(name="roles", fine=True, text=text)


def faults(connection: BaseDatabaseWrapper) -> list[Fault]:
    """Say what the role in use can do beyond its rights, by itself or by SET ROLE, and what less.

    Empty when the role is as `grant` leaves it. Raises DatabaseError.
    """
    with connection.cursor() as cursor:
        if _names(cursor, _SUPERUSERS):
            return [Fault("is a superuser, for whom no trigger and no grant holds")]
        return [*_powers(connection, cursor), *_beyond(cursor), *_lacking(connection, cursor)]


def _powers(connection: BaseDatabaseWrapper, cursor: CursorWrapper) -> Iterator[Fault]:
    yield from (Fault(what) for what in _names(cursor, _POWERS))
    for what, sql in (("owns", _TABLES), ("owns the functions", _FUNCTIONS)):
        if names := _names(cursor, sql):
            yield Fault(what, names)
    granted = connection.pg_version >= PARAMETERS_ARE_GRANTED  # type: ignore[attr-defined]
    if granted and _names(cursor, _SETTING):
        yield Fault("may set session_replication_role")


def _beyond(cursor: CursorWrapper) -> Iterator[Fault]:
    kept = [guard.table for guard in guards()]
    for privilege in ("DELETE", "TRUNCATE", "TRIGGER"):
        if names := _names(cursor, _HELD, kept, privilege):
            yield Fault(f"may {privilege}", names)
    changing = {f"{guard.table}.{column}" for guard in guards() for column in guard.columns}
    updated = tuple(name for name in _names(cursor, _UPDATED, kept) if name not in changing)
    if updated:
        yield Fault("may UPDATE", updated)


def _lacking(connection: BaseDatabaseWrapper, cursor: CursorWrapper) -> Iterator[Fault]:
    wanted = rights(connection)
    for privilege in ("SELECT", "INSERT"):
        tables = [table for table, granted in wanted.items() if privilege in granted]
        if names := _names(cursor, _LACKED, tables, privilege):
            yield Fault(f"lacks {privilege} on", names)


def _names(cursor: CursorWrapper, sql: str, *params: Any) -> tuple[str, ...]:
    cursor.execute(sql, params)
    return tuple(str(row[0]) for row in cursor.fetchall())


# A role can do what it was granted and what any role can that it could become by SET ROLE.
_REACH = "(SELECT oid FROM pg_roles WHERE pg_has_role(current_user, oid, 'MEMBER'))"
_HERE = "current_schema()::regnamespace"
_SUPERUSERS = f"SELECT rolname FROM pg_roles WHERE rolsuper AND oid IN {_REACH}"  # noqa: S608
# Who owns a database or a schema can drop what is in it; who may create in a schema can put a
# function in the way of those that triggers call; who makes roles can become others.
_POWERS = f"""
SELECT 'owns the database' FROM pg_database
WHERE datname = current_database() AND datdba IN {_REACH}
UNION ALL SELECT 'owns the schema' FROM pg_namespace WHERE oid = {_HERE} AND nspowner IN {_REACH}
UNION ALL SELECT 'may create in the schema' FROM pg_namespace n WHERE oid = {_HERE}
AND EXISTS (SELECT FROM {_REACH} r WHERE has_schema_privilege(r.oid, n.oid, 'CREATE'))
UNION ALL SELECT DISTINCT 'may make roles' FROM pg_roles WHERE rolcreaterole AND oid IN {_REACH}
UNION ALL SELECT 'is a member of ' || rolname FROM pg_roles
WHERE rolname IN ('pg_execute_server_program', 'pg_write_server_files') AND oid IN {_REACH}
"""  # noqa: S608
_TABLES = f"""
SELECT relname FROM pg_class
WHERE relnamespace = {_HERE} AND relkind IN ('r', 'p') AND relowner IN {_REACH} ORDER BY 1
"""  # noqa: S608
_FUNCTIONS = f"""
SELECT proname FROM pg_proc
WHERE pronamespace = {_HERE} AND prorettype = 'trigger'::regtype AND proowner IN {_REACH}
ORDER BY 1
"""  # noqa: S608
_HELD = f"""
SELECT DISTINCT c.relname FROM pg_class c, {_REACH} r
WHERE c.relnamespace = {_HERE} AND c.relname = ANY(%s) AND has_table_privilege(r.oid, c.oid, %s)
ORDER BY 1
"""  # noqa: S608
_UPDATED = f"""
SELECT DISTINCT c.relname || '.' || a.attname
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0, {_REACH} r
WHERE c.relnamespace = {_HERE} AND c.relname = ANY(%s) AND NOT a.attisdropped
AND has_column_privilege(r.oid, c.oid, a.attnum, 'UPDATE') ORDER BY 1
"""  # noqa: S608
_LACKED = f"""
SELECT relname FROM pg_class
WHERE relnamespace = {_HERE} AND relname = ANY(%s) AND NOT has_table_privilege(oid, %s)
ORDER BY 1
"""  # noqa: S608
_SETTING = f"""
SELECT 1 FROM {_REACH} r WHERE has_parameter_privilege(r.oid, 'session_replication_role', 'SET')
"""  # noqa: S608
