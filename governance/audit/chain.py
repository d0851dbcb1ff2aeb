"""Whether one stream's rows bear each other out. Pure: rows come in as the bytes that are stored.

Reading bytes, not values, is what finds a flipped bit in any column: a value that the database
driver can no longer read is a difference like any other, not a crash.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any, NamedTuple

from governance.audit.heads import Head
from governance.audit.merkle import leaf_hash
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
    LEAF_MISSING = "LEAF_MISSING"
    LEAF_CHANGED = "LEAF_CHANGED"
    LEAF_ORPHANED = "LEAF_ORPHANED"
    TILE_CHANGED = "TILE_CHANGED"
    HEADS_CHANGED = "HEADS_CHANGED"
    CHECKPOINT_CHANGED = "CHECKPOINT_CHANGED"
    CHECKPOINT_UNSIGNED = "CHECKPOINT_UNSIGNED"
    CUT_OFF = "CUT_OFF"
    REWRITTEN = "REWRITTEN"
    STATE_CHANGED = "STATE_CHANGED"
    STATE_MISSING = "STATE_MISSING"
    STATE_UNKNOWN = "STATE_UNKNOWN"


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
    leaf_index: int | None
    leaf_hash: bytes | None


class CheckpointRow(NamedTuple):
    """A kept checkpoint, and the text of the entry that made it, if that is there."""

    origin: bytes
    size: bytes
    root: bytes
    note: bytes
    made_at: bytes
    types: bytes
    entry: bytes | None


@dataclass(frozen=True)
class Storage:
    """How a database writes down what has no one form: a time, and the types of a row."""

    instant: Callable[[datetime], str]
    stream_types: bytes
    entry_types: bytes
    checkpoint_types: bytes


BEGINNING = Head(0, GENESIS)
TOLERANCE = timedelta(seconds=5)
"""By how much the clocks of several machines may differ before time is said to run backwards."""


def stream_name(row: StreamRow, storage: Storage) -> str:
    """Return the stream's name if its row can be believed that far; raise Broken otherwise."""
    name = row.name.decode(errors="replace")
    if row.id.decode(errors="replace") != stream_id(name).hex:
        raise Broken(Break(Kind.STREAM_CHANGED, name, None, "its name or identifier was changed"))
    if row.types != storage.stream_types:
        raise Broken(Break(Kind.STREAM_CHANGED, name, None, "a value has another type"))
    return name


@dataclass
class Walk:
    """What a walk along a stream found: entries, those in the tree, and times running backwards."""

    entries: int = 0
    leaves: int = 0
    backwards: list[int] = field(default_factory=list)


def check_stream(
    row: StreamRow,
    entries: Iterable[EntryRow],
    *,
    storage: Storage,
    start: Head = BEGINNING,
    to_the_end: bool = True,
    signed: Head | None = None,
    size: int = 0,
) -> Walk:
    """Walk the stream and say what was found; raise Broken at the first that does not hold.

    The walk begins behind `start` and ends at the stream's head or, unless `to_the_end`, anywhere.
    `signed` is the head that a checkpoint of the first form has of this stream. Leaves count that
    lie among the tree's first `size`.
    """
    stream = _Stream(stream_name(row, storage), storage, start, signed, size)
    for entry in entries:
        stream.take(entry)
    if to_the_end:
        stream.end(row)
    return stream.walk


class _Stream:
    """One walk along a stream, from the genesis value to the head."""

    def __init__(
        self, name: str, storage: Storage, start: Head, signed: Head | None, size: int
    ) -> None:
        self.name, self.storage, self.signed, self.size = name, storage, signed, size
        self.seq, self.head = start.seq, start.hash
        self.at, self.unplaced = "", 0
        self.walk = Walk()

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
        self._check_leaf(row, number)
        self.seq, self.head = number, row.hash.decode()
        self.walk.entries += 1

    def _check_links(self, row: EntryRow, number: int) -> None:
        if row.previous != self.head.encode():
            detail = "it does not follow from the entry before it"
            self.fail(Kind.CHAIN_BROKEN, detail, seq=number)
        digest = sha256(DOMAIN + bytes.fromhex(self.head) + row.text).hexdigest()
        if row.hash != digest.encode():
            self.fail(Kind.TEXT_CHANGED, "its text or its hash was changed", seq=number)

    def _check_columns(self, row: EntryRow, number: int) -> None:
        body = body_of(row.text)
        self._note_time(body, number)
        if body is None or (body["stream"], body["seq"]) != (self.name, number):
            self.fail(Kind.TEXT_CHANGED, "its text is not that of this entry", seq=number)
        for column, value in _copies(body or {}, self.storage):
            if getattr(row, column) != value.encode():
                self.fail(Kind.COLUMN_CHANGED, f"{column} differs from the text", seq=number)
        if row.id != row.hash[:32] or row.types != self.storage.entry_types:
            self.fail(Kind.COLUMN_CHANGED, "its identifier or a type was changed", seq=number)

    def _note_time(self, body: dict[str, Any] | None, number: int) -> None:
        # All times are spelled alike, so text sorts as time does.
        at = body["at"] if body else ""
        if body and at < self.at and _instant(self.at) - _instant(at) > TOLERANCE:
            self.walk.backwards.append(number)
        self.at = at

    def _check_leaf(self, row: EntryRow, number: int) -> None:
        if row.leaf_index is None:
            self.unplaced = self.unplaced or number
            return
        if self.unplaced:
            detail = "it has no place in the tree, and later ones do"
            self.fail(Kind.LEAF_MISSING, detail, seq=self.unplaced)
        if row.leaf_hash != leaf_hash(bytes.fromhex(row.hash.decode())):
            self.fail(Kind.LEAF_CHANGED, "its leaf is not that of its hash", seq=number)
        self.walk.leaves += row.leaf_index < self.size

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


def _instant(at: str) -> datetime:
    return datetime.fromisoformat(at)


def _copies(body: dict[str, Any], storage: Storage) -> Iterator[tuple[str, str]]:
    yield "at", storage.instant(datetime.fromisoformat(body["at"]))
    for column in ("verb", "subject", "actor", "source"):
        yield column, body[column]
    yield "request_id", body["request"]


def body_of(text: bytes) -> dict[str, Any] | None:
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
