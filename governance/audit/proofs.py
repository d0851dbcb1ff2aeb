"""Proofs to hand out: of one entry, of a stream's end, and that a checkpoint follows from another.

No permissions here: callers pass what the reader may see.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from governance.audit import heads, merkle
from governance.audit.checkpoints import Consistency, Inclusion
from governance.audit.models import LedgerCheckpoint, LedgerEntry, LedgerLeaf
from governance.audit.rules import stream_id
from governance.audit.sequencing import heads_at
from governance.audit.tree import Tree
from governance.core.errors import InvalidInput, NotFound, invalid


class NoCheckpoint(NotFound):
    code = "no_checkpoint"


def newest_checkpoint(*, covering: int = 0) -> LedgerCheckpoint:
    """Return the newest checkpoint of at least that many entries. Raises NoCheckpoint."""
    found = LedgerCheckpoint.objects.filter(size__gte=covering).order_by("-made_at", "-size")
    newest = found.first()
    if newest is None:
        raise _none_yet()
    return newest


def checkpoint_of_size(size: int) -> LedgerCheckpoint:
    """Return the checkpoint over that many entries. Raises NoCheckpoint."""
    found = LedgerCheckpoint.objects.filter(size=size).order_by("-made_at").first()
    if found is None:
        raise NoCheckpoint(f"There is no checkpoint of {size} entries.")
    return found


def _none_yet() -> NoCheckpoint:
    message = "No checkpoint covers this yet. One is signed every few minutes; ask again then."
    return NoCheckpoint(message)


def entry_proof(entry: LedgerEntry) -> Inclusion:
    """Return the proof that the entry is in the tree of the newest checkpoint.

    The leaf that it is for is SHA-256(0x00 || the entry's hash). Raises NoCheckpoint.
    """
    leaf = LedgerLeaf.objects.filter(stream=entry.stream_id, seq=entry.seq).first()
    if leaf is None:
        raise _none_yet()
    point = newest_checkpoint(covering=leaf.index + 1)
    hashes = Tree(point.size).inclusion(leaf.index)
    return Inclusion(index=leaf.index, hashes=hashes, note=point.note)


def growth_proof(old: int, size: int) -> Consistency:
    """Return the proof that the checkpoint of `size` entries begins with the first `old`.

    Raises NoCheckpoint, and InvalidInput for a size that it does not hold.
    """
    return Prover(checkpoint_of_size(size)).growth(old)


def _bad_size(old: int, size: int) -> InvalidInput:
    message = f"Give a number of entries from 1 to {size}, not {old}."
    return invalid("old", "range", message)


@dataclass(frozen=True)
class EndProof:
    """That a stream has exactly these many entries as of a checkpoint.

    `leaf` is the canonical text of [stream, seq, hash]; with its index and hashes it gives the
    root over all heads, which stands in the entry `statement`, the last one that `proof` proves.
    """

    leaf: str
    index: int
    streams: int
    hashes: list[bytes]
    statement: LedgerEntry
    proof: Inclusion

    def as_json(self) -> dict[str, Any]:
        return {
            "format": "countersign.ledger.end/1",
            "leaf": self.leaf,
            "index": self.index,
            "streams": self.streams,
            "hashes": [b64encode(one).decode() for one in self.hashes],
            "statement": alone(self.statement),
            "proof": str(self.proof),
        }


def alone(entry: LedgerEntry) -> dict[str, str]:
    """Return an entry that stands without those before it, as JSON of proofs has it."""
    return {"previous": entry.previous, "text": entry.text, "hash": entry.hash}


def end_proof(stream: str, *, size: int | None = None) -> EndProof:
    """Return the proof of how many entries the stream has as of a checkpoint, or the newest one.

    Raises NoCheckpoint if there is none, or if it knows no such stream.
    """
    return Prover(newest_checkpoint() if size is None else checkpoint_of_size(size)).end(stream)


class Prover:
    """Proofs as of one checkpoint, of as many streams and entries as one likes.

    The heads of all streams and the tiles of the tree are read once. `note` stands in each proof:
    the checkpoint's own, or the same with cosignatures.
    """

    def __init__(self, point: LedgerCheckpoint, *, note: str = "") -> None:
        self.point, self.note = point, note or point.note
        self._tree = Tree(point.size)
        self._above: dict[tuple[int, int], bytes] = {}

    @cached_property
    def heads(self) -> heads.Heads:
        """The last entry of each stream as of just before the checkpoint's own."""
        return heads_at(self.point.size - 1)

    def inclusion(self, *, stream: str, seq: int) -> Inclusion:
        """Return the proof of one entry. Raises NoCheckpoint if it came later."""
        leaf = LedgerLeaf.objects.filter(stream=stream_id(stream), seq=seq).first()
        if leaf is None or leaf.index >= self.point.size:
            raise NoCheckpoint(f"The checkpoint does not cover entry {seq} of {stream}.")
        return self._at(leaf.index)

    def growth(self, old: int) -> Consistency:
        """Return the proof that its tree begins with that many entries. Raises InvalidInput."""
        if not 0 < old <= self.point.size:
            raise _bad_size(old, self.point.size)
        return Consistency(old=old, hashes=self._tree.consistency(old), note=self.note)

    def end(self, stream: str) -> EndProof:
        """Return the proof of how many entries the stream has. Raises NoCheckpoint."""
        if stream not in self.heads:
            message = f"The checkpoint of {self.point.size} entries has no stream {stream}."
            raise NoCheckpoint(message)
        index = self._names.index(stream)
        return EndProof(
            leaf=heads.leaf(stream, self.heads[stream]),
            index=index,
            streams=len(self._names),
            hashes=merkle.inclusion_proof(self._node, index, len(self._names)),
            statement=self.point.entry,
            proof=self._at(self.point.size - 1),
        )

    def _at(self, index: int) -> Inclusion:
        return Inclusion(index=index, hashes=self._tree.inclusion(index), note=self.note)

    @cached_property
    def _names(self) -> list[str]:
        return sorted(self.heads)

    @cached_property
    def _leaves(self) -> list[bytes]:
        return [merkle.leaf_hash(line.encode()) for line in heads.leaves(self.heads)]

    def _node(self, level: int, at: int) -> bytes:
        if level == 0:
            return self._leaves[at]
        if (level, at) not in self._above:
            left, right = self._node(level - 1, 2 * at), self._node(level - 1, 2 * at + 1)
            self._above[level, at] = merkle.node_hash(left, right)
        return self._above[level, at]
