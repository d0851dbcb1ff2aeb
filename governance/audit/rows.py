"""Reading the ledger's tables as the bytes that are stored, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from governance.audit.chain import EntryRow, Storage, StreamRow
from governance.audit.rules import stream_id

CHUNK = 500

STREAMS, ENTRIES, PROSE = "audit_ledgerstream", "audit_ledgerentry", "audit_prose"
_STREAM = StreamRow._fields[:-1]
_ENTRY = EntryRow._fields[:-1]


@dataclass(frozen=True)
class Reader:
    """The ledger's rows of one database. Each method reads one consistent snapshot per stream."""

    connection: BaseDatabaseWrapper

    @property
    def storage(self) -> Storage:
        return _POSTGRESQL if self._is_postgresql else _SQLITE

    @property
    def _is_postgresql(self) -> bool:
        return self.connection.vendor == "postgresql"

    def streams(self) -> Iterator[StreamRow]:
        """All streams, by the bytes of their names."""
        order = 'name COLLATE "C"' if self._is_postgresql else "name"
        sql = f"SELECT {self._columns('s', _STREAM)} FROM {STREAMS} s ORDER BY {order}"  # noqa: S608
        return (StreamRow(*row) for row in self._rows(sql))

    def entries(self, name: str) -> tuple[StreamRow, Iterator[EntryRow]] | None:
        """One stream with its entries, or None. The two are read by one statement.

        Two statements could have an append between them, which would look like a break.
        """
        sql = (
            f"SELECT {self._columns('s', _STREAM)}, {self._columns('e', _ENTRY)} "  # noqa: S608
            f"FROM {STREAMS} s LEFT JOIN {ENTRIES} e ON e.stream_id = s.id "
            "WHERE s.id = %s ORDER BY e.seq"
        )
        rows = self._rows(sql, [self._key(name)])
        first = next(rows, None)
        if first is None:
            return None
        width = len(_STREAM) + 1
        entries = (row[width:] for row in chain([first], rows) if row[width] is not None)
        return StreamRow(*first[:width]), (EntryRow(*row) for row in entries)

    def orphans(self) -> Iterator[tuple[bytes, ...]]:
        """The identifiers of entries whose stream does not exist."""
        return self._rows(
            f"SELECT {self._columns('e', ['id'])} FROM {ENTRIES} e "  # noqa: S608
            f"WHERE NOT EXISTS (SELECT 1 FROM {STREAMS} s WHERE s.id = e.stream_id)"
        )

    def prose(self) -> Iterator[tuple[bytes, ...]]:
        """Identifier, salt, text, digest and whether it is erased, of all prose."""
        columns = self._columns("p", ["id", "salt", "text", "digest"])
        return self._rows(f"SELECT p.erased_at IS NOT NULL, {columns} FROM {PROSE} p")  # noqa: S608

    def _columns(self, alias: str, names: Sequence[str]) -> str:
        read = _postgresql_column if self._is_postgresql else _sqlite_column
        types = "convert_to('', 'UTF8')" if self._is_postgresql else _sqlite_types(alias, names)
        return ", ".join([*(read(alias, name) for name in names), types])

    def _key(self, name: str) -> Any:
        key = stream_id(name)
        return key if self._is_postgresql else key.hex

    def _rows(self, sql: str, params: list[Any] | None = None) -> Iterator[tuple[Any, ...]]:
        # A server-side cursor on PostgreSQL: a million entries must not stand in memory.
        with self.connection.chunked_cursor() as cursor:
            cursor.execute(sql, params)
            while rows := cursor.fetchmany(CHUNK):
                yield from rows


def _sqlite_column(alias: str, name: str) -> str:
    return f'CAST({alias}."{name}" AS BLOB)'


def _sqlite_types(alias: str, names: Sequence[str]) -> str:
    # Any SQLite column can hold any type; '7' and 7 print alike and are found differently.
    types = " || ' ' || ".join(f'typeof({alias}."{name}")' for name in names)
    return f"CAST({types} AS BLOB)"


def _postgresql_column(alias: str, name: str) -> str:
    column = f'{alias}."{name}"'
    if name == "id":
        column = f"replace({column}::text, '-', '')"
    elif name == "at":
        column = f"to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US AD')"
    return f"convert_to({column}::text, 'UTF8')"


def _sqlite_instant(at: datetime) -> str:
    return str(at.replace(tzinfo=None))


def _postgresql_instant(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S.%f AD")


_SQLITE = Storage(
    _sqlite_instant,
    b"text text integer text",
    b"text integer " + b" ".join([b"text"] * 9),
)
_POSTGRESQL = Storage(_postgresql_instant, b"", b"")
