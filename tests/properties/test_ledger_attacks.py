"""A thousand ways to rewrite the ledger with the database and the source in hand.

Triggers dropped, hashes recomputed, the tree rebuilt: whatever touches an entry that a checkpoint
outside covers is found. What lies after the newest one outside is said not to be anchored yet.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction

from governance.audit import checkpoints, keys, merkle, notes, triggers
from governance.audit.checkpointing import make_checkpoint
from governance.audit.checkpoints import Checkpoint
from governance.audit.models import LedgerCheckpoint, LedgerEntry, LedgerLeaf
from governance.audit.rules import Verb
from governance.audit.tree import Tree, tree_size
from governance.audit.verification import Anchors, Examination, verify
from tests.ledger_attacks import change, drop_tree, rebuild_tree, rewrite, texts_of, write_stream
from tests.ledger_entries import MODEL, NOON, SOMEBODY, act

LONG = os.environ.get("PROFILE") == "long"
ATTACKS = 1_000 if LONG else 120
STREAMS = ("firm", "accounts", MODEL)
OTHER = "user:00000000-0000-4000-8000-000000000000"

pytestmark = [pytest.mark.django_db]
Body = dict[str, Any]


def point_of(row: LedgerCheckpoint) -> Checkpoint:
    key = keys.known_key().named(row.origin)
    return checkpoints.parse(notes.open_note(row.note, [key]).text)


def fill(dice: random.Random, start: int, count: int) -> None:
    for minute in range(start, start + count):
        act(
            dice.choice(STREAMS),
            verb=dice.choice([Verb.UNIT_CREATED, Verb.REQUEST_SIGNED, Verb.VERSION_PROMOTED]),
            minute=minute,
            subject=f"request:00000000-0000-4000-8000-{dice.randrange(4):012d}",
            value=dice.randrange(100),
        )


@dataclass
class Ledger:
    """What was there, and the newest checkpoint that somebody outside holds."""

    outside: Checkpoint
    covered: dict[tuple[str, int], str]

    def is_touched(self) -> bool:
        now = hashes_now()
        return any(now.get(place) != digest for place, digest in self.covered.items())

    def examined(self) -> Examination:
        key = keys.known_key().named(self.outside.origin)
        return verify(anchors=Anchors(keys=[key], outside=[self.outside]))


def hashes_now() -> dict[tuple[str, int], str]:
    rows = LedgerEntry.objects.values_list("stream__name", "seq", "hash")
    return {(name, seq): digest for name, seq, digest in rows}


@pytest.fixture
def ledger() -> Ledger:
    triggers.remove(connection)
    dice = random.Random(7)
    for minute in (0, 20, 40):
        fill(dice, minute, 12)
        make_checkpoint(actor=SOMEBODY, at=NOON + timedelta(minutes=minute + 15))
    newest = LedgerCheckpoint.objects.order_by("-size").first()
    assert newest is not None
    rows = LedgerLeaf.objects.values_list("stream__name", "seq")
    now = hashes_now()
    covered = {(name, seq): now[name, seq] for name, seq in rows}
    fill(dice, 60, 8)
    return Ledger(point_of(newest), covered)


# The attacks. Each edits the entries of one stream; all hashes are computed anew after it.


def edited(dice: random.Random, bodies: list[Body], **changes: Any) -> list[Body]:
    at = dice.randrange(len(bodies))
    return [*bodies[:at], bodies[at] | changes, *bodies[at + 1 :]]


def changed(dice: random.Random, bodies: list[Body]) -> list[Body]:
    return edited(dice, bodies, facts={"value": 1000 + dice.randrange(1000)})


def reattributed(dice: random.Random, bodies: list[Body]) -> list[Body]:
    return edited(dice, bodies, actor=OTHER)


def lifted(dice: random.Random, bodies: list[Body]) -> list[Body]:
    """Move a signature from one request to another."""
    return edited(dice, bodies, subject="request:99999999-0000-4000-8000-000000000000")


def backdated(dice: random.Random, bodies: list[Body]) -> list[Body]:
    return edited(dice, bodies, at="2026-01-01T00:00:00.000000Z")


def deleted(dice: random.Random, bodies: list[Body]) -> list[Body]:
    at = dice.randrange(len(bodies))
    return bodies[:at] + bodies[at + 1 :]


def inserted(dice: random.Random, bodies: list[Body]) -> list[Body]:
    at = dice.randrange(len(bodies) + 1)
    return [*bodies[:at], bodies[0] | {"facts": {"value": 5000}}, *bodies[at:]]


def swapped(dice: random.Random, bodies: list[Body]) -> list[Body]:
    one, two = dice.randrange(len(bodies)), dice.randrange(len(bodies))
    bodies = list(bodies)
    bodies[one], bodies[two] = bodies[two], bodies[one]
    return bodies


def cut(dice: random.Random, bodies: list[Body]) -> list[Body]:
    return bodies[: max(1, dice.randrange(len(bodies)))]


def rebuilt(dice: random.Random, bodies: list[Body]) -> list[Body]:
    """Everything from some point on, another story."""
    at = dice.randrange(len(bodies))
    return bodies[:at] + [body | {"facts": {"value": 7}, "actor": OTHER} for body in bodies[at:]]


EDITS: tuple[Callable[[random.Random, list[Body]], list[Body]], ...] = (
    changed, reattributed, lifted, backdated, deleted, inserted, swapped, cut, rebuilt,
)  # fmt: skip


def leave_tree(dice: random.Random) -> None:
    """Touch nothing but the entries."""


def forget_tree(dice: random.Random) -> None:
    drop_tree()


def remake_tree(dice: random.Random) -> None:
    rebuild_tree()


def attack(dice: random.Random) -> str:
    edit = dice.choice(EDITS)
    streams = [dice.choice([*STREAMS, "ledger"])] if dice.random() < 0.8 else list(STREAMS)
    for stream in streams:
        rewrite(stream, lambda bodies: edit(dice, bodies))
    after = dice.choice([leave_tree, forget_tree, remake_tree])
    after(dice)
    return f"{edit.__name__} in {streams}, then {after.__name__}"


def test_whatever_an_outside_checkpoint_covers_cannot_be_rewritten_unnoticed(
    ledger: Ledger,
) -> None:
    honest = ledger.examined()
    assert honest.intact
    assert honest.anchored == ledger.outside.size
    dice = random.Random(20261128)
    found = loose = 0
    for number in range(ATTACKS):
        with transaction.atomic():
            what = attack(dice)
            examination = ledger.examined()
            if ledger.is_touched():
                assert not examination.intact, f"{number}: {what} was not found"
                found += 1
            elif examination.intact:
                assert "Not yet anchored" in examination.loose, f"{number}: {what}"
                loose += 1
            transaction.set_rollback(True)
    assert found > ATTACKS / 2
    assert loose, "some attacks touch only what nobody outside has a checkpoint of"


def test_a_backup_that_was_put_back_is_found(ledger: Ledger) -> None:
    for stream in STREAMS:
        write_stream(stream, texts_of(stream)[:3])
    rebuild_tree()
    broken = ledger.examined().broken
    assert broken is not None
    assert broken.kind in {"CUT_OFF", "REWRITTEN"}


def test_two_histories_are_found_by_whoever_holds_both_checkpoints(ledger: Ledger) -> None:
    """An operator with key and database tells two readers two stories of one length."""
    key = keys.known_key().named(ledger.outside.origin)
    stories = []
    for value in (1, 2):
        before = transaction.savepoint()
        act("firm", minute=90, value=value)
        settings.LEDGER_SIGNER_FILE.unlink()
        change("DELETE FROM audit_ledgercheckpoint")
        row = make_checkpoint(actor=SOMEBODY, at=NOON + timedelta(minutes=95))
        stories.append(point_of(row))
        old = ledger.outside
        proof = Tree(row.size).consistency(old.size)
        merkle.verify_consistency(old.size, row.size, old.root, stories[-1].root, proof)
        assert verify(anchors=Anchors(keys=[key], outside=stories[-1:])).intact
        both = verify(anchors=Anchors(keys=[key], outside=stories))
        assert both.intact == (value == 1)
        transaction.savepoint_rollback(before)
    assert stories[0].size == stories[1].size
    with pytest.raises(merkle.ProofInvalid):
        merkle.verify_consistency(
            stories[0].size, stories[1].size, stories[0].root, stories[1].root, []
        )


def test_an_old_checkpoint_says_how_much_it_does_not_cover(ledger: Ledger) -> None:
    old = LedgerCheckpoint.objects.order_by("size").first()
    assert old is not None
    key = keys.known_key().named(old.origin)
    examination = verify(anchors=Anchors(keys=[key], outside=[point_of(old)]))
    total = LedgerEntry.objects.count()
    assert examination.intact
    assert f"the newest {total - old.size} entries" in examination.loose


def test_backdating_shows_as_time_running_backwards(ledger: Ledger) -> None:
    act("firm", minute=-600)
    assert tree_size() < LedgerEntry.objects.count()
    examination = ledger.examined()
    assert examination.intact
    last = len(texts_of("firm"))
    assert examination.backwards == [f"entry {last} of stream firm"]
