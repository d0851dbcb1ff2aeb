"""Rows that the database refuses to take, by conditions that the apps state with `forbid`."""

from __future__ import annotations

from collections.abc import Iterator

from django.core.exceptions import ImproperlyConfigured
from django.db.backends.base.base import BaseDatabaseWrapper

from governance.audit.registration import REFUSALS, Refusal
from governance.audit.triggers.trigger import Trigger, create_on_postgresql

# pg_trigger.tgtype: row 1, before 2, insert 4, update 16.
KINDS = {"INSERT": 7, "UPDATE": 19}


def refusal_triggers(connection: BaseDatabaseWrapper) -> Iterator[Trigger]:
    """Every registered refusal as a trigger of this database."""
    if connection.vendor == "sqlite":
        yield from map(_sqlite, REFUSALS.values())
    elif connection.vendor == "postgresql":
        path = _search_path(connection)
        yield from (_postgresql(refusal, path) for refusal in REFUSALS.values())
    else:
        raise ImproperlyConfigured(f"no triggers for {connection.vendor}")


def _stands(refusal: Refusal) -> str:
    """What cannot be told is refused: a condition that is NULL is as good as true."""
    return f"coalesce(({refusal.when}), true)"


def _sqlite(refusal: Refusal) -> Trigger:
    table = refusal.table
    sql = (
        f"CREATE TRIGGER {refusal.trigger} BEFORE {refusal.on} ON {table} "
        f"WHEN {_stands(refusal)} BEGIN SELECT RAISE(ABORT, '{refusal.says}'); END"
    )
    return Trigger(table=table, name=refusal.trigger, sql=sql, reads=sql)


def _postgresql(refusal: Refusal, path: str) -> Trigger:
    """A function for each refusal: PostgreSQL takes no subquery in WHEN."""
    table, name = refusal.table, refusal.trigger
    body = f"""
BEGIN
    IF {_stands(refusal)} THEN
        RAISE EXCEPTION USING MESSAGE = '{refusal.says}', ERRCODE = '23001';
    END IF;
    RETURN NEW;
END
"""
    return Trigger(
        table=table,
        name=name,
        sql=create_on_postgresql(name, table, f"{refusal.on} ON {table} FOR EACH ROW", name),
        reads=f"{KINDS[refusal.on]} A f 0 {body} search_path={path}",
        function=(
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql "
            f"SET search_path = {path} AS $body${body}$body$"
        ),
    )


def _search_path(connection: BaseDatabaseWrapper) -> str:
    """Temporary tables last: otherwise one of the same name would answer for the real one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(current_schema())")
        return f"{cursor.fetchone()[0]}, pg_temp"
