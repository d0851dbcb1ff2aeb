"""Compare the files of what serves with what was registered, now."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser

from governance.core.commands import DomainCommand
from governance.core.wording import counted
from governance.registry.models import ModelVersion
from governance.registry.queries import live_versions
from governance.registry.reading import is_readable
from governance.registry.rules import CheckOutcome
from governance.registry.tasks import check_now


def quietly(files: int, path: str) -> None:
    """A command says what it found, not what it is at."""


class Command(DomainCommand):
    help = "Read the files of the versions that serve, and fail if one is not as registered."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--model", default="", metavar="NAME", help="of this model only")

    def handle(self, *args: Any, model: str, **options: Any) -> None:
        versions = live_versions().order_by("model__name", "number")
        outcomes = [
            self.compare(version)
            for version in (versions.filter(model__name=model) if model else versions)
        ]
        if altered := outcomes.count(CheckOutcome.MISMATCH):
            raise CommandError(f"{counted(altered, 'version')} not as registered.")

    def compare(self, version: ModelVersion) -> CheckOutcome | None:
        if not is_readable(version):
            self.stdout.write(f"{version}: the portal may not read its source")
            return None
        check, why = check_now(version, report=quietly)
        outcome = CheckOutcome(check.outcome)
        self.stdout.write(f"{version}: {outcome.label}{f' ({why})' if why else ''}")
        for one in check.differences:
            self.stdout.write(f"    {one['path']}")
        return outcome
