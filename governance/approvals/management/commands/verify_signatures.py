from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import Error as DatabaseError

from governance.approvals.queries.bindings import examine_signatures
from governance.audit import keys, notes

INTACT, BROKEN, UNDECIDED = 0, 1, 2
UNJUDGED = (notes.NoteUnusable, keys.KeyUnusable, DatabaseError, ValueError)


class Command(BaseCommand):
    help = (
        "Check that every signature is the one that was given, where, when and by whom it was "
        "given. Exit code 0: all are; 1: one is not; 2: it could not be judged."
    )
    # The checks of other apps must not stand between an auditor and the answer.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--key", action="append", default=[], help="verifier key of earlier days, as well"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            former = [notes.parse_key(text) for text in options["key"]]
            found = examine_signatures(former=former)
        except UNJUDGED as error:
            self.stderr.write(f"The signatures could not be judged: {error}")
            sys.exit(UNDECIDED)
        self.stdout.write(str(found))
        sys.exit(INTACT if found.intact else BROKEN)
