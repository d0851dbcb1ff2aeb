"""Evidence in the hands of a forger: of two models, with a key that was handed over on the way."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.test import override_settings

from governance.audit import heads, keys, merkle, notes
from governance.audit.checkpointing import current_origin, make_checkpoint, rotate_key
from governance.audit.checkpoints import Checkpoint, Inclusion
from governance.audit.heads import Head
from governance.audit.notes import VerifierKey
from governance.core.canonical import canonical
from governance.evidence.actions.collecting import as_of_now
from governance.evidence.actions.making import make_pack
from governance.evidence.queries.collecting import collect
from governance.evidence.queries.proving import Anchor
from governance.evidence.rules.packs import PackFiles
from governance.evidence.verify_pack import GENESIS
from governance.registry.actions import comment_on_version
from tests.factories import NOON, make_cast, make_champion, make_model, make_version
from tests.pdf.support import full_model, quietly, read_against

Document = dict[str, Any]
NEXT_YEAR = NOON + timedelta(days=365)
OTHER = "elsewhere.example/ledger"


@dataclass(frozen=True, kw_only=True)
class World:
    """`kept` is the checkpoint that the auditor kept from last year, signed by `old_key`.

    `evidence` is of two models, `earlier` of the same last year; `pack` is of the first alone.
    """

    kept: str
    old_key: str
    key: str
    earlier: bytes
    evidence: bytes
    pack: PackFiles

    def document(self) -> Document:
        return dict(json.loads(self.evidence))


def make_world(folder: Path) -> World:
    """Two models and a year, in which the ledger's key changed. Inside a transaction of a test."""
    first, second = folder / "old.pem", folder / "new.pem"
    keys.make(first)
    keys.make(second)
    with override_settings(LEDGER_KEY_FILE=first):
        cast, model = full_model(make_cast())
        other = make_model(cast, name="credit-model", tier=1)
        make_champion(cast, make_version(cast, other))
        earlier = as_of_now(lambda a: collect([model, other], anchor=a), by="system:test", at=NOON)
        origin = current_origin()
        at = NOON + timedelta(days=300)
        rotate_key(old=keys.load(first), new=keys.load(second), actor="system:test", at=at)
    kept = earlier["checkpoint"]["note"]
    size = int(kept.split("\n")[1])
    version = model.versions.order_by("number").first()
    assert version is not None
    comment_on_version(version=version, text="A year later.", actor=cast.validator, at=NEXT_YEAR)
    with override_settings(LEDGER_KEY_FILE=second):

        def gathered(anchor: Anchor | None) -> Document:
            assert anchor is not None
            return collect([other, model], anchor=replace(anchor, since=[size]))

        evidence = as_of_now(gathered, by=cast.auditor.ref, at=NEXT_YEAR)
        pack = make_pack(
            read_against(model), by=cast.auditor.ref, at=NEXT_YEAR, report=quietly, since=[size]
        )
        make_checkpoint(actor="system:test", at=NEXT_YEAR)
    return World(
        kept=kept,
        old_key=str(keys.load(first).named(origin)),
        key=str(keys.load(second).named(origin)),
        earlier=canonical(earlier).encode(),
        evidence=canonical(evidence).encode(),
        pack=pack,
    )


def sealed(document: Document) -> bytes:
    rest = {key: value for key, value in document.items() if key != "seal"}
    digest = hashlib.sha256(canonical(rest).encode()).hexdigest()
    return canonical(rest | {"seal": digest}).encode()


def chained(stream: Document, bodies: Sequence[Document]) -> None:
    """Make these the stream's entries, numbered and hashed as if they always had been."""
    previous, ledger = GENESIS, []
    for number, body in enumerate(bodies, start=1):
        text = canonical(body | {"seq": number, "stream": stream["stream"]})
        previous = entry_hash(previous, text)
        ledger.append({"text": text, "hash": previous})
    stream |= {"ledger": ledger, "head": previous, "entries": len(ledger)}


def entry_hash(previous: str, text: str) -> str:
    message = b"countersign.ledger.entry/1\0" + bytes.fromhex(previous) + text.encode()
    return hashlib.sha256(message).hexdigest()


def bodies_of(stream: Document) -> list[Document]:
    return [json.loads(entry["text"]) for entry in stream["ledger"]]


class Resigned:
    """The document with a ledger of its own, which a key of the forger's signs."""

    def __init__(self, document: Document, *, origin: str, seed: bytes = bytes(32)) -> None:
        self.document = copy.deepcopy(document)
        self.private = Ed25519PrivateKey.from_private_bytes(seed)
        self.key = VerifierKey(origin, self.private.public_key().public_bytes_raw())
        self._sign()

    def _sign(self) -> None:
        document = self.document
        streams, entries = document["streams"], document["entries"]
        hashes = [row["hash"] for one in streams for row in one["ledger"]]
        hashes += [one["hash"] for one in entries]
        statement = self._statement(hashes, dict(_heads(streams)))
        leaves = [merkle.leaf_hash(bytes.fromhex(one)) for one in [*hashes, statement["hash"]]]
        point = Checkpoint(
            origin=self.key.name, size=len(leaves), root=merkle.root_of_hashes(leaves)
        )
        signature = notes.sign(point.text(), self.key, self.private.sign)
        self.note = str(notes.Note(point.text(), [signature]))

        def proof(one: str) -> str:
            index = [*hashes, statement["hash"]].index(one)
            path = merkle.inclusion_proof(_nodes(leaves), index, len(leaves))
            return str(Inclusion(index=index, hashes=path, note=self.note))

        document["checkpoint"] |= {
            "note": self.note, "statement": statement, "proof": proof(statement["hash"]),
            "keys": [str(self.key)], "handovers": [], "since": [],
        }  # fmt: skip
        for entry in entries:
            entry["proof"] = proof(entry["hash"])
        for stream in streams:
            stream["proofs"] = [{"seq": stream["entries"], "proof": proof(stream["head"])}]
            stream["end"] = self._end(stream, statement, proof(statement["hash"]))

    def _statement(self, hashes: Sequence[str], ends: Mapping[str, Head]) -> Document:
        held = self.document["checkpoint"]["statement"]
        body = json.loads(held["text"])
        body["facts"] |= {
            "origin": self.key.name, "size": len(hashes) + 1, "streams": len(ends),
            "keys": [str(self.key)], "heads_root": heads.root(ends).hex(),
        }  # fmt: skip
        text = canonical(body)
        return held | {"text": text, "hash": entry_hash(held["previous"], text)}

    def _end(self, stream: Document, statement: Document, proof: str) -> Document:
        ends = dict(_heads(self.document["streams"]))
        leaves = [merkle.leaf_hash(line.encode()) for line in heads.leaves(ends)]
        index = sorted(ends).index(stream["stream"])
        path = merkle.inclusion_proof(_nodes(leaves), index, len(leaves))
        told: Document = stream["end"] | {
            "leaf": heads.leaf(stream["stream"], ends[stream["stream"]]), "index": index,
            "streams": len(ends), "hashes": [notes.b64encode(one).decode() for one in path],
            "statement": statement, "proof": proof,
        }  # fmt: skip
        return told


def _heads(streams: Sequence[Document]) -> Iterator[tuple[str, Head]]:
    return ((one["stream"], Head(one["entries"], one["head"])) for one in streams)


def _nodes(leaves: Sequence[bytes]) -> merkle.Nodes:
    return lambda level, at: merkle.root_of_hashes(leaves[at << level : (at + 1) << level])
