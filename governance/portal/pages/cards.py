"""A model card as its readers and its writers see it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from urllib.parse import urlencode

from governance.accounts.models import User
from governance.accounts.permissions import Permission
from governance.cards.models import CardRevision
from governance.cards.queries import Draft, card_revisions, draft_of
from governance.cards.rules import BY_KEY, SECTIONS, Card, CardNotFound, Section
from governance.core.wording import number
from governance.portal import links
from governance.portal.pages.may import frozen, why_not
from governance.registry.models import ModelVersion
from governance.registry.rules import Source
from governance.validation.models import Report
from governance.validation.queries import latest_report

SECTION_OF = {"TRAINING": "training_data", "EVALUATION": "evaluation_data"}
"""Where a card names the data that a registration states, by what it was used for."""


@dataclass(frozen=True, kw_only=True)
class Value:
    """One measured value in words."""

    metric: str
    slice: str
    value: str
    source: str
    dataset: str


@dataclass(frozen=True, kw_only=True)
class Fact:
    """Something that the registration says, beside what people wrote."""

    label: str
    value: str


@dataclass(frozen=True, kw_only=True)
class Part:
    """One section as it stands in this card; tone, icon and state say how complete it is."""

    section: Section
    number: int
    text: str
    is_answered: bool
    values: Sequence[Value]
    facts: Sequence[Fact]

    @property
    def mark(self) -> tuple[str, str, str]:
        if self.section.measured and self.values:
            return "ok", "lock", "filled from the version"
        if self.is_answered:
            return "ok", "check", "complete"
        if self.text:
            return "warn", "half", "not an answer yet"
        if self.section.required:
            return "mute", "ring", "empty"
        return "mute", "minus", "optional, empty"


@dataclass(frozen=True, kw_only=True)
class Rights:
    """Why the reader may not write or publish; empty where they may."""

    no_writing: str
    no_publishing: str


@dataclass(frozen=True, kw_only=True)
class CardPage:
    """The reading view: a revision, or the draft where there is none or it is asked for."""

    version: ModelVersion
    parts: Sequence[Part]
    shown: CardRevision | None
    revisions: Sequence[CardRevision]
    draft: Draft
    report: Report | None
    rights: Rights

    @property
    def newest(self) -> CardRevision | None:
        return self.revisions[0] if self.revisions else None

    @property
    def next_number(self) -> int:
        return self.newest.number + 1 if self.newest else 1

    @property
    def is_draft_newer(self) -> bool:
        """The draft, with what is measured now, says something else than the newest revision."""
        return self.newest is not None and self.draft.card.text() != self.newest.text

    @property
    def gaps(self) -> list[Section]:
        return self.draft.card.gaps()


@dataclass(frozen=True, kw_only=True)
class EditPage:
    """The editor: one section, its guidance, and the published text beside it."""

    version: ModelVersion
    draft: Draft
    parts: Sequence[Part]
    part: Part
    published: CardRevision | None
    rights: Rights

    @property
    def gaps(self) -> list[Section]:
        return self.draft.card.gaps()

    @property
    def is_published(self) -> bool:
        """This version's newest revision says exactly what the draft says."""
        newest = self.published
        if newest is None or newest.version_id != self.version.pk:
            return False
        return newest.text == self.draft.card.text()

    @property
    def required(self) -> int:
        return sum(1 for section in SECTIONS if section.required)

    @property
    def done(self) -> int:
        return self.required - len(self.gaps)

    @property
    def percent(self) -> int:
        return self.done * 100 // self.required

    @property
    def published_text(self) -> str:
        """What the model's last published card says in this section."""
        if self.published is None:
            return ""
        return self.published.card.sections.get(self.part.section.key, "")

    @property
    def following(self) -> Part | None:
        return self.parts[self.part.number] if self.part.number < len(self.parts) else None

    @property
    def preceding(self) -> Part | None:
        return self.parts[self.part.number - 2] if self.part.number > 1 else None

    def address(self, section: Section, **more: str) -> str:
        return section_address(self.version, section.key, **more)


def card_page(
    version: ModelVersion, *, reader: User, at: datetime, revision: int | None, as_draft: bool
) -> CardPage:
    """Read the page. Raises CardNotFound for a revision that does not exist."""
    revisions, draft = card_revisions(version), draft_of(version)
    shown = None if as_draft else revision_shown(revisions, revision)
    card = shown.card if shown else draft.card
    return CardPage(
        version=version,
        parts=parts_of(card),
        shown=shown,
        revisions=revisions,
        draft=draft,
        report=latest_report(version),
        rights=rights_of(reader, version, at=at),
    )


def revision_shown(revisions: Sequence[CardRevision], number: int | None) -> CardRevision | None:
    if number is None:
        return revisions[0] if revisions else None
    found = next((revision for revision in revisions if revision.number == number), None)
    if found is None:
        raise CardNotFound(f"There is no revision {number} of this card.")
    return found


def edit_page(version: ModelVersion, key: str, *, reader: User, at: datetime) -> EditPage:
    """Read the editor at one section; without a known key at the first gap, else the first."""
    draft = draft_of(version)
    parts = parts_of(draft.card)
    gaps = draft.card.gaps()
    chosen = BY_KEY.get(key) or (gaps[0] if gaps else SECTIONS[0])
    return EditPage(
        version=version,
        draft=draft,
        parts=parts,
        part=next(part for part in parts if part.section == chosen),
        published=draft.starts_from,
        rights=rights_of(reader, version, at=at),
    )


def rights_of(reader: User, version: ModelVersion, *, at: datetime) -> Rights:
    unit, retired = version.model.unit, frozen(version.model)
    writing, publishing = Permission.CARD_WRITE, Permission.CARD_PUBLISH
    return Rights(
        no_writing=retired or why_not(reader, writing, "Writing this card", unit=unit, at=at),
        no_publishing=retired
        or why_not(reader, publishing, "Publishing this card", unit=unit, at=at),
    )


def parts_of(card: Card) -> list[Part]:
    facts = facts_of(card)
    return [
        Part(
            section=section,
            number=number,
            text=card.sections.get(section.key, ""),
            is_answered=card.says(section),
            values=values_of(card) if section.measured else (),
            facts=facts.get(section.key, ()),
        )
        for number, section in enumerate(SECTIONS, start=1)
    ]


def values_of(card: Card) -> list[Value]:
    return [
        Value(
            metric=value.metric,
            slice=value.slice or "All",
            value=number(Decimal(value.value)),
            source=Source(value.source).label,
            dataset=value.dataset,
        )
        for value in card.values
    ]


def facts_of(card: Card) -> dict[str, list[Fact]]:
    """What the registration says, under the section that it belongs to."""
    lineage = card.lineage
    dataset = lineage.get("dataset", {})
    rows = dataset.get("rows")
    named = [
        ("training_data", "Run", lineage.get("run_id")),
        ("training_data", "Commit", lineage.get("git_commit")),
        ("evaluation_data", "Data set", dataset.get("name")),
        ("evaluation_data", "Rows", number(rows) if isinstance(rows, int) else rows),
        ("evaluation_data", "Digest of the data", dataset.get("digest")),
    ]
    for entry in lineage.get("datasets", ()):
        if section := SECTION_OF.get(entry.get("purpose", "TRAINING")):
            named.append((section, "Data set", entry["name"]))
    facts: dict[str, list[Fact]] = {}
    for key, label, value in named:
        if value:
            facts.setdefault(key, []).append(Fact(label=label, value=str(value)))
    return facts


def section_address(version: ModelVersion, key: str, **more: str) -> str:
    return f"{links.card_edit(version)}?{urlencode({'section': key, **more})}"
