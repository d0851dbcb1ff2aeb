"""Holding the whole ledger against itself, and against what was signed and is kept elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import Max

from governance.audit import checkpoints, notes, trust
from governance.audit.chain import (
    Break,
    Broken,
    CheckpointRow,
    Instant,
    Kind,
    Walk,
    body_of,
    check_stream,
    stream_name,
)
from governance.audit.checkpoints import Checkpoint
from governance.audit.heads import Head, HeadsNote
from governance.audit.heads import root as heads_root
from governance.audit.models import LedgerCheckpoint, Verification
from governance.audit.notes import NoteUnusable, VerifierKey
from governance.audit.rows import LARGEST, Reader, one_snapshot
from governance.audit.rules import GENESIS, prose_digest
from governance.audit.sequencing import heads_at
from governance.audit.signer import Memory
from governance.audit.states import check_states
from governance.audit.tree import Tree, tree_size
from governance.audit.treewalk import Point, check_tree
from governance.core.errors import NotFound
from governance.core.wording import counted


@dataclass(frozen=True, kw_only=True)
class Anchors:
    """What a ledger is held against: keys that may have signed, and trees kept elsewhere."""

    keys: Sequence[VerifierKey] = ()
    memory: Memory | None = None
    outside: Sequence[Checkpoint] = ()
    former: Sequence[HeadsNote] = ()

    def heads_of(self, stream: str) -> Head | None:
        """The furthest head that a checkpoint of the first form has of this stream."""
        found = [note.heads[stream] for note in self.former if stream in note.heads]
        return max(found, key=lambda head: head.seq, default=None)

    def streams(self) -> set[str]:
        return {name for note in self.former for name in note.heads}


@dataclass(kw_only=True)
class Examination:
    """What a verification found.

    `size` is how many entries have their place in the tree, `signed` how many of them the newest
    checkpoint covers, `anchored` how many something kept elsewhere does, if that was asked.
    """

    streams: int = 0
    entries: int = 0
    size: int = 0
    signed: int = 0
    anchored: int | None = None
    since: int = 0
    states: int | None = None
    against: Sequence[str] = ()
    backwards: list[str] = field(default_factory=list)
    broken: Break | None = None

    @property
    def intact(self) -> bool:
        return self.broken is None

    @property
    def loose(self) -> str:
        """Say how much no checkpoint that is kept elsewhere covers yet; "" if all is covered."""
        rest = self.since + self.entries - (self.anchored or 0)
        if self.anchored is None or rest <= 0:
            return ""
        newest = counted(rest, "entry", "entries")
        return f"Not yet anchored outside the database: the newest {newest}."

    def __str__(self) -> str:
        if self.broken:
            return f"The ledger is broken at {self.broken}."
        counts = f"{counted(self.entries, 'entry', 'entries')} in {counted(self.streams, 'stream')}"
        since = f" after the first {self.since}" if self.since else ""
        agree = f" and agree with {', '.join(self.against)}" if self.against else ""
        rows = f"; {counted(self.states, 'row')} as they were written" if self.states else ""
        return f"The ledger is intact: {counts}{since} verify{agree}{rows}."


class StreamUnknown(NotFound):
    code = "stream_unknown"


class RangeUnknown(NotFound):
    code = "range_unknown"


def verify(*, anchors: Anchors = Anchors(), states: bool = False) -> Examination:
    """Verify every stream, the tree and every checkpoint, and stop at the first break.

    All is read in one snapshot of the database, one row after another in flat memory, so this can
    run beside writers. `states` also compares the rows that entries speak of.
    """
    with one_snapshot(connection):
        return _Verification(anchors).all(states=states)


def verify_new(*, anchors: Anchors = Anchors()) -> Examination:
    """Verify what came after the last verification that found the ledger intact.

    What was verified then is taken for granted, as far as its checkpoint still has the root that
    was signed; everything is verified if there is none.
    """
    with one_snapshot(connection):
        return _Verification(anchors).new()


def verify_stream(
    name: str, *, anchors: Anchors = Anchors(), first: int = 1, last: int | None = None
) -> Examination:
    """Verify one stream, or its entries `first` to `last`. Raises StreamUnknown, RangeUnknown."""
    with one_snapshot(connection):
        return _Verification(anchors).one(name, first=first, last=last)


class _Verification:
    def __init__(self, anchors: Anchors) -> None:
        self.anchors, self.reader = anchors, Reader(connection)
        self.found = Examination(size=tree_size())
        self.newest: tuple[int, dict[str, Any]] | None = None

    def all(self, *, states: bool) -> Examination:
        try:
            leaves = self._streams()
            self._no_orphans(leaves)
            self._prose()
            self._tree(start=0)
            if states:
                self.found.states = check_states()
        except Broken as broken:
            self.found.broken = broken.found
        return self.found

    def new(self) -> Examination:
        start = self._verified_before()
        if not start:
            return self.all(states=False)
        self.found.since = start
        try:
            self._heads()
            for name, first in self._unverified(start):
                self._walk(name, first=first)
            self._tree(start=start)
        except Broken as broken:
            self.found.broken = broken.found
        return self.found

    def one(self, name: str, *, first: int, last: int | None) -> Examination:
        try:
            found = self._walk(name, first=first, last=last)
            if found is None:
                raise _gone(name) if name in self.anchors.streams() else _unknown(name)
            if not found.entries:
                raise RangeUnknown(f"The stream {name} has no entries {first} to {last}.")
        except Broken as broken:
            self.found.broken = broken.found
        return self.found

    def _verified_before(self) -> int:
        """The size of the newest checkpoint that was verified before, and that still holds."""
        last = Verification.objects.filter(intact=True, size__gt=0).order_by("-at").first()
        before = LedgerCheckpoint.objects.filter(size__lte=last.size or 0) if last else None
        size = before.aggregate(size=Max("size"))["size"] if before is not None else None
        if size is None:
            return 0
        try:
            *_, row = self.reader.checkpoints(size, size)
            point, _ = signed_point(row, self.anchors.keys, self.reader.instant)
        except Broken:
            return 0
        holds = point.size <= self.found.size and Tree(point.size).root() == point.root
        return point.size if holds else 0

    # Streams

    def _streams(self) -> int:
        leaves = 0
        for name in self._names():
            walk = self._walk(name)
            if walk is None:
                raise _gone(name)
            leaves += walk.leaves
        return leaves

    def _names(self) -> Iterator[str]:
        """The names of all streams that are there, then of those that should be."""
        missing = self.anchors.streams()
        for row in self.reader.streams():
            name = stream_name(row)
            missing.discard(name)
            yield name
        yield from sorted(missing)

    def _walk(self, name: str, *, first: int = 1, last: int | None = None) -> Walk | None:
        before = self._hash_before(name, first)
        found = self.reader.entries(name, first=first, last=last or LARGEST)
        if found is None:
            return None
        row, entries = found
        walk = check_stream(
            row,
            entries,
            instant=self.reader.instant,
            start=Head(first - 1, before),
            to_the_end=last is None,
            signed=self.anchors.heads_of(name),
            size=self.found.size,
        )
        self.found.streams += 1
        self.found.entries += walk.entries
        self.found.backwards += [f"entry {seq} of stream {name}" for seq in walk.backwards]
        return walk

    def _hash_before(self, name: str, first: int) -> str:
        """The hash that entry `first` has to follow."""
        if first == 1:
            return GENESIS
        found = self.reader.entries(name, first=first - 1, last=first - 1)
        row = next(found[1], None) if found else None
        if row is None:
            raise RangeUnknown(f"The stream {name} has no entry {first - 1}.")
        return row.hash.decode(errors="replace")

    def _heads(self) -> None:
        for name, *_ in self.reader.cut_streams():
            detail = "its head is not its last entry, or lies before its last leaf"
            raise Broken(Break(Kind.HEAD_CHANGED, name.decode(errors="replace"), None, detail))

    def _unverified(self, start: int) -> Iterator[tuple[str, int]]:
        """Each stream with entries from leaf `start` on or without a leaf, and the first of them.

        Read to the end before the next query: on SQLite a cursor left open keeps the snapshot.
        """
        begins = {name.decode(): first for name, _, first in self.reader.new_leaves(start)}
        for name, _, first in self.reader.unplaced():
            begins.setdefault(name.decode(), first)
        return iter(sorted(begins.items()))

    def _no_orphans(self, leaves: int) -> None:
        for (entry,) in (row[:1] for row in self.reader.orphans()):
            detail = f"entry {entry.decode(errors='replace')} belongs to no stream"
            raise Broken(Break(Kind.ENTRY_ORPHANED, "", None, detail))
        if leaves == self.found.size:
            return
        for (index,) in (row[:1] for row in self.reader.strays(self.found.size)):
            detail = f"leaf {index.decode(errors='replace')} is no entry's"
            raise Broken(Break(Kind.LEAF_ORPHANED, "", None, detail))

    def _prose(self) -> None:
        for erased, *row, _ in self.reader.prose():
            # Bytes that are not UTF-8 any more become a character the digest was not made of.
            key, salt, text, digest = (value.decode(errors="replace") for value in row)
            holds = salt == text == "" if erased else prose_digest(salt=salt, text=text) == digest
            if not holds or key != digest[:32]:
                detail = f"prose {key} does not match its digest"
                raise Broken(Break(Kind.PROSE_CHANGED, "", None, detail))

    # The tree

    def _tree(self, *, start: int) -> None:
        size = self.found.size
        outside = list(self._outside())
        points = sorted([*self._own(start), *outside], key=lambda point: point.size)
        check_tree(self.reader.leaves(start, size), points, start=start, end=size)
        self._newest_heads()
        self.found.against = [point.what for point in outside] + [
            f"the checkpoint of {note.at}" for note in self.anchors.former
        ]
        # Entries of the first form's checkpoints are counted by stream: they knew no tree.
        counts = [sum(head.seq for head in note.heads.values()) for note in self.anchors.former]
        self.found.anchored = max([*(point.size for point in outside), *counts], default=0)

    def _own(self, start: int) -> Iterator[Point]:
        for row in self.reader.checkpoints(start):
            point, body = signed_point(row, self.anchors.keys, self.reader.instant)
            self.newest = point.size, body
            what, kind = f"checkpoint {point.size}", Kind.CHECKPOINT_CHANGED
            yield Point(size=point.size, root=point.root, what=what, kind=kind)

    def _outside(self) -> Iterator[Point]:
        memory = self.anchors.memory
        if memory:
            what, root = "what the signer remembers", bytes.fromhex(memory.root)
            yield Point(size=memory.size, root=root, what=what, kind=Kind.REWRITTEN)
        for point in self.anchors.outside:
            what = f"the checkpoint of {counted(point.size, 'entry', 'entries')}"
            yield Point(size=point.size, root=point.root, what=what, kind=Kind.REWRITTEN)

    def _newest_heads(self) -> None:
        """The newest checkpoint's last entry states the heads of all streams."""
        if self.newest is None:
            return
        self.found.signed, body = self.newest
        before = heads_at(self.found.signed - 1)
        if heads_root(before).hex() != body["facts"].get("heads_root"):
            detail = f"the heads of streams are not those that checkpoint {body['seq']} states"
            raise Broken(Break(Kind.HEADS_CHANGED, "ledger", body["seq"], detail))


def signed_point(
    row: CheckpointRow, keys: Sequence[VerifierKey], instant: Instant
) -> tuple[Checkpoint, dict[str, Any]]:
    """Return what the row's note says, once a trusted key signed it, and the body of its entry.

    Without keys the signatures are left alone: who has none can still compare the trees. Raises
    Broken when note, columns and entry do not agree.
    """
    point = _opened(row.note.decode(errors="replace"), keys)
    body = body_of(row.entry) if row.entry else None
    if body is None or not _agrees(row, point, body, instant):
        detail = f"note, columns and entry of checkpoint {point.size} do not agree"
        raise Broken(Break(Kind.CHECKPOINT_CHANGED, "", None, detail))
    return point, body


def _opened(text: str, keys: Sequence[VerifierKey]) -> Checkpoint:
    try:
        if keys:
            return trust.open_checkpoint(text, keys)
        return checkpoints.parse(notes.parse(text).text)
    except NoteUnusable as error:
        raise Broken(Break(Kind.CHECKPOINT_UNSIGNED, "", None, str(error))) from error


def _agrees(row: CheckpointRow, point: Checkpoint, body: dict[str, Any], instant: Instant) -> bool:
    columns = [column.encode() for column in (point.origin, str(point.size), point.root.hex())]
    there = [row.origin, row.size, row.root, row.made_at]
    facts = body["facts"]
    return (
        there == [*columns, instant(body["at"].encode())]
        and row.is_typed
        and isinstance(facts, dict)
        and (facts.get("origin"), facts.get("size")) == (point.origin, point.size)
    )


def _unknown(name: str) -> StreamUnknown:
    return StreamUnknown(f"The ledger has no stream {name}.")


def _gone(name: str) -> Broken:
    return Broken(Break(Kind.CUT_OFF, name, None, "a checkpoint has this stream; it is gone"))
