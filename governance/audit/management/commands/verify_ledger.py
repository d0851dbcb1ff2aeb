from __future__ import annotations

import sys
from argparse import ArgumentParser
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.db import Error as DatabaseError
from django.db import connection
from django.utils import timezone

from governance.audit import triggers
from governance.audit.actions import record_verification
from governance.audit.anchors import gather, outside_checkpoints
from governance.audit.keys import KeyUnusable
from governance.audit.notes import NoteUnusable
from governance.audit.origin import origin
from governance.audit.rules import CONSOLE, Source
from governance.audit.verification import Examination, verify, verify_new, verify_stream
from governance.core.errors import DomainError
from governance.core.wording import counted

INTACT, BROKEN, UNDECIDED = 0, 1, 2
UNJUDGED = (NoteUnusable, KeyUnusable, DomainError, DatabaseError, ValueError)


class Command(BaseCommand):
    help = (
        "Recompute the ledger, its tree and its checkpoints, and say whether all is intact, or "
        "name the first break. Exit code 0: intact; 1: broken; 2: it could not be judged."
    )
    # The checks of other apps must not stand between an auditor and the answer.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--stream", default="", help="verify this stream only")
        parser.add_argument("--from", dest="first", type=int, default=1, help="from this entry on")
        parser.add_argument("--to", dest="last", type=int, help="up to this entry of the stream")
        parser.add_argument(
            "--new", action="store_true", help="only what came after the last verification"
        )
        parser.add_argument(
            "--state", action="store_true", help="also compare the rows that entries speak of"
        )
        parser.add_argument(
            "--checkpoint", type=Path, action="append", default=[], help="hold it against this file"
        )
        parser.add_argument(
            "--places", action="store_true", help="hold it against what LEDGER_TARGETS keep, too"
        )
        parser.add_argument(
            "--key", action="append", default=[], help="verifier key, if not those of this server"
        )
        parser.add_argument("--no-record", action="store_true", help="do not keep the result")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            examination = _examine(**options)
        except UNJUDGED as error:
            self.stderr.write(f"The ledger could not be judged: {error}")
            sys.exit(UNDECIDED)
        self._say(examination)
        if not options["stream"] and not options["no_record"]:
            self._record(examination)
        sys.exit(INTACT if examination.intact else BROKEN)

    def _say(self, examination: Examination) -> None:
        self.stdout.write(str(examination))
        if (loose := examination.loose) and examination.intact:
            self.stdout.write(loose)
        if backwards := examination.backwards:
            times = counted(len(backwards), "entry", "entries")
            self.stdout.write(f"Time runs backwards at {times}, first at {backwards[0]}.")
        for name in triggers.missing(connection):
            self.stderr.write(f"Unprotected: the trigger {name} is missing or altered.")

    def _record(self, examination: Examination) -> None:
        # A ledger that cannot be written to has still been judged.
        try:
            with origin(Source.COMMAND):
                record_verification(examination=examination, actor=CONSOLE, at=timezone.now())
        except DatabaseError as error:
            self.stderr.write(f"The result could not be kept: {error}")


def _examine(
    *,
    stream: str,
    first: int,
    last: int | None,
    new: bool,
    state: bool,
    checkpoint: list[Path],
    places: bool,
    key: list[str],
    **_: Any,
) -> Examination:
    if not stream and (first != 1 or last):
        raise ValueError("--from and --to count the entries of one stream: name it with --stream.")
    if new and (stream or state):
        raise ValueError("--new goes with neither --stream nor --state.")
    anchors = gather(files=checkpoint, given=key)
    if places:
        anchors = replace(anchors, outside=[*anchors.outside, *outside_checkpoints()])
    if stream:
        return verify_stream(stream, anchors=anchors, first=first, last=last)
    return verify_new(anchors=anchors) if new else verify(anchors=anchors, states=state)
