from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from governance.core.errors import DomainError
from governance.jobs.collectors import Collector, collectors
from governance.jobs.forwarding import forward, rewind

SENT, FAILED, NOWHERE = 0, 1, 2


class Command(BaseCommand):
    help = (
        "Send what is new in the ledger on to LEDGER_SYSLOG and LEDGER_OCSF_URL; workers do the "
        "same each minute. Exit code 0: all was taken; 1: a collector did not take it, and gets "
        "it the next time; 2: no collector is configured."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--again",
            action="store_true",
            help="send the whole ledger again, to a collector that is new or lost what it had",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        found = collectors()
        if not found:
            self.stderr.write("No collector: set LEDGER_SYSLOG or LEDGER_OCSF_URL.")
            sys.exit(NOWHERE)
        taken = [self._serve(collector, again=options["again"]) for collector in found]
        sys.exit(SENT if all(taken) else FAILED)

    def _serve(self, collector: Collector, *, again: bool) -> bool:
        if again:
            rewind(collector)
        try:
            sent = forward(collector)
        except DomainError as failure:
            self.stderr.write(f"{collector.name}: {failure.message}")
            return False
        self.stdout.write(f"{collector.name}: {sent:,} entries sent.")
        return True
