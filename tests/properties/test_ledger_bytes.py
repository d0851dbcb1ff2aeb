"""Flipping any one byte of any row of the ledger is found.

With the triggers away, as somebody who owns the database would do it: every byte of every stored
value, one at a time, in every column of every row.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from governance.audit import triggers
from governance.audit.anchors import gather
from governance.audit.checkpointing import make_checkpoint
from governance.audit.verification import verify
from tests.ledger_entries import NOON, SOMEBODY, small_ledger

pytestmark = pytest.mark.backend

KEYS = {
    "audit_ledgerstream": "id",
    "audit_ledgerentry": "id",
    "audit_prose": "id",
    "audit_ledgerleaf": '"index"',
    "audit_ledgercheckpoint": "id",
}
# A checkpoint's note names it; the identifier of its row stands nowhere else.
UNTOLD = {("audit_ledgercheckpoint", "id")}


@pytest.fixture
def open_ledger(db: None) -> None:
    triggers.remove(connection)
    small_ledger()
    make_checkpoint(actor=SOMEBODY, at=NOON)


@dataclass(frozen=True)
class Cell:
    table: str
    column: str
    key: Any
    kind: str
    value: Any

    def flips(self) -> Iterator[tuple[str, Any]]:
        """The SQL expressions and parameters of all values that are one byte away."""
        width = len(self.value) if isinstance(self.value, bytes) else 8
        for place in range(width):
            yield FLIPS[connection.vendor][self.kind], self._flipped(place)

    def _flipped(self, place: int) -> Any:
        bit = 1 << place % 7
        if isinstance(self.value, int):
            return self.value ^ (bit << 8 * place if place < 7 else 1 << 62)
        return self.value[:place] + bytes([self.value[place] ^ bit]) + self.value[place + 1 :]


FLIPS = {
    "sqlite": {"text": "CAST(%s AS TEXT)", "integer": "%s", "bytes": "%s"},
    "postgresql": {
        "bytes": "%s::bytea",
        "text": "convert_from(%s::bytea, 'UTF8')",
        "integer": "%s",
        "uuid": "encode(%s::bytea, 'hex')::uuid",
        "instant": "'2000-01-01Z'::timestamptz + %s * interval '1 microsecond'",
    },
}
POSTGRESQL_READ = {
    "text": "convert_to({0}, 'UTF8')",
    "integer": "{0}",
    "bytes": "{0}",
    "uuid": "decode(replace({0}::text, '-', ''), 'hex')",
    "instant": "(extract(epoch FROM {0} - '2000-01-01Z'::timestamptz) * 1000000)::bigint",
}
POSTGRESQL_KINDS = {
    "uuid": "uuid",
    "bigint": "integer",
    "timestamp with time zone": "instant",
    "text": "text",
    "character varying": "text",
    "bytea": "bytes",
}
SQLITE_KINDS = {"blob": "bytes", "int": "integer"}


def fetch(sql: str, *params: object) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


def kinds(table: str) -> dict[str, str]:
    if connection.vendor == "sqlite":
        declared = {row[1]: row[2] for row in fetch(f"PRAGMA table_info({table})")}
        return {column: _sqlite_kind(kind.lower()) for column, kind in declared.items()}
    columns = "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = %s"
    return {name: POSTGRESQL_KINDS[kind] for name, kind in fetch(columns, table)}


def _sqlite_kind(declared: str) -> str:
    return next((kind for word, kind in SQLITE_KINDS.items() if word in declared), "text")


def cells() -> Iterator[Cell]:
    for table, identifier in KEYS.items():
        for column, kind in kinds(table).items():
            if (table, column) not in UNTOLD:
                yield from _cells(table, identifier, f'"{column}"', kind)


def _cells(table: str, identifier: str, column: str, kind: str) -> Iterator[Cell]:
    read = POSTGRESQL_READ[kind].format(column)
    if connection.vendor == "sqlite":
        read = column if kind == "integer" else f"CAST({column} AS BLOB)"
    rows = fetch(f"SELECT {identifier}, {read} FROM {table} WHERE {column} IS NOT NULL")
    for key, value in rows:
        yield Cell(table, column, key, kind, bytes(value) if kind == "bytes" else value)


def is_found(cell: Cell, expression: str, value: Any) -> bool:
    """Whether verification finds the change, or the database will not even take it."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {cell.table} SET {cell.column} = {expression} "
                f"WHERE {KEYS[cell.table]} = %s",
                [value, cell.key],
            )
            found = not verify(anchors=gather()).intact
            transaction.set_rollback(True)
            return found
    except DatabaseError:
        return True


@pytest.mark.usefixtures("open_ledger")
def test_every_flipped_byte_of_every_column_is_found() -> None:
    assert verify(anchors=gather()).intact
    tried = 0
    for cell in cells():
        for expression, value in cell.flips():
            tried += 1
            assert is_found(cell, expression, value), (cell, value)
    assert verify().intact
    assert tried > 3500


@pytest.mark.usefixtures("open_ledger")
def test_every_removed_row_but_a_whole_stream_is_found() -> None:
    for key, seq in fetch("SELECT id, seq FROM audit_ledgerentry"):
        with transaction.atomic():
            fetch_nothing("DELETE FROM audit_ledgerentry WHERE id = %s", key)
            report = verify()
            transaction.set_rollback(True)
        assert report.broken is not None
        assert report.broken.kind in {"ENTRY_MISSING", "HEAD_CHANGED", "STREAM_EMPTY"}, seq


@pytest.mark.usefixtures("open_ledger")
def test_swapping_two_rows_is_found() -> None:
    fetch_nothing("UPDATE audit_ledgerentry SET seq = seq + 10 WHERE seq = 1")
    fetch_nothing("UPDATE audit_ledgerentry SET seq = 1 WHERE seq = 2")
    fetch_nothing("UPDATE audit_ledgerentry SET seq = 2 WHERE seq = 11")
    assert not verify().intact


def fetch_nothing(sql: str, *params: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


if connection.vendor == "sqlite":

    @pytest.mark.usefixtures("open_ledger")
    @pytest.mark.parametrize(
        "change",
        [
            "audit_ledgerentry SET text = CAST(text AS BLOB)",
            "audit_ledgerentry SET seq = CAST(seq AS BLOB)",
            "audit_ledgerentry SET at = CAST(at AS BLOB)",
            "audit_ledgerstream SET head = CAST(head AS BLOB)",
        ],
    )
    def test_a_value_of_another_type_is_found(change: str) -> None:
        fetch_nothing(f"UPDATE {change}")
        assert not verify().intact
