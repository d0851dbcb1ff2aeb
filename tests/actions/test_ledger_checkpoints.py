"""Checkpoints of the whole ledger: made, refused, handed over, begun anew."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import override_settings

from governance.audit import checkpoints, heads, keys, merkle, notes, sequencing, triggers, trust
from governance.audit.anchors import gather
from governance.audit.checkpointing import current_origin, fork, make_checkpoint, rotate_key, signer
from governance.audit.checkpoints import Checkpoint
from governance.audit.models import (
    LedgerCheckpoint,
    LedgerEntry,
    LedgerLeaf,
    LedgerStream,
    LedgerTile,
)
from governance.audit.rules import Verb
from governance.audit.signer import MemoryUnusable, SignerRefuses
from governance.audit.tree import Tree, tree_size
from governance.audit.verification import verify
from governance.core.errors import InvalidInput
from tests import soft_token
from tests.actions.test_ledger_verification import verify_ledger
from tests.ledger_attacks import change, cut_off, rebuild_tree, rewrite
from tests.ledger_entries import MODEL, NOON, SOMEBODY, act, small_ledger

pytestmark = [pytest.mark.django_db, pytest.mark.backend]
OTHER = "user:00000000-0000-4000-8000-000000000000"


@pytest.fixture
def ledger() -> None:
    small_ledger()


@pytest.fixture
def open_ledger() -> None:
    triggers.remove(connection)
    small_ledger()


def signed(minute: int = 10) -> LedgerCheckpoint:
    return make_checkpoint(actor=SOMEBODY, at=NOON + timedelta(minutes=minute))


def opened(row: LedgerCheckpoint) -> Checkpoint:
    key = keys.known_key().named(row.origin)
    return checkpoints.parse(notes.open_note(row.note, [key]).text)


def kept(tmp_path: Path, row: LedgerCheckpoint) -> str:
    """A copy where the owner of the database cannot reach it."""
    path = tmp_path / f"checkpoint-{row.size}"
    path.write_text(row.note)
    return str(path)


def rows_of_ledger() -> list[Any]:
    tables = (LedgerEntry, LedgerLeaf, LedgerTile, LedgerCheckpoint, LedgerStream)
    return [list(table._default_manager.order_by("pk").values()) for table in tables]


# Made


@pytest.mark.usefixtures("ledger")
def test_a_checkpoint_covers_every_entry_and_its_own() -> None:
    row = signed()
    point = opened(row)
    assert (point.origin, point.size, row.size) == (settings.LEDGER_ORIGIN, 5, 5)
    entry = LedgerEntry.objects.get(verb=Verb.CHECKPOINT_MADE)
    leaves = LedgerLeaf.objects.order_by("index").values_list("stream__name", "seq")
    assert list(leaves) == [("firm", 1), ("firm", 2), (MODEL, 1), (MODEL, 2), ("ledger", 1)]
    hashes = [
        bytes.fromhex(LedgerEntry.objects.of_stream(name).get(seq=seq).hash) for name, seq in leaves
    ]
    assert point.root == merkle.root(hashes)
    assert entry.facts["size"] == 5
    assert entry.facts["keys"] == [str(keys.known_key().named(point.origin))]


@pytest.mark.usefixtures("ledger")
def test_the_root_over_the_heads_stands_in_the_last_entry() -> None:
    entry = signed().entry
    firm, model = (LedgerStream.objects.get(name=name) for name in ("firm", MODEL))
    before = {s.name: heads.Head(s.seq, s.head) for s in (firm, model)}
    assert entry.facts["heads_root"] == heads.root(before).hex()
    assert entry.facts["streams"] == 2
    assert sequencing.heads_at(4) == before
    act("firm", minute=12)
    signed(13)
    assert sequencing.heads_at(4) == before


@pytest.mark.usefixtures("ledger")
def test_nothing_is_signed_twice() -> None:
    first = signed(10)
    before = rows_of_ledger()
    assert signed(11) == first
    assert rows_of_ledger() == before
    act("firm", minute=12)
    assert signed(13).size == 7


@pytest.mark.usefixtures("ledger")
def test_every_later_checkpoint_follows_from_every_earlier_one() -> None:
    points = []
    for minute in range(10, 30):
        for _ in range(minute % 4):
            act("firm", minute=minute)
        act(MODEL, minute=minute)
        points.append(opened(signed(minute)))
    for later in points:
        tree = Tree(later.size)
        for earlier in points:
            if earlier.size <= later.size:
                proof = tree.consistency(earlier.size)
                merkle.verify_consistency(earlier.size, later.size, earlier.root, later.root, proof)
        for leaf in LedgerLeaf.objects.filter(index__lt=later.size):
            proof = tree.inclusion(leaf.index)
            merkle.verify_inclusion(bytes(leaf.hash), leaf.index, later.size, proof, later.root)


def test_tiles_are_filled_as_the_tree_grows(monkeypatch: pytest.MonkeyPatch) -> None:
    """With tiles of four, so that a few hundred entries reach four levels of them."""
    triggers.remove(connection)
    for module in ("tree", "sequencing", "treewalk"):
        monkeypatch.setattr(f"governance.audit.{module}.WIDTH", 4)
    for module in ("tree", "treewalk"):
        monkeypatch.setattr(f"governance.audit.{module}.HEIGHT", 2)
    stream = "firm"
    for minute in range(70):
        with transaction.atomic():
            for _ in range(1 + minute % 7):
                act(stream, minute=minute)
        signed(minute)
    size = tree_size()
    hashes = [bytes(leaf.hash) for leaf in LedgerLeaf.objects.order_by("index")]
    assert len(hashes) == size > 256
    assert {level: LedgerTile.objects.filter(level=level).count() for level in range(5)} == {
        level: size // 4 ** (level + 1) for level in range(5)
    }
    for cut in (1, 3, 4, 5, 63, 64, 65, 255, 256, size):
        assert Tree(size).root_at(cut) == merkle.root_of_hashes(hashes[:cut])
        assert Tree(cut).frontier().nodes == merkle.frontier_of(Tree(size).node, cut).nodes
    assert verify(anchors=gather()).intact
    change("UPDATE audit_ledgertile SET root = hashes WHERE level = 1 AND number = 2")
    assert "TILE_CHANGED" in str(verify())


def test_a_tile_ends_where_the_tree_does() -> None:
    small_ledger()
    signed()
    assert len(Tree(5).tile(0, 0)) == 5 * merkle.SIZE
    assert Tree(3).tile(0, 0) == Tree(5).tile(0, 0)[: 3 * merkle.SIZE]
    assert Tree(5).tile(0, 1) == Tree(5).tile(1, 0) == b""


@pytest.mark.usefixtures("ledger")
def test_the_command_writes_the_note_and_says_its_key(tmp_path: Path) -> None:
    out = StringIO()
    call_command("make_checkpoint", "--out", str(tmp_path / "note"), stdout=out)
    row = LedgerCheckpoint.objects.get()
    assert (tmp_path / "note").read_text() == row.note
    assert str(keys.known_key().named(row.origin)) in out.getvalue()
    assert verify_ledger("--checkpoint", str(tmp_path / "note"))[0] == 0


@pytest.mark.django_db(transaction=True)
def test_a_checkpoint_inside_a_transaction_is_refused() -> None:
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        signed()


@pytest.mark.usefixtures("ledger")
def test_an_origin_that_is_none_is_refused_before_anything_is_written() -> None:
    before = rows_of_ledger()
    with override_settings(LEDGER_ORIGIN="two words"), pytest.raises(InvalidInput):
        signed()
    assert rows_of_ledger() == before


def test_a_file_that_is_no_key_is_named(tmp_path: Path) -> None:
    bad = tmp_path / "key.pem"
    bad.write_text("no key")
    with override_settings(LEDGER_KEY_FILE=bad), pytest.raises(CommandError, match=r"key\.pem"):
        call_command("make_checkpoint", "--out", str(tmp_path / "note"))
    assert not (tmp_path / "note").exists()
    assert not LedgerEntry.objects.exists()


# Held against the ledger


@pytest.mark.usefixtures("ledger")
def test_an_honest_ledger_agrees_with_its_checkpoints_for_ever(tmp_path: Path) -> None:
    early = kept(tmp_path, signed())
    act("firm", minute=12)
    late = kept(tmp_path, signed(13))
    code, said = verify_ledger("--checkpoint", early, "--checkpoint", late)
    assert code == 0
    assert "the checkpoint of 5 entries, the checkpoint of 7 entries" in said


@pytest.mark.usefixtures("open_ledger")
@pytest.mark.parametrize("keep", [1, 2, 3])
def test_an_end_that_was_cut_off_is_found(tmp_path: Path, keep: int) -> None:
    for minute in (4, 5):
        act(MODEL, minute=minute)
    path = kept(tmp_path, signed())
    cut_off(MODEL, keep=keep)
    assert "LEAF_ORPHANED" in str(verify())
    rebuild_tree()
    assert verify().intact, "which the chain and the tree alone cannot see"
    code, said = verify_ledger("--checkpoint", path)
    assert (code, "CUT_OFF" in said) == (1, True)


@pytest.mark.usefixtures("open_ledger")
def test_a_chain_and_tree_that_were_computed_anew_are_found(tmp_path: Path) -> None:
    path = kept(tmp_path, signed())
    rewrite("firm", lambda bodies: [body | {"actor": OTHER} for body in bodies])
    assert "LEAF_CHANGED" in str(verify())
    rebuild_tree()
    assert verify().intact, "which the chain and the tree alone cannot see"
    code, said = verify_ledger("--checkpoint", path)
    assert (code, "REWRITTEN" in said) == (1, True)


@pytest.mark.usefixtures("open_ledger")
def test_what_the_signer_remembers_is_a_checkpoint_too(tmp_path: Path) -> None:
    signed()
    rewrite("firm", lambda bodies: [body | {"actor": OTHER} for body in bodies])
    rebuild_tree()
    code, said = verify_ledger()
    assert (code, "what the signer remembers" in said) == (1, True)


@pytest.mark.usefixtures("ledger")
def test_a_checkpoint_that_cannot_be_believed_is_no_judgment(tmp_path: Path) -> None:
    path = Path(kept(tmp_path, signed()))
    note = path.read_text()
    for bad in (note.replace("\n5\n", "\n4\n"), "", note.replace("— ", "- ")):
        path.write_text(bad)
        assert verify_ledger("--checkpoint", str(path))[0] == 2
    assert verify_ledger("--checkpoint", str(tmp_path / "absent"))[0] == 2
    path.write_bytes(b"\xff\xfe")
    assert verify_ledger("--checkpoint", str(path))[0] == 2


@pytest.mark.usefixtures("ledger")
def test_a_verifier_key_stands_in_for_the_key_file(tmp_path: Path) -> None:
    row = signed()
    path, key = kept(tmp_path, row), str(keys.known_key().named(row.origin))
    other = keys.VerifierKey(row.origin, bytes(32))
    with override_settings(LEDGER_KEY_FILE=tmp_path / "absent"):
        assert verify_ledger("--checkpoint", path)[0] == 2
        assert verify_ledger("--checkpoint", path, "--key", key)[0] == 0
        assert verify_ledger("--checkpoint", path, "--key", str(other))[0] == 2
        assert verify_ledger("--checkpoint", path, "--key", "nonsense")[0] == 2


@pytest.mark.usefixtures("open_ledger")
@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("DELETE FROM audit_ledgerleaf WHERE seq = 1 AND \"index\" = 2", "LEAF_MISSING"),
        ("DELETE FROM audit_ledgerleaf WHERE \"index\" = 3", "LEAF_MISSING"),
        ("UPDATE audit_ledgerleaf SET \"index\" = 99 WHERE \"index\" = 3", "LEAF_MISSING"),
        ("UPDATE audit_ledgerleaf SET seq = 9 WHERE \"index\" = 3", "LEAF_ORPHANED"),
        ("UPDATE audit_ledgercheckpoint SET size = 4", "CHECKPOINT_CHANGED"),
        ("UPDATE audit_ledgercheckpoint SET origin = 'other'", "CHECKPOINT_CHANGED"),
        ("UPDATE audit_ledgercheckpoint SET root = 'x'", "CHECKPOINT_CHANGED"),
        ("UPDATE audit_ledgercheckpoint SET note = 'x'", "CHECKPOINT_UNSIGNED"),
        ("UPDATE audit_ledgerentry SET hash = 'x' WHERE verb = 'checkpoint.made'", "TEXT_CHANGED"),
    ],
)  # fmt: skip
def test_a_changed_tree_or_checkpoint_is_named(sql: str, kind: str) -> None:
    signed()
    change(sql)
    found = verify(anchors=gather())
    assert found.broken is not None
    assert found.broken.kind == kind


@pytest.mark.usefixtures("ledger")
def test_heads_that_the_last_entry_does_not_bear_out_are_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("governance.audit.heads.root", lambda _: bytes(32))
        signed()
    assert "HEADS_CHANGED" in str(verify(anchors=gather()))


# Refused


@pytest.mark.usefixtures("open_ledger")
def test_a_backup_that_was_put_back_is_not_signed() -> None:
    signed()
    act("firm", minute=11)
    signed(12)
    with connection.cursor() as cursor:
        for model in (LedgerCheckpoint, LedgerLeaf, LedgerTile):
            cursor.execute(f"DELETE FROM {model._meta.db_table}")
        cursor.execute("DELETE FROM audit_ledgersequence")
    cut_off("firm", keep=2)
    cut_off("ledger", keep=1)
    with pytest.raises(SignerRefuses, match="fewer entries than were signed"):
        signed(13)
    refusal = LedgerEntry.objects.get(verb=Verb.CHECKPOINT_REFUSED)
    assert refusal.facts["rule"] == "shorter"
    assert refusal.facts["signed_size"] == 7
    assert not LedgerCheckpoint.objects.exists()
    # Asked again every few minutes, it is one refusal.
    with pytest.raises(SignerRefuses):
        signed(14)
    assert LedgerEntry.objects.filter(verb=Verb.CHECKPOINT_REFUSED).count() == 1
    # Growing beyond what was signed does not help.
    for minute in range(15, 20):
        act("firm", minute=minute)
    with pytest.raises(SignerRefuses, match="not those that were signed"):
        signed(21)


@pytest.mark.usefixtures("open_ledger")
def test_a_rewritten_ledger_is_not_signed() -> None:
    before = signer().memory() or signed()
    rewrite("firm", lambda bodies: [body | {"actor": OTHER} for body in bodies])
    rebuild_tree()
    with pytest.raises(SignerRefuses, match="not those that were signed"):
        signed(13)
    memory = signer().memory()
    assert memory is not None
    assert memory.size == before.size


@pytest.mark.usefixtures("ledger")
def test_a_lost_memory_is_not_made_up() -> None:
    signed()
    settings.LEDGER_SIGNER_FILE.unlink()
    with pytest.raises(SignerRefuses, match="memory of them is gone"):
        signed(13)


@pytest.mark.usefixtures("ledger")
@pytest.mark.parametrize("text", ["", "{}", "[]", '{"origin": "a", "size": 1, "root": "00"}', "\0"])
def test_a_memory_that_cannot_be_read_stops_everything(text: str) -> None:
    signed()
    settings.LEDGER_SIGNER_FILE.write_text(text)
    act("firm", minute=12)
    before = rows_of_ledger()
    with pytest.raises(MemoryUnusable):
        signed(13)
    assert rows_of_ledger() == before


# Begun anew


@pytest.mark.usefixtures("ledger")
def test_a_fork_begins_a_new_origin_openly(tmp_path: Path) -> None:
    old = signed()
    settings.LEDGER_SIGNER_FILE.unlink()
    with pytest.raises(InvalidInput):
        fork(reason=" ", actor=SOMEBODY, at=NOON + timedelta(hours=1))
    call_command("ledger_fork", "--reason", "The disk with the signer’s memory died.",
                 stdout=StringIO())  # fmt: skip
    entry = LedgerEntry.objects.get(verb=Verb.LEDGER_FORKED)
    assert entry.facts["old_size"] == old.size
    assert entry.facts["old_root"] == old.root
    new = LedgerCheckpoint.objects.exclude(pk=old.pk).get()
    assert new.origin == entry.facts["origin"] == current_origin() != old.origin
    assert verify_ledger("--checkpoint", kept(tmp_path, old))[0] == 0
    act("firm", minute=100)
    assert signed(101).origin == new.origin


# Handed over


def test_a_key_is_handed_over_with_both_signatures(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    with override_settings(LEDGER_KEY_FILE=path):
        small_ledger()
        first = signed()
        old = keys.known_key().named(first.origin)
        out = StringIO()
        call_command("rotate_ledger_key", stdout=out)
        new = keys.known_key().named(first.origin)
        assert new.public != old.public
        assert str(new) in out.getvalue()
        both = LedgerCheckpoint.objects.order_by("-size").first()
        assert both is not None
        note = notes.parse(both.note)
        assert notes.verified(note, [old, new]) == [old, new]
        act("firm", minute=50)
        last = signed(51)
        assert notes.verified(notes.parse(last.note), [old, new]) == [new]
        assert trust.trusted_keys(new) == [new, old]
        assert [handover.size for handover in trust.handovers(new)] == [both.size]
        found = verify(anchors=gather())
        assert found.intact, str(found)
        retired = [one.name for one in tmp_path.iterdir() if "retired" in one.name]
        assert retired == [f"key.pem.retired-{old.id.hex()}"]
        # A second handover leads back over the first.
        call_command("rotate_ledger_key", stdout=StringIO())
        newest = keys.known_key().named(first.origin)
        assert trust.trusted_keys(newest) == [newest, new, old]


def test_a_handover_that_only_the_database_tells_of_is_not_believed(tmp_path: Path) -> None:
    with override_settings(LEDGER_KEY_FILE=tmp_path / "key.pem"):
        small_ledger()
        signed()
        own = keys.known_key().named(current_origin())
        forged = keys.VerifierKey(own.name, bytes(range(32)))
        act("ledger", verb=Verb.KEY_ROTATED, subject="ledger", minute=20,
            old=str(forged), new=str(own))  # fmt: skip
        signed(30)
        assert trust.trusted_keys(own) == [own]


def test_a_crash_between_the_checkpoint_and_the_new_file_can_be_repeated(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    with override_settings(LEDGER_KEY_FILE=path):
        small_ledger()
        signed()
        keys.make(tmp_path / "key.pem.next")
        old, new = keys.load(path), keys.load(tmp_path / "key.pem.next")
        rotate_key(old=old, new=new, actor=SOMEBODY, at=NOON + timedelta(minutes=20))
        call_command("rotate_ledger_key", stdout=StringIO())
        assert keys.known_key().public == new.public
        own = new.named(current_origin())
        assert old.public in {key.public for key in trust.trusted_keys(own)}
        assert verify(anchors=gather()).intact


@pytest.fixture
def token(tmp_path: Path) -> Iterator[str]:
    """A PKCS#11 token in software, with an Ed25519 key in it."""
    with soft_token.made(tmp_path) as uri:
        yield uri


def test_a_key_in_a_token_signs_and_stays_there(token: str) -> None:
    with override_settings(LEDGER_KEY_PKCS11=token):
        small_ledger()
        row = signed()
        assert opened(row).size == 5
        assert verify(anchors=gather()).intact
    for wrong in (
        token.replace("object=signer", "object=absent"),
        token.replace("token=ledger", "token=absent"),
        token.replace("pin-source=file:", "pin-source=file:/absent"),
        "pkcs11:token=ledger",
        "file:/etc/passwd",
    ):
        with override_settings(LEDGER_KEY_PKCS11=wrong), pytest.raises(keys.KeyUnusable) as said:
            keys.signing_key()
        assert "1234" not in str(said.value)


# Crashes


@pytest.mark.usefixtures("ledger")
@pytest.mark.parametrize("place", ["append", "remember", "replace", "sign", "create"])
def test_a_crash_at_any_point_is_mended_by_the_next_run(
    place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed()
    act("firm", minute=12)

    def crash(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        target = {
            "append": ("governance.audit.checkpointing.append", crash),
            "remember": ("governance.audit.signer.Signer.remember", crash),
            "replace": ("pathlib.Path.replace", crash),
            "sign": ("governance.audit.notes.sign", crash),
            "create": ("governance.audit.models.LedgerCheckpoint.objects.create", crash),
        }[place]
        patch.setattr(*target)
        with pytest.raises(KeyboardInterrupt):
            signed(13)
    assert verify(anchors=gather()).intact
    row = signed(14)
    assert opened(row).size == tree_size()
    found = verify(anchors=gather())
    assert found.intact, str(found)


@pytest.mark.usefixtures("open_ledger")
def test_places_outside_are_asked_when_wanted(tmp_path: Path) -> None:
    folder = tmp_path / "outside"
    folder.mkdir()
    with override_settings(LEDGER_TARGETS=[f"dir:{folder}"]):
        signed()
        with pytest.raises(SystemExit) as copied:
            call_command("copy_checkpoints", stdout=StringIO())
        assert copied.value.code == 0
        code, said = verify_ledger("--places", "--no-record")
        assert (code, "the checkpoint of 5 entries" in said) == (0, True)
        rewrite("firm", lambda bodies: [body | {"actor": OTHER} for body in bodies])
        rebuild_tree()
        settings.LEDGER_SIGNER_FILE.unlink()
        assert verify_ledger("--no-record")[0] == 0, "which nothing here contradicts"
        assert verify_ledger("--places", "--no-record")[0] == 1
