"""Whether the rows that entries speak of are still as the entries left them.

Each entry holds the digest of every record that its act wrote. The newest one of a record must be
the digest of the row as it is: an edit past the actions, by whoever owns the database, by
`QuerySet.update()` or by a migration, leaves another.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import models

from governance.audit.chain import Break, Broken, Kind
from governance.audit.models import LedgerEntry, Prose
from governance.audit.registration import REGISTERED, Registration, possible_states, prose_names
from governance.core.models import Record

CHUNK = 500
AT_ONCE = 5_000

_TABLE = """
CREATE TABLE told (
    ref TEXT PRIMARY KEY, digest TEXT, at TEXT, stream TEXT, seq INTEGER, seen INTEGER DEFAULT 0
) WITHOUT ROWID
"""
# Streams have no order among each other but time; within a stream the number decides.
_TELL = """
INSERT INTO told (ref, digest, at, stream, seq) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (ref) DO UPDATE SET digest = excluded.digest, at = excluded.at,
    stream = excluded.stream, seq = excluded.seq
WHERE excluded.stream = told.stream OR excluded.at >= told.at
"""


@dataclass(frozen=True)
class Told:
    """What the newest entry that names a record says of it."""

    digest: str
    stream: str
    seq: int


def check_states() -> int:
    """Compare every registered row with the ledger; return how many were compared.

    To be called within one snapshot of the database. What the entries say is kept in a temporary
    file, not in memory. Raises Broken at the first difference.
    """
    # An empty name is SQLite's word for a database on disk that goes with its connection.
    with closing(sqlite3.connect("", isolation_level=None)) as notebook:
        notebook.execute(_TABLE)
        _write_down(notebook)
        compared = sum(_compare(notebook, entry) for entry in _tables())
        _require_present(notebook)
        return compared


def _write_down(notebook: sqlite3.Connection) -> None:
    texts = LedgerEntry.objects.order_by("stream", "seq").values_list("text", flat=True)
    with _batch(notebook):
        for text in texts.iterator(chunk_size=CHUNK):
            body = json.loads(text)
            named = (body["at"], body["stream"], body["seq"])
            notebook.executemany(_TELL, [(*state, *named) for state in body["states"]])


@contextmanager
def _batch(notebook: sqlite3.Connection) -> Iterator[None]:
    notebook.execute("BEGIN")
    yield
    notebook.execute("COMMIT")


def _tables() -> list[Registration]:
    found = [entry for entry in REGISTERED.values() if issubclass(entry.model, Record)]
    return sorted(found, key=lambda entry: entry.model._meta.db_table)


def _compare(notebook: sqlite3.Connection, entry: Registration) -> int:
    compared = 0
    with _batch(notebook):
        for record in rows_of(entry.model):
            told = _told(notebook, record.ref)
            if told is None:
                _judge_unknown(entry, record)
                continue
            if told.digest not in possible_states(record):
                raise _broken(Kind.STATE_CHANGED, record.ref, told, "the row was changed since")
            notebook.execute("UPDATE told SET seen = 1 WHERE ref = ?", [record.ref])
            compared += 1
    return compared


def rows_of(table: type[models.Model]) -> Iterator[Any]:
    """All rows of a registered table, with the prose that they point to, in flat memory."""
    rows = table._default_manager.select_related(*prose_names(table))
    return rows.order_by("pk").iterator(chunk_size=CHUNK)


def kind(entry: Registration) -> str:
    """The noun with which references to rows of this table begin."""
    return str(entry.model.REF)  # type: ignore[attr-defined]


def _told(notebook: sqlite3.Connection, ref: str) -> Told | None:
    row = notebook.execute("SELECT digest, stream, seq FROM told WHERE ref = ?", [ref]).fetchone()
    return Told(*row) if row else None


def _judge_unknown(entry: Registration, record: Record) -> None:
    if not (entry.is_carried(record) or _is_of_carried(record)):
        detail = f"no entry speaks of the row {record.ref}"
        raise Broken(Break(Kind.STATE_UNKNOWN, "", None, detail))


def _is_of_carried(record: Record) -> bool:
    """Whether a row that an update of the portal made of others points to this piece of prose."""
    return isinstance(record, Prose) and any(
        entry.model._default_manager.filter(**{entry.carried: True, name: record.pk}).exists()
        for entry in _tables()
        if entry.carried
        for name in prose_names(entry.model)
    )


def _require_present(notebook: sqlite3.Connection) -> None:
    """Whatever entries speak of is there, but for tables whose rows may be removed."""
    kinds = {kind(entry) for entry in _tables() if not entry.removable}
    unseen = notebook.execute("SELECT ref, digest, stream, seq FROM told WHERE NOT seen")
    for ref, *told in unseen:
        if ref.partition(":")[0] in kinds:
            raise _broken(Kind.STATE_MISSING, ref, Told(*told), "the row is gone")


def _broken(kind: Kind, ref: str, told: Told, detail: str) -> Broken:
    return Broken(Break(kind, told.stream, told.seq, f"it wrote {ref}, and {detail}"))
