"""Cards in and out: what a file would bring into the draft, and what a format cannot hold."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlencode

from governance.cards.formats import FORMATS, Notice, Reading, Writing
from governance.cards.formats.json_files import KEPT
from governance.cards.models import CardRevision
from governance.cards.queries import Draft, card_revisions, draft_of
from governance.cards.queries.exporting import Outgoing, outgoing_card
from governance.cards.queries.names import named
from governance.cards.rules.importing import Taking, Untaken
from governance.cards.rules.mapping import Row, mapping_of
from governance.cards.rules.model_card import Kept
from governance.core.typed import count_of
from governance.portal import links
from governance.registry.models import ModelVersion

MOST_KEPT = 100
MOST_WARNINGS = 100
MOST_LOSSES = 500
EXCERPT = 160
DRAFT = "draft"


@dataclass(frozen=True, kw_only=True)
class KeptRow:
    """A part of the file that the card has no field for: where it stood, and what it says."""

    place: str
    says: str


@dataclass(frozen=True, kw_only=True)
class MappingPage:
    """The parts of a file beside those of the draft. `ticked` are the parts to take."""

    version: ModelVersion
    draft: Draft
    reading: Reading
    filename: str
    rows: Sequence[Row]
    untaken: Sequence[Untaken]
    ticked: Collection[str]

    @property
    def format(self) -> str:
        return FORMATS[self.reading.format].title

    @cached_property
    def odd(self) -> list[Notice]:
        """The warnings, but for those that say that something is kept: that has its own table."""
        return [one for one in self.reading.warnings if one.message != KEPT]

    @property
    def warnings(self) -> Sequence[Notice]:
        return self.odd[:MOST_WARNINGS]

    @cached_property
    def kept(self) -> list[KeptRow]:
        return [_kept(one) for one in self.reading.card.kept[:MOST_KEPT]]

    @property
    def all_kept(self) -> int:
        return len(self.reading.card.kept)

    @property
    def all_warnings(self) -> int:
        return len(self.odd)


def _kept(one: Kept) -> KeptRow:
    says = one.json if len(one.json) <= EXCERPT else one.json[: EXCERPT - 1] + "…"
    return KeptRow(place=one.place, says=says)


def mapping_page(
    version: ModelVersion,
    reading: Reading,
    *,
    filename: str = "",
    ticked: Collection[str] | None = None,
) -> MappingPage:
    """Compare the file with the draft as it stands now; without `ticked`, what would be taken."""
    draft = draft_of(version)
    taking = Taking(card=reading.card, format=reading.format, digest=reading.origin.digest)
    rows = mapping_of(taking, named(draft.card))
    chosen = {row.part for row in rows if row.by_default} if ticked is None else ticked
    return MappingPage(
        version=version,
        draft=draft,
        reading=reading,
        filename=filename,
        rows=rows,
        untaken=taking.untaken(draft.card),
        ticked=chosen,
    )


@dataclass(frozen=True, kw_only=True)
class ExportPage:
    """A card to be written in the chosen format, with the account of it."""

    outgoing: Outgoing
    revisions: Sequence[CardRevision]
    writing: Writing
    is_plain: bool

    @property
    def format(self) -> str:
        return FORMATS[self.writing.format].title

    @property
    def which(self) -> str:
        """What is chosen: the number of a revision, or the draft."""
        return str(self.outgoing.revision.number) if self.outgoing.revision else DRAFT

    @property
    def choices(self) -> list[tuple[str, str]]:
        found = [
            (str(one.number), f"Revision {one.number}{', withdrawn' if one.is_withdrawn else ''}")
            for one in self.revisions
        ]
        return [*found, (DRAFT, "Draft")]

    @property
    def formats(self) -> list[tuple[str, str]]:
        return [(key, one.title) for key, one in FORMATS.items()]

    @property
    def losses(self) -> Sequence[object]:
        return self.writing.losses[:MOST_LOSSES]

    @property
    def all_losses(self) -> int:
        return len(self.writing.losses)

    def file(self, name: str) -> str:
        """The address of the card as a file of that format."""
        return f"{links.card_export(self.outgoing.version)}{name}/?{self._query}"

    @property
    def report(self) -> str:
        return f"{self.file(self.writing.format)}&report=1"

    @property
    def _query(self) -> str:
        plain = {"plain": "1"} if self.is_plain else {}
        return urlencode({"card": self.which, **plain})


def export_page(version: ModelVersion, *, which: str, name: str, is_plain: bool) -> ExportPage:
    """Write the card in that format, to tell what is lost. An unknown format is the first one.

    Raises CardNotFound.
    """
    outgoing = chosen_card(version, which)
    known = name if name in FORMATS else next(iter(FORMATS))
    return ExportPage(
        outgoing=outgoing,
        revisions=card_revisions(version),
        writing=outgoing.write(known, carry=not is_plain),
        is_plain=is_plain,
    )


def chosen_card(version: ModelVersion, which: str) -> Outgoing:
    """Return the draft, or the revision of that number; without either the published card, else
    the draft. Raises CardNotFound.
    """
    if (number := count_of(which)) is not None:
        return outgoing_card(version, revision=number)
    standing = any(not one.is_withdrawn for one in card_revisions(version))
    return outgoing_card(version, as_draft=which == DRAFT or not standing)
