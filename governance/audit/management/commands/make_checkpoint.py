from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from governance.audit.checkpointing import make_checkpoint
from governance.audit.durable import write_whole
from governance.audit.keys import KeyUnusable, known_key
from governance.audit.origin import origin
from governance.audit.rules import CONSOLE, Source
from governance.core.errors import DomainError


class Command(BaseCommand):
    help = "Sign a checkpoint of the whole ledger, and write it to a file to be kept elsewhere."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--out", type=Path, required=True, help="the file to write")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with origin(Source.COMMAND):
                point = make_checkpoint(actor=CONSOLE, at=timezone.now())
            write_whole(options["out"], point.note.encode())
        except (KeyUnusable, DomainError, OSError) as error:
            raise CommandError(f"No checkpoint was written: {error}") from error
        self.stdout.write(f"Checkpoint of {point.size} entries written to {options['out']}.")
        self.stdout.write(f"Its verifier key is {known_key().named(point.origin)}")
