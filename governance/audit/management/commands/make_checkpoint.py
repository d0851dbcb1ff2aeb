from __future__ import annotations

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from governance.audit import checkpoints, keys
from governance.audit.actions import make_checkpoint
from governance.audit.origin import origin
from governance.audit.rules import CONSOLE, Source


class Command(BaseCommand):
    help = "Write a signed checkpoint over the heads of all streams, to be kept elsewhere."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--out", type=Path, required=True, help="the file to write")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            key = keys.load_or_make(settings.LEDGER_KEY_FILE)
            name = checkpoints.origin_of(settings.LEDGER_ORIGIN)
            with origin(Source.COMMAND):
                note = make_checkpoint(
                    key=key, ledger=settings.LEDGER_ORIGIN, actor=CONSOLE, at=timezone.now()
                )
            _write(options["out"], note)
        except (keys.KeyUnusable, ValueError, OSError) as error:
            raise CommandError(f"No checkpoint was written: {error}") from error
        self.stdout.write(f"Checkpoint written to {options['out']}.")
        self.stdout.write(f"Its verifier key is {checkpoints.verifier_key(name, key)}")


def _write(path: Path, note: str) -> None:
    """Write whole or not at all: an older checkpoint must not be lost to a full disk."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_bytes(note.encode())
    draft.replace(path)
