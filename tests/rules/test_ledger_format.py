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


def heads_of(entries: list[dict[str, str]]) -> list[str]:
    heads: dict[str, tuple[int, str]] = {}
    for entry in entries:
        body = json.loads(entry["text"])
        seq, head = heads.get(body["stream"], (0, "0" * 64))
        assert (body["seq"], entry["previous"]) == (seq + 1, head)
        heads[body["stream"]] = (body["seq"], entry["hash"])
    return [canonical([name, *head]) for name, head in sorted(heads.items())]


def test_entries_of_a_stream_are_chained_from_the_genesis_value() -> None:
    leaves = heads_of(VECTORS["entries"][:3])
    assert VECTORS["former"]["note"].split("\n\n")[0].split("\n")[4:] == leaves


@pytest.mark.parametrize("tree", VECTORS["trees"])
def test_tree_has_the_root(tree: dict[str, Any]) -> None:
    assert tree_root([bytes.fromhex(leaf) for leaf in tree["leaves"]]).hex() == tree["root"]


CHECKPOINT = VECTORS["checkpoint"]
LEAVES = [bytes.fromhex(entry_hash) for entry_hash in CHECKPOINT["leaves"]]


def opened(note: str) -> tuple[str, int, bytes]:
    """Check the ledger's signature on a checkpoint; return its origin, size and root."""
    name, key_id, key = CHECKPOINT["verifier_key"].split("+", 2)
    public = b64decode(key)[1:]
    assert key_id == sha256(f"{name}\n".encode() + b"\x01" + public).hexdigest()[:8]
    text, _, lines = note.rpartition("\n\n")
    dash, signer, signature = lines.split("\n")[0].split(" ")
    raw = b64decode(signature)
    assert (dash, signer, raw[:4].hex()) == ("\u2014", name, key_id)
    Ed25519PublicKey.from_public_bytes(public).verify(raw[4:], f"{text}\n".encode())
    origin, size, root = text.split("\n")
    return origin, int(size), b64decode(root)


def test_checkpoints_are_of_the_first_leaves() -> None:
    for note, size in ((CHECKPOINT["earlier"], 3), (CHECKPOINT["note"], 4)):
        assert opened(note) == ("ledger.example/countersign", size, tree_root(LEAVES[:size]))


def test_leaves_are_the_hashes_of_the_entries_by_stream_and_number() -> None:
    firm, made = VECTORS["entries"][2], VECTORS["entries"][3]
    order = [firm, *VECTORS["entries"][:2], made]
    assert CHECKPOINT["leaves"] == [entry["hash"] for entry in order]


def test_the_last_entry_states_size_keys_and_the_root_over_the_heads() -> None:
    facts = json.loads(VECTORS["entries"][3]["text"])["facts"]
    leaves = [line.encode() for line in heads_of(VECTORS["entries"][:3])]
    assert facts == {
        "origin": "ledger.example/countersign",
        "keys": [CHECKPOINT["verifier_key"]],
        "size": 4,
        "streams": len(leaves),
        "heads_root": tree_root(leaves).hex(),
    }


def test_the_witness_cosigned_at_its_time() -> None:
    name, key_id, key = CHECKPOINT["witness_key"].split("+", 2)
    raw_key = b64decode(key)
    assert (raw_key[:1], key_id) == (
        b"\x04",
        sha256(f"{name}\n".encode() + raw_key).hexdigest()[:8],
    )
    text, _, lines = CHECKPOINT["note"].rpartition("\n\n")
    _, signer, signature = lines.split("\n")[1].split(" ")
    raw = b64decode(signature)
    assert (signer, raw[:4].hex()) == (name, key_id)
    time = int.from_bytes(raw[4:12], "big")
    message = f"cosignature/v1\ntime {time}\n{text}\n".encode()
    Ed25519PublicKey.from_public_bytes(raw_key[1:]).verify(raw[12:], message)


def node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def leaf(content: bytes) -> bytes:
    return sha256(b"\x00" + content).digest()


def test_the_proof_of_an_entry_leads_to_the_root() -> None:
    """Leaf 2 of 4: its sibling is on the right, the pair before them on the left."""
    vector = CHECKPOINT["inclusion"]
    head, _, note = vector["proof"].partition("\n\n")
    version, index, *hashes = head.split("\n")
    assert (version, index) == ("c2sp.org/tlog-proof@v1", "index 2")
    sibling, before = (b64decode(one) for one in hashes)
    own = leaf(bytes.fromhex(vector["hash"]))
    assert node(before, node(own, sibling)) == opened(note)[2]


def test_the_later_checkpoint_begins_with_the_earlier_one() -> None:
    """From 3 to 4 leaves: the third leaf, the fourth, and the pair before them."""
    head, _, note = CHECKPOINT["consistency"].partition("\n\n")
    old, *hashes = head.split("\n")
    assert old == "old 3"
    third, fourth, before = (b64decode(one) for one in hashes)
    assert node(before, third) == opened(CHECKPOINT["earlier"])[2]
    assert node(before, node(third, fourth)) == opened(note)[2]


def test_the_end_of_a_stream_is_under_the_root_over_the_heads() -> None:
    end = CHECKPOINT["end"]
    assert (end["index"], end["streams"]) == (1, 2)
    (before,) = (b64decode(one) for one in end["hashes"])
    assert node(before, leaf(end["leaf"].encode())).hex() == end["heads_root"]
    assert json.loads(end["leaf"])[1:] == [2, VECTORS["entries"][1]["hash"]]


def test_seed_gives_the_key_and_the_signature() -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(CHECKPOINT["seed"]))
    public = key.public_key().public_bytes_raw()
    assert CHECKPOINT["verifier_key"].endswith(b64encode(b"\x01" + public).decode())
    text = CHECKPOINT["earlier"].split("\n\n")[0] + "\n"
    assert b64decode(CHECKPOINT["earlier"].rsplit(" ", 1)[1])[4:] == key.sign(text.encode())


# Checkpoints of the first form


def test_a_former_checkpoint_states_the_root_of_its_leaves_and_is_signed() -> None:
    vector = VECTORS["former"]
    text, line = vector["note"].split("\n\n")
    _, size, root, _, *leaves = text.split("\n")
    assert int(size) == len(leaves)
    assert b64decode(root) == tree_root([one.encode() for one in leaves])
    name, key_id, key = vector["verifier_key"].split("+", 2)
    raw = b64decode(line.rstrip("\n").split(" ")[2])
    assert (name.endswith("/heads"), raw[:4].hex()) == (True, key_id)
    Ed25519PublicKey.from_public_bytes(b64decode(key)[1:]).verify(raw[4:], f"{text}\n".encode())
