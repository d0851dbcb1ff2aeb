"""What is here, what is missing, which database and broker are in use."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand

from governance.core.surroundings import Finding, findings


class Command(BaseCommand):
    help = "Say what is here and what is missing. Exits 1 when something needed is missing."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        found = [self.told(finding) for finding in findings()]
        if any(finding.needed and not finding.fine for finding in found):
            sys.exit(1)

    def told(self, finding: Finding) -> Finding:
        mark = "ok" if finding.fine else ("MISSING" if finding.needed else "absent")
        self.stdout.write(f"{mark:8} {finding.name:9} {finding.text}")
        return finding
