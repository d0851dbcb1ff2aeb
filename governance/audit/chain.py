"""Whether one stream's rows bear each other out. Pure: rows come in as the bytes that are stored.

Reading bytes, not values, is what finds a flipped bit in any column: a value that the database
driver can no longer read is a difference like any other, not a crash.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any, NamedTuple

from governance.audit.checkpoints import Head
from governance.audit.rules import DOMAIN, FORMAT, GENESIS, stream_id
from governance.core.canonical import timestamp

KEYS = frozenset(
    {"format", "stream", "seq", "at", "verb", "subject", "actor", "source", "request"}
    | {"facts", "states"}
)
COPIED = ("at", "verb", "subject", "actor", "source", "request")


class Kind(StrEnum):
    """The kinds of break, as docs/ledger-format.md §6 lists them."""

    STREAM_CHANGED = "STREAM_CHANGED"
    STREAM_EMPTY = "STREAM_EMPTY"
    ENTRY_MISSING = "ENTRY_MISSING"
    TEXT_CHANGED = "TEXT_CHANGED"
    CHAIN_BROKEN = "CHAIN_BROKEN"
    COLUMN_CHANGED = "COLUMN_CHANGED"
    HEAD_CHANGED = "HEAD_CHANGED"
    ENTRY_ORPHANED = "ENTRY_ORPHANED"
    PROSE_CHANGED = "PROSE_CHANGED"
    CUT_OFF = "CUT_OFF"
    REWRITTEN = "REWRITTEN"


@dataclass(frozen=True)
class Break:
    """The first thing that is not as it was written."""

    kind: Kind
    stream: str
    seq: int | None
    detail: str

    def __str__(self) -> str:
        entry = f"entry {self.seq} of " if self.seq is not None else ""
        where = f"{entry}stream {self.stream}: " if self.stream else ""
        return f"{where}{self.kind}: {self.detail}"


class Broken(Exception):
    """Carries a Break up to where the verification ends."""

    def __init__(self, found: Break) -> None:
        super().__init__(str(found))
        self.found = found


class StreamRow(NamedTuple):
    id: bytes
    name: bytes
    seq: bytes
    head: bytes
    types: bytes


class EntryRow(NamedTuple):
    id: bytes
    seq: bytes
    at: bytes
    verb: bytes
    subject: bytes
    actor: bytes
    source: bytes
    request_id: bytes
    previous: bytes
    hash: bytes
    text: bytes
    types: bytes


@dataclass(frozen=True)
class Storage:
    """How a database writes down what has no one form: a time, and the types of a row."""

    instant: Callable[[datetime], str]
    stream_types: bytes
    entry_types: bytes


def stream_name(row: StreamRow, storage: Storage) -> str:
    """Return the stream's name if its row can be believed that far; raise Broken otherwise."""
    name = row.name.decode(errors="replace")
    if row.id.decode(errors="replace") != stream_id(name).hex:
        raise Broken(Break(Kind.STREAM_CHANGED, name, None, "its name or identifier was changed"))
    if row.types != storage.stream_types:
        raise Broken(Break(Kind.STREAM_CHANGED, name, None, "a value has another type"))
    return name


def check_stream(
    row: StreamRow, entries: Iterable[EntryRow], *, signed: Head | None, storage: Storage
) -> int:
    """Return how many entries the stream has; raise Broken at the first that does not hold.

    `signed` is the head that a checkpoint has of this stream.
    """
    stream = _Stream(stream_name(row, storage), storage, signed)
    for entry in entries:
        stream.take(entry)
    stream.end(row)
    return stream.seq


class _Stream:
    """One walk along a stream, from the genesis value to the head."""

    def __init__(self, name: str, storage: Storage, signed: Head | None) -> None:
        self.name, self.storage, self.signed = name, storage, signed
        self.seq, self.head = 0, GENESIS

    def fail(self, kind: Kind, detail: str, *, seq: int | None = None) -> None:
        raise Broken(Break(kind, self.name, seq, detail))

    def take(self, row: EntryRow) -> None:
        number = self.seq + 1
        if row.seq != b"%d" % number:
            there = row.seq.decode(errors="replace")
            self.fail(Kind.ENTRY_MISSING, f"the next one there is {there}", seq=number)
        self._check_links(row, number)
        self._check_columns(row, number)
        self._check_signed(row, number)
        self.seq, self.head = number, row.hash.decode()

    def _check_links(self, row: EntryRow, number: int) -> None:
        if row.previous != self.head.encode():
            detail = "it does not follow from the entry before it"
            self.fail(Kind.CHAIN_BROKEN, detail, seq=number)
        digest = sha256(DOMAIN + bytes.fromhex(self.head) + row.text).hexdigest()
        if row.hash != digest.encode():
            self.fail(Kind.TEXT_CHANGED, "its text or its hash was changed", seq=number)

    def _check_columns(self, row: EntryRow, number: int) -> None:
        body = _body(row.text)
        if body is None or (body["stream"], body["seq"]) != (self.name, number):
            self.fail(Kind.TEXT_CHANGED, "its text is not that of this entry", seq=number)
        for column, value in _copies(body or {}, self.storage):
            if getattr(row, column) != value.encode():
                self.fail(Kind.COLUMN_CHANGED, f"{column} differs from the text", seq=number)
        if row.id != row.hash[:32] or row.types != self.storage.entry_types:
            self.fail(Kind.COLUMN_CHANGED, "its identifier or a type was changed", seq=number)

    def _check_signed(self, row: EntryRow, number: int) -> None:
        if self.signed and self.signed.seq == number and self.signed.hash.encode() != row.hash:
            detail = "the checkpoint signed another entry in this place"
            self.fail(Kind.REWRITTEN, detail, seq=number)

    def end(self, row: StreamRow) -> None:
        if self.signed and self.signed.seq > self.seq:
            detail = f"the checkpoint signed entry {self.signed.seq}; the last one is {self.seq}"
            self.fail(Kind.CUT_OFF, detail, seq=self.seq + 1)
        if self.seq == 0:
            self.fail(Kind.STREAM_EMPTY, "it has no entries")
        if row.seq != b"%d" % self.seq or row.head != self.head.encode():
            there = row.seq.decode(errors="replace")
            detail = f"the head speaks of entry {there}; the last one is {self.seq}"
            self.fail(Kind.HEAD_CHANGED, detail)


def _copies(body: dict[str, Any], storage: Storage) -> Iterator[tuple[str, str]]:
    yield "at", storage.instant(datetime.fromisoformat(body["at"]))
    for column in ("verb", "subject", "actor", "source"):
        yield column, body[column]
    yield "request_id", body["request"]


def _body(text: bytes) -> dict[str, Any] | None:
    """Parse the text of an entry, or return None if it is not one."""
    try:
        body = json.loads(text)
        return body if _is_well_formed(body) else None
    except ValueError:
        return None


def _is_well_formed(body: Any) -> bool:
    """Whoever computed the hashes anew may have put anything here; it must not stop us."""
    return (
        isinstance(body, dict)
        and body.keys() == KEYS
        and body["format"] == FORMAT
        and type(body["seq"]) is int
        and all(isinstance(body[key], str) for key in COPIED)
        and timestamp(datetime.fromisoformat(body["at"])) == body["at"]
    )
