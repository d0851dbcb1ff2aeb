from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from governance.audit.checkpointing import fork
from governance.audit.keys import KeyUnusable
from governance.audit.origin import origin
from governance.audit.rules import CONSOLE, Source
from governance.core.errors import DomainError


class Command(BaseCommand):
    help = (
        "Begin a new origin of the ledger's checkpoints, openly: after a backup was put back, or "
        "when the signer's memory was lost. Earlier checkpoints stay what they are."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--reason", required=True, help="why; kept with the ledger")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with origin(Source.COMMAND):
                point = fork(reason=options["reason"], actor=CONSOLE, at=timezone.now())
        except (KeyUnusable, DomainError) as error:
            raise CommandError(f"No new origin was begun: {error}") from error
        self.stdout.write(f"The ledger's checkpoints are of the origin {point.origin} from now on.")
        self.stdout.write("Tell everybody who keeps checkpoints of it, and why.")
