"""The vectors of docs/ledger-format.md, recomputed as a stranger would: no code of ours here."""

from __future__ import annotations

import json
import re
import uuid
from base64 import b64decode, b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

DOCUMENT = Path(__file__).parents[2] / "docs" / "ledger-format.md"
BLOCK = re.search(r"```json\n(.*?)\n```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
assert BLOCK is not None
VECTORS: dict[str, Any] = json.loads(BLOCK[1])
DOMAIN = b"countersign.ledger.entry/1\0"
KEYS = {"format", "stream", "seq", "at", "verb", "subject", "actor", "source"}
KEYS |= {"request", "facts", "states"}


def canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def tree_root(leaves: list[bytes]) -> bytes:
    """RFC 6962 §2.1, word by word."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    k = max(2**i for i in range(20) if 2**i < len(leaves))
    return sha256(b"\x01" + tree_root(leaves[:k]) + tree_root(leaves[k:])).digest()


def test_prose_digests_to_salt_and_text() -> None:
    prose = VECTORS["prose"]
    assert sha256((prose["salt"] + prose["text"]).encode()).hexdigest() == prose["digest"]


def test_stream_identifiers_come_from_names() -> None:
    for stream in VECTORS["streams"]:
        assert (
            str(uuid.uuid5(uuid.NAMESPACE_URL, f"countersign:stream:{stream['name']}"))
            == (stream["id"])
        )


def test_snapshot_digests_to_its_canonical_text() -> None:
    text = VECTORS["snapshot"]["text"]
    assert canonical(json.loads(text)) == text
    assert sha256(text.encode()).hexdigest() == VECTORS["snapshot"]["sha256"]


@pytest.mark.parametrize("entry", VECTORS["entries"])
def test_entry_hashes_over_the_one_before(entry: dict[str, str]) -> None:
    digest = sha256(DOMAIN + bytes.fromhex(entry["previous"]) + entry["text"].encode())
    assert digest.hexdigest() == entry["hash"]
    assert uuid.UUID(hex=entry["hash"][:32]) == uuid.UUID(entry["id"])


@pytest.mark.parametrize("entry", VECTORS["entries"])
def test_entry_text_is_canonical_and_has_the_keys(entry: dict[str, str]) -> None:
    body = json.loads(entry["text"])
    assert canonical(body) == entry["text"]
    assert body.keys() == KEYS
    assert body["states"] == sorted(body["states"])


def test_entries_of_a_stream_are_chained_from_the_genesis_value() -> None:
    heads: dict[str, tuple[int, str]] = {}
    for entry in VECTORS["entries"]:
        body = json.loads(entry["text"])
        seq, head = heads.get(body["stream"], (0, "0" * 64))
        assert (body["seq"], entry["previous"]) == (seq + 1, head)
        heads[body["stream"]] = (body["seq"], entry["hash"])
    leaves = [canonical([name, *head]) for name, head in sorted(heads.items())]
    assert VECTORS["checkpoint"]["note"].split("\n\n")[0].split("\n")[4:] == leaves


@pytest.mark.parametrize("tree", VECTORS["trees"])
def test_tree_has_the_root(tree: dict[str, Any]) -> None:
    assert tree_root([bytes.fromhex(leaf) for leaf in tree["leaves"]]).hex() == tree["root"]


def test_checkpoint_states_the_root_of_its_leaves() -> None:
    text, _ = VECTORS["checkpoint"]["note"].split("\n\n")
    _, size, root, _, *leaves = text.split("\n")
    assert int(size) == len(leaves)
    assert b64decode(root) == tree_root([leaf.encode() for leaf in leaves])


def test_checkpoint_is_signed_by_the_key() -> None:
    vector = VECTORS["checkpoint"]
    name, key_id, key = vector["verifier_key"].split("+", 2)
    public = b64decode(key)[1:]
    text, line = vector["note"].split("\n\n")
    dash, signer, signature = line.rstrip("\n").split(" ")
    raw = b64decode(signature)
    assert (dash, signer) == ("\u2014", name)
    assert (
        raw[:4].hex() == key_id == sha256(f"{name}\n".encode() + b"\x01" + public).hexdigest()[:8]
    )
    Ed25519PublicKey.from_public_bytes(public).verify(raw[4:], f"{text}\n".encode())


def test_seed_gives_the_key_and_the_signature() -> None:
    vector = VECTORS["checkpoint"]
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(vector["seed"]))
    text = vector["note"].split("\n\n")[0] + "\n"
    public = key.public_key().public_bytes_raw()
    assert vector["verifier_key"].endswith(b64encode(b"\x01" + public).decode())
    assert b64decode(vector["note"].rsplit(" ", 1)[1])[4:] == key.sign(text.encode())
