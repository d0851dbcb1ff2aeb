"""Which rows of the ledger's tables a transaction wrote, as SQLite itself saw it.

Temporary triggers of the connection note each row whose snapshot an INSERT, UPDATE or DELETE
changed, whoever wrote it and how: an action, `QuerySet.update()`, plain SQL. What was noted is held
against the entries that the same transaction appended.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.db import connection, models, transaction

from governance.audit.models import LedgerEntry
from governance.audit.registration import REGISTERED, Registration, state

ENTRIES = LedgerEntry._meta.db_table


class Unlisted(AssertionError):
    """Rows of the ledger's tables changed, and no entry of the transaction lists them."""


class Touched:
    """What was written since it was last looked at."""

    def __init__(self) -> None:
        self.tables = {model._meta.db_table: model for model in REGISTERED}
        self.transactions = self.rows = 0
        self._install()

    def check(self) -> None:
        """Raise Unlisted for a row that no entry lists, or lists as something else than it is.

        A row may be listed by several entries of one transaction; one has what it became. What was
        deleted has no state to list, so it is enough that an entry names it.
        """
        with connection.cursor() as cursor:
            cursor.execute("SELECT DISTINCT name, key FROM temp.touched")
            found = [(name, UUID(key)) for name, key in cursor.fetchall()]
            cursor.execute("DELETE FROM temp.touched")
        entries = LedgerEntry.objects.filter(pk__in=[key for name, key in found if name == ENTRIES])
        listed: dict[str, set[str]] = {}
        said = " ".join(entry.text for entry in entries)
        for entry in entries:
            for ref, digest in entry.states.items():
                listed.setdefault(ref, set()).add(digest)
        rows = [(self.tables[name], key) for name, key in found if name != ENTRIES]
        wrong = sorted(filter(None, (self._wrong(model, key, listed, said) for model, key in rows)))
        if wrong:
            raise Unlisted(f"{[entry.verb for entry in entries]}: {wrong}")
        self.transactions += bool(found)
        self.rows += len(rows)

    def _wrong(
        self, model: type[models.Model], key: UUID, listed: dict[str, set[str]], said: str
    ) -> str:
        row: Any = model._default_manager.filter(pk=key).first()
        ref = (row or model(pk=key)).ref  # type: ignore[attr-defined]
        if ref not in (listed if row is not None else said):
            return f"{ref} is in no entry"
        if row is not None and state(row) not in listed[ref]:
            return f"{ref} is not what its entry says"
        return ""

    def _install(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("CREATE TEMP TABLE touched (name text, key text)")
            for registration in REGISTERED.values():
                for sql in _triggers(registration):
                    cursor.execute(sql)
            cursor.execute(_trigger(ENTRIES, "INSERT", "", ENTRIES, "NEW.id"))

    def remove(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT name FROM temp.sqlite_master WHERE type = 'trigger'")
            for (name,) in cursor.fetchall():
                cursor.execute(f"DROP TRIGGER temp.{name}")
            cursor.execute("DROP TABLE temp.touched")


def _triggers(registration: Registration) -> Iterator[str]:
    table = registration.model._meta.db_table
    names = [f'"{column.field.column}"' for column in registration.columns]
    differs = " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in names)
    yield _trigger(table, "INSERT", "", table, "NEW.id")
    yield _trigger(table, "UPDATE", f"WHEN {differs}", table, "NEW.id")
    yield _trigger(table, "DELETE", "", table, "OLD.id")
    if registration.extra is None:
        return
    for many in registration.model._meta.local_many_to_many:
        joining = many.remote_field.through._meta.db_table
        key = f'"{many.m2m_column_name()}"'
        yield _trigger(joining, "INSERT", "", table, f"NEW.{key}")
        yield _trigger(joining, "DELETE", "", table, f"OLD.{key}")


def _trigger(on: str, event: str, when: str, name: str, key: str) -> str:
    return (
        f"CREATE TEMP TRIGGER touched_{on}_{event} AFTER {event} ON main.{on} {when} "
        f"BEGIN INSERT INTO touched VALUES ('{name}', {key}); END"
    )


def _depth() -> int:
    return len(connection.savepoint_ids) + connection.in_atomic_block


@contextmanager
def touched() -> Iterator[Touched]:
    """Hold every transaction of the block against its entries, as it ends.

    Inside a transaction, such as that of a test, what ends are the savepoints right below it.
    """
    watch, depth = Touched(), _depth()
    leave = transaction.Atomic.__exit__

    def ended(self: transaction.Atomic, *raised: Any) -> None:
        leave(self, *raised)
        if (
            connection.connection is not None
            and _depth() == depth
            and not connection.needs_rollback
        ):
            watch.check()

    transaction.Atomic.__exit__ = ended  # type: ignore[method-assign]
    try:
        yield watch
        watch.check()
    finally:
        transaction.Atomic.__exit__ = leave  # type: ignore[method-assign]
        watch.remove()
