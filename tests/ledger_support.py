"""Tests that commit empty the tables afterwards, which the append-only triggers rightly refuse.

Django's own way is to truncate every table and to make content types, permissions and triggers
anew, each time. Here that is done once; from then on, what is known to come out of it is put back.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import TransactionTestCase

from governance.audit import triggers
from governance.audit.triggers import history

Flush = Callable[[Any], None]


class Emptying:
    """Leaves the database as a flush would. The first one is a flush, and says how that looks."""

    def __init__(self, flush: Flush) -> None:
        self.flush = flush
        self.pristine: sqlite3.Connection | None = None
        self.kept: dict[str, int] = {}

    def __call__(self, case: Any) -> None:
        if connection.vendor == "sqlite":
            self._put_file_back(case)
        else:
            self._delete_rows(case)

    def _flush(self, case: Any) -> None:
        """Flush with the triggers away; the `post_migrate` it ends with puts them back."""
        triggers.remove(connection)
        self.flush(case)

    def _put_file_back(self, case: Any) -> None:
        """Copy the database's pages, triggers and all, as one transaction of its own."""
        connection.ensure_connection()
        if self.pristine:
            self.pristine.backup(connection.connection)
            return
        self._flush(case)
        self.pristine = sqlite3.connect(":memory:", check_same_thread=False)
        connection.connection.backup(self.pristine)

    def _delete_rows(self, case: Any) -> None:
        """Empty what holds rows, unless a test took a trigger away or touched what is kept."""
        held = _rows_of(self.kept)
        if not self.kept or held != self.kept or triggers.missing(connection):
            self._flush(case)
            self.kept = _rows_of(_filled(connection.introspection.table_names()))
            return
        tables = [t for t in connection.introspection.table_names() if t not in self.kept]
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_LENIENT)
            for table in _filled(tables):
                cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)}")
            cursor.execute(history.FUNCTION_SQL)


_LENIENT = (
    f"CREATE OR REPLACE FUNCTION {history.FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS "
    "$body$BEGIN RETURN OLD; END$body$"
)
"""What all triggers call, letting all go; the transaction ends by writing it as it was."""


@contextmanager
def refusals_asleep(tables: Collection[str]) -> Iterator[None]:
    """Let rows be put back that were accepted once, in whatever order; then refuse as before.

    PostgreSQL drops no trigger of a table with checks still to come, so there its function is
    made to let all go.
    """
    asleep = [t for t in triggers.refusal_triggers(connection) if t.table in tables]
    with connection.cursor() as cursor:
        for trigger in asleep:
            cursor.execute(
                f"CREATE OR REPLACE FUNCTION {trigger.name}() RETURNS trigger "
                "LANGUAGE plpgsql AS $body$BEGIN RETURN NEW; END$body$"
                if trigger.function
                else f"DROP TRIGGER {trigger.name}"
            )
        yield
        for trigger in asleep:
            cursor.execute(trigger.function or trigger.sql)


def _filled(tables: list[str]) -> list[str]:
    names = [(table, connection.ops.quote_name(table)) for table in tables]
    asked = (f"SELECT '{table}' WHERE EXISTS (SELECT FROM {quoted})" for table, quoted in names)
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(asked))
        return [table for (table,) in cursor.fetchall()]


def _rows_of(tables: Any) -> dict[str, int]:
    found = {}
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")
            found[table] = cursor.fetchone()[0]
    return found


def let_tests_empty_tables(patch: pytest.MonkeyPatch) -> None:
    flush = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]
    emptying = Emptying(flush)
    # A function, so that it binds to the test case as the one it replaces does.
    patch.setattr(TransactionTestCase, "_fixture_teardown", lambda case: emptying(case))
