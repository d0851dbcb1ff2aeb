"""The ledger's own page, and the files by which anybody can check it."""

from __future__ import annotations

import json
from base64 import b64decode
from datetime import timedelta
from hashlib import sha256
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.test import Client, override_settings

from governance.accounts.models import User
from governance.audit import checkpoints, keys, merkle, notes
from governance.audit.checkpointing import make_checkpoint
from governance.audit.models import LedgerCheckpoint, LedgerEntry
from governance.audit.proofs import NoCheckpoint, end_proof, entry_proof
from governance.inventory.models import Model
from tests import factories as f
from tests.factories import NOON, Cast
from tests.ledger_entries import SOMEBODY, act

pytestmark = pytest.mark.django_db
PAGE = "/audit/ledger/"


@pytest.fixture
def model(cast: Cast) -> Model:
    return f.make_model(cast)


def get(user: User, path: str) -> tuple[int, str]:
    client = Client()
    client.force_login(user)
    response = client.get(path)
    return response.status_code, response.content.decode()


def signed(hours: int = 1) -> LedgerCheckpoint:
    return make_checkpoint(actor=SOMEBODY, at=NOON + timedelta(hours=hours))


def test_before_the_first_checkpoint_the_page_says_so(cast: Cast) -> None:
    status, page = get(cast.outsider, PAGE)
    assert status == 200
    assert "No checkpoint was signed yet" in page
    assert "The ledger was not verified yet" in page


def test_the_page_tells_what_is_signed_verified_and_by_which_key(cast: Cast, model: Model) -> None:
    row = signed()
    with pytest.raises(SystemExit):
        call_command("verify_ledger", "--state")
    _, page = get(cast.outsider, PAGE)
    assert str(keys.known_key().named(row.origin)) in page
    assert row.root[:12] in page
    assert "Everything, and" in page
    assert "1 entry" in page, "the verification's own is not covered yet"


def test_a_handover_of_keys_is_shown(cast: Cast, model: Model, tmp_path) -> None:  # type: ignore[no-untyped-def]
    with override_settings(LEDGER_KEY_FILE=tmp_path / "key.pem"):
        signed()
        old = keys.known_key().named("x").public
        call_command("rotate_ledger_key")
        _, page = get(cast.outsider, PAGE)
    assert page.count(notes.VerifierKey("127.0.0.1:8000/ledger", old).id.hex()) >= 1


def test_the_files_are_those_that_were_signed(cast: Cast, model: Model) -> None:
    first = signed()
    act("firm", minute=90)
    second = signed(3)
    key = keys.known_key().named(first.origin)
    status, note = get(cast.outsider, f"{PAGE}checkpoints/{first.size}/")
    assert (status, note) == (200, first.note)
    status, text = get(cast.outsider, f"{PAGE}checkpoints/{second.size}/since/{first.size}/")
    assert status == 200
    growth = checkpoints.parse_consistency(text)
    later = checkpoints.parse(notes.open_note(growth.note, [key]).text)
    merkle.verify_consistency(
        growth.old, later.size, bytes.fromhex(first.root), later.root, growth.hashes
    )
    assert get(cast.outsider, f"{PAGE}checkpoints/{second.size}/since/0/")[0] == 422
    assert get(cast.outsider, f"{PAGE}checkpoints/{second.size}/since/{second.size + 1}/")[0] == 422
    assert get(cast.outsider, f"{PAGE}checkpoints/1/")[0] == 404


def test_the_proof_of_an_entry_holds(cast: Cast, model: Model) -> None:
    entry = LedgerEntry.objects.get(verb="model.created")
    status, page = get(cast.owner, f"/audit/entries/{entry.pk}/proof/")
    assert (status, "No checkpoint covers this yet" in page) == (404, True)
    signed()
    status, text = get(cast.owner, f"/audit/entries/{entry.pk}/proof/")
    assert status == 200
    proof = checkpoints.parse_inclusion(text)
    key = keys.known_key().named(LedgerCheckpoint.objects.get().origin)
    point = checkpoints.parse(notes.open_note(proof.note, [key]).text)
    leaf = merkle.leaf_hash(bytes.fromhex(entry.hash))
    merkle.verify_inclusion(leaf, proof.index, point.size, proof.hashes, point.root)


def test_who_may_not_see_the_entry_gets_no_proof_of_it(cast: Cast, model: Model) -> None:
    entries = LedgerEntry.objects.in_bulk()
    signed()
    for pk, entry in entries.items():
        status, _ = get(cast.outsider, f"/audit/entries/{pk}/proof/")
        assert status == 404, entry
    assert get(cast.outsider, f"/audit/entries/{uuid4()}/proof/")[0] == 404
    general = LedgerEntry.objects.filter(stream__name="accounts").first()
    assert general is not None
    assert get(cast.auditor, f"/audit/entries/{general.pk}/proof/")[0] == 200


def test_the_end_of_a_stream_is_proven_step_by_step(cast: Cast, model: Model) -> None:
    """As a stranger would, with the JSON and SHA-256 alone but for the tree's own arithmetic."""
    row = signed()
    act(model.stream, subject=model.ref, minute=100)
    told = json.loads(json.dumps(end_proof(model.stream, size=row.size).as_json()))
    stream, seq, head = json.loads(told["leaf"])
    before = LedgerEntry.objects.of_stream(model.stream).order_by("-seq")[1]
    assert (stream, seq, head) == (model.stream, before.seq, before.hash)
    leaf = sha256(b"\0" + told["leaf"].encode()).digest()
    hashes = [b64decode(one) for one in told["hashes"]]
    root = merkle.root_from_inclusion(leaf, told["index"], told["streams"], hashes)
    statement = told["statement"]
    assert json.loads(statement["text"])["facts"]["heads_root"] == root.hex()
    digest = sha256(
        b"countersign.ledger.entry/1\0"
        + bytes.fromhex(statement["previous"])
        + statement["text"].encode()
    ).hexdigest()
    assert digest == statement["hash"]
    proof = checkpoints.parse_inclusion(told["proof"])
    point = checkpoints.parse(notes.parse(proof.note).text)
    assert proof.index == point.size - 1 == row.size - 1
    last = sha256(b"\0" + bytes.fromhex(digest)).digest()
    merkle.verify_inclusion(last, proof.index, point.size, proof.hashes, point.root)
    with pytest.raises(NoCheckpoint):
        end_proof("model:unknown")
    with pytest.raises(NoCheckpoint):
        entry_proof(LedgerEntry.objects.of_stream(model.stream).order_by("-seq")[0])
