"""Reading the ledger's tables as the bytes that are stored, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from governance.audit.chain import COPIED, CheckpointRow, EntryRow, Instant, StreamRow
from governance.audit.rules import stream_id

CHUNK = 500

LARGEST = 2**63 - 1

STREAMS, ENTRIES, PROSE = "audit_ledgerstream", "audit_ledgerentry", "audit_prose"
LEAVES, SEQUENCES = "audit_ledgerleaf", "audit_ledgersequence"
CHECKPOINTS = "audit_ledgercheckpoint"
_STREAM = StreamRow._fields[:-1]
_ENTRY = ("seq", "previous", "hash", "text")
_CHECKPOINT = CheckpointRow._fields[:-2]


@contextmanager
def one_snapshot(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Have everything read in this block be of one moment, while others go on writing.

    Within a transaction of the caller's, that is what the caller made of it.
    """
    if connection.in_atomic_block:
        yield
        return
    begin = _BEGIN_ON_POSTGRESQL if connection.vendor == "postgresql" else "BEGIN DEFERRED"
    with connection.cursor() as cursor:
        cursor.execute(begin)
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")


_BEGIN_ON_POSTGRESQL = "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"


@dataclass(frozen=True)
class Reader:
    """The ledger's rows of one database."""

    connection: BaseDatabaseWrapper

    @property
    def instant(self) -> Instant:
        """How the database writes a time, from how an entry does."""
        return _postgresql_instant if self._is_postgresql else _sqlite_instant

    @property
    def _is_postgresql(self) -> bool:
        return self.connection.vendor == "postgresql"

    def streams(self) -> Iterator[StreamRow]:
        """All streams, by the bytes of their names."""
        order = 'name COLLATE "C"' if self._is_postgresql else "name"
        sql = f"SELECT {self._columns('s', _STREAM)} FROM {STREAMS} s ORDER BY {order}"  # noqa: S608
        return (StreamRow(*row) for row in self._rows(sql))

    def entries(
        self, name: str, *, first: int = 1, last: int = LARGEST
    ) -> tuple[StreamRow, Iterator[EntryRow]] | None:
        """One stream with its entries, or those of a range, or None. Each with its leaf.

        All is read by one statement: two could have an append between them, which would look like
        a break.
        """
        sql = (
            f"SELECT {self._columns('s', _STREAM)}, {self._entry()}, "  # noqa: S608
            f'l."index", l.hash FROM {STREAMS} s LEFT JOIN {ENTRIES} e '
            "ON e.stream_id = s.id AND e.seq BETWEEN %s AND %s "
            f"LEFT JOIN {LEAVES} l ON l.stream_id = e.stream_id AND l.seq = e.seq "
            "WHERE s.id = %s ORDER BY e.seq"
        )
        rows = self._rows(sql, [first, last, self._key(name)])
        first_row = next(rows, None)
        if first_row is None:
            return None
        width = len(_STREAM) + 1
        # A stream without entries is one row without an entry.
        entries = (row[width:] for row in chain([first_row], rows) if row[width] is not None)
        return StreamRow(*first_row[:width]), (EntryRow(*row) for row in entries)

    def leaves(self, start: int, end: int) -> Iterator[tuple[int, bytes]]:
        """Index and hash of the tree's leaves from `start` to before `end`, in their order."""
        sql = f'SELECT "index", hash FROM {LEAVES} WHERE "index" >= %s AND "index" < %s '  # noqa: S608
        return self._rows(f'{sql} ORDER BY "index"', [start, end])

    def new_leaves(self, start: int) -> Iterator[tuple[bytes, bytes, int]]:
        """Each stream with leaves from `start` on, and the number of its first entry there."""
        name = self._columns("s", ["name"])
        return self._rows(
            f"SELECT {name}, min(l.seq) FROM {LEAVES} l JOIN {STREAMS} s "  # noqa: S608
            'ON s.id = l.stream_id WHERE l."index" >= %s GROUP BY s.name ORDER BY s.name',
            [start],
        )

    def unplaced(self) -> Iterator[tuple[bytes, bytes, int]]:
        """Each stream with entries that have no leaf yet, and the number of the first of them."""
        return self._rows(
            f"SELECT {self._columns('s', ['name'])}, coalesce(q.seq, 0) + 1 "  # noqa: S608
            f"FROM {STREAMS} s LEFT JOIN {SEQUENCES} q ON q.stream_id = s.id "
            "WHERE s.seq > coalesce(q.seq, 0) ORDER BY s.name"
        )

    def cut_streams(self) -> Iterator[tuple[bytes, ...]]:
        """The names of streams whose head is not an entry, or lies below their last leaf."""
        return self._rows(
            f"SELECT {self._columns('s', ['name'])} FROM {STREAMS} s "  # noqa: S608
            f"LEFT JOIN {ENTRIES} e ON e.stream_id = s.id AND e.seq = s.seq "
            f"LEFT JOIN {SEQUENCES} q ON q.stream_id = s.id "
            "WHERE e.hash IS NULL OR e.hash <> s.head OR q.seq > s.seq ORDER BY s.name"
        )

    def strays(self, end: int) -> Iterator[tuple[bytes, ...]]:
        """The indexes of leaves before `end` that are no entry's."""
        return self._rows(
            f"SELECT {self._columns('l', ['index'])} FROM {LEAVES} l "  # noqa: S608
            'WHERE l."index" < %s AND NOT EXISTS ('
            f"SELECT 1 FROM {ENTRIES} e WHERE e.stream_id = l.stream_id AND e.seq = l.seq)",
            [end],
        )

    def checkpoints(self, start: int = 0, end: int = LARGEST) -> Iterator[CheckpointRow]:
        """The checkpoints over `start` to `end` entries, by their sizes."""
        sql = (
            f"SELECT {self._columns('c', _CHECKPOINT)}, {self._columns('e', ['text'])} "  # noqa: S608
            f"FROM {CHECKPOINTS} c LEFT JOIN {ENTRIES} e ON e.id = c.entry_id "
            "WHERE c.size BETWEEN %s AND %s ORDER BY c.size, c.made_at"
        )
        return (CheckpointRow(*row[:-1]) for row in self._rows(sql, [start, end]))

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

    def _entry(self) -> str:
        """The columns of an EntryRow but for its leaf: the copies come as one value, for speed."""
        read = _postgresql_column if self._is_postgresql else _sqlite_column
        mark = "'\\x1f'::bytea" if self._is_postgresql else "x'1f'"
        copies = f" || {mark} || ".join(read("e", name) for name in COPIED)
        typed = "true" if self._is_postgresql else _sqlite_types("e", [*_ENTRY, *COPIED])
        whole = copies if self._is_postgresql else f"CAST({copies} AS BLOB)"
        return ", ".join([*(read("e", name) for name in _ENTRY), whole, typed])

    def _columns(self, alias: str, names: Sequence[str]) -> str:
        """Each column as bytes, and behind them whether all are of the types they should be."""
        read = _postgresql_column if self._is_postgresql else _sqlite_column
        typed = "true" if self._is_postgresql else _sqlite_types(alias, names)
        return ", ".join([*(read(alias, name) for name in names), typed])

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
    types = {name: "integer" if name in _INTEGERS else "text" for name in names}
    return " AND ".join(f"typeof({alias}.\"{name}\") = '{types[name]}'" for name in names)


_INTEGERS = {"seq", "size", "index"}


def _postgresql_column(alias: str, name: str) -> str:
    column = f'{alias}."{name}"'
    if name == "id":
        column = f"replace({column}::text, '-', '')"
    elif name in ("at", "made_at"):
        column = f"to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\" AD')"
    return f"convert_to({column}::text, 'UTF8')"


def _sqlite_instant(at: bytes) -> bytes:
    fraction = b"" if at[19:26] == b".000000" else at[19:26]
    return b"%s %s%s" % (at[:10], at[11:19], fraction)


def _postgresql_instant(at: bytes) -> bytes:
    # The era would be the only thing to tell a year before Christ.
    return at + b" AD"
