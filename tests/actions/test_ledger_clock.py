"""What the ledger does by the clock: checkpoints, copies, the nightly verification, alarms."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from governance.audit import checkpointing, notes, triggers
from governance.audit.alarms import NothingToSettle, raise_alarm, settle_alarms, standing_alarms
from governance.audit.anchors import outside_checkpoints
from governance.audit.checkpoints import parse
from governance.audit.followers import catch_up_all
from governance.audit.keys import signing_key
from governance.audit.models import CheckpointCopy, LedgerCheckpoint, LedgerEntry, Verification
from governance.audit.notes import COSIGNATURE, Signature, VerifierKey
from governance.audit.queries import ledger_state
from governance.audit.rules import Source, Verb
from governance.audit.targets import targets_at
from governance.core.errors import InvalidInput
from governance.jobs import delivering, ledger
from governance.jobs.models import Delivery, Job
from governance.jobs.recurring import look_around
from governance.jobs.rules import DeliveryState, JobState
from governance.jobs.running import run_job
from tests.copies import copy_to, grow
from tests.ledger_attacks import rebuild_tree, rewrite
from tests.ledger_entries import NOON, act, small_ledger
from tests.smtp_server import Mailbox, mail_server
from tests.webhook_receiver import Receiver, receiver
from tests.witnessing import Log, witness_thread

pytestmark = [pytest.mark.django_db, pytest.mark.backend]


@pytest.fixture(autouse=True)
def open_ledger() -> None:
    triggers.remove(connection)
    small_ledger()


@pytest.fixture
def clock(settings: Any) -> None:
    settings.LEDGER_CHECKPOINT_MINUTES = 5


def run_all() -> list[tuple[str, str]]:
    done = []
    while run_job(worker="here"):
        last = Job.objects.exclude(finished_at=None).order_by("-finished_at").first()
        assert last
        done.append((last.kind, last.state))
    return done


def alarms() -> list[str]:
    return [entry.facts["rule"] for entry in standing_alarms()]


def test_nothing_is_done_unless_it_is_asked_for() -> None:
    look_around(timezone.now())
    assert not Job.objects.exists()


@pytest.mark.usefixtures("clock")
def test_a_checkpoint_is_made_while_something_is_new() -> None:
    now = timezone.now()
    look_around(now)
    look_around(now)
    assert run_all() == [(ledger.MAKE, JobState.DONE)]
    [point] = LedgerCheckpoint.objects.all()
    assert point.entry.source == Source.JOB
    assert point.entry.actor == "system:clock"

    look_around(now + timedelta(minutes=10))
    assert run_all() == [], "nothing is new"
    act("firm", minute=5)
    look_around(now + timedelta(minutes=4))
    assert run_all() == [], "too early"
    look_around(now + timedelta(minutes=6))
    assert run_all() == [(ledger.MAKE, JobState.DONE)]
    assert LedgerCheckpoint.objects.count() == 2


@pytest.mark.usefixtures("clock")
def test_each_checkpoint_goes_to_each_target(tmp_path: Path, settings: Any) -> None:
    (tmp_path / "one").mkdir()
    settings.LEDGER_TARGETS = [f"dir:{tmp_path}/one", f"dir:{tmp_path}/two"]
    now = timezone.now()
    look_around(now)
    done = run_all()
    assert done[0] == (ledger.MAKE, JobState.DONE)
    assert sorted(done[1:]) == [(ledger.COPY, JobState.DONE), (ledger.COPY, JobState.FAILED)]
    [copy] = CheckpointCopy.objects.all()
    assert copy.target == f"dir:{tmp_path}/one"
    failed = Job.objects.get(state=JobState.FAILED)
    assert failed.error == "The folder does not exist."

    (tmp_path / "two").mkdir()
    look_around(timezone.now())
    assert run_all() == [], "it waits a minute"
    look_around(timezone.now() + timedelta(minutes=2))
    [job] = Job.objects.open()
    assert job.args == {"target": f"dir:{tmp_path}/two"}


def test_a_memory_that_is_unreadable_does_not_end_the_worker(
    tmp_path: Path, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.LEDGER_TARGETS = [f"dir:{tmp_path}"]
    checkpointing.signer().path.write_text("{")
    look_around(timezone.now())
    assert "no copies of checkpoints are asked for" in caplog.text
    assert not Job.objects.exists()


@pytest.mark.usefixtures("clock")
def test_a_target_that_is_taken_out_is_left_alone(tmp_path: Path, settings: Any) -> None:
    settings.LEDGER_TARGETS = [f"dir:{tmp_path}"]
    look_around(timezone.now())
    assert run_job(worker="here")
    settings.LEDGER_TARGETS = []
    assert run_all() == [(ledger.COPY, JobState.DONE)]
    assert not CheckpointCopy.objects.exists()
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("clock")
def test_a_refusal_to_sign_raises_the_alarm_once() -> None:
    now = timezone.now()
    look_around(now)
    run_all()
    rewrite("firm", lambda bodies: [{**bodies[0], "facts": {"name": "Else"}}, *bodies[1:]])
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM audit_ledgersequence")
        cursor.execute("DELETE FROM audit_ledgerleaf")
    for minutes in (6, 12, 18):
        act("firm", minute=minutes)
        look_around(now + timedelta(minutes=minutes))
        assert run_all() == [(ledger.MAKE, JobState.FAILED)]
        Job.objects.update(created_at=now)
    assert alarms() == ["rewritten"]
    assert LedgerCheckpoint.objects.count() == 1
    assert ledger_state().alarmed


@pytest.mark.usefixtures("clock")
def test_a_gap_raises_the_alarm() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM audit_ledgerentry WHERE seq = 1 AND verb = 'unit.created'")
    look_around(timezone.now())
    assert run_all() == [(ledger.MAKE, JobState.FAILED)]
    assert alarms() == ["gap"]
    assert not LedgerCheckpoint.objects.exists()


def night(day: int, hour: int, minute: int = 0) -> datetime:
    """Of November 2026; the 22nd is a Sunday."""
    return NOON.replace(day=day, hour=hour, minute=minute)


def asked() -> list[bool]:
    return [
        job.args["full"] for job in Job.objects.filter(kind=ledger.VERIFY).order_by("created_at")
    ]


def test_verification_is_asked_for_once_a_night(settings: Any) -> None:
    settings.LEDGER_VERIFY_HOUR = 3
    for at in (night(20, 3), night(20, 3, 1), night(20, 23, 59), night(21, 2, 59)):
        look_around(at)
        Job.objects.update(state=JobState.DONE, finished_at=at)
    assert asked() == [False]
    # The worker was down at three; on Sundays everything is verified.
    for at in (night(21, 9), night(22, 3), night(22, 4)):
        look_around(at)
        Job.objects.update(state=JobState.DONE, finished_at=at)
    assert asked() == [False, False, True]


@pytest.mark.parametrize("day", [20, 22])
def test_the_night_finds_an_intact_ledger(settings: Any, day: int) -> None:
    settings.LEDGER_VERIFY_HOUR = 3
    look_around(night(day, 3))
    assert run_all() == [(ledger.VERIFY, JobState.DONE)]
    [row] = Verification.objects.all()
    assert row.intact
    entry = LedgerEntry.objects.get(verb=Verb.LEDGER_VERIFIED)
    assert (entry.source, entry.actor) == (Source.JOB, "system:clock")
    assert alarms() == []


def test_the_night_holds_the_ledger_against_what_is_outside(tmp_path: Path, settings: Any) -> None:
    key = signing_key().named(checkpointing.current_origin())
    with witness_thread(tmp_path / "witness", key) as witness:
        point = grow(3)
        assert copy_to(witness.address)
        settings.LEDGER_TARGETS = [witness.address, f"dir:{tmp_path}/none"]
    assert outside_checkpoints() == [parse(notes.parse(point.note).text)]
    settings.LEDGER_VERIFY_HOUR = 3
    look_around(night(20, 3))
    run_all()
    row = Verification.objects.get()
    assert (row.intact, row.anchored) == (True, point.size)


@pytest.mark.parametrize("day", [20, 22])
def test_the_night_finds_a_history_that_was_rebuilt(
    tmp_path: Path, settings: Any, day: int
) -> None:
    """All of it, the signer's memory and the rows of copies too; the folder remembers."""
    grow(3)
    (tmp_path / "worm").mkdir()
    copy_to(f"dir:{tmp_path}/worm")
    rewrite("firm", lambda bodies: [{**bodies[0], "facts": {"name": "Else"}}, *bodies[1:]])
    rebuild_tree()
    checkpointing.signer().path.unlink()
    settings.LEDGER_TARGETS = [f"dir:{tmp_path}/worm"]
    settings.LEDGER_VERIFY_HOUR = 3
    look_around(night(day, 3))
    run_all()
    assert not Verification.objects.get().intact
    [alarm] = standing_alarms()
    assert (alarm.facts["rule"], alarm.facts["kind"]) == ("broken", "REWRITTEN")


def test_a_cosignature_that_somebody_put_there_vouches_for_nothing(
    tmp_path: Path, settings: Any
) -> None:
    point = grow(3)
    stranger = Log("witness.example/w1")
    key = VerifierKey(stranger.origin, stranger.ledger_key.public, COSIGNATURE)
    settings.LEDGER_TARGETS = [f"witness:http://127.0.0.1:9#{key}"]
    [target] = targets_at(settings.LEDGER_TARGETS)
    false = Signature(key.name, key.id, bytes(72))
    CheckpointCopy.objects.create(checkpoint=point, target=target.name, receipt=str(false), at=NOON)
    assert outside_checkpoints() == []


def test_the_night_finds_a_broken_ledger(settings: Any) -> None:
    settings.LEDGER_VERIFY_HOUR = 3
    with connection.cursor() as cursor:
        cursor.execute("UPDATE audit_ledgerentry SET actor = 'user:x' WHERE verb = 'unit.created'")
    look_around(night(20, 3))
    run_all()
    assert not Verification.objects.get().intact
    [alarm] = standing_alarms()
    assert alarm.facts == {
        "rule": "broken",
        "kind": "COLUMN_CHANGED",
        "stream": "firm",
        "seq": 1,
    }


def test_old_jobs_of_the_clock_are_forgotten(settings: Any) -> None:
    settings.LEDGER_VERIFY_HOUR = 3
    old = timezone.now() - timedelta(days=8)
    for kind, state in (
        (ledger.MAKE, JobState.DONE),
        (ledger.COPY, JobState.FAILED),
        (ledger.COPY, JobState.QUEUED),
        ("build_pack", JobState.DONE),
    ):
        Job.objects.create(kind=kind, state=state, requested_by="x", created_at=old, key=state)
    ledger.queue_verification(at=timezone.now())
    Job.objects.filter(state=JobState.QUEUED, kind=ledger.COPY).update(state=JobState.RUNNING)
    Job.objects.filter(state=JobState.RUNNING).update(lease_until=timezone.now() + timedelta(1))
    run_all()
    kept = {(job.kind, job.state) for job in Job.objects.all()}
    assert kept == {
        (ledger.COPY, JobState.RUNNING),
        ("build_pack", JobState.DONE),
        (ledger.VERIFY, JobState.DONE),
    }


# --- alarms --------------------------------------------------------------------------------------


def alarm(minute: int = 0, **facts: Any) -> LedgerEntry | None:
    at = NOON + timedelta(hours=1, minutes=minute)
    return raise_alarm(rule="ahead", facts=facts, actor="system:clock", at=at)


def test_an_alarm_is_raised_once_for_the_same_facts(caplog: pytest.LogCaptureFixture) -> None:
    assert alarm(target="dir:/a", held_size=5)
    assert alarm(1, target="dir:/a", held_size=5) is None
    assert alarm(2, target="dir:/b", held_size=5)
    assert alarms() == ["ahead", "ahead"]
    said = [record for record in caplog.records if record.levelname == "CRITICAL"]
    assert len(said) == 2
    assert "more entries than this ledger has" in said[0].getMessage()


def test_alarms_are_settled_with_a_reason_and_raised_again() -> None:
    assert not ledger_state().alarmed
    alarm(target="dir:/a")
    assert ledger_state().alarmed
    before = LedgerEntry.objects.count()
    with pytest.raises(InvalidInput):
        settle_alarms(reason=" ", actor="system:console", at=NOON + timedelta(hours=2))
    assert LedgerEntry.objects.count() == before
    settle_alarms(reason="A test.", actor="system:console", at=NOON + timedelta(hours=2))
    assert not ledger_state().alarmed
    assert alarms() == []
    with pytest.raises(NothingToSettle):
        settle_alarms(reason="A test.", actor="system:console", at=NOON + timedelta(hours=2))
    assert alarm(90, target="dir:/a")
    assert ledger_state().alarmed


def test_alarms_are_settled_by_a_command() -> None:
    alarm(target="dir:/a")
    out = StringIO()
    call_command("settle_alarms", "--reason", "Restored by hand.", stdout=out)
    assert "It holds a checkpoint of more entries than this ledger has." in out.getvalue()
    assert alarms() == []
    with pytest.raises(CommandError, match="No alarm stands"):
        call_command("settle_alarms", "--reason", "Again.", stdout=out)


@pytest.fixture
def mailbox(settings: Any) -> Iterator[Mailbox]:
    with mail_server() as box:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", box.port
        settings.LEDGER_ALARM_MAIL = "ciso@bank.example"
        yield box


@pytest.fixture
def hook(settings: Any) -> Iterator[Receiver]:
    with receiver() as running:
        settings.LEDGER_ALARM_URL = running.url("/alarm?token=t0ken")
        yield running


def test_an_alarm_goes_out(mailbox: Mailbox, hook: Receiver) -> None:
    entry = alarm(target="dir:/a", held_size=5)
    assert entry
    hook.answers = [500]
    mailbox.refuses = True
    catch_up_all()
    catch_up_all()
    delivering.deliver_due(at=timezone.now())
    assert {row.state for row in Delivery.objects.all()} == {DeliveryState.WAITING}
    mailbox.refuses = False
    delivering.deliver_due(at=timezone.now() + timedelta(minutes=1))
    assert {row.state for row in Delivery.objects.all()} == {DeliveryState.DELIVERED}
    [(to, message)] = mailbox.got
    assert to == "ciso@bank.example"
    assert message["Subject"] == "Ledger alarm: ahead"
    assert "held_size: 5" in message.get_content()
    told = hook.got[-1].json
    assert (told["rule"], told["facts"]["target"], told["entry"]) == ("ahead", "dir:/a", entry.hash)
    for row in Delivery.objects.all():
        assert not [secret for secret in ("ciso", "t0ken") if secret in repr(row.__dict__)]


@pytest.mark.parametrize(
    "address", ["https://ada:t0ken@127.0.0.1/x", "https://127.0.0.1/t0ken x", "ftp://h/t0ken"]
)
def test_an_address_that_may_not_be_called_is_not_quoted(address: str, settings: Any) -> None:
    settings.LEDGER_ALARM_URL = address
    alarm(target="dir:/a")
    catch_up_all()
    delivering.deliver_due(at=timezone.now())
    assert Delivery.objects.get().error == "The address in the settings may not be called."


def test_an_alarm_that_was_settled_is_not_told(settings: Any) -> None:
    alarm(target="dir:/a")
    settle_alarms(reason="A test.", actor="system:console", at=NOON + timedelta(hours=2))
    settings.LEDGER_ALARM_MAIL = "ciso@bank.example"
    catch_up_all()
    assert not Delivery.objects.exists()
    alarm(90, target="dir:/b")
    catch_up_all()
    assert Delivery.objects.count() == 1


def test_the_command_copies_now_and_says_what_came_of_it(tmp_path: Path, settings: Any) -> None:
    checkpointing.make_checkpoint(actor="system:console", at=NOON + timedelta(minutes=10))
    settings.LEDGER_TARGETS = [f"dir:{tmp_path}", f"dir:{tmp_path}/none"]
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("copy_checkpoints", stdout=out, stderr=out, skip_checks=True)
    assert ended.value.code == 1
    assert out.getvalue() == (
        f"dir:{tmp_path}: a copy of 5 entries\ndir:{tmp_path}/none: The folder does not exist.\n"
    )
    (tmp_path / "none").mkdir()
    with pytest.raises(SystemExit) as ended:
        call_command("copy_checkpoints", stdout=out, stderr=out, skip_checks=True)
    assert ended.value.code == 0
