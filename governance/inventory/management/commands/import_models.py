from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from governance.accounts.queries import active_person
from governance.core.commands import DomainCommand
from governance.core.errors import invalid
from governance.inventory.actions.imports import import_models
from governance.inventory.actions.planning import prepare_import
from governance.inventory.rules.imports import Plan, Verdict
from governance.inventory.sheets import read_sheet


class Command(DomainCommand):
    help = (
        "Say what a CSV or Excel file would change in the inventory, row by row; with --apply, "
        "change it: all rows or none. It is done in the name of --as, who may do no more here than "
        "in the portal. Exit code 0: every row can be imported, or was; 1: refused, with a line "
        "for every problem, and nothing was written."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the file, CSV in UTF-8 or .xlsx")
        parser.add_argument("--as", dest="email", required=True, metavar="EMAIL")
        parser.add_argument("--apply", action="store_true", help="write it; without, only say it")

    def handle(self, *args: Any, **options: Any) -> None:
        person, at = active_person(options["email"]), timezone.now()
        sheet = read_sheet(octets_of(options["file"]))
        plan = prepare_import(sheet, actor=person, at=at).plan
        self._say(plan)
        if plan.problems:
            raise CommandError("Nothing was imported.", returncode=self.refused)
        if options["apply"]:
            import_models(sheet=sheet, seen=plan.digest, actor=person, at=at)
        self.stdout.write("Imported." if options["apply"] else "Nothing was written: a dry run.")

    def _say(self, plan: Plan) -> None:
        for row in plan.moving:
            self.stdout.write(f"row {row.number}, {row.name}: {row.verdict.lower()}")
            if row.verdict == Verdict.CHANGED:
                for one in row.changes:
                    self.stdout.write(f"  {one.column}: {one.before!r} → {one.after!r}")
        for problem in plan.problems:
            self.stderr.write(str(problem))
        self.stdout.write(plan.summary)


def octets_of(path: Path) -> bytes:
    """Return what is in a file that was named on the command line. Raises InvalidInput."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise invalid("file", "readable", f"{path} cannot be read: {error}.") from error
