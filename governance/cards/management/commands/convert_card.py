"""Turn a model card from one format into another, and say what the other cannot hold."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any, ClassVar

from governance.cards.formats import FORMATS, read_card, write_card
from governance.cards.formats.guards import MAX_BYTES
from governance.cards.formats.reports import report_of, summary
from governance.core.commands import DomainCommand, octets_of, write_at, write_json


class Command(DomainCommand):
    help = (
        "Turn a model card from one format into another. The format of FILE is guessed. Nothing is "
        "saved but the files named, no database is touched, and nothing is fetched. Exit code 0: "
        "written, with every field kept or in the report; 2: refused, with the reason."
    )
    refused: ClassVar[int] = 2

    # There need be no database, nor anything else that the portal needs.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="the card to convert")
        parser.add_argument(
            "--to", required=True, choices=sorted(FORMATS), help="the format to write"
        )
        parser.add_argument(
            "--from",
            dest="source",
            choices=sorted(FORMATS),
            help="the format to read, where the guess would be another",
        )
        parser.add_argument(
            "--out", type=Path, required=True, metavar="FILE", help="where to write the card"
        )
        parser.add_argument(
            "--report",
            type=Path,
            metavar="FILE",
            help="where to write, as JSON, what was odd in FILE and what the format cannot hold",
        )
        parser.add_argument(
            "--plain",
            action="store_true",
            help="carry nothing along in an extension field of the format",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        data = octets_of(path, longest=MAX_BYTES)
        reading = read_card(data, filename=path.name, name=options["source"] or "")
        writing = write_card(reading.card, options["to"], carry=not options["plain"])
        if options["report"]:
            report = report_of(
                writing,
                source=reading.format,
                digest=reading.origin.digest,
                warnings=reading.warnings,
            )
            write_json(options["report"], report)
        write_at(options["out"], writing.data)
        found = len(reading.warnings)
        self.stdout.write(summary(writing, source=reading.format, warnings=found))
