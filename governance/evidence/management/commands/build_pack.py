"""Build an evidence pack without the browser."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from governance.accounts.queries import CONSOLE
from governance.core.errors import DomainError, InvalidInput
from governance.evidence.actions.packs import build_pack
from governance.evidence.models import Pack
from governance.evidence.queries.packs import pack_file
from governance.evidence.queries.scopes import scope_wanted
from governance.evidence.rules.packs import EVIDENCE_NAME, VERIFIER_NAME
from governance.evidence.rules.scopes import OFFERED, ScopeKind, Wanted


class Command(BaseCommand):
    help = "Build and file an evidence pack, and copy it into a folder."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--of",
            choices=[kind.value.lower() for kind in OFFERED],
            default="model",
            help="what the pack is of; a portfolio is all models, or those of --unit and --tier",
        )
        parser.add_argument("--model", default="", metavar="NAME")
        parser.add_argument("--number", type=int, help="of the version, or of the decision")
        parser.add_argument("--unit", default="", metavar="PATH")
        parser.add_argument("--tier", type=int)
        parser.add_argument("--streams", type=listed, default=(), metavar="NAME,NAME")
        parser.add_argument("--first-day", type=date.fromisoformat, metavar="DAY")
        parser.add_argument("--last-day", type=date.fromisoformat, metavar="DAY")
        parser.add_argument("--frameworks", type=listed, default=(), metavar="ID,ID")
        parser.add_argument(
            "--checkpoint",
            type=Path,
            metavar="FILE",
            help="the signed checkpoint that the pack is to rest on; without it one is signed now",
        )
        parser.add_argument(
            "--since",
            type=Path,
            action="append",
            default=[],
            metavar="FILE",
            help="a checkpoint that the reader kept: the proof that it still holds goes along",
        )
        parser.add_argument("--out", required=True, type=Path, metavar="DIR")
        parser.add_argument("--json", action="store_true", help="print where everything lies")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            pack = self._build(wanted_by(options), **options)
        except InvalidInput as refusal:
            said = [f"{one.field}: {one.message}" for one in refusal.problems]
            raise CommandError(" ".join(said)) from refusal
        except DomainError as refusal:
            raise CommandError(refusal.message) from refusal
        found = copied(pack, options["out"])
        self.stdout.write(json.dumps(found) if options["json"] else _sentence(found))

    def _build(
        self, wanted: Wanted, *, json: bool, checkpoint: Path | None, since: list[Path], **_: Any
    ) -> Pack:
        at = timezone.now()
        scope = scope_wanted(wanted=wanted, actor=CONSOLE, at=at)

        def report(number: int, of: int, words: str) -> None:
            if not json:
                self.stdout.write(f"{number}/{of} {words}")

        return build_pack(
            scope=scope,
            by=CONSOLE.ref,
            at=at,
            report=report,
            checkpoint=note_in(checkpoint) if checkpoint else "",
            since=[note_in(path) for path in since],
        )


def listed(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.split(",") if part)


def wanted_by(options: Mapping[str, Any]) -> Wanted:
    """What the options choose."""
    return Wanted(
        kind=ScopeKind(options["of"].upper()),
        model=options["model"],
        number=options["number"],
        unit=options["unit"],
        tier=options["tier"],
        streams=options["streams"],
        since=options["first_day"],
        until=options["last_day"],
        frameworks=options["frameworks"],
    )


def note_in(path: Path) -> str:
    try:
        return path.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"The checkpoint {path} cannot be read: {error}") from error


def copied(pack: Pack, out: Path) -> dict[str, str]:
    """Copy the files of the pack into the folder; return where they lie, and the file's digest.

    The checkpoint that it rests on is put beside it: to build the same pack again, and for the
    reader to keep and hold a later pack against.
    """
    out.mkdir(parents=True, exist_ok=True)
    names = {
        "pdf": (pack.pdf_name, pack.pdf_name),
        "json": (EVIDENCE_NAME, f"{pack.reference}.json"),
        "verifier": (VERIFIER_NAME, VERIFIER_NAME),
    }
    found = {
        kind: str(shutil.copyfile(pack_file(pack, filed), (out / name).absolute()))
        for kind, (filed, name) in names.items()
    }
    note = checkpoint_in(Path(found["json"]).read_text())
    if note:
        beside = (out / f"{pack.reference}.checkpoint").absolute()
        beside.write_text(note)
        found["checkpoint"] = str(beside)
    return found | {"sha256": pack.file_digest}


def checkpoint_in(evidence: str) -> str:
    point = json.loads(evidence)["checkpoint"]
    return str(point["note"]) if point else ""


def _sentence(found: dict[str, str]) -> str:
    return f"{found['pdf']}\nsha256 {found['sha256']}\nCheck it: python3 {found['verifier']} FILE"
