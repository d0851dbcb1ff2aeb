"""Count what has evidence, and keep it where it differs from the last count."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from governance.core.wording import counted
from governance.evidence.actions.counting import count_all
from governance.evidence.tasks import COUNTER


class Command(BaseCommand):
    help = "Count which requirement has which evidence for every model in use, as each night does."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the numbers for a program")

    def handle(self, *args: Any, **options: Any) -> None:
        found = count_all(actor=COUNTER, at=timezone.now())
        looked, kept = counted(found["models"], "model"), counted(found["changed"], "new count")
        said = f"{looked} looked at, {kept} kept."
        self.stdout.write(json.dumps(found) if options["json"] else said)
