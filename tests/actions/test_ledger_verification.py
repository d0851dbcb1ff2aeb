"""`verify_ledger` and `make_checkpoint` as their callers see them: sentences and exit codes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import override_settings

from governance.audit import keys, triggers
from governance.audit.actions import record_verification
from governance.audit.chain import Kind
from governance.audit.checkpointing import make_checkpoint
from governance.audit.models import LedgerEntry, Verification
from governance.audit.queries import ledger_state
from governance.audit.rules import GENESIS, entry_hash, front_of
from governance.audit.verification import StreamUnknown, verify, verify_new, verify_stream
from tests.ledger_attacks import change, cut_off, rebuild_tree, rewrite
from tests.ledger_entries import MODEL, NOON, SOMEBODY, act, small_ledger

pytestmark = pytest.mark.django_db
OTHER = "user:00000000-0000-4000-8000-000000000000"
LOOSE = "Not yet anchored outside the database: the newest 4 entries.\n"


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


@pytest.mark.usefixtures("ledger")
def test_an_intact_ledger_is_said_to_be_so() -> None:
    assert verify_ledger() == (
        0,
        f"The ledger is intact: 4 entries in 2 streams verify.\n{LOOSE}",
    )
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
        verify_stream("nowhere")


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


# A stream, a range, and what is new


@pytest.mark.usefixtures("ledger")
def test_a_range_of_a_stream_is_verified_by_itself() -> None:
    act("firm", minute=5)
    code, said = verify_ledger("--stream", "firm", "--from", "2", "--to", "3")
    assert (code, said.splitlines()[0]) == (
        0,
        "The ledger is intact: 2 entries in 1 stream verify.",
    )
    assert verify_ledger("--stream", "firm", "--from", "9")[0] == 2
    assert verify_ledger("--from", "2")[0] == 2
    assert verify_ledger("--new", "--state")[0] == 2


@pytest.mark.usefixtures("open_ledger")
def test_a_range_tells_of_its_own_breaks_only() -> None:
    act("firm", minute=5)
    change("UPDATE audit_ledgerentry SET actor = 'x' WHERE seq = 2")
    assert verify_ledger("--stream", "firm", "--to", "1")[0] == 0
    assert verify_ledger("--stream", "firm", "--from", "3")[0] == 0
    assert verify_ledger("--stream", "firm", "--from", "2", "--to", "2")[0] == 1


@pytest.mark.usefixtures("open_ledger")
def test_only_what_is_new_is_walked_and_everything_is_covered() -> None:
    make_checkpoint(actor=SOMEBODY, at=NOON)
    verify_ledger()
    act("firm", minute=6)
    found = verify_new()
    # The four first entries and the checkpoint's own were verified before.
    assert (found.since, found.entries, found.streams) == (5, 2, 2)
    assert str(found) == "The ledger is intact: 2 entries in 2 streams after the first 5 verify."
    change("UPDATE audit_ledgerentry SET actor = 'x' WHERE seq = 1")
    assert verify_new().intact, "which a verification of everything finds"
    assert not verify().intact
    change("UPDATE audit_ledgerentry SET actor = 'x' WHERE seq = 3")
    assert not verify_new().intact


@pytest.mark.usefixtures("open_ledger")
def test_a_stream_cut_short_is_found_among_the_new() -> None:
    make_checkpoint(actor=SOMEBODY, at=NOON)
    verify_ledger()
    cut_off(MODEL, keep=1)
    broken = verify_new().broken
    assert broken is not None
    assert (broken.kind, broken.stream) == (Kind.HEAD_CHANGED, MODEL)


@pytest.mark.usefixtures("open_ledger")
def test_what_was_verified_counts_only_while_its_checkpoint_holds() -> None:
    make_checkpoint(actor=SOMEBODY, at=NOON)
    verify_ledger()
    rewrite("firm", lambda bodies: [body | {"actor": OTHER} for body in bodies])
    rebuild_tree()
    found = verify_new()
    assert found.since == 0


# The key


def test_the_key_is_made_once_for_its_owner_only(key_file: Path) -> None:
    first = keys.load_or_make(key_file)
    assert key_file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in key_file.parent.iterdir()] == ["key.pem"]
    assert first.public == keys.load_or_make(key_file).public


def test_the_environment_may_hold_the_key(key_file: Path) -> None:
    keys.make(key_file)
    public = keys.load(key_file).public
    with override_settings(LEDGER_KEY=key_file.read_text(), LEDGER_KEY_FILE=Path("/nowhere")):
        assert keys.signing_key().public == keys.known_key().public == public
    with (
        override_settings(LEDGER_KEY="no key"),
        pytest.raises(keys.KeyUnusable, match="LEDGER_KEY"),
    ):
        keys.signing_key()


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
