"""Sending the ledger on: real sockets, a cursor that survives, collectors that fail."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from governance.audit.actions import Act, append_all
from governance.audit.models import FollowerCursor, LedgerEntry, LedgerStream
from governance.audit.rules import CONSOLE, Verb
from governance.jobs import collectors, forwarding, tasks
from governance.jobs.collectors import Collector
from governance.jobs.forwarding import BATCH, KIND, forward, is_behind, rests_until
from governance.jobs.models import Job
from governance.jobs.rules import JobState, NotDelivered
from governance.jobs.running import run_job
from tests import factories as f
from tests.factories import NOON
from tests.http.test_webhook_deliveries import certificate
from tests.ledger_entries import MODEL, act, small_ledger
from tests.syslog_server import Server, listening, packets
from tests.webhook_receiver import Receiver, receiver

pytestmark = [pytest.mark.backend, pytest.mark.django_db]


@pytest.fixture
def syslog(settings: Any) -> Iterator[Server]:
    with listening() as server:
        settings.LEDGER_SYSLOG = server.address
        yield server


@pytest.fixture
def siem(settings: Any) -> Iterator[Receiver]:
    with receiver() as running:
        settings.LEDGER_OCSF_URL = running.url("/ocsf")
        yield running


def named(name: str) -> Collector:
    return next(one for one in collectors.collectors() if one.name == name)


def hashes() -> set[str]:
    return set(LedgerEntry.objects.values_list("hash", flat=True))


def many(count: int, stream: str = "firm") -> None:
    acts = [
        Act(
            verb=Verb.UNIT_CREATED, stream=stream, subject="unit:1", actor=CONSOLE,
            at=NOON + timedelta(seconds=number), facts={}, records=(),
        )
        for number in range(count)
    ]  # fmt: skip
    with transaction.atomic():
        append_all(acts)


def cursors(name: str = "syslog") -> dict[str, int]:
    rows = FollowerCursor.objects.filter(name=f"forward:{name}")
    return dict(rows.values_list("stream__name", "seq"))


def heads() -> dict[str, int]:
    return dict(LedgerStream.objects.values_list("name", "seq"))


def delivered(server: Server, count: int) -> bool:
    """UDP is not answered: wait until it has arrived."""
    end = time.monotonic() + 10
    while len(server.got) < count and time.monotonic() < end:
        time.sleep(0.01)
    return len(server.got) == count


class TestSyslog:
    def test_every_entry_goes_out_once_and_in_order(self, syslog: Server) -> None:
        small_ledger()
        assert forward(named("syslog")) == 4
        assert set(syslog.hashes) == hashes()
        assert cursors() == heads() == {"firm": 2, MODEL: 2}
        text = next(m for m in syslog.got if b'seq="2"' in m and b'stream="firm"' in m).decode()
        entry = LedgerEntry.objects.of_stream("firm").get(seq=2)
        assert text.endswith(f"] {entry.text}")
        assert text.startswith("<110>1 2026-11-19T12:03:00.000000Z 127.0.0.1 countersign - unit.cr")
        assert forward(named("syslog")) == 0
        act("firm", minute=-500)
        assert forward(named("syslog")) == 1
        assert len(syslog.got) == len(set(syslog.hashes)) == 5
        assert syslog.connections == 2

    def test_a_stream_is_sent_in_its_order_batch_after_batch(self, syslog: Server) -> None:
        many(BATCH * 2 + 7)
        many(3, MODEL)
        assert forward(named("syslog")) == BATCH * 2 + 10
        assert syslog.connections == 3
        ordered = LedgerEntry.objects.of_stream("firm").order_by("seq")
        firm = [one for one in syslog.hashes if one in set(ordered.values_list("hash", flat=True))]
        assert firm == list(ordered.values_list("hash", flat=True))

    def test_many_streams_share_a_batch(self, syslog: Server) -> None:
        for number in range(30):
            act(f"model:{number:08x}-5a3e-4c39-9d0a-6f8f0c1c2d3e")
        assert forward(named("syslog")) == 30
        assert syslog.connections == 1

    def test_a_body_may_be_an_event(self, syslog: Server, settings: Any) -> None:
        settings.LEDGER_SYSLOG_FORMAT = "ocsf"
        entry = act("firm", name="Zürich")
        forward(named("syslog"))
        event = json.loads(syslog.got[0].decode().partition("] ")[2].removeprefix("\ufeff"))
        assert (event["metadata"]["uid"], event["raw_data"]) == (entry.hash, entry.text)

    def test_over_udp_too(self, settings: Any) -> None:
        with packets() as server:
            settings.LEDGER_SYSLOG = server.address
            small_ledger()
            assert forward(named("syslog")) == 4
            assert delivered(server, 4)
            assert set(server.hashes) == hashes()

    def test_over_tls_to_the_one_whose_certificate_it_is(
        self, settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate(tmp_path, "localhost")))
        context = SSLContext(PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tmp_path / "pair.pem")
        small_ledger()
        with listening(context) as server:
            settings.LEDGER_SYSLOG = f"tls://127.0.0.1:{server.port}"
            with pytest.raises(NotDelivered, match=r"127\.0\.0\.1 did not take it"):
                forward(named("syslog"))
            assert (server.got, cursors()) == ([], {})
            settings.LEDGER_SYSLOG = f"tls://localhost:{server.port}"
            assert forward(named("syslog")) == 4
            assert set(server.hashes) == hashes()

    def test_a_tls_server_that_only_hangs_up_has_taken_it(
        self, settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate(tmp_path, "localhost")))
        context = SSLContext(PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tmp_path / "pair.pem")
        small_ledger()
        with listening(context) as server:
            server.behaves = "hang up"
            settings.LEDGER_SYSLOG = f"tls://localhost:{server.port}"
            assert forward(named("syslog")) == 4

    @pytest.mark.parametrize("behavior", ["reset", "hold"])
    def test_what_was_not_taken_is_sent_again(
        self, syslog: Server, monkeypatch: pytest.MonkeyPatch, behavior: str
    ) -> None:
        """Bytes in a buffer are not taken: only the receiver's own end of the stream says so."""
        monkeypatch.setattr(collectors, "TOTAL_SECONDS", 0.3)
        syslog.behaves = behavior
        many(BATCH)
        with pytest.raises(NotDelivered):
            forward(named("syslog"))
        assert cursors() == {}
        assert is_behind(named("syslog"))
        syslog.over.set()

    def test_nobody_there_moves_nothing(self, settings: Any) -> None:
        with socket.create_server(("127.0.0.1", 0)) as door:
            port = door.getsockname()[1]
        small_ledger()
        for scheme in ("tcp", "tls"):
            settings.LEDGER_SYSLOG = f"{scheme}://127.0.0.1:{port}"
            with pytest.raises(NotDelivered, match="did not take it: Connection refused"):
                forward(named("syslog"))
        assert cursors() == {}


class TestEvents:
    def test_a_batch_is_one_array_behind_a_token(self, siem: Receiver, settings: Any) -> None:
        settings.LEDGER_OCSF_TOKEN = "a-secret"
        small_ledger()
        assert forward(named("ocsf")) == 4
        (got,) = siem.got
        assert (got.path, got.headers["Content-Type"]) == ("/ocsf", "application/json")
        assert got.headers["Authorization"] == "Bearer a-secret"
        events = json.loads(got.body)
        assert {event["metadata"]["uid"] for event in events} == hashes()
        assert cursors("ocsf") == heads()
        assert forward(named("ocsf")) == 0

    @pytest.mark.parametrize("status", [302, 400, 500])
    def test_what_is_refused_stays_to_be_sent(self, siem: Receiver, status: int) -> None:
        small_ledger()
        siem.answers = [status]
        with pytest.raises(NotDelivered, match=f"answered {status}"):
            forward(named("ocsf"))
        assert cursors("ocsf") == {}
        assert forward(named("ocsf")) == 4

    def test_only_the_last_batch_is_sent_again(self, siem: Receiver) -> None:
        many(BATCH + 5)
        siem.answers = [200, 503]
        with pytest.raises(NotDelivered):
            forward(named("ocsf"))
        assert cursors("ocsf") == {"firm": BATCH}
        assert forward(named("ocsf")) == 5

    def test_no_name_of_a_person_leaves(self, siem: Receiver, syslog: Server) -> None:
        cast = f.make_cast()
        f.make_policies(cast)
        f.make_ready(cast, f.make_version(cast, f.make_model(cast)))
        for name in ("ocsf", "syslog"):
            assert forward(named(name)) > 20
        sent = "".join(one.body for one in siem.got) + b"".join(syslog.got).decode()
        for person in vars(cast).values():
            for secret in {getattr(person, "email", None), getattr(person, "password", None)}:
                assert secret is None or secret not in sent
            if hasattr(person, "email"):
                assert person.name not in sent


def test_a_cursor_never_goes_back(siem: Receiver) -> None:
    """Two processes send the same; the slower one must not undo what the faster one noted."""
    many(10)
    collector = named("ocsf")

    def slow(entries: Any) -> None:
        many(5)
        assert forward(collector) == 15

    assert forward(Collector("ocsf", "", slow), most=1) == 10
    assert cursors("ocsf") == {"firm": 15}
    assert forward(collector) == 0


def test_nothing_is_configured_by_default(settings: Any) -> None:
    assert collectors.collectors() == []
    small_ledger()
    tasks.forward_what_is_new(timezone.now())
    assert not Job.objects.exists()


class TestEachMinute:
    def look(self, at: datetime) -> None:
        tasks.forward_what_is_new(at)
        while run_job(worker="test"):
            pass

    def states(self, name: str) -> list[str]:
        return list(
            Job.objects.filter(kind=KIND, key=name)
            .order_by("created_at")
            .values_list("state", flat=True)
        )

    def test_what_is_new_goes_out_and_nothing_is_queued_without(
        self, syslog: Server, siem: Receiver
    ) -> None:
        small_ledger()
        at = timezone.now()
        self.look(at)
        assert (len(syslog.got), len(siem.got)) == (4, 1)
        self.look(at + timedelta(minutes=1))
        assert self.states("syslog") == self.states("ocsf") == ["DONE"]
        assert LedgerEntry.objects.count() == 4

    def test_one_that_is_down_stops_nothing_else_and_is_tried_again(
        self, settings: Any, siem: Receiver
    ) -> None:
        with socket.create_server(("127.0.0.1", 0)) as door:
            port = door.getsockname()[1]
        settings.LEDGER_SYSLOG = f"tcp://127.0.0.1:{port}"
        small_ledger()
        at = timezone.now()
        self.look(at)
        assert (self.states("syslog"), self.states("ocsf")) == (["FAILED"], ["DONE"])
        failed = Job.objects.get(kind=KIND, key="syslog")
        assert failed.error == "127.0.0.1 did not take it: Connection refused."
        rests = rests_until(named("syslog"))
        assert rests is not None
        assert failed.finished_at is not None
        assert rests == failed.finished_at + timedelta(minutes=1)
        self.look(rests - timedelta(seconds=1))
        assert self.states("syslog") == ["FAILED"]
        with listening() as server:
            settings.LEDGER_SYSLOG = server.address
            self.look(rests)
            assert self.states("syslog") == ["FAILED", "DONE"]
            assert set(server.hashes) == hashes()
        assert rests_until(named("syslog")) is None

    def test_the_pause_doubles_up_to_an_hour(self, settings: Any) -> None:
        settings.LEDGER_SYSLOG = "tcp://127.0.0.1:1"
        at = timezone.now()
        pauses = []
        for number in range(9):
            Job.objects.create(
                kind=KIND, key="syslog", state=JobState.FAILED, requested_by="system:forwarder",
                created_at=at, finished_at=at + timedelta(seconds=number),
            )  # fmt: skip
            rests = rests_until(named("syslog"))
            assert rests is not None
            pauses.append((rests - at - timedelta(seconds=number)) // timedelta(minutes=1))
        assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]

    def test_a_long_backlog_takes_several_turns(
        self, siem: Receiver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(forwarding, "AT_ONCE", BATCH)
        many(BATCH * 2)
        at = timezone.now()
        self.look(at)
        assert cursors("ocsf") == {"firm": BATCH}
        self.look(at)
        assert cursors("ocsf") == {"firm": BATCH * 2}

    def test_old_turns_are_forgotten(self, siem: Receiver) -> None:
        many(1)
        self.look(timezone.now())
        Job.objects.update(finished_at=timezone.now() - timedelta(days=2))
        many(1)
        self.look(timezone.now())
        assert Job.objects.filter(kind=KIND).count() == 1


class TestCommand:
    def exit_code(self, *args: str) -> Any:
        with pytest.raises(SystemExit) as end:
            call_command("forward_ledger", *args)
        return end.value.code

    def test_its_exit_code_is_the_answer(
        self, settings: Any, siem: Receiver, capsys: pytest.CaptureFixture[str]
    ) -> None:
        small_ledger()
        assert self.exit_code() == 0
        assert capsys.readouterr().out == "ocsf: 4 entries sent.\n"
        settings.LEDGER_SYSLOG = "tcp://127.0.0.1:1"
        assert self.exit_code() == 1
        told = capsys.readouterr()
        assert (told.out, "syslog: 127.0.0.1 did not take it" in told.err) == (
            "ocsf: 0 entries sent.\n",
            True,
        )
        settings.LEDGER_SYSLOG = settings.LEDGER_OCSF_URL = ""
        assert self.exit_code() == 2

    def test_a_new_collector_gets_everything_again(self, siem: Receiver) -> None:
        small_ledger()
        forward(named("ocsf"))
        assert self.exit_code("--again") == 0
        assert len(siem.got) == 2
        assert cursors("ocsf") == heads()


@contextmanager
def silent_siem(asked: threading.Event, answer: threading.Event) -> Iterator[tuple[int, list[Any]]]:
    """An HTTP server that takes a batch and says nothing until it is told to."""
    got: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            asked.set()
            answer.wait(30)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.server_address[1], got
    finally:
        answer.set()
        server.shutdown()
        thread.join()
        server.server_close()


def command(env: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "manage.py", "forward_ledger"], env=env)


def killed_once_taken(env: dict[str, str], taken: threading.Event) -> None:
    """Kill the process when the collector has the batch and before it says so."""
    process = command(env)
    try:
        assert taken.wait(60), "nothing was sent"
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


@pytest.mark.django_db(transaction=True)
class TestKilledBetweenSendAndCursor:
    def test_syslog_is_sent_the_batch_again_and_no_other(self, process_env: dict[str, str]) -> None:
        many(BATCH)
        with listening() as server:
            env = process_env | {"LEDGER_SYSLOG": server.address}
            assert command(env).wait(60) == 0
            assert len(server.got) == BATCH
            many(BATCH + 3)
            server.behaves = "hold"
            server.arrived.clear()
            killed_once_taken(env, server.arrived)
            # It was read to the last byte, and yet nobody said so: the cursor has not moved.
            assert len(server.got) == BATCH * 2
            assert cursors() == {"firm": BATCH}
            server.behaves = "close"
            server.over.set()
        with listening() as restarted:
            env = process_env | {"LEDGER_SYSLOG": restarted.address}
            assert command(env).wait(60) == 0
            assert set(restarted.hashes) | set(server.hashes) == hashes()
            assert len(restarted.got) == BATCH + 3
            assert cursors() == {"firm": BATCH * 2 + 3}

    def test_a_collector_of_events_too(self, process_env: dict[str, str]) -> None:
        many(BATCH + 3)
        asked, answer = threading.Event(), threading.Event()
        with silent_siem(asked, answer) as (port, got):
            env = process_env | {"LEDGER_OCSF_URL": f"http://127.0.0.1:{port}/"}
            killed_once_taken(env, asked)
            assert cursors("ocsf") == {}
            answer.set()
            assert command(env).wait(60) == 0
        sent = [[event["metadata"]["uid"] for event in batch] for batch in got]
        assert sent[0] == sent[1]
        assert [len(batch) for batch in sent] == [BATCH, BATCH, 3]
        assert set(sent[1] + sent[2]) == hashes()
        assert cursors("ocsf") == {"firm": BATCH + 3}


def test_a_job_of_a_collector_that_is_gone_sends_nothing(siem: Receiver, settings: Any) -> None:
    small_ledger()
    tasks.forward_what_is_new(timezone.now())
    settings.LEDGER_OCSF_URL = ""
    assert run_job(worker="test")
    job = Job.objects.get()
    assert (job.state, job.result, siem.got) == ("DONE", {"sent": 0}, [])
    assert cursors("ocsf") == {}
