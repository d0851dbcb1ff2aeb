"""The tree of RFC 6962: the public vectors, and every tree to 256 leaves two independent ways."""

from __future__ import annotations

import json
from base64 import b64decode
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from governance.audit import merkle
from governance.audit.merkle import ProofInvalid

# testdata/{inclusion,consistency} of github.com/transparency-dev/merkle (Apache-2.0), as one file.
VECTORS = json.loads((Path(__file__).parent / "data" / "merkle_vectors.json").read_text())
LARGEST = 256
LEAVES = [index.to_bytes(2, "big") for index in range(LARGEST)]


def raw(text: str | None) -> bytes:
    return b64decode(text or "")


def proof_of(case: dict[str, Any]) -> list[bytes]:
    return [raw(one) for one in case["proof"] or []]


def named(kind: str) -> list[Any]:
    return [pytest.param(case, id=case["name"]) for case in VECTORS[kind]]


@pytest.mark.parametrize("case", named("inclusion"))
def test_public_inclusion_vectors(case: dict[str, Any]) -> None:
    root, leaf = raw(case["root"]), raw(case["leafHash"])

    def judge() -> None:
        merkle.verify_inclusion(leaf, case["leafIdx"], case["treeSize"], proof_of(case), root)

    if case["wantErr"]:
        with pytest.raises(ProofInvalid):
            judge()
    else:
        judge()


@pytest.mark.parametrize("case", named("consistency"))
def test_public_consistency_vectors(case: dict[str, Any]) -> None:
    roots = raw(case["root1"]), raw(case["root2"])

    def judge() -> None:
        merkle.verify_consistency(case["size1"], case["size2"], *roots, proof_of(case))

    if case["wantErr"]:
        with pytest.raises(ProofInvalid):
            judge()
    else:
        judge()


# The second way: the definitions of RFC 6962 §2.1, word by word, over ranges of the leaves.


def split(width: int) -> int:
    power = 1
    while power * 2 < width:
        power *= 2
    return power


@cache
def mth(start: int, end: int) -> bytes:
    if start == end:
        return sha256(b"").digest()
    if end - start == 1:
        return sha256(b"\x00" + LEAVES[start]).digest()
    k = start + split(end - start)
    return sha256(b"\x01" + mth(start, k) + mth(k, end)).digest()


def path(m: int, start: int, end: int) -> list[bytes]:
    if end - start == 1:
        return []
    k = split(end - start)
    if m < k:
        return [*path(m, start, start + k), mth(start + k, end)]
    return [*path(m - k, start + k, end), mth(start, start + k)]


def subproof(m: int, start: int, end: int, *, whole: bool) -> list[bytes]:
    if m == end - start:
        return [] if whole else [mth(start, end)]
    k = split(end - start)
    if m <= k:
        return [*subproof(m, start, start + k, whole=whole), mth(start + k, end)]
    return [*subproof(m - k, start + k, end, whole=False), mth(start, start + k)]


def node(level: int, index: int) -> bytes:
    """A full node, as the product's tables keep it."""
    return mth(index << level, (index + 1) << level)


def test_roots_of_all_sizes_agree() -> None:
    frontier = merkle.Frontier()
    for size in range(LARGEST + 1):
        expected = mth(0, size)
        assert frontier.root() == expected == merkle.root(LEAVES[:size])
        assert merkle.root_of(node, size) == expected
        again = merkle.frontier_of(node, size)
        assert (again.size, again.nodes) == (size, frontier.nodes)
        if size < LARGEST:
            frontier.append(merkle.leaf_hash(LEAVES[size]))


def test_inclusion_proofs_of_all_sizes_agree() -> None:
    for size in range(1, LARGEST + 1):
        for index in range(size):
            proof = merkle.inclusion_proof(node, index, size)
            assert proof == path(index, 0, size)
            leaf = mth(index, index + 1)
            assert merkle.root_from_inclusion(leaf, index, size, proof) == mth(0, size)


def test_consistency_proofs_of_all_sizes_agree() -> None:
    for size in range(1, LARGEST + 1):
        for old in range(1, size + 1):
            proof = merkle.consistency_proof(node, old, size)
            assert proof == subproof(old, 0, size, whole=True)
            merkle.verify_consistency(old, size, mth(0, old), mth(0, size), proof)


def spoiled(hashes: list[bytes]) -> list[list[bytes]]:
    """Every proof that is one bit of one hash, or one hash, away."""
    changed = [
        [*hashes[:at], bytes([one[0] ^ 1]) + one[1:], *hashes[at + 1 :]]
        for at, one in enumerate(hashes)
    ]
    shorter = [[*hashes[:at], *hashes[at + 1 :]] for at in range(len(hashes))]
    return [*changed, *shorter, [*hashes, hashes[0] if hashes else b"\0" * 32], [*hashes, b""]]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 9, 64, 70])
def test_a_spoiled_proof_proves_nothing(size: int) -> None:
    for index in range(size):
        leaf, proof = mth(index, index + 1), path(index, 0, size)
        for wrong in spoiled(proof):
            with pytest.raises(ProofInvalid):
                merkle.verify_inclusion(leaf, index, size, wrong, mth(0, size))
    for old in range(1, size):
        proof = subproof(old, 0, size, whole=True)
        for wrong in spoiled(proof):
            with pytest.raises(ProofInvalid):
                merkle.verify_consistency(old, size, mth(0, old), mth(0, size), wrong)


@pytest.mark.parametrize(("old", "size"), [(0, 3), (4, 3), (-1, 3)])
def test_no_proof_leads_from_nothing_or_backwards(old: int, size: int) -> None:
    with pytest.raises(ProofInvalid):
        merkle.verify_consistency(old, size, mth(0, max(old, 0)), mth(0, size), [])


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_there_is_no_proof_of_what_is_not_there(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="no leaf"):
        merkle.inclusion_proof(node, index, size)


@pytest.mark.parametrize(("old", "size"), [(0, 3), (4, 3)])
def test_there_is_no_consistency_proof_from_nothing_or_backwards(old: int, size: int) -> None:
    with pytest.raises(ValueError, match="no proof"):
        merkle.consistency_proof(node, old, size)
