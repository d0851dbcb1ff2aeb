"""The editor of a card: one section, its guidance, and what was published beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from governance.accounts.models import User
from governance.cards.firm import further_sections_for
from governance.cards.models import CardComment, CardRevision, UnsavedText
from governance.cards.queries import Draft, draft_of, published_card
from governance.cards.queries.comments import comments_on
from governance.cards.queries.drafts import unsaved_texts
from governance.cards.queries.names import named
from governance.cards.rules.editing import DATA_ROLES, datasets_of, unmeasured
from governance.cards.rules.further import further_parts, further_text, is_further
from governance.cards.rules.model_card import Dataset, Metric, ModelCard, Quantity
from governance.cards.rules.parts import Part, parts_of
from governance.cards.rules.revisions import claim_problems
from governance.cards.rules.sections import Section
from governance.portal.pages.cards import Rights, rights_of, section_address
from governance.registry.models import ModelVersion

WITH_AMOUNTS = frozenset({"training_procedure", "latency_cost", "environment", "monitoring"})
"""The sections that ask for figures in a table; others show one where the card has some."""


@dataclass(frozen=True, kw_only=True)
class EditPage:
    """`card` is the draft, with names; `published` is the model's last published card."""

    version: ModelVersion
    draft: Draft
    card: ModelCard
    parts: Sequence[Part]
    part: Part
    newest: CardRevision | None
    rights: Rights
    unsaved: UnsavedText | None
    comments: Sequence[CardComment]

    @property
    def gaps(self) -> list[Section]:
        return self.draft.gaps

    @property
    def published(self) -> CardRevision | None:
        return self.draft.starts_from

    @property
    def is_published(self) -> bool:
        """This version's newest revision says exactly what the draft says."""
        return self.newest is not None and self.newest.card == self.draft.card

    @property
    def needed(self) -> int:
        return len(self.draft.expected.needed())

    @property
    def done(self) -> int:
        return self.needed - len(self.gaps)

    @property
    def percent(self) -> int:
        return self.done * 100 // self.needed

    @property
    def next_gap(self) -> Section | None:
        """The gap after this section, or from the beginning; None if this is the only one."""
        order = {part.section.key: part.number for part in self.parts}
        after = [g for g in self.gaps if order[g.key] > self.part.number]
        before = [g for g in self.gaps if order[g.key] < self.part.number]
        return next(iter([*after, *before]), None)

    @property
    def published_text(self) -> str:
        """What the model's last published card says in this section."""
        if self.published is None:
            return ""
        key, card = self.part.section.key, self.published.card
        return further_text(card, key) if self.is_further else card.sections.get(key, "")

    @property
    def is_further(self) -> bool:
        """The section is the firm's or a file's own: it has a text and nothing else."""
        return is_further(self.part.section.key)

    @property
    def following(self) -> Part | None:
        return self.parts[self.part.number] if self.part.number < len(self.parts) else None

    @property
    def preceding(self) -> Part | None:
        return self.parts[self.part.number - 2] if self.part.number > 1 else None

    @property
    def claims(self) -> tuple[Metric, ...]:
        """The metrics that are not measured, to be edited."""
        return unmeasured(self.card)

    @property
    def amounts(self) -> list[Quantity]:
        return [one for one in self.card.quantities if one.section == self.part.section.key]

    @property
    def takes_amounts(self) -> bool:
        return self.part.section.key in WITH_AMOUNTS or bool(self.amounts)

    @property
    def takes_data(self) -> bool:
        return self.part.section.key in DATA_ROLES

    @property
    def datasets(self) -> list[Dataset]:
        return datasets_of(self.card, self.part.section.key)

    @property
    def contradictions(self) -> list[str]:
        """What the card claims besides what the registry measured since."""
        return [problem.message for problem in claim_problems(self.card)]

    def address_of(self, key: str) -> str:
        return section_address(self.version, key)

    def address(self, section: Section, **more: str) -> str:
        return section_address(self.version, section.key, **more)


def edit_page(version: ModelVersion, key: str, *, reader: User, at: datetime) -> EditPage:
    """Read the editor at one section; without a known key at the first gap, else the first."""
    draft = draft_of(version)
    card = named(draft.card)
    fixed = parts_of(card, draft.expected)
    offered_too = further_sections_for(version.model)
    parts = [*fixed, *further_parts(card, offered_too, after=len(fixed))]
    offered = {part.section.key: part for part in parts}
    gap = draft.gaps[0].key if draft.gaps else parts[0].section.key
    part = offered[key if key in offered else gap]
    return EditPage(
        version=version,
        draft=draft,
        card=card,
        parts=parts,
        part=part,
        newest=published_card(version),
        rights=rights_of(reader, version, at=at),
        unsaved=unsaved_texts(version, reader).get(part.section.key),
        comments=comments_on(version.model)[part.section.key],
    )
