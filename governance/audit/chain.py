"""Whether one stream's rows bear each other out. Pure: rows come in as the bytes that are stored.

Reading bytes, not values, is what finds a flipped bit in any column: a value that the database
driver can no longer read is a difference like any other, not a crash.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any, NamedTuple, TypeAlias

from governance.audit.heads import Head
from governance.audit.merkle import leaf_hash
from governance.audit.rules import DOMAIN, FORMAT, GENESIS, stream_id

_WORD = rb'[^"\\\x00-\x1f]*'
_MIDDLE = b',"format":"%s","request":"' % FORMAT.encode()
_HEAD = re.compile(rb'\{"actor":"(%(word)s)","at":"([0-9TZ:.-]{27})","facts":' % {b"word": _WORD})
_TAIL = re.compile(
    rb'%(middle)s(%(word)s)","seq":([1-9][0-9]*),"source":"(%(word)s)",'
    rb'"states":\[[^{}\\\x00-\x1f]*\],'
    rb'"stream":"(%(word)s)","subject":"(%(word)s)","verb":"(%(word)s)"\}'
    % {b"middle": re.escape(_MIDDLE), b"word": _WORD}
)
_JSON = json.JSONDecoder()
MARK = b"\x1f"
"""Between copied columns. No text of an entry holds one, so nothing can pass for a boundary."""
COPIED = ("id", "at", "verb", "subject", "actor", "source", "request_id")


class Kind(StrEnum):
    """The kinds of break, as docs/ledger-format.md §9 lists them."""

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
    is_typed: bool


class EntryRow(NamedTuple):
    """`copies` are the columns that repeat the text, in the order of COPIED, each after a mark."""

    seq: bytes
    previous: bytes
    hash: bytes
    text: bytes
    copies: bytes
    is_typed: bool
    leaf_index: int | None
    leaf_hash: bytes | None


class CheckpointRow(NamedTuple):
    """A kept checkpoint, and the text of the entry that made it, if that is there."""

    origin: bytes
    size: bytes
    root: bytes
    note: bytes
    made_at: bytes
    is_typed: bool
    entry: bytes | None


Instant: TypeAlias = Callable[[bytes], bytes]
"""How a database writes down a time, from how an entry does."""


BEGINNING = Head(0, GENESIS)
TOLERANCE = timedelta(seconds=5)
"""By how much the clocks of several machines may differ before time is said to run backwards."""


def stream_name(row: StreamRow) -> str:
    """Return the stream's name if its row can be believed that far; raise Broken otherwise."""
    name = row.name.decode(errors="replace")
    if row.id.decode(errors="replace") != stream_id(name).hex:
        raise Broken(Break(Kind.STREAM_CHANGED, name, None, "its name or identifier was changed"))
    if not row.is_typed:
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
    instant: Instant,
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
    stream = _Stream(stream_name(row), instant, start, signed, size)
    for entry in entries:
        stream.take(entry)
    if to_the_end:
        stream.end(row)
    return stream.walk


class _Stream:
    """One walk along a stream, from the genesis value to the head."""

    def __init__(
        self, name: str, instant: Instant, start: Head, signed: Head | None, size: int
    ) -> None:
        self.name, self.instant, self.signed, self.size = name, instant, signed, size
        self.stream, self.seq = name.encode(), start.seq
        self.head, self.digest = start.hash.encode(), bytes.fromhex(start.hash)
        self.at, self.unplaced = b"", 0
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
        self._check_leaf(row, number)
        if self.signed:
            self._check_signed(self.signed, row, number)
        self.seq, self.head = number, row.hash
        self.walk.entries += 1

    def _check_links(self, row: EntryRow, number: int) -> None:
        if row.previous != self.head:
            detail = "it does not follow from the entry before it"
            self.fail(Kind.CHAIN_BROKEN, detail, seq=number)
        digest = sha256(DOMAIN + self.digest + row.text)
        if row.hash != digest.hexdigest().encode():
            self.fail(Kind.TEXT_CHANGED, "its text or its hash was changed", seq=number)
        self.digest = digest.digest()

    def _check_columns(self, row: EntryRow, number: int) -> None:
        told = _told(row.text)
        if told is None or (told.stream, told.seq) != (self.stream, row.seq):
            self.fail(Kind.TEXT_CHANGED, "its text is not that of this entry", seq=number)
            return
        at = told.at
        copies = [row.hash[:32], self.instant(at), *told.copies]
        if row.copies != MARK.join(copies) or not row.is_typed:
            self._name_column(row, copies, number)
        # All times are spelled alike, so text sorts as time does.
        if at < self.at and _time(self.at) - _time(at) > TOLERANCE:
            self.walk.backwards.append(number)
        self.at = at

    def _name_column(self, row: EntryRow, copies: list[bytes], number: int) -> None:
        there = zip(COPIED, copies, row.copies.split(MARK), strict=False)
        differs = next((name for name, told, column in there if told != column), "a type")
        self.fail(Kind.COLUMN_CHANGED, f"{differs} differs from the text", seq=number)

    def _check_leaf(self, row: EntryRow, number: int) -> None:
        if row.leaf_index is None:
            self.unplaced = self.unplaced or number
            return
        if self.unplaced:
            detail = "it has no place in the tree, and later ones do"
            self.fail(Kind.LEAF_MISSING, detail, seq=self.unplaced)
        if row.leaf_hash != leaf_hash(self.digest):
            self.fail(Kind.LEAF_CHANGED, "its leaf is not that of its hash", seq=number)
        self.walk.leaves += row.leaf_index < self.size

    def _check_signed(self, signed: Head, row: EntryRow, number: int) -> None:
        if signed.seq == number and signed.hash.encode() != row.hash:
            detail = "the checkpoint signed another entry in this place"
            self.fail(Kind.REWRITTEN, detail, seq=number)

    def end(self, row: StreamRow) -> None:
        if self.signed and self.signed.seq > self.seq:
            detail = f"the checkpoint signed entry {self.signed.seq}; the last one is {self.seq}"
            self.fail(Kind.CUT_OFF, detail, seq=self.seq + 1)
        if self.seq == 0:
            self.fail(Kind.STREAM_EMPTY, "it has no entries")
        if row.seq != b"%d" % self.seq or row.head != self.head:
            there = row.seq.decode(errors="replace")
            detail = f"the head speaks of entry {there}; the last one is {self.seq}"
            self.fail(Kind.HEAD_CHANGED, detail)


class _Told(NamedTuple):
    """What a text says; `copies` are its verb, subject, actor, source and request."""

    stream: bytes
    seq: bytes
    at: bytes
    copies: tuple[bytes, bytes, bytes, bytes, bytes]


def _told(text: bytes) -> _Told | None:
    """Take the text of an entry apart, or return None if it is not one.

    Whoever computed the hashes anew may have put anything here; it must not stop us. To decode all
    of it takes three times as long. The facts are an object by themselves, and no brace follows
    them but the last one: so what is read on both sides of them is the entry's own.
    """
    middle = text.rfind(_MIDDLE)
    head, tail = _HEAD.match(text), _TAIL.fullmatch(text, max(middle, 0))
    if head is None or tail is None:
        return None
    try:
        facts = text[head.end() : middle].decode()
        _, end = _JSON.raw_decode(facts)
        _time(head[2])
    except ValueError:
        return None
    if end != len(facts) or facts[:1] != "{":
        return None
    request, seq, source, stream, subject, verb = tail.groups()
    return _Told(stream, seq, head[2], (verb, subject, head[1], source, request))


def _time(at: bytes) -> datetime:
    return datetime.fromisoformat(at.decode())


def body_of(text: bytes) -> dict[str, Any] | None:
    """Return the entry that this is the text of, or None if it is none."""
    if _told(text) is None:
        return None
    body: dict[str, Any] = json.loads(text)
    return body
