"""`verify_ledger` and `make_checkpoint` as their callers see them: sentences and exit codes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from governance.audit import checkpoints, keys, triggers
from governance.audit.actions import make_checkpoint, record_verification
from governance.audit.chain import Kind
from governance.audit.models import LedgerEntry, LedgerStream, Verification
from governance.audit.queries import ledger_state
from governance.audit.rules import GENESIS, entry_hash, front_of
from governance.audit.verification import StreamUnknown, verify
from tests.ledger_entries import MODEL, NOON, SOMEBODY, act, small_ledger

pytestmark = pytest.mark.django_db


@pytest.fixture
def ledger() -> None:
    small_ledger()


@pytest.fixture
def open_ledger() -> None:
    """A ledger whose triggers are away, as its owner could have it."""
    triggers.remove(connection)
    small_ledger()


@pytest.fixture
def key_file(tmp_path: Path) -> Iterator[Path]:
    before, settings.LEDGER_KEY_FILE = settings.LEDGER_KEY_FILE, tmp_path / "keys" / "key.pem"
    yield settings.LEDGER_KEY_FILE
    settings.LEDGER_KEY_FILE = before


def verify_ledger(*arguments: str) -> tuple[int, str]:
    """Run the command; return its exit code and everything that it said."""
    out = StringIO()
    with pytest.raises(SystemExit) as exit_:
        call_command("verify_ledger", *arguments, stdout=out, stderr=out)
    return int(str(exit_.value.code)), out.getvalue()


def change(sql: str, *params: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


def cut_off(stream: str, *, keep: int) -> None:
    """Remove the last entries of a stream and move its head back, as a careful forger would."""
    change("DELETE FROM audit_ledgerentry WHERE seq > %s AND stream_id = ("
           "SELECT id FROM audit_ledgerstream WHERE name = %s)", keep, stream)  # fmt: skip
    last = LedgerEntry.objects.of_stream(stream).order_by("-seq").first()
    head = last.hash if last else GENESIS
    LedgerStream.objects.filter(name=stream).update(seq=keep, head=head)


def rewrite(stream: str) -> None:
    """Change the first entry of a stream and compute everything after it anew."""
    head = GENESIS
    for entry in LedgerEntry.objects.of_stream(stream).order_by("seq"):
        text = entry.text.replace(SOMEBODY, "user:00000000-0000-4000-8000-000000000000")
        digest = entry_hash(previous=head, text=text)
        LedgerEntry.objects.filter(pk=entry.pk).update(
            id=front_of(digest), text=text, previous=head, hash=digest,
            actor="user:00000000-0000-4000-8000-000000000000",
        )  # fmt: skip
        head = digest
    LedgerStream.objects.filter(name=stream).update(head=head)


@pytest.mark.usefixtures("ledger")
def test_an_intact_ledger_is_said_to_be_so() -> None:
    assert verify_ledger() == (0, "The ledger is intact: 4 entries in 2 streams verify.\n")
    assert verify_ledger("--stream", "firm") == (
        0,
        "The ledger is intact: 2 entries in 1 stream verify.\n",
    )


def test_an_empty_ledger_is_intact() -> None:
    assert verify_ledger() == (0, "The ledger is intact: 0 entries in 0 streams verify.\n")


@pytest.mark.usefixtures("open_ledger")
@pytest.mark.parametrize(
    ("sql", "kind", "stream", "seq"),
    [
        ("UPDATE audit_ledgerentry SET text = '{}' WHERE seq = 2", "TEXT_CHANGED", "firm", 2),
        ("UPDATE audit_ledgerentry SET hash = 'x' WHERE seq = 1", "TEXT_CHANGED", "firm", 1),
        ("UPDATE audit_ledgerentry SET previous = 'x' WHERE seq = 2", "CHAIN_BROKEN", "firm", 2),
        ("UPDATE audit_ledgerentry SET actor = 'x' WHERE seq = 1", "COLUMN_CHANGED", "firm", 1),
        ("UPDATE audit_ledgerentry SET verb = 'x' WHERE seq = 2", "COLUMN_CHANGED", "firm", 2),
        ("DELETE FROM audit_ledgerentry WHERE seq = 1", "ENTRY_MISSING", "firm", 1),
        ("DELETE FROM audit_ledgerentry WHERE seq = 2", "HEAD_CHANGED", "firm", None),
        ("DELETE FROM audit_ledgerentry", "STREAM_EMPTY", "firm", None),
        ("UPDATE audit_ledgerstream SET seq = 9", "HEAD_CHANGED", "firm", None),
        ("UPDATE audit_ledgerstream SET name = 'form' WHERE name = 'firm'", "STREAM_CHANGED",
         "form", None),
        ("UPDATE audit_prose SET text = 'no'", "PROSE_CHANGED", "", None),
    ],
)  # fmt: skip
def test_the_first_break_is_named(sql: str, kind: str, stream: str, seq: int | None) -> None:
    change(sql)
    report = verify()
    assert report.broken is not None
    assert (report.broken.kind, report.broken.stream, report.broken.seq) == (kind, stream, seq)
    code, said = verify_ledger()
    assert code == 1
    assert kind in said
    assert stream in said


@pytest.mark.usefixtures("open_ledger")
def test_missing_triggers_are_reported_beside_the_result() -> None:
    code, said = verify_ledger()
    assert code == 0
    assert "Unprotected: the trigger audit_ledgerentry_keep_u is missing" in said
    assert ledger_state().unprotected == len(triggers.missing(connection))


@pytest.mark.usefixtures("ledger")
def test_a_stream_that_does_not_exist_cannot_be_judged() -> None:
    assert verify_ledger("--stream", "nowhere")[0] == 2
    with pytest.raises(StreamUnknown):
        verify(stream="nowhere")


# Keeping the result


@pytest.mark.usefixtures("ledger")
def test_the_result_is_kept_for_the_foot_of_pages() -> None:
    assert ledger_state().verified_at is None
    verify_ledger()
    state = ledger_state()
    assert (state.intact, state.verified_entries, state.entries) == (True, 4, 5)
    entry = LedgerEntry.objects.get(verb="ledger.verified")
    assert entry.subject == Verification.objects.get().ref
    assert entry.facts["intact"] is True
    verify_ledger("--no-record")
    verify_ledger("--stream", "firm")
    assert ledger_state().entries == 5


@pytest.mark.usefixtures("open_ledger")
def test_a_break_is_kept_too() -> None:
    change("UPDATE audit_ledgerentry SET actor = 'x' WHERE seq = 2")
    record_verification(examination=verify(), actor=SOMEBODY, at=NOON + timedelta(hours=1))
    state = ledger_state()
    assert (state.intact, state.kind, state.stream, state.seq) == (
        False,
        Kind.COLUMN_CHANGED,
        "firm",
        2,
    )


# Checkpoints


def checkpoint(path: Path) -> Path:
    call_command("make_checkpoint", "--out", str(path), stdout=StringIO())
    return path


@pytest.mark.usefixtures("ledger", "key_file")
def test_an_honest_ledger_agrees_with_its_checkpoints_for_ever(tmp_path: Path) -> None:
    early = checkpoint(tmp_path / "early")
    act("firm", minute=9)
    late = checkpoint(tmp_path / "late")
    for path in (early, late):
        code, said = verify_ledger("--checkpoint", str(path))
        assert code == 0
        assert "agree with the checkpoint of" in said


@pytest.mark.usefixtures("open_ledger", "key_file")
@pytest.mark.parametrize("keep", [1, 0])
def test_an_end_that_was_cut_off_is_found_by_the_checkpoint(tmp_path: Path, keep: int) -> None:
    path = checkpoint(tmp_path / "checkpoint")
    cut_off(MODEL, keep=keep)
    if keep:
        assert verify().intact, "which the chain alone cannot see"
    code, said = verify_ledger("--checkpoint", str(path))
    assert (code, "CUT_OFF" in said, f"entry {keep + 1} of stream {MODEL}" in said) == (
        1,
        True,
        True,
    )


@pytest.mark.usefixtures("open_ledger", "key_file")
def test_the_checkpoint_covers_its_own_entry(tmp_path: Path) -> None:
    path = checkpoint(tmp_path / "checkpoint")
    change("DELETE FROM audit_ledgerentry WHERE verb = 'checkpoint.made'")
    change("DELETE FROM audit_ledgerstream WHERE name = 'ledger'")
    assert verify_ledger("--no-record")[0] == 0
    code, said = verify_ledger("--checkpoint", str(path))
    assert code == 1
    assert "stream ledger: CUT_OFF" in said
    assert verify_ledger("--stream", "ledger", "--checkpoint", str(path))[0] == 1


@pytest.mark.usefixtures("open_ledger", "key_file")
def test_a_chain_that_was_computed_anew_is_found_by_the_checkpoint(tmp_path: Path) -> None:
    path = checkpoint(tmp_path / "checkpoint")
    rewrite("firm")
    assert verify().intact, "which the chain alone cannot see"
    code, said = verify_ledger("--checkpoint", str(path))
    assert (code, "REWRITTEN" in said) == (1, True)


@pytest.mark.usefixtures("ledger", "key_file")
def test_a_checkpoint_that_cannot_be_believed_is_no_judgment(tmp_path: Path) -> None:
    path = checkpoint(tmp_path / "checkpoint")
    note = path.read_text()
    for bad in (note.replace('",2,', '",3,'), "", note.replace("at 2", "at 3")):
        path.write_text(bad)
        assert verify_ledger("--checkpoint", str(path))[0] == 2
    assert verify_ledger("--checkpoint", str(tmp_path / "absent"))[0] == 2
    path.write_bytes(b"\xff\xfe")
    assert verify_ledger("--checkpoint", str(path))[0] == 2


@pytest.mark.usefixtures("ledger")
def test_a_verifier_key_stands_in_for_the_key_file(tmp_path: Path, key_file: Path) -> None:
    path = checkpoint(tmp_path / "checkpoint")
    key = checkpoints.verifier_key(
        checkpoints.origin_of(settings.LEDGER_ORIGIN), keys.load(key_file)
    )
    key_file.unlink()
    assert verify_ledger("--checkpoint", str(path))[0] == 2
    assert verify_ledger("--checkpoint", str(path), "--key", str(key))[0] == 0
    other = checkpoints.verifier_key(key.name, Ed25519PrivateKey.generate())
    assert verify_ledger("--checkpoint", str(path), "--key", str(other))[0] == 2
    assert verify_ledger("--checkpoint", str(path), "--key", "nonsense")[0] == 2


def test_the_key_is_made_once_for_its_owner_only(key_file: Path) -> None:
    first = keys.load_or_make(key_file)
    assert key_file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in key_file.parent.iterdir()] == ["key.pem"]
    again = keys.load_or_make(key_file)
    assert first.private_bytes_raw() == again.private_bytes_raw()


def test_a_file_that_is_no_key_is_named(tmp_path: Path, key_file: Path) -> None:
    key_file.parent.mkdir()
    key_file.write_text("no key")
    with pytest.raises(CommandError, match=r"key\.pem"):
        checkpoint(tmp_path / "checkpoint")
    assert not (tmp_path / "checkpoint").exists()


@pytest.mark.django_db(transaction=True)
def test_a_checkpoint_inside_a_transaction_is_refused() -> None:
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        make_checkpoint(key=Ed25519PrivateKey.generate(), ledger="here", actor=SOMEBODY, at=NOON)


@pytest.mark.usefixtures("open_ledger")
@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "[]",
        "7",
        "not json",
        '{"at":',
        "at: 7",
        "at: null",
        'at: "noon"',
        'at: "2026-11-19T12:00:00Z"',
        "actor: {}",
        "seq: true",
        "more: 1",
    ],
)
def test_texts_that_no_entry_has_are_breaks_even_when_their_hash_fits(text: str) -> None:
    entry = LedgerEntry.objects.of_stream("firm").get(seq=1)
    key, separator, value = text.partition(": ")
    if separator:
        text = json.dumps(entry.body | {key: json.loads(value)})
    digest = entry_hash(previous=GENESIS, text=text)
    LedgerEntry.objects.filter(pk=entry.pk).update(text=text, hash=digest, id=front_of(digest))
    report = verify()
    assert report.broken is not None
    assert (report.broken.stream, report.broken.seq) == ("firm", 1)
