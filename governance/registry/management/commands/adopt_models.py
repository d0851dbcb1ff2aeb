from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.utils import timezone

from governance.accounts.models import Unit
from governance.accounts.queries import active_person
from governance.core.commands import DomainCommand
from governance.core.errors import invalid
from governance.registry.actions.adoptions import adopt_models, prepare_adoption
from governance.registry.reading.registered import registered_models
from governance.registry.rules.adoptions import WORDS, Adoption, Standing, require_adoptable


class Command(DomainCommand):
    help = (
        "Say which registered models of an MLflow server would become drafts of the inventory; "
        "with --apply, make them: all or none. The server is one of TRACKING_HOSTS. It is done in "
        "the name of --as. Exit code 0: all can be adopted, or were; 1: refused, and nothing was "
        "written."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--from", dest="server", required=True, metavar="URL")
        parser.add_argument("--unit", required=True, metavar="PATH", help="such as bank/retail")
        parser.add_argument("--as", dest="email", required=True, metavar="EMAIL")
        parser.add_argument(
            "--leave-out-refused", action="store_true", help="adopt the others all the same"
        )
        parser.add_argument("--apply", action="store_true", help="write it; without, only say it")

    def handle(self, *args: Any, **options: Any) -> None:
        at = timezone.now()
        given: dict[str, Any] = {
            "found": registered_models(options["server"]),
            "server": options["server"],
            "unit": unit_at(options["unit"]),
            "actor": active_person(options["email"]),
            "at": at,
        }
        adoption = prepare_adoption(**given)
        self._say(adoption)
        leaving_out = options["leave_out_refused"]
        require_adoptable(adoption, leaving_out=leaving_out)
        if options["apply"]:
            adopt_models(**given, seen=adoption.digest, leaving_out=leaving_out)
        self.stdout.write("Adopted." if options["apply"] else "Nothing was written: a dry run.")

    def _say(self, adoption: Adoption) -> None:
        for row in adoption.rows:
            if row.standing != Standing.REFUSED:
                self.stdout.write(f"{row.model.name}: {WORDS[row.standing]}")
            for problem in row.problems:
                self.stderr.write(f"{row.model.name!r}: {problem.message} [{problem.rule}]")
        self.stdout.write(adoption.summary)


def unit_at(path: str) -> Unit:
    unit = Unit.objects.filter(path=path).first()
    if unit is None:
        raise invalid("unit", "known", f"There is no business unit {path!r}.")
    return unit
