"""Giving entries their place in the tree over the whole ledger.

What is committed is found by the heads of the streams: a stream has no gaps, and its head row is
locked by who writes. Asking for entries beyond the newest one seen would lose those that commit
late. Who sequences holds the head of the stream `ledger`, so it is one at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from itertools import islice
from operator import or_
from uuid import UUID

from django.db.models import F, Max, Q

from governance.audit import merkle
from governance.audit.heads import Head
from governance.audit.models import (
    LedgerEntry,
    LedgerLeaf,
    LedgerSequence,
    LedgerStream,
    LedgerTile,
)
from governance.audit.tree import WIDTH, hashes_of_tile, tree_size

AT_ONCE = 20_000
"""Entries that one transaction takes in, so that a first run does not hold the lock for long."""
ROWS = 1_000
PAIRS = 200


def is_behind() -> bool:
    """Tell whether an entry has no place in the tree yet."""
    return bool(_behind())


def take_in(limit: int | None = AT_ONCE) -> int:
    """Append what is committed and not yet in the tree, up to `limit` entries; return how many.

    To be called in a transaction that holds the head of the stream `ledger`. Streams come in the
    order of their names, entries in that of their numbers.
    """
    start = tree_size()
    leaves = list(islice(_next_leaves(start), limit))
    if leaves:
        _insert(leaves)
    return len(leaves)


def place(entry: LedgerEntry, *, index: int) -> None:
    """Append this one entry, the next of its stream, whatever else was committed meanwhile."""
    _insert([_leaf(index, entry.stream_id, entry.seq, entry.hash)])


def _insert(leaves: Sequence[LedgerLeaf]) -> None:
    LedgerLeaf.objects.bulk_create(leaves, batch_size=ROWS)
    _remember({leaf.stream_id: leaf.seq for leaf in leaves})
    _fill_tiles(leaves[0].index, leaves[-1].index + 1)


def sequenced_heads() -> dict[str, Head]:
    """Return the last entry of each stream that is in the tree."""
    last = LedgerSequence.objects.filter(stream__entries__seq=F("seq"))
    rows = last.values_list("stream__name", "seq", "stream__entries__hash")
    return {name: Head(seq, digest) for name, seq, digest in rows.iterator()}


def heads_at(size: int) -> dict[str, Head]:
    """Return the last entry of each stream among the tree's first `size`.

    Read from the leaves: the price is that of as many index rows as the tree has.
    """
    within = LedgerLeaf.objects.filter(index__lt=size)
    ends = list(within.values_list("stream").annotate(Max("seq")).order_by("stream"))
    found: dict[str, Head] = {}
    for start in range(0, len(ends), PAIRS):
        part = ends[start : start + PAIRS]
        wanted = reduce(or_, (Q(stream=stream, seq=seq) for stream, seq in part))
        entries = LedgerEntry.objects.filter(wanted)
        rows = entries.values_list("stream__name", "seq", "hash")
        found |= {name: Head(seq, digest) for name, seq, digest in rows}
    return found


def _next_leaves(index: int) -> Iterator[LedgerLeaf]:
    for stream, done, head in _behind():
        entries = LedgerEntry.objects.filter(stream=stream, seq__gt=done, seq__lte=head)
        rows = entries.order_by("seq").values_list("seq", "hash")
        for seq, digest in rows.iterator():
            if seq != done + 1:
                raise GapFound(f"entry {done + 1} of stream {stream} is missing")
            yield _leaf(index, stream, seq, digest)
            index, done = index + 1, seq
        if done != head:
            raise GapFound(f"entry {done + 1} of stream {stream} is missing")


def _leaf(index: int, stream: UUID, seq: int, digest: str) -> LedgerLeaf:
    leaf = merkle.leaf_hash(bytes.fromhex(digest))
    return LedgerLeaf(index=index, stream_id=stream, seq=seq, hash=leaf)


class GapFound(RuntimeError):
    """A stream lacks an entry below its head. `verify_ledger` says more."""


def _behind() -> list[tuple[UUID, int, int]]:
    """Each stream with entries that are not in the tree: how many are, and its head's number."""
    streams = LedgerStream.objects.filter(
        Q(sequence=None, seq__gt=0) | Q(seq__gt=F("sequence__seq"))
    )
    rows = streams.order_by("name").values_list("pk", "sequence__seq", "seq")
    return [(pk, done or 0, head) for pk, done, head in rows]


def _remember(ends: dict[UUID, int]) -> None:
    LedgerSequence.objects.bulk_create(
        [LedgerSequence(stream_id=stream, seq=seq) for stream, seq in ends.items()],
        batch_size=ROWS,
        update_conflicts=True,
        unique_fields=["stream"],
        update_fields=["seq"],
    )


def _fill_tiles(start: int, end: int) -> None:
    """Write the tiles that became full as the tree grew from `start` to `end` leaves."""
    level = 0
    while start // WIDTH < end // WIDTH:
        start, end = start // WIDTH, end // WIDTH
        LedgerTile.objects.bulk_create(
            [_tile(level, number, hashes_of_tile(level, number)) for number in range(start, end)]
        )
        level += 1


def _tile(level: int, number: int, hashes: Sequence[bytes]) -> LedgerTile:
    return LedgerTile(
        level=level, number=number, hashes=b"".join(hashes), root=merkle.root_of_hashes(hashes)
    )
