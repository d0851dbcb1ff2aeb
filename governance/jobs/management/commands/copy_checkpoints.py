"""Copy the newest checkpoint to all targets now, and say what came of each."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from governance.audit import copying
from governance.audit.origin import origin
from governance.audit.rules import CONSOLE, Source
from governance.audit.targets.shipping import Contradicted, Target, TargetFails
from governance.jobs.ledger import post


class Command(BaseCommand):
    help = (
        "Copy the newest checkpoint to each target of LEDGER_TARGETS now, due or not. "
        "Exit code 0: all have it; 1: one has not."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        with origin(Source.COMMAND):
            done = [self._copied(target) for target in copying.targets()]
        if not done:
            self.stdout.write("LEDGER_TARGETS names no target.")
        sys.exit(0 if all(done) else 1)

    def _copied(self, target: Target) -> bool:
        try:
            copy = copying.copy_newest(target, post=post, actor=CONSOLE, at=timezone.now())
        except (TargetFails, Contradicted) as error:
            self.stderr.write(f"{target.name}: {error}")
            return False
        size = f"a copy of {copy.checkpoint.size} entries" if copy else "nothing new to copy"
        self.stdout.write(f"{target.name}: {size}")
        return True
