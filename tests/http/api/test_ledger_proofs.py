"""Checkpoints and proofs for whoever verifies from outside: the scope `ledger:read` is enough."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from governance.accounts.rules import Role, Scope
from governance.audit import checkpoints, keys, merkle, notes
from governance.audit.checkpointing import make_checkpoint
from governance.audit.checkpoints import Checkpoint
from governance.audit.models import LedgerCheckpoint, LedgerEntry
from governance.inventory.actions import create_model
from governance.inventory.models import Model
from tests import factories as f
from tests.factories import NOON, Cast
from tests.ledger_entries import SOMEBODY, act

pytestmark = pytest.mark.django_db
LEDGER = "/api/v1/ledger/"


@pytest.fixture
def model(cast: Cast) -> Model:
    """Two models, of which the token's unit has one."""
    far = f.make_person("Fay Far", Role.MODEL_OWNER, unit=cast.root)
    create_model(name="hidden-model", unit=cast.root, actor=far, at=NOON)
    return f.make_model(cast)


@pytest.fixture
def secret(cast: Cast) -> str:
    return f.make_token(cast, scopes=[Scope.READ_LEDGER], at=timezone.now())[1]


def get(path: str, secret: str) -> Any:
    return Client().get(f"{LEDGER}{path}", headers={"Authorization": f"Bearer {secret}"})


def signed(hours: int = 1) -> LedgerCheckpoint:
    return make_checkpoint(actor=SOMEBODY, at=f.later(hours=hours))


def opened(note: str) -> Checkpoint:
    origin = note.partition("\n")[0]
    return checkpoints.parse(notes.open_note(note, [keys.known_key().named(origin)]).text)


def test_checkpoints_come_as_they_were_signed(model: Model, secret: str) -> None:
    assert get("checkpoint", secret).status_code == 404
    first = signed()
    act("firm", minute=99)
    second = signed(2)
    newest = get("checkpoint", secret)
    assert newest.headers["Content-Type"].startswith("text/plain")
    assert newest.content.decode() == second.note
    assert get(f"checkpoints/{first.size}", secret).content.decode() == first.note
    assert get("checkpoints/1", secret).status_code == 404
    growth = checkpoints.parse_consistency(
        get(f"checkpoints/{second.size}/since/{first.size}", secret).content.decode()
    )
    later = opened(growth.note)
    merkle.verify_consistency(
        first.size, later.size, bytes.fromhex(first.root), later.root, growth.hashes
    )
    assert get(f"checkpoints/{second.size}/since/0", secret).status_code == 422


def test_an_entry_and_a_streams_end_are_proven(model: Model, secret: str) -> None:
    entry = LedgerEntry.objects.get(verb="model.created", subject=model.ref)
    row = signed()
    proof = checkpoints.parse_inclusion(get(f"entries/{entry.pk}/proof", secret).content.decode())
    point = opened(proof.note)
    leaf = merkle.leaf_hash(bytes.fromhex(entry.hash))
    merkle.verify_inclusion(leaf, proof.index, point.size, proof.hashes, point.root)
    end = get(f"streams/{model.stream}/end", secret).json()
    last = LedgerEntry.objects.of_stream(model.stream).order_by("-seq")[0]
    assert json.loads(end["leaf"]) == [model.stream, last.seq, last.hash]
    assert end["statement"]["hash"] == row.entry.hash


def test_what_a_token_may_not_see_is_not_proven_to_it(model: Model, secret: str) -> None:
    hidden = Model.objects.get(name="hidden-model")
    entry = LedgerEntry.objects.get(verb="model.created", subject=hidden.ref)
    signed()
    assert get(f"entries/{entry.pk}/proof", secret).status_code == 404
    assert get(f"entries/{uuid4()}/proof", secret).status_code == 404
    assert get(f"streams/{hidden.stream}/end", secret).status_code == 404
    assert get("streams/model:nowhere/end", secret).status_code in {404, 422}


def test_without_the_scope_there_is_none(cast: Cast, model: Model) -> None:
    signed()
    _, other = f.make_token(cast, scopes=[Scope.REGISTER], name="builder", at=timezone.now())
    entry = LedgerEntry.objects.get(verb="model.created", subject=model.ref)
    size = LedgerCheckpoint.objects.get().size
    for path in (
        "checkpoint", f"checkpoints/{size}", f"checkpoints/{size}/since/1",
        f"entries/{entry.pk}/proof", f"streams/{model.stream}/end",
    ):  # fmt: skip
        assert get(path, other).status_code == 403
        assert Client().get(f"{LEDGER}{path}").status_code == 401
