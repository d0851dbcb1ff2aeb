"""The tree hash of RFC 6962 §2.1 over SHA-256."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256


def leaf_hash(leaf: bytes) -> bytes:
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """Return the root over `leaves` in their order; of no leaves, the hash of nothing."""
    if not leaves:
        return sha256(b"").digest()
    return _subtree([leaf_hash(leaf) for leaf in leaves], 0, len(leaves))


def _subtree(hashes: Sequence[bytes], start: int, end: int) -> bytes:
    if end - start == 1:
        return hashes[start]
    middle = start + (1 << ((end - start - 1).bit_length() - 1))
    return node_hash(_subtree(hashes, start, middle), _subtree(hashes, middle, end))
