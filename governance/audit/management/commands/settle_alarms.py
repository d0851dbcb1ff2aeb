from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from governance.audit.alarms import SAID, settle_alarms, standing_alarms
from governance.audit.origin import origin
from governance.audit.rules import CONSOLE, Source
from governance.core.errors import DomainError


class Command(BaseCommand):
    help = "Say what was found and done about the ledger's alarms, and take them down."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--reason", required=True, help="kept with the ledger")

    def handle(self, *args: Any, **options: Any) -> None:
        for entry in standing_alarms():
            facts = entry.facts
            self.stdout.write(
                f"#{entry.seq} {entry.at:%Y-%m-%d %H:%M} {SAID[facts['rule']]} {facts}"
            )
        try:
            with origin(Source.COMMAND):
                settle_alarms(reason=options["reason"], actor=CONSOLE, at=timezone.now())
        except DomainError as error:
            raise CommandError(f"Nothing was settled: {error}") from error
        self.stdout.write("Settled. What is still so raises its alarm again.")
