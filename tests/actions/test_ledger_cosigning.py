"""The ledger's own client, and a witness that it speaks to over HTTP."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from governance.audit import checkpointing, copying, keys, notes, triggers
from governance.audit.alarms import standing_alarms
from governance.audit.models import CheckpointCopy, LedgerCheckpoint, TargetTry
from governance.audit.targets import cosigner
from governance.audit.targets.shipping import Contradicted, Reply, TargetFails
from governance.jobs import sending
from governance.jobs.ledger import post
from tests.copies import copy_to, grow
from tests.ledger_attacks import cut_off, rebuild_tree, rewrite
from tests.ledger_entries import NOON, small_ledger
from tests.witnessing import Log, Running, witness_thread

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def ledger() -> None:
    small_ledger()


@pytest.fixture
def open_ledger() -> None:
    triggers.remove(connection)


@pytest.fixture
def witness(tmp_path: Path) -> Iterator[Running]:
    key = keys.signing_key().named(checkpointing.current_origin())
    with witness_thread(tmp_path / "witness", key) as running:
        yield running


def opened(note: str, point: LedgerCheckpoint, witness: Running) -> list[str]:
    """Who signed it, as anybody with both verifier keys finds out."""
    own = keys.known_key().named(point.origin)
    return [key.name for key in notes.verified(notes.parse(note), [own, witness.key])]


def test_honest_growth_is_cosigned(witness: Running) -> None:
    for minute in (10, 30, 50):
        point = grow(150, minute=minute)
        copy = copy_to(witness.address, minute=minute + 10)
        assert copy is not None
        note = copying.note_of(point, copying.copies_of(point))
        assert note == point.note + copy.receipt
        assert opened(note, point, witness) == [point.origin, witness.key.name]
    assert CheckpointCopy.objects.count() == 3
    assert not standing_alarms()


def test_a_copy_that_is_not_on_record_is_asked_for(witness: Running) -> None:
    """The database lost its rows of copies; the ledger is the same."""
    grow(5)
    copy_to(witness.address)
    triggers.remove(connection)
    CheckpointCopy.objects.all().delete()
    grow(5, minute=30)
    assert copy_to(witness.address, minute=40) is not None
    assert not standing_alarms()


def forget_signing() -> None:
    checkpointing.signer().path.unlink()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM audit_checkpointcopy")
        cursor.execute("DELETE FROM audit_ledgercheckpoint")


def contradicted(witness: Running, rule: str) -> None:
    copies = CheckpointCopy.objects.count()
    for minute in (40, 200):
        grow(1, minute=minute - 1)
        with pytest.raises(Contradicted):
            copy_to(witness.address, minute=minute)
        [alarm] = standing_alarms()
        assert alarm.facts["rule"] == rule
    assert alarm.facts["target"].startswith("witness:witness.example/w1+")
    assert CheckpointCopy.objects.count() == copies


@pytest.mark.usefixtures("open_ledger")
def test_a_second_history_raises_the_alarm(witness: Running) -> None:
    grow(10)
    copy_to(witness.address)
    rewrite("firm", lambda bodies: [{**bodies[0], "facts": {"name": "Else"}}, *bodies[1:]])
    rebuild_tree()
    forget_signing()
    grow(1, minute=30)
    contradicted(witness, "other_tree")


@pytest.mark.usefixtures("open_ledger")
def test_a_backup_that_was_put_back_raises_the_alarm(witness: Running) -> None:
    grow(40)
    copy_to(witness.address)
    cut_off("firm", keep=5)
    cut_off("ledger", keep=0)
    rebuild_tree()
    forget_signing()
    grow(1, minute=30)
    contradicted(witness, "ahead")
    assert standing_alarms()[0].facts["held_size"] == 45


def test_what_another_key_signed_is_no_cosignature(witness: Running) -> None:
    point = grow(5)
    other = Log(witness.key.name)

    def posted(url: str, headers: Any, body: bytes) -> Reply:
        cosigner = replace(witness.key, public=other.ledger_key.public)
        text = notes.parse(point.note).text
        right_time = notes.cosign(text, cosigner, other.private.sign, time=1)
        wrong_key = notes.Signature(witness.key.name, witness.key.id, right_time.raw)
        return Reply(200, f"{right_time}{wrong_key}".encode())

    target = cosigner.parse(witness.address.removeprefix("witness:"))
    with pytest.raises(TargetFails, match="without a valid signature of its key"):
        copying.copy_newest(target, post=posted, actor="x", at=NOON)
    assert not CheckpointCopy.objects.exists()


def test_a_witness_that_does_not_know_the_ledger(tmp_path: Path) -> None:
    grow(5)
    logs = {
        "does not know this origin": Log("other.example/x"),
        "knows none of the keys": Log(checkpointing.current_origin()),
    }
    for number, (said, log) in enumerate(logs.items()):
        with (
            witness_thread(tmp_path / "w", log.key) as running,
            pytest.raises(TargetFails, match=said),
        ):
            copy_to(running.address, minute=20 + number)
    assert not standing_alarms()


@contextmanager
def answering(say: Callable[[socket.socket, threading.Event], None]) -> Iterator[str]:
    over = threading.Event()
    wires: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)

        def run() -> None:
            while not over.is_set():
                try:
                    wire, _ = server.accept()
                except TimeoutError:
                    continue
                wires.append(wire)
                threading.Thread(target=say, args=(wire, over)).start()

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}"
        finally:
            over.set()
            thread.join()
            for wire in wires:
                wire.close()


def silent(wire: socket.socket, over: threading.Event) -> None:
    over.wait()


def dripping(wire: socket.socket, over: threading.Event) -> None:
    try:
        wire.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n")
        while not over.wait(0.05):
            wire.sendall(b"x")
    except OSError:
        return


def huge(wire: socket.socket, over: threading.Event) -> None:
    try:
        wire.recv(65536)
        wire.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while not over.is_set():
            wire.sendall(b"x" * 65536)
    except OSError:
        return


def hanging_up(wire: socket.socket, over: threading.Event) -> None:
    wire.close()


@pytest.mark.parametrize("say", [silent, dripping, huge, hanging_up])
def test_a_broken_receiver_holds_nobody_up(
    say: Callable[[socket.socket, threading.Event], None],
    witness: Running,
    tmp_path: Path,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sending, "TOTAL_SECONDS", 0.4)
    point = grow(5)
    with answering(say) as url:
        bad = f"witness:{url}#{witness.key}"
        settings.LEDGER_TARGETS = [bad, f"dir:{tmp_path}"]
        at = NOON + timedelta(minutes=20)
        [first] = copying.due_targets(at=at)
        with pytest.raises(TargetFails):
            copying.copy_newest(first, post=post, actor="x", at=at)
    assert TargetTry.objects.get().failures == 1
    [second] = copying.due_targets(at=at)
    assert copying.copy_newest(second, post=post, actor="x", at=at) is not None
    assert (tmp_path / "checkpoint").read_text() == point.note


def test_cosignatures_go_along_and_come_after(
    witness: Running, tmp_path: Path, settings: Any
) -> None:
    """Witnesses first; what one gives later is added where copies are kept."""
    worm = tmp_path / "worm"
    worm.mkdir()
    settings.LEDGER_TARGETS = [f"dir:{worm}", witness.address]
    point = grow(5)
    at = NOON + timedelta(minutes=20)

    def run(at: Any) -> list[str]:
        due = copying.due_targets(at=at)
        for target in due:
            copying.copy_newest(target, post=post, actor="x", at=at)
        return [target.name.partition(":")[0] for target in due]

    assert [run(at), run(at), run(at)] == [["witness"], ["dir"], []]
    held = (worm / "checkpoint").read_text()
    assert opened(held, point, witness) == [point.origin, witness.key.name]
    assert (worm / f"checkpoints/{point.size}").read_text() == held

    # The next one is copied while the witness is away.
    TargetTry.objects.filter(target__startswith="witness:").update(
        failures=1, error="away", next_at=at + timedelta(hours=1)
    )
    later = grow(5, minute=30)
    assert run(at + timedelta(minutes=30)) == ["dir"]
    assert (worm / "checkpoint").read_text() == later.note
    assert [run(at + timedelta(hours=2)) for _ in range(3)] == [["witness"], ["dir"], []]
    held = (worm / "checkpoint").read_text()
    assert opened(held, later, witness) == [point.origin, witness.key.name]
    assert CheckpointCopy.objects.filter(checkpoint=later, target__startswith="dir:").count() == 2
