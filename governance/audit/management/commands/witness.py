from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from governance.audit import keys, notes
from governance.audit.keys import KeyUnusable
from governance.audit.notes import ED25519, NoteUnusable, VerifierKey
from governance.audit.witness import State, StateUnusable, Witness
from governance.audit.witness_server import WitnessServer


class Command(BaseCommand):
    help = (
        "Run a witness: it cosigns checkpoints of portals' ledgers, each only if it continues the "
        "last one. Run it on a machine that the ledger's operators do not control. It needs "
        "no database; the first run makes its key and its state."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--listen", default="127.0.0.1:8099", metavar="HOST:PORT")
        parser.add_argument(
            "--state", type=Path, required=True, help="what it saw; must not be lost"
        )
        parser.add_argument("--key", type=Path, required=True, help="PEM file of its own key")
        parser.add_argument("--name", required=True, help="its name, such as witness.example/w1")
        parser.add_argument(
            "--log", action="append", required=True, metavar="VKEY", help="key of a log; repeatable"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            witness = _witness(**options)
            server = WitnessServer(_address(options["listen"]), witness)
        except (KeyUnusable, NoteUnusable, StateUnusable, OSError, ValueError) as error:
            raise CommandError(f"The witness does not start: {error}") from error
        host, port = server.server_address[:2]
        self.stdout.write(f"The witness listens on http://{host!s}:{port}")
        self.stdout.write(f"Its verifier key is {witness.verifier_key}")
        self.stdout.flush()
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            self.stdout.write("The witness ends.")
        finally:
            server.server_close()


def _witness(*, name: str, key: Path, state: Path, log: list[str], **_: Any) -> Witness:
    if not notes.is_key_name(name):
        raise ValueError("--name is a name without spaces and plus signs.")
    known = State(state)
    if not key.exists() and not state.exists():
        known.begin()
    # A key without its state would cosign a second history.
    known.read()
    logs = [_log(text) for text in log]
    return Witness(name=name, key=keys.load_or_make(key), logs=logs, state=known)


def _log(text: str) -> VerifierKey:
    key = notes.parse_key(text)
    if key.kind != ED25519:
        raise ValueError(f"--log {key.name}: this is the key of a witness, not of a log.")
    return key


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal():
        raise ValueError("--listen is host:port.")
    return host, int(port)
