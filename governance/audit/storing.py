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
from governance.audit.rules import DOMAIN, GENESIS, Entry, entry_hash, front_of, stream_id
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
        _begin(name)
        head = _HEADS.first(key=stream_id(name))
    return head or Head(0, GENESIS)


def _begin(name: str) -> None:
    """Make the stream's row unless it is there."""
    # Two may come here at once: the second waits for the first to commit, adds nothing, and then
    # finds the row. Should the first roll back, the second's row stands.
    row = LedgerStream(id=stream_id(name), name=name)
    LedgerStream.objects.bulk_create([row], ignore_conflicts=True)


_FIELDS = LedgerEntry._meta.concrete_fields
_NAMES = tuple(field.attname for field in _FIELDS)
_COLUMNS = ", ".join(str(field.column) for field in _FIELDS)
_ENTRIES, _STREAMS = LedgerEntry._meta.db_table, LedgerStream._meta.db_table
_INSERT = f"INSERT INTO {_ENTRIES} ({_COLUMNS}) VALUES ({', '.join(['%s'] * len(_FIELDS))})"  # noqa: S608
_MOVE = f"UPDATE {_STREAMS} SET seq = %s, head = %s WHERE id = %s"  # noqa: S608

# Lock, number, hash, move and insert in one call: what waits for the stream waits for one answer
# of the database and not for three. A stream that is new has no row yet: nothing is done.
_DO_ALL = f"""
WITH last AS (
    SELECT id, seq, head FROM {_STREAMS} WHERE id = %s FOR NO KEY UPDATE
), numbered AS (
    SELECT id, seq + 1 AS seq, head AS previous, %s::text || (seq + 1) || %s::text AS text FROM last
), hashed AS (
    SELECT *, encode(
        sha256(%s::bytea || decode(previous, 'hex') || convert_to(text, 'UTF8')), 'hex'
    ) AS hash FROM numbered
), moved AS (
    UPDATE {_STREAMS} AS stream SET seq = hashed.seq, head = hashed.hash
    FROM hashed WHERE stream.id = hashed.id
)
INSERT INTO {_ENTRIES} ({_COLUMNS})
SELECT left(hash, 32)::uuid, id, seq, %s, %s, %s, %s, %s, %s, previous, hash, text FROM hashed
RETURNING seq, previous, hash
"""  # noqa: S608


def store(entry: Entry) -> LedgerEntry:
    """Give the entry its place at the end of its stream, and keep it there, in the transaction.

    The head stays locked until the transaction ends, as by `lock_head`. Raises what Entry.text
    raises; then nothing is locked.
    """
    around = entry.around()
    if connections[DEFAULT_DB_ALIAS].vendor == "postgresql":
        return _stored_by_database(entry, around)
    return _stored_by_us(entry, around)


def _stored_by_database(entry: Entry, around: tuple[str, str]) -> LedgerEntry:
    before, after = around
    key = stream_id(entry.stream)
    copies = (entry.at, entry.verb, entry.subject, entry.actor, entry.source, entry.request)
    values = [key, before, after, DOMAIN, *copies]
    database = connections[DEFAULT_DB_ALIAS]
    found = execute(database, _DO_ALL, values)
    if not found:
        _begin(entry.stream)
        found = execute(database, _DO_ALL, values)
    seq, previous, digest = found[0]
    return _row(entry, seq, previous, digest, f"{before}{seq}{after}")


def _stored_by_us(entry: Entry, around: tuple[str, str]) -> LedgerEntry:
    row = placed(entry, lock_head(entry.stream), around)
    at = str(row.at.astimezone(UTC).replace(tzinfo=None))
    # As SQLite keeps them, which knows neither identifiers nor times.
    kept = {"id": row.id.hex, "stream_id": row.stream_id.hex, "at": at}
    values = [kept.get(name, getattr(row, name)) for name in _NAMES]
    database = connections[DEFAULT_DB_ALIAS]
    execute(database, _INSERT, values, answers=False)
    execute(database, _MOVE, [row.seq, row.hash, row.stream_id.hex], answers=False)
    return row


def placed(entry: Entry, head: Head, around: tuple[str, str] | None = None) -> LedgerEntry:
    """Return the row of the entry after that head, which the caller has locked; not saved yet."""
    before, after = around or entry.around()
    seq = head.seq + 1
    text = f"{before}{seq}{after}"
    return _row(entry, seq, head.hash, entry_hash(previous=head.hash, text=text), text)


def _row(entry: Entry, seq: int, previous: str, digest: str, text: str) -> LedgerEntry:
    # In the order of the columns: by name it takes twice as long.
    values = (
        front_of(digest),
        stream_id(entry.stream),
        seq,
        entry.at,
        entry.verb,
        entry.subject,
        entry.actor,
        entry.source,
        entry.request,
        previous,
        digest,
        text,
    )
    return LedgerEntry.from_db(DEFAULT_DB_ALIAS, _NAMES, values)
