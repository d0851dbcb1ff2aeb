"""Append-only tables: the database itself refuses UPDATE, DELETE, REPLACE and TRUNCATE."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.sql import Query

from governance.audit.registration import REGISTERED, guarded_models
from governance.audit.triggers.trigger import Trigger, create_on_postgresql

FUNCTION = "countersign_append_only"
# 23001 is restrict_violation: Django raises IntegrityError, as it does for SQLite's RAISE(ABORT).
FUNCTION_BODY = """
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = '23001';
END
"""
FUNCTION_SQL = (
    f"CREATE OR REPLACE FUNCTION {FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS "
    f"$body${FUNCTION_BODY}$body$"
)
NEVER = ""
INSERT_ONLY = ("LedgerEntry", "LedgerLeaf", "LedgerTile", "LedgerCheckpoint", "CheckpointCopy")
"""The ledger's own tables, beside its streams."""


@dataclass(frozen=True)
class Guard:
    """What a table may still undergo: `allowed` is an SQL condition on OLD and NEW of an UPDATE.

    `columns` are those that such an UPDATE may set; no others are granted to the portal's role.
    """

    model: type[models.Model]
    allowed: str = NEVER
    columns: tuple[str, ...] = ()

    @property
    def table(self) -> str:
        return self.model._meta.db_table


def guards() -> list[Guard]:
    """Every guarded table: the ledger's own, and those registered as such."""
    ahead = "NEW.id = OLD.id AND NEW.name = OLD.name AND NEW.seq > OLD.seq"
    stream = apps.get_model("audit", "LedgerStream")
    added = (Guard(apps.get_model("audit", name)) for name in INSERT_ONLY)
    registered = (
        Guard(model, allowed=_allowed(model), columns=_columns(model)) for model in guarded_models()
    )
    return [Guard(stream, allowed=ahead, columns=("seq", "head")), *added, *registered]


def _allowed(model: type[models.Model]) -> str:
    registration = REGISTERED[model]
    if registration.mutable:
        return _only(model, registration.mutable)
    return _erasure(model, registration.erasable) if registration.erasable else NEVER


def _columns(model: type[models.Model]) -> tuple[str, ...]:
    registration = REGISTERED[model]
    erased = (*registration.erasable, "erased_at") if registration.erasable else ()
    changing = {*registration.mutable, *erased}
    columns = (f.get_attname_column() for f in model._meta.concrete_fields)
    return tuple(str(column) for attname, column in columns if attname in changing)


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


def history_triggers(connection: BaseDatabaseWrapper, guard: Guard) -> Iterable[Trigger]:
    """The triggers of this database that keep one table."""
    if connection.vendor == "postgresql":
        return _postgresql(guard)
    if connection.vendor == "sqlite":
        return _sqlite(connection, guard)
    raise ImproperlyConfigured(f"no triggers for {connection.vendor}")


# PostgreSQL


def _postgresql(guard: Guard) -> Iterator[Trigger]:
    table = guard.table
    when = f" WHEN (NOT coalesce({guard.allowed}, false))" if guard.allowed else ""
    # The comment remembers the condition, which PostgreSQL itself would print otherwise.
    for suffix, kind, event, each, condition in (
        # The numbers are pg_trigger.tgtype: row 1, before 2, delete 8, update 16, truncate 32.
        ("u", 19, "UPDATE", "ROW", when),
        ("d", 11, "DELETE", "ROW", ""),
        ("t", 34, "TRUNCATE", "STATEMENT", ""),
    ):
        name, comment = f"{table}_keep_{suffix}", f"append-only{when}"
        remembered = comment.replace("'", "''")
        on = f"{event} ON {table} FOR EACH {each}{condition}"
        yield Trigger(
            table=table,
            name=name,
            sql=(
                f"{create_on_postgresql(name, table, on, FUNCTION)}; "
                f"COMMENT ON TRIGGER {name} ON {table} IS '{remembered}'"
            ),
            reads=f"{kind} A {'t' if condition else 'f'} 0 {comment} {FUNCTION_BODY}",
            function=FUNCTION_SQL,
        )


# SQLite


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
        yield Trigger(table=table, name=name, sql=sql, reads=sql)


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
