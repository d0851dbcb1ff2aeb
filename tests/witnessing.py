"""Witness processes, and logs in memory that have themselves cosigned."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from governance.audit import merkle, notes
from governance.audit.checkpoints import Checkpoint
from governance.audit.keys import LedgerKey, load_or_make
from governance.audit.notes import Note, Signature, VerifierKey
from governance.audit.witness import State, Witness
from governance.audit.witness_server import WitnessServer

NAME = "witness.example/w1"
# The witness needs no database, so there is none at this address.
NO_DATABASE = "postgres://nobody:none@127.0.0.1:1/none"
DIES_AFTER_WRITING = """
import os, runpy, sys
sys.argv = {argv!r}
sys.path.insert(0, os.getcwd())
from governance.audit import durable
write = durable.write_whole
def write_and_die(path, data):
    write(path, data)
    if data != b"{{}}":
        os.kill(os.getpid(), 9)
durable.write_whole = write_and_die
runpy.run_path("manage.py", run_name="__main__")
"""


@dataclass(frozen=True)
class Reply:
    status: int
    kind: str
    body: str


@dataclass(frozen=True)
class Running:
    url: str
    key: VerifierKey

    @property
    def address(self) -> str:
        return f"witness:{self.url}#{self.key}"

    def ask(self, method: str, path: str, body: bytes | None = None) -> Reply:
        connection = HTTPConnection(self.url.removeprefix("http://"), timeout=20)
        try:
            connection.request(method, path, body=body)
            answer = connection.getresponse()
            kind = answer.headers.get("Content-Type", "")
            return Reply(answer.status, kind, answer.read().decode())
        finally:
            connection.close()

    def add(self, body: bytes | str) -> Reply:
        data = body if isinstance(body, bytes) else body.encode()
        return self.ask("POST", "/add-checkpoint", data)


def options(folder: Path, *logs: VerifierKey) -> list[str]:
    words = ["witness", "--listen", "127.0.0.1:0", "--name", NAME]
    words += ["--state", str(folder / "state.json"), "--key", str(folder / "key.pem")]
    return [*words, *(word for log in logs for word in ("--log", str(log)))]


def environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DJANGO_")}
    own = {"SECRET_KEY": "of-a-witness-" * 4, "VAR_DIR": str(folder), "DATABASE_URL": NO_DATABASE}
    return kept | own


@contextmanager
def witness_process(folder: Path, *logs: VerifierKey, dies: bool = False) -> Iterator[Running]:
    """Run `manage.py witness`. `dies`: it kills itself once it has written what it saw."""
    words = ["manage.py", *options(folder, *logs)]
    script = ["-c", DIES_AFTER_WRITING.format(argv=words)] if dies else words
    process = subprocess.Popen(
        [sys.executable, *script],
        env=environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout
        said = [process.stdout.readline().strip() for _ in range(2)]
        assert said[0].startswith("The witness listens on "), said
        key = notes.parse_key(said[1].removeprefix("Its verifier key is "))
        yield Running(said[0].removeprefix("The witness listens on "), key)
    finally:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


@contextmanager
def witness_thread(folder: Path, *logs: VerifierKey) -> Iterator[Running]:
    """The same server in a thread of the test."""
    state = State(folder / "state.json")
    if not state.path.exists():
        state.begin()
    key = load_or_make(folder / "key.pem")
    server = WitnessServer(("127.0.0.1", 0), Witness(name=NAME, key=key, logs=logs, state=state))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        host, port = server.server_address[:2]
        yield Running(f"http://{host!s}:{port}", server.witness.verifier_key)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Log:
    """A log that holds everything in memory, and can say whatever it wants."""

    origin: str
    private: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    leaves: list[bytes] = field(default_factory=list)

    @property
    def key(self) -> VerifierKey:
        return self.ledger_key.named(self.origin)

    @property
    def ledger_key(self) -> LedgerKey:
        return LedgerKey(self.private.public_key().public_bytes_raw(), self.private.sign)

    def grow(self, size: int, *, salt: str = "") -> Log:
        self.leaves += [f"{salt}{n}".encode() for n in range(len(self.leaves), size)]
        return self

    def node(self, level: int, index: int) -> bytes:
        return merkle.root(self.leaves[index << level : (index + 1) << level])

    def point(self, size: int) -> Checkpoint:
        return Checkpoint(origin=self.origin, size=size, root=merkle.root(self.leaves[:size]))

    def note(self, size: int, *more: Signature) -> str:
        return self.sign(self.point(size).text(), *more)

    def sign(self, text: str, *more: Signature) -> str:
        return str(Note(text, [notes.sign(text, self.key, self.private.sign), *more]))

    def proof(self, old: int, size: int) -> list[bytes]:
        return merkle.consistency_proof(self.node, old, size) if old else []

    def request(self, old: int, size: int) -> str:
        return request(old, self.proof(old, size), self.note(size))


def request(old: int | str, proof: Sequence[bytes], note: str) -> str:
    lines = "".join(f"{b64encode(one).decode()}\n" for one in proof)
    return f"old {old}\n{lines}\n{note}"
