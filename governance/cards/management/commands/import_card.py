"""Take a card file into the draft of a version, as the portal's import page does."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any, ClassVar

from django.utils import timezone

from governance.accounts.queries import active_person
from governance.cards.actions import import_card, read_upload
from governance.cards.formats import FORMATS, Reading
from governance.cards.formats.guards import MAX_BYTES
from governance.cards.queries import draft_of
from governance.cards.queries.names import named
from governance.cards.rules.importing import GROUPS, Taking, Untaken
from governance.cards.rules.mapping import Row, mapping_of
from governance.core.commands import DomainCommand, octets_of
from governance.registry.queries import version_numbered


class Command(DomainCommand):
    help = (
        "Take a card file of any format into the draft of a version's card: every part that it "
        "has, or those named. It is done in the name of --as, who may do no more here than in the "
        "portal; nothing is published, and nothing is fetched. Exit code 0: the draft says it now, "
        "or said it before; 2: refused, with the reason, and nothing was saved."
    )
    refused: ClassVar[int] = 2

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("model", metavar="MODEL")
        parser.add_argument("version", metavar="VERSION", type=int)
        parser.add_argument("file", metavar="FILE", type=Path)
        parser.add_argument("--as", dest="email", required=True, metavar="EMAIL")
        parser.add_argument(
            "--from",
            dest="source",
            choices=sorted(FORMATS),
            help="the format to read, where the guess would be another",
        )
        parser.add_argument(
            "--parts",
            nargs="+",
            metavar="PART",
            help=f"keys of sections, or {', '.join(GROUPS)}; all without it",
        )
        parser.add_argument(
            "--base",
            type=int,
            default=0,
            metavar="N",
            help="the save of the draft that you have seen; 0, the default, for a draft never "
            "saved. One that was saved since is refused",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="say what each part would do; save nothing"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        person, at, path = active_person(options["email"]), timezone.now(), options["file"]
        version = version_numbered(options["model"], options["version"], actor=person, at=at)
        reading = read_upload(
            version=version,
            data=octets_of(path, longest=MAX_BYTES),
            filename=path.name,
            name=options["source"] or "",
            actor=person,
            at=at,
        )
        for one in reading.warnings:
            self.stderr.write(f"{one.words()}{one.message}")
        if options["dry_run"]:
            draft = draft_of(version)
            taking = _taking(reading, options["parts"])
            for row in mapping_of(taking, named(draft.card)):
                if row.part in taking.chosen:
                    self.stdout.write(_said(row))
            self._tell(taking.untaken(draft.card))
            self.stdout.write(f"Nothing was saved: a dry run. The draft is at save {draft.base}.")
            return
        done = import_card(
            version=version,
            reading=reading,
            parts=options["parts"],
            base=options["base"],
            actor=person,
            at=at,
        )
        self._tell(done.untaken)
        taken = ", ".join(done.taken) or "nothing but what it keeps"
        what = f"taken: {taken}" if done.is_new else "the draft said all of it before"
        self.stdout.write(f"{reading.format}: {what}. Save {done.draft.edit_count} of the draft.")

    def _tell(self, untaken: tuple[Untaken, ...] | list[Untaken]) -> None:
        for one in untaken:
            self.stderr.write(f"{one.field}: {one.words()}")


def _taking(reading: Reading, parts: list[str] | None) -> Taking:
    return Taking(
        card=reading.card,
        format=reading.format,
        digest=reading.origin.digest,
        parts=None if parts is None else frozenset(parts),
    )


def _said(row: Row) -> str:
    if row.problem:
        return f"{row.part}: cannot be taken. {row.problem}"
    if row.is_same:
        return f"{row.part}: the draft says the same"
    return f"{row.part}: {'replaces what the draft says' if row.stands else 'new'}"
