from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import Error as DatabaseError
from django.db import connection
from django.utils import timezone

from governance.audit import checkpoints, keys, triggers
from governance.audit.actions import record_verification
from governance.audit.checkpoints import Checkpoint, CheckpointUnusable
from governance.audit.origin import origin
from governance.audit.rules import CONSOLE, Source
from governance.audit.verification import Examination, StreamUnknown, verify

INTACT, BROKEN, UNDECIDED = 0, 1, 2
UNJUDGED = (CheckpointUnusable, keys.KeyUnusable, StreamUnknown, DatabaseError, ValueError)


class Command(BaseCommand):
    help = (
        "Recompute the ledger and say whether it is intact, or name the first broken entry. "
        "Exit code 0: intact; 1: broken; 2: it could not be judged."
    )
    # The checks of other apps must not stand between an auditor and the answer.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--stream", default="", help="verify this stream only")
        parser.add_argument("--checkpoint", type=Path, help="hold the ledger against this file")
        parser.add_argument("--key", default="", help="verifier key, if not that of this server")
        parser.add_argument("--no-record", action="store_true", help="do not keep the result")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            point = _checkpoint(options["checkpoint"], options["key"])
            examination = verify(stream=options["stream"], checkpoint=point)
        except UNJUDGED as error:
            self.stderr.write(f"The ledger could not be judged: {error}")
            sys.exit(UNDECIDED)
        self._say(examination)
        if not options["stream"] and not options["no_record"]:
            self._record(examination)
        sys.exit(INTACT if examination.intact else BROKEN)

    def _say(self, examination: Examination) -> None:
        self.stdout.write(str(examination))
        for name in triggers.missing(connection):
            self.stderr.write(f"Unprotected: the trigger {name} is missing or altered.")

    def _record(self, examination: Examination) -> None:
        # A ledger that cannot be written to has still been judged.
        try:
            with origin(Source.COMMAND):
                record_verification(examination=examination, actor=CONSOLE, at=timezone.now())
        except DatabaseError as error:
            self.stderr.write(f"The result could not be kept: {error}")


def _checkpoint(path: Path | None, key: str) -> Checkpoint | None:
    if path is None:
        return None
    try:
        note = path.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as error:
        raise CheckpointUnusable(f"The checkpoint {path} cannot be read: {error}") from error
    return checkpoints.open_note(note, _verifier(key))


def _verifier(key: str) -> checkpoints.VerifierKey:
    if key:
        return checkpoints.parse_key(key)
    name = checkpoints.origin_of(settings.LEDGER_ORIGIN)
    return checkpoints.verifier_key(name, keys.load(settings.LEDGER_KEY_FILE))
