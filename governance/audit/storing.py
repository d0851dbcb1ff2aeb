"""Entries and the heads of their streams, as the database keeps them.

Every act of the portal passes here, so what is asked of the database is written down once, and
where one statement can do two things it does.
"""

from __future__ import annotations

from datetime import UTC
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import QuerySet

from governance.audit.heads import Head
from governance.audit.models import LedgerEntry, LedgerStream
from governance.audit.rules import GENESIS, stream_id
from governance.core.compiled import KEY, Compiled, execute


def _heads_locked(key: UUID) -> QuerySet[LedgerStream, Any]:
    # A lock, never a retry on the unique key: on a hot stream retrying is four times slower.
    # Without the key: what only refers to the stream, a follower's cursor, does not wait.
    # On SQLite the transaction already holds the only write lock (transaction_mode=IMMEDIATE).
    streams = LedgerStream.objects.select_for_update(no_key=True)
    return streams.filter(id=key).values_list("seq", "head")


_HEADS = Compiled(_heads_locked, Head, key=KEY)


def lock_head(name: str) -> Head:
    """Lock the stream's row until the transaction ends, making it if need be.

    Returns the number and hash of its last entry: while it is locked, nobody else appends.
    """
    head = _HEADS.first(key=stream_id(name))
    if head is None:
        # Two may come here at once: the second waits for the first to commit, adds nothing,
        # and then finds the row. Should the first roll back, the second's row stands.
        LedgerStream.objects.bulk_create(
            [LedgerStream(id=stream_id(name), name=name)], ignore_conflicts=True
        )
        head = _HEADS.first(key=stream_id(name))
    return head or Head(0, GENESIS)


_FIELDS = LedgerEntry._meta.concrete_fields
NAMES = tuple(field.attname for field in _FIELDS)
"""In the order in which LedgerEntry takes its values."""
_INSERT = (
    f"INSERT INTO {LedgerEntry._meta.db_table} "  # noqa: S608
    f"({', '.join(str(field.column) for field in _FIELDS)}) "
    f"VALUES ({', '.join(['%s'] * len(_FIELDS))})"
)
_MOVE = f"UPDATE {LedgerStream._meta.db_table} SET seq = %s, head = %s WHERE id = %s"  # noqa: S608
_BOTH = f"WITH moved AS ({_MOVE}) {_INSERT}"


def store(row: LedgerEntry) -> None:
    """Insert the entry and move the head of its stream, which the caller has locked."""
    database = connections[DEFAULT_DB_ALIAS]
    values = [getattr(row, name) for name in NAMES]
    if database.vendor == "postgresql":
        execute(database, _BOTH, [row.seq, row.hash, row.stream_id, *values], answers=False)
    else:
        at = str(row.at.astimezone(UTC).replace(tzinfo=None))
        kept = {"id": row.id.hex, "stream_id": row.stream_id.hex, "at": at}
        values = [kept.get(n, v) for n, v in zip(NAMES, values, strict=True)]
        execute(database, _INSERT, values, answers=False)
        execute(database, _MOVE, [row.seq, row.hash, row.stream_id.hex], answers=False)
