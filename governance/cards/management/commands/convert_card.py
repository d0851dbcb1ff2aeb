"""Turn a model card from one format into another, and say what the other cannot hold."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import Any, ClassVar

from governance.cards.formats import FORMATS, Reading, Rule, Writing, read_card, write_card
from governance.cards.formats.guards import MAX_BYTES
from governance.core.commands import DomainCommand
from governance.core.errors import invalid

REPORT = "countersign.conversion/1"


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
        reading = read_card(bytes_at(path), filename=path.name, name=options["source"] or "")
        writing = write_card(reading.card, options["to"], carry=not options["plain"])
        if options["report"]:
            text = json.dumps(report_of(reading, writing), ensure_ascii=False, indent=2)
            write_at(options["report"], f"{text}\n".encode())
        write_at(options["out"], writing.data)
        self.stdout.write(summary(reading, writing))


def bytes_at(path: Path) -> bytes:
    """Return the file; of one that is too long, no more than shows that. Raises InvalidInput."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise invalid("file", "readable", f"{path} cannot be read: {error}.") from error


def write_at(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise invalid("out", "writable", f"{path} cannot be written: {error}.") from error


def report_of(reading: Reading, writing: Writing) -> dict[str, Any]:
    """What `--report` writes; docs/model-cards.md says what each key means."""
    return {
        "format": REPORT,
        "source": {"format": reading.format, "sha256": reading.origin.digest},
        "target": {"format": writing.format},
        "warnings": [
            {"line": one.line, "field": one.field, "message": one.message}
            for one in reading.warnings
        ],
        "kept": writing.kept,
        "losses": [
            {"path": one.path, "says": one.says, "rule": one.rule.value, "why": one.why}
            for one in writing.losses
        ],
    }


def summary(reading: Reading, writing: Writing) -> str:
    """`huggingface → markdown: 12 fields kept, 3 turned into text; 1 warning`."""
    count = Counter(one.rule for one in writing.losses)
    words = [f"{writing.kept} fields kept"]
    words += [f"{count[rule]} {rule.value}" for rule in Rule if count[rule]]
    found = len(reading.warnings)
    warnings = f"; {found} warning{'s' if found > 1 else ''}" if found else ""
    return f"{reading.format} → {writing.format}: {', '.join(words)}{warnings}"
