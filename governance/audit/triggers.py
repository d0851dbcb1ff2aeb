"""Append-only tables: the database itself refuses UPDATE, DELETE, REPLACE and TRUNCATE.

These are guard rails against bugs and careless hands. A table's owner can drop them; what was
done then is for verification and checkpoints to find.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.sql import Query

from governance.audit.registration import REGISTERED, guarded_models

FUNCTION = "countersign_append_only"
# 23001 is restrict_violation: Django raises IntegrityError, as it does for SQLite's RAISE(ABORT).
FUNCTION_BODY = """
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = '23001';
END
"""
NEVER = ""


@dataclass(frozen=True)
class Trigger:
    """One trigger as the database should hold it."""

    table: str
    name: str
    sql: str
    kind: int = 0
    comment: str = ""


@dataclass(frozen=True)
class Guard:
    """What a table may still undergo: `allowed` is an SQL condition on OLD and NEW of an UPDATE."""

    model: type[models.Model]
    allowed: str = NEVER

    @property
    def table(self) -> str:
        return self.model._meta.db_table


def guards() -> list[Guard]:
    """Every guarded table: the ledger's own, and those registered as such."""
    ahead = "NEW.id = OLD.id AND NEW.name = OLD.name AND NEW.seq > OLD.seq"
    stream, entry = (apps.get_model("audit", n) for n in ("LedgerStream", "LedgerEntry"))
    registered = (Guard(model, allowed=_allowed(model)) for model in guarded_models())
    return [Guard(stream, allowed=ahead), Guard(entry), *registered]


def _allowed(model: type[models.Model]) -> str:
    registration = REGISTERED[model]
    if registration.mutable:
        return _only(model, registration.mutable)
    return _erasure(model, registration.erasable) if registration.erasable else NEVER


def _only(model: type[models.Model], mutable: tuple[str, ...]) -> str:
    """Every column but these stays as it is."""
    fixed = (f for f in model._meta.concrete_fields if f.attname not in mutable)
    return " AND ".join(
        f"(NEW.{f.column} = OLD.{f.column} OR (NEW.{f.column} IS NULL AND OLD.{f.column} IS NULL))"
        if f.null
        else f"NEW.{f.column} = OLD.{f.column}"
        for f in fixed
    )


def _erasure(model: type[models.Model], erasable: tuple[str, ...]) -> str:
    """Once, erasable columns may be emptied; nothing else may change with it."""
    columns = {f.column: f.attname for f in model._meta.concrete_fields}
    kept = [c for c, name in columns.items() if name not in {*erasable, "erased_at"}]
    return " AND ".join(
        [
            "OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL",
            *(f"NEW.{c} = ''" for c, name in columns.items() if name in erasable),
            *(f"NEW.{c} = OLD.{c}" for c in kept),
        ]
    )


def install(connection: BaseDatabaseWrapper) -> list[str]:
    """Bring every guarded table's triggers to what they should be; return those (re)made.

    Idempotent: a trigger that is there and unaltered is left alone.
    """
    made = missing(connection)
    wanted = {trigger.name: trigger for trigger in _wanted(connection)}
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_function_sql())
        for name in made:
            trigger = wanted[name]
            cursor.execute(_drop(connection, trigger))
            cursor.execute(trigger.sql)
    return made


def remove(connection: BaseDatabaseWrapper) -> None:
    """Drop the triggers. For tests that empty tables, and for nothing else."""
    with connection.cursor() as cursor:
        for trigger in _wanted(connection):
            cursor.execute(_drop(connection, trigger))


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """The names of triggers that are absent, disabled or not what they should be."""
    present = _present(connection)
    return [t.name for t in _wanted(connection) if present.get(t.name) != _expected(connection, t)]


def _wanted(connection: BaseDatabaseWrapper) -> Iterator[Trigger]:
    tables = set(connection.introspection.table_names())
    for guard in guards():
        if guard.table in tables:
            yield from _triggers(connection, guard)


def _triggers(connection: BaseDatabaseWrapper, guard: Guard) -> Iterable[Trigger]:
    if connection.vendor == "postgresql":
        return _postgresql(guard)
    if connection.vendor == "sqlite":
        return _sqlite(connection, guard)
    raise ImproperlyConfigured(f"no append-only triggers for {connection.vendor}")


def _drop(connection: BaseDatabaseWrapper, trigger: Trigger) -> str:
    on = f" ON {trigger.table}" if connection.vendor == "postgresql" else ""
    return f"DROP TRIGGER IF EXISTS {trigger.name}{on}"


def _present(connection: BaseDatabaseWrapper) -> dict[str, str]:
    sql = _POSTGRESQL_PRESENT if connection.vendor == "postgresql" else _SQLITE_PRESENT
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return dict(cursor.fetchall())


def _expected(connection: BaseDatabaseWrapper, trigger: Trigger) -> str:
    if connection.vendor == "postgresql":
        return f"{trigger.kind} A {trigger.comment} {FUNCTION_BODY}"
    return trigger.sql


# PostgreSQL

_POSTGRESQL_PRESENT = """
SELECT t.tgname, concat_ws(' ', t.tgtype, t.tgenabled, obj_description(t.oid), p.prosrc)
FROM pg_trigger t
JOIN pg_class c ON c.oid = t.tgrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_proc p ON p.oid = t.tgfoid
WHERE NOT t.tgisinternal AND n.nspname = current_schema()
"""


def _function_sql() -> str:
    return (
        f"CREATE OR REPLACE FUNCTION {FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$body${FUNCTION_BODY}$body$"
    )


def _postgresql(guard: Guard) -> Iterator[Trigger]:
    table = guard.table
    when = f" WHEN (NOT coalesce({guard.allowed}, false))" if guard.allowed else ""
    for suffix, kind, event, each in (
        # The numbers are pg_trigger.tgtype: row 1, before 2, delete 8, update 16, truncate 32.
        ("u", 19, "UPDATE", f"FOR EACH ROW{when}"),
        ("d", 11, "DELETE", "FOR EACH ROW"),
        ("t", 34, "TRUNCATE", "FOR EACH STATEMENT"),
    ):
        name = f"{table}_keep_{suffix}"
        # The comment remembers the condition, which PostgreSQL itself would print otherwise.
        comment = f"append-only{when}"
        yield Trigger(table, name, _create(table, name, event, each, comment), kind, comment)


def _create(table: str, name: str, event: str, each: str, comment: str) -> str:
    quoted = comment.replace("'", "''")
    return (
        f"CREATE TRIGGER {name} BEFORE {event} ON {table} {each} EXECUTE FUNCTION {FUNCTION}(); "
        # ALWAYS: otherwise `SET session_replication_role = replica` passes it by.
        f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}; "
        f"COMMENT ON TRIGGER {name} ON {table} IS '{quoted}'"
    )


# SQLite

_SQLITE_PRESENT = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"


def _sqlite(connection: BaseDatabaseWrapper, guard: Guard) -> Iterator[Trigger]:
    table = guard.table
    unless = f"WHEN NOT coalesce({guard.allowed}, 0) " if guard.allowed else ""
    for suffix, event, when in (
        ("u", "UPDATE", unless),
        ("d", "DELETE", ""),
        # INSERT OR REPLACE deletes what is in its way without asking the DELETE trigger.
        ("i", "INSERT", f"WHEN {_taken(connection, guard.model)} "),
    ):
        name = f"{table}_keep_{suffix}"
        refusal = f"SELECT RAISE(ABORT, '{table} is append-only: {event} refused')"
        sql = f"CREATE TRIGGER {name} BEFORE {event} ON {table} {when}BEGIN {refusal}; END"
        yield Trigger(table, name, sql)


def _taken(connection: BaseDatabaseWrapper, model: type[models.Model]) -> str:
    """The SQL condition that a row with one of NEW's unique keys is already there."""
    row = f"SELECT 1 FROM {model._meta.db_table} WHERE"  # noqa: S608 - names of our own tables
    return " OR ".join(f"EXISTS ({row} {match})" for match in _unique_matches(connection, model))


def _unique_matches(connection: BaseDatabaseWrapper, model: type[models.Model]) -> Iterator[str]:
    meta = model._meta
    for field in meta.concrete_fields:
        if field.unique:
            yield _same([_column(model, field.name)])
    for names in meta.unique_together:
        yield _same([_column(model, name) for name in names])
    for constraint in meta.constraints:
        if isinstance(constraint, models.UniqueConstraint):
            yield _constraint_match(connection, model, constraint)


def _constraint_match(
    connection: BaseDatabaseWrapper, model: type[models.Model], constraint: models.UniqueConstraint
) -> str:
    if constraint.expressions:
        raise ImproperlyConfigured(
            f"{constraint.name}: history tables need unique constraints over plain columns"
        )
    match = _same([_column(model, name) for name in constraint.fields])
    if constraint.condition is None:
        return match
    old = _condition(connection, model, constraint.condition)
    new = old
    for field in model._meta.concrete_fields:
        new = new.replace(f'"{field.column}"', f'NEW."{field.column}"')
    return f"{match} AND ({old}) AND ({new})"


def _condition(
    connection: BaseDatabaseWrapper, model: type[models.Model], condition: models.Q
) -> str:
    query = Query(model, alias_cols=False)
    where, editor = query.build_where(condition), connection.schema_editor(collect_sql=True)
    sql, params = where.as_sql(query.get_compiler(connection=connection), connection)
    return str(sql % tuple(editor.quote_value(param) for param in params))


def _same(columns: Iterable[str]) -> str:
    return " AND ".join(f'"{column}" = NEW."{column}"' for column in columns)


def _column(model: type[models.Model], name: str) -> str:
    columns = {f.name: f.get_attname_column()[1] for f in model._meta.concrete_fields}
    return str(columns[name])
