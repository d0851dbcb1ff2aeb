"""The Merkle tree of RFC 6962 §2.1 over SHA-256: roots, proofs, and what checks them. Pure.

A node is named by its level, leaves being level 0, and its index within the level; only nodes
over a full power of two of leaves are ever stored, because those never change again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from typing import TypeAlias

SIZE = 32
"""Bytes of a hash."""

Nodes: TypeAlias = Callable[[int, int], bytes]
"""The hash of the full node at this level and index."""


class ProofInvalid(ValueError):
    """A proof does not show what it was given for."""


def leaf_hash(leaf: bytes) -> bytes:
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


EMPTY = sha256(b"").digest()
"""The root of a tree without leaves."""


class Frontier:
    """The full nodes that a tree of `size` leaves consists of, left to right and large to small.

    It grows by one leaf at a time and holds at most 64 hashes, however large the tree.
    """

    def __init__(self, size: int = 0, nodes: Iterable[bytes] = ()) -> None:
        self.size, self.nodes = size, list(nodes)
        if size.bit_count() != len(self.nodes):
            raise ValueError(f"a tree of {size} leaves has {size.bit_count()} full nodes")

    def append(self, leaf: bytes) -> None:
        """Take in the hash of one more leaf."""
        node, rest = leaf, self.size
        while rest & 1:
            node = node_hash(self.nodes.pop(), node)
            rest >>= 1
        self.nodes.append(node)
        self.size += 1

    def root(self) -> bytes:
        return folded(self.nodes)


def folded(nodes: Sequence[bytes]) -> bytes:
    """Return the root over the full nodes that a tree consists of, left to right."""
    if not nodes:
        return EMPTY
    node = nodes[-1]
    for left in reversed(nodes[:-1]):
        node = node_hash(left, node)
    return node


def full_root(hashes: Sequence[bytes]) -> bytes:
    """Return the root over as many leaves as a power of two, level by level: the fastest way."""
    while len(hashes) > 1:
        pairs = zip(hashes[::2], hashes[1::2], strict=True)
        hashes = [sha256(b"\x01" + left + right).digest() for left, right in pairs]
    return hashes[0]


def root(leaves: Iterable[bytes]) -> bytes:
    """Return the root over `leaves`, the contents and not the hashes, in their order."""
    return root_of_hashes(map(leaf_hash, leaves))


def root_of_hashes(hashes: Iterable[bytes]) -> bytes:
    """Return the root over leaves of which these are the hashes."""
    frontier = Frontier()
    for leaf in hashes:
        frontier.append(leaf)
    return frontier.root()


def frontier_of(nodes: Nodes, size: int) -> Frontier:
    """Return the frontier of a tree whose full nodes can be had."""
    return Frontier(size, [subtree(nodes, start, end) for start, end in _full_parts(size)])


def _full_parts(size: int) -> list[tuple[int, int]]:
    parts, start = [], 0
    for level in reversed(range(size.bit_length())):
        if size >> level & 1:
            parts.append((start, start + (1 << level)))
            start += 1 << level
    return parts


def subtree(nodes: Nodes, start: int, end: int) -> bytes:
    """Return the root over the leaves from `start` to before `end`."""
    width = end - start
    if width & (width - 1) == 0:
        return nodes(width.bit_length() - 1, start // width)
    middle = start + _split(width)
    return node_hash(subtree(nodes, start, middle), subtree(nodes, middle, end))


def root_of(nodes: Nodes, size: int) -> bytes:
    """Return the root of the tree's first `size` leaves."""
    return subtree(nodes, 0, size) if size else EMPTY


def inclusion_proof(nodes: Nodes, index: int, size: int) -> list[bytes]:
    """Return the proof that leaf `index` is in the tree of the first `size` leaves (§2.1.1).

    Raises ValueError for a leaf that the tree does not have.
    """
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} leaves has no leaf {index}")
    start, end, siblings = 0, size, []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            siblings.append((middle, end))
            end = middle
        else:
            siblings.append((start, middle))
            start = middle
    return [subtree(nodes, *part) for part in reversed(siblings)]


def consistency_proof(nodes: Nodes, old: int, size: int) -> list[bytes]:
    """Return the proof that the first `old` of `size` leaves are a tree's first (§2.1.2).

    Raises ValueError unless 0 < old <= size: everything follows from a tree without leaves, so of
    that there is nothing to prove.
    """
    if not 0 < old <= size:
        raise ValueError(f"there is no proof from {old} to {size} leaves")
    start, end, parts = 0, size, []
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            parts.append((middle, end))
            end = middle
        else:
            parts.append((start, middle))
            start = middle
    # The old tree's own root is known to whoever checks, if it is a full node by itself.
    own = [(start, end)] if start else []
    return [subtree(nodes, *part) for part in own + parts[::-1]] if old != size else []


def root_from_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes:
    """Return the root that follows if `leaf` is at `index` (RFC 9162 §2.1.3.2).

    Raises ProofInvalid for a proof of another length or with hashes of another size.
    """
    _require_hashes([leaf, *proof])
    if not 0 <= index < size:
        raise ProofInvalid(f"a tree of {size} leaves has no leaf {index}")
    node, place, last = leaf, index, size - 1
    for sibling in proof:
        if last == 0:
            raise ProofInvalid("the proof is too long")
        if place & 1 or place == last:
            node = node_hash(sibling, node)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            node = node_hash(node, sibling)
        place, last = place >> 1, last >> 1
    if last:
        raise ProofInvalid("the proof is too short")
    return node


def verify_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> None:
    """Raise ProofInvalid unless the hash `leaf` is at `index` of the tree with this root."""
    if root_from_inclusion(leaf, index, size, proof) != root:
        raise ProofInvalid("the leaf is not in the tree with this root")


def verify_consistency(
    old: int, size: int, old_root: bytes, root: bytes, proof: Sequence[bytes]
) -> None:
    """Raise ProofInvalid unless the new tree begins with all of the old one (RFC 9162 §2.1.4.2).

    Of a tree without leaves there is nothing to prove, so a proof from it is none.
    """
    _require_hashes(proof)
    if not 0 < old <= size:
        raise ProofInvalid(f"there is no proof from {old} to {size} leaves")
    if old == size:
        if proof or old_root != root:
            raise ProofInvalid("two trees of one size have one root and an empty proof")
        return
    if not proof:
        raise ProofInvalid("the proof is too short")
    # A full old tree is a node of the new one, and its root is left out of the proof.
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if _roots_along(path, old, size) != (old_root, root):
        raise ProofInvalid("the trees do not begin alike")


def _roots_along(path: Sequence[bytes], old: int, size: int) -> tuple[bytes, bytes]:
    """Return the roots of the old and the new tree that follow from the path."""
    place, last = old - 1, size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    before = after = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise ProofInvalid("the proof is too long")
        if place & 1 or place == last:
            before, after = node_hash(sibling, before), node_hash(sibling, after)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            after = node_hash(after, sibling)
        place, last = place >> 1, last >> 1
    if last:
        raise ProofInvalid("the proof is too short")
    return before, after


def _require_hashes(hashes: Iterable[bytes]) -> None:
    if any(len(one) != SIZE for one in hashes):
        raise ProofInvalid(f"a hash has {SIZE} bytes")


def _split(width: int) -> int:
    """The largest power of two that is smaller."""
    return 1 << ((width - 1).bit_length() - 1)
