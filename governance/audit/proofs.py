"""Proofs to hand out: of one entry, of a stream's end, and that a checkpoint follows from another.

No permissions here: callers pass what the reader may see.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from typing import Any

from governance.audit import heads, merkle
from governance.audit.checkpoints import Consistency, Inclusion
from governance.audit.models import LedgerCheckpoint, LedgerEntry, LedgerLeaf
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
    point = checkpoint_of_size(size)
    if not 0 < old <= size:
        raise _bad_size(old, size)
    return Consistency(old=old, hashes=Tree(size).consistency(old), note=point.note)


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
            "statement": {
                "previous": self.statement.previous,
                "text": self.statement.text,
                "hash": self.statement.hash,
            },
            "proof": str(self.proof),
        }


def end_proof(stream: str, *, size: int | None = None) -> EndProof:
    """Return the proof of how many entries the stream has as of a checkpoint, or the newest one.

    Raises NoCheckpoint if there is none, or if it knows no such stream.
    """
    point = newest_checkpoint() if size is None else checkpoint_of_size(size)
    stated = heads_at(point.size - 1)
    names = sorted(stated)
    if stream not in stated:
        raise NoCheckpoint(f"The checkpoint of {point.size} entries has no stream {stream}.")
    nodes = [merkle.leaf_hash(line.encode()) for line in heads.leaves(stated)]
    index = names.index(stream)

    def node(level: int, at: int) -> bytes:
        return merkle.root_of_hashes(nodes[at << level : (at + 1) << level])

    last = point.size - 1
    return EndProof(
        leaf=heads.leaf(stream, stated[stream]),
        index=index,
        streams=len(names),
        hashes=merkle.inclusion_proof(node, index, len(names)),
        statement=point.entry,
        proof=Inclusion(index=last, hashes=Tree(point.size).inclusion(last), note=point.note),
    )
