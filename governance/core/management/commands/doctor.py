"""What is here, what is missing, which database and broker are in use."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand

from governance.core.observing import Observation
from governance.core.surroundings import observations


class Command(BaseCommand):
    help = "Say what is here and what is missing. Exits 1 when something needed is missing."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        found = [self.told(observation) for observation in observations()]
        if any(observation.needed and not observation.fine for observation in found):
            sys.exit(1)

    def told(self, observation: Observation) -> Observation:
        mark = "ok" if observation.fine else ("MISSING" if observation.needed else "absent")
        self.stdout.write(f"{mark:8} {observation.name:9} {observation.text}")
        return observation
