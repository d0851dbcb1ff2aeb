"""The verifier's own mathematics: RFC 8032, the published vectors, and what others compute."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from governance.audit import merkle
from governance.evidence import verify_pack as v

# RFC 8032 §7.1: public key, message, signature.
RFC_8032 = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9"
        "b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f1"
        "1d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984d"
        "c6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]


@pytest.mark.parametrize(("public", "message", "signature"), RFC_8032)
def test_the_vectors_of_rfc_8032(public: str, message: str, signature: str) -> None:
    key, text, raw = map(bytes.fromhex, (public, message, signature))
    assert v.is_signature(key, text, raw)
    assert not v.is_signature(key, text + b"x", raw)


def test_it_says_of_signatures_what_cryptography_says() -> None:
    chance = random.Random(8032)
    for _ in range(20):
        private = Ed25519PrivateKey.from_private_bytes(chance.randbytes(32))
        public, message = private.public_key().public_bytes_raw(), chance.randbytes(40)
        signature = bytearray(private.sign(message))
        assert v.is_signature(public, message, bytes(signature))
        signature[chance.randrange(64)] ^= 1 << chance.randrange(8)
        assert not v.is_signature(public, message, bytes(signature))


@pytest.mark.parametrize("key", [bytes(31), bytes(33), b"\xff" * 32, b"\x02" + bytes(31)])
def test_what_is_no_key_verifies_nothing(key: bytes) -> None:
    assert not v.is_signature(key, b"", bytes(64))


def test_a_signature_has_one_spelling() -> None:
    """RFC 8032 §5.1.7: the scalar is less than the order, else one could be made from another."""
    public, _, signature = (bytes.fromhex(one) for one in RFC_8032[0])
    scalar = int.from_bytes(signature[32:], "little") + v.ORDER
    other = signature[:32] + scalar.to_bytes(32, "little")
    assert not v.is_signature(public, b"", other)


def test_the_proofs_of_every_small_tree() -> None:
    leaves = [merkle.leaf_hash(bytes([n])) for n in range(17)]

    def node(level: int, at: int) -> bytes:
        return merkle.root_of_hashes(leaves[at << level : (at + 1) << level])

    for size in range(1, 18):
        root = merkle.root_of(node, size)
        for index in range(size):
            path = merkle.inclusion_proof(node, index, size)
            assert v.root_from(leaves[index], index, size, path) == root
            old, first = index + 1, merkle.root_of(node, index + 1)
            if old < size:
                grown = merkle.consistency_proof(node, old, size)
                assert v.roots_from(first, old, size, grown) == (first, root)
                with pytest.raises(v.Broken):
                    v.roots_from(first, old, size, grown[:-1])
                with pytest.raises(v.Broken):
                    v.roots_from(first, old, size, [*grown, bytes(32)])


def vectors() -> dict[str, Any]:
    text = Path(settings.BASE_DIR / "docs" / "ledger-format.md").read_text()
    found = re.search(r"```json\n(.*?)```", text, re.DOTALL)
    assert found
    return dict(json.loads(found.group(1)))


def test_the_published_vectors_of_the_ledger() -> None:
    told = vectors()["checkpoint"]
    point = v.signed_note(told["note"])
    assert v.is_signed(point, v.key_of(told["verifier_key"]))
    witness = v.key_of(told["witness_key"])
    assert v.is_signed(point, witness)
    assert v.cosigned_at(point, witness) == "2025-11-19 10:15:30 UTC"
    inclusion = told["inclusion"]
    note = inclusion["proof"].partition("\n\n")[2]
    assert v.place_in_tree(inclusion["hash"], inclusion["proof"], note) == 2
    earlier = v.signed_note(told["earlier"])
    path = v.growth(earlier, point, [told["consistency"]])
    assert path is not None
    assert v.continues(earlier, point, path)
    end = told["end"]
    hashes = [v.unbase64(one, 32) for one in end["hashes"]]
    root = v.root_from(v.leaf_hash(end["leaf"].encode()), end["index"], end["streams"], hashes)
    assert root.hex() == end["heads_root"]


def test_a_false_signature_of_a_known_key_spoils_the_note() -> None:
    told = vectors()["checkpoint"]
    key = v.key_of(told["verifier_key"])
    changed = told["note"].replace("\n4\n", "\n5\n", 1)
    with pytest.raises(v.Broken, match="does not belong"):
        v.is_signed(v.signed_note(changed), key)
