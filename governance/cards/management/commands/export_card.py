"""Write the card of a version as a file of another format, with the account of what is lost."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any, ClassVar

from django.core.management.base import CommandError

from governance.cards.formats import FORMATS
from governance.cards.formats.reports import report_of, summary
from governance.cards.queries.exporting import outgoing_card
from governance.core.commands import DomainCommand, write_at, write_json
from governance.inventory.models import Model
from governance.registry.models import ModelVersion


class Command(DomainCommand):
    help = (
        "Write the published card of a version as a file. Exit code 0: written, with every field "
        "kept or in the report; 2: refused, with the reason, and nothing is written."
    )
    refused: ClassVar[int] = 2

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("model", metavar="MODEL")
        parser.add_argument("version", metavar="VERSION", type=int)
        parser.add_argument("--to", required=True, choices=sorted(FORMATS))
        parser.add_argument("--out", type=Path, required=True, metavar="FILE")
        parser.add_argument(
            "--report",
            type=Path,
            metavar="FILE",
            help="where to write, as JSON, what the format cannot hold",
        )
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--revision", type=int, metavar="N", help="a revision by its number")
        which.add_argument("--draft", action="store_true", help="the draft, which nobody approved")
        parser.add_argument(
            "--plain",
            action="store_true",
            help="carry nothing along in an extension field, and nothing of the registration",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        name, number = options["model"], options["version"]
        versions = ModelVersion.objects.with_model().filter(number=number)
        version = versions.filter(model__in=Model.objects.named(name)).first()
        if version is None:
            raise CommandError(f"There is no version {number} of {name!r}.", returncode=2)
        card = outgoing_card(version, revision=options["revision"], as_draft=options["draft"])
        writing = card.write(options["to"], carry=not options["plain"])
        if options["report"]:
            report = report_of(writing, source="countersign", digest=card.digest)
            write_json(options["report"], report)
        write_at(options["out"], writing.data)
        source = f"revision {card.revision.number}" if card.revision else "draft"
        self.stdout.write(summary(writing, source=source))
