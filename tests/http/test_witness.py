"""`manage.py witness`, a process of its own, spoken to over HTTP as C2SP `tlog-witness` says."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from http.client import HTTPException
from itertools import count, pairwise
from pathlib import Path

import pytest

from governance.audit import checkpoints, merkle, notes
from governance.audit.checkpoints import Checkpoint
from governance.audit.notes import Signature
from tests.witnessing import Log, Reply, Running, environment, options, request, witness_process

LOGS = [Log(f"ledger.example/{number}") for number in range(40)]
_next = count()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("witness")


@pytest.fixture(scope="module")
def witness(folder: Path) -> Iterator[Running]:
    with witness_process(folder, *(log.key for log in LOGS)) as running:
        yield running


@pytest.fixture
def log() -> Log:
    """A log that the witness knows and has seen nothing of."""
    log = LOGS[next(_next)]
    log.leaves.clear()
    return log


def seen(folder: Path, log: Log) -> tuple[int, str]:
    state = json.loads((folder / "state.json").read_text()).get(log.origin)
    return (state["size"], state["root"]) if state else (0, "")


def is_cosigned(witness: Running, log: Log, size: int, reply: Reply) -> bool:
    [line] = notes.parse_signatures(reply.body)
    assert reply.status == 200
    return line.is_of(witness.key) and notes.is_valid(log.point(size).text(), line, witness.key)


def test_it_says_its_key(witness: Running, folder: Path) -> None:
    assert witness.ask("GET", "/") == Reply(200, "text/plain; charset=utf-8", f"{witness.key}\n")
    assert (folder / "key.pem").stat().st_mode & 0o077 == 0


def test_honest_growth_is_cosigned(witness: Running, folder: Path, log: Log) -> None:
    log.grow(300)
    sizes = [0, 1, 5, 8, 9, 256, 300]
    for old, size in pairwise(sizes):
        assert is_cosigned(witness, log, size, witness.add(log.request(old, size)))
        assert seen(folder, log) == (size, log.point(size).root.hex())


def test_a_monitor_gets_the_latest_checkpoint(witness: Running, log: Log) -> None:
    log.grow(9)
    path = f"/{sha256(log.origin.encode()).hexdigest()}/checkpoint"
    assert witness.ask("GET", path).status == 404
    stranger = Log("other.example/x").grow(9)
    foreign = notes.sign(log.point(9).text(), stranger.key, stranger.private.sign)
    witness.add(request(0, [], log.note(9, foreign)))
    note = notes.parse(witness.ask("GET", path).body)
    assert checkpoints.parse(note.text) == log.point(9)
    assert notes.verified(note, [log.key, witness.key]) == [log.key, witness.key]
    assert len(note.signatures) == 2, "what it did not verify it does not pass on"


def test_the_same_checkpoint_is_cosigned_again(witness: Running, folder: Path, log: Log) -> None:
    log.grow(5)
    witness.add(log.request(0, 5))
    assert is_cosigned(witness, log, 5, witness.add(log.request(5, 5)))
    assert seen(folder, log)[0] == 5


def test_an_empty_log_is_cosigned(witness: Running, log: Log) -> None:
    log.grow(3)
    assert is_cosigned(witness, log, 0, witness.add(log.request(0, 0)))
    assert is_cosigned(witness, log, 3, witness.add(log.request(0, 3)))


def refused(
    witness: Running, folder: Path, body: str | bytes, status: int, kind: str = "text/plain"
) -> Reply:
    """It answers so, and remembers what it remembered before."""
    before = (folder / "state.json").read_bytes()
    reply = witness.add(body)
    assert (reply.status, reply.kind.partition(";")[0]) == (status, kind), reply
    assert "\u2014" not in reply.body
    assert (folder / "state.json").read_bytes() == before
    return reply


def test_another_size_than_it_has(witness: Running, folder: Path, log: Log) -> None:
    log.grow(9)
    witness.add(log.request(0, 7))
    for old, size in ((0, 9), (5, 9), (8, 9), (5, 5), (0, 7)):
        reply = refused(witness, folder, log.request(old, size), 409, "text/x.tlog.size")
        assert reply.body == "7\n"


def test_a_rollback_is_refused(witness: Running, folder: Path, log: Log) -> None:
    log.grow(9)
    witness.add(log.request(0, 9))
    assert refused(witness, folder, log.request(4, 7), 409, "text/x.tlog.size").body == "9\n"
    refused(witness, folder, request(9, [], log.note(7)), 400)


def test_two_histories_are_refused(witness: Running, folder: Path, log: Log) -> None:
    log.grow(6)
    witness.add(log.request(0, 6))
    other = Log(log.origin, private=log.private).grow(9, salt="other")
    refused(witness, folder, other.request(6, 9), 422)
    refused(witness, folder, other.request(6, 6), 422)
    late = Log(log.origin, private=log.private, leaves=log.leaves[:5]).grow(9, salt="other")
    refused(witness, folder, late.request(6, 9), 422)
    assert is_cosigned(witness, log, 9, witness.add(log.grow(9).request(6, 9)))


def test_wrong_proofs(witness: Running, folder: Path, log: Log) -> None:
    log.grow(9)
    refused(witness, folder, request(0, [bytes(32)], log.note(9)), 422)
    witness.add(log.request(0, 6))
    proof = log.proof(6, 9)
    note = log.note(9)
    for wrong in ([], proof[:-1], [*proof, bytes(32)], proof[::-1], log.proof(5, 9)):
        refused(witness, folder, request(6, wrong, note), 422)
    refused(witness, folder, request(6, [bytes(32)], log.note(6)), 422)


def test_an_empty_tree_has_one_root(witness: Running, folder: Path, log: Log) -> None:
    text = Checkpoint(origin=log.origin, size=0, root=bytes(32)).text()
    refused(witness, folder, request(0, [], log.sign(text)), 422)
    assert bytes(32) != merkle.EMPTY


def test_who_it_does_not_know(witness: Running, folder: Path, log: Log) -> None:
    refused(witness, folder, Log("unknown.example/x").grow(3).request(0, 3), 404)
    refused(witness, folder, Log(log.origin).grow(3).request(0, 3), 403)


def test_a_false_signature_of_a_key_it_knows(witness: Running, folder: Path, log: Log) -> None:
    log.grow(3)
    text = log.point(3).text()
    right = notes.sign(text, log.key, log.private.sign)
    false = Signature(right.name, right.key_id, bytes(64))
    refused(witness, folder, request(0, [], str(notes.Note(text, [false]))), 403)
    refused(witness, folder, request(0, [], log.note(3, false)), 403)
    refused(witness, folder, request(0, [], log.note(3).replace("\n3\n", "\n2\n")), 403)


MALFORMED = {
    "nothing": lambda log: "",
    "no old size": lambda log: log.request(0, 3).removeprefix("old 0\n"),
    "leading zero": lambda log: request("00", [], log.note(3)),
    "a sign": lambda log: request("+0", [], log.note(3)),
    "two spaces": lambda log: request(" 0", [], log.note(3)),
    "no number": lambda log: request("x", [], log.note(3)),
    "short hash": lambda log: request(0, [bytes(31)], log.note(3)),
    "no Base64": lambda log: f"old 0\n!!!\n\n{log.note(3)}",
    "too many hashes": lambda log: request(1, [bytes(32)] * 64, log.note(3)),
    "no empty line": lambda log: f"old 0\n{log.note(3)}".replace("\n\n", "\n"),
    "no signature": lambda log: f"old 0\n\n{log.point(3).text()}",
    "carriage returns": lambda log: log.request(0, 3).replace("\n", "\r\n"),
    "no UTF-8": lambda log: log.request(0, 3).encode() + b"\xff",
    "no checkpoint": lambda log: request(0, [], log.sign(f"{log.origin}\nthree\nx\n")),
    "larger old size": lambda log: request(4, [], log.note(3)),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_what_is_malformed(witness: Running, folder: Path, name: str) -> None:
    log = LOGS[-1]
    log.leaves.clear()
    refused(witness, folder, MALFORMED[name](log.grow(3)), 400)


def test_what_is_too_large_or_has_no_length(witness: Running, folder: Path, log: Log) -> None:
    refused(witness, folder, b"x" * (64 * 1024 + 1), 413)
    host, port = witness.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), 10) as wire:
        wire.sendall(b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\n\r\n")
        assert wire.recv(12) == b"HTTP/1.1 411"
    assert witness.ask("GET", "/add-checkpoint").status == 404
    assert witness.ask("POST", "/elsewhere", log.grow(3).request(0, 3).encode()).status == 404
    assert witness.ask("PUT", "/add-checkpoint", b"").status == 501
    assert seen(folder, log) == (0, "")


def test_of_many_at_once_one_goes_ahead(witness: Running, folder: Path, log: Log) -> None:
    log.grow(64)
    witness.add(log.request(0, 8))
    for round_ in range(5):
        old = seen(folder, log)[0]
        wanted = range(old + 1, old + 11)
        with ThreadPoolExecutor(len(wanted)) as threads:
            replies = list(threads.map(witness.add, [log.request(old, size) for size in wanted]))
        won = [size for size, reply in zip(wanted, replies, strict=True) if reply.status == 200]
        assert len(won) == 1, round_
        assert seen(folder, log) == (won[0], log.point(won[0]).root.hex())
        assert {reply.status for reply in replies} == {200, 409}


def test_two_processes_share_one_memory(tmp_path: Path) -> None:
    log = Log("ledger.example/shared").grow(60)
    with witness_process(tmp_path, log.key) as one, witness_process(tmp_path, log.key) as two:
        one.add(log.request(0, 8))
        wanted = range(9, 19)
        both = [one, two] * 5
        with ThreadPoolExecutor(len(wanted)) as threads:
            asked = [
                threads.submit(witness.add, log.request(8, size))
                for witness, size in zip(both, wanted, strict=True)
            ]
        assert sorted(one.result().status for one in asked) == [200] + [409] * 9


def test_a_kill_between_memory_and_answer(tmp_path: Path) -> None:
    log = Log("ledger.example/killed").grow(9)
    with witness_process(tmp_path, log.key, dies=True) as dying:
        with pytest.raises((HTTPException, ConnectionError)):
            dying.add(log.request(0, 5))
        assert seen(tmp_path, log)[0] == 5, "it was on the disk before any answer"
    other = Log(log.origin, private=log.private).grow(9, salt="other")
    with witness_process(tmp_path, log.key) as again:
        assert again.key == dying.key
        assert again.add(other.request(0, 7)).status == 409
        assert again.add(other.request(5, 7)).status == 422
        assert is_cosigned(again, log, 5, again.add(log.request(5, 5)))
        assert is_cosigned(again, log, 9, again.add(log.request(5, 9)))


def started(folder: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", *words],
        env=environment(folder),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1, done
    return done.stderr


def test_it_does_not_begin_without_what_it_saw(tmp_path: Path) -> None:
    log = Log("ledger.example/lost").grow(5)
    with witness_process(tmp_path, log.key) as running:
        running.add(log.request(0, 5))
    (tmp_path / "state.json").rename(tmp_path / "away.json")
    assert "state.json cannot be read" in started(tmp_path, *options(tmp_path, log.key))
    assert not (tmp_path / "state.json").exists()
    (tmp_path / "state.json").write_text('{"ledger.example/lost": {"size": 1}}')
    assert "state.json cannot be read" in started(tmp_path, *options(tmp_path, log.key))


def test_it_does_not_begin_with_a_key_of_a_witness(tmp_path: Path, witness: Running) -> None:
    assert "not of a log" in started(tmp_path, *options(tmp_path, witness.key))
    assert not (tmp_path / "key.pem").exists()
