"""What differs between two cards: by section, by word, and in every number and its origin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from governance.cards.models import CardRevision
from governance.cards.queries import draft_of
from governance.cards.queries.names import named
from governance.cards.queries.revisions import revisions_of_model
from governance.cards.rules.changes import EVERYTHING, section_diffs
from governance.cards.rules.model_card import ModelCard
from governance.cards.rules.parts import parts_of
from governance.cards.rules.revisions import CardNotFound
from governance.portal.pages.changes import Change
from governance.registry.models import ModelVersion

USE = ("intended_use", "out_of_scope")
"""The sections in which a change may widen what the model is used for."""
DRAFT = "draft"


@dataclass(frozen=True, kw_only=True)
class SectionChange:
    """One section that changed. `widens` where a reader has to ask whether its use grew."""

    key: str
    change: Change
    widens: bool

    @property
    def count(self) -> int:
        """How many lines went or came."""
        lines = self.change.lines
        return sum(1 for line in lines if line.kind or any(piece.kind for piece in line.pieces))


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A card to compare: a revision of any version of the model, or the draft of this one."""

    value: str
    label: str


@dataclass(frozen=True, kw_only=True)
class ComparePage:
    version: ModelVersion
    choices: Sequence[Choice]
    before: Choice
    after: Choice
    changed: Sequence[SectionChange]
    same: int

    @property
    def options(self) -> list[tuple[str, str]]:
        return [(choice.value, choice.label) for choice in self.choices]


def written_changes(before: ModelCard, after: ModelCard) -> list[Change]:
    """Compare what people and files say in two cards; what was measured and registered is not
    compared, because the facts of a dossier tell it already.
    """
    old, new = (replace(card, lineage={}) for card in (before, after))
    found = card_changes(old, new, with_values=False)
    return [replace(one.change, note="model card") for one in found]


def card_changes(
    before: ModelCard, after: ModelCard, *, with_values: bool = True
) -> list[SectionChange]:
    """Compare two cards section by section; only what differs is given. Name the typists first.

    Without values, of what was measured only the comments are compared.
    """
    return [
        SectionChange(
            key=one.section.key,
            change=Change(title=one.section.title, lines=one.lines),
            widens=one.section.key in USE and one.is_rewritten,
        )
        for one in section_diffs(before, after, with_values=with_values)
    ]


def compare_page(version: ModelVersion, before: str, after: str) -> ComparePage:
    """Compare two cards of the model. `before` and `after` are `VERSION.REVISION` or `draft`;
    without them the draft, or the newest revision if it says the same, with the card before it.

    Raises CardNotFound where there is no such card, or nothing to compare.
    """
    revisions = revisions_of_model(version.model)
    draft = draft_of(version)
    cards: dict[str, ModelCard] = {f"{r.version.number}.{r.number}": r.card for r in revisions}
    own = [row for row in revisions if row.version_id == version.pk]
    choices = [_choice(row, version) for row in revisions]
    if draft.saved and not (own and own[0].card == draft.card):
        cards[DRAFT] = draft.card
        choices.insert(0, Choice(value=DRAFT, label="Draft"))
    order = [choice.value for choice in choices]
    to = after or next((v for v in order if v == DRAFT or v.startswith(f"{version.number}.")), "")
    since = before or next(iter(order[order.index(to) + 1 :]) if to in order else iter(()), "")
    if to not in cards or since not in cards:
        raise CardNotFound("There are no two such cards of this model to compare.")
    by_value = {choice.value: choice for choice in choices}
    changed = card_changes(named(cards[since]), named(cards[to]))
    written = [part for part in parts_of(cards[to], EVERYTHING) if not part.is_empty]
    keys = {one.key for one in changed}
    return ComparePage(
        version=version,
        choices=choices,
        before=by_value[since],
        after=by_value[to],
        changed=changed,
        same=sum(1 for part in written if part.section.key not in keys),
    )


def _choice(row: CardRevision, version: ModelVersion) -> Choice:
    of = "" if row.version_id == version.pk else f" of version {row.version.number}"
    withdrawn = ", withdrawn" if row.is_withdrawn else ""
    return Choice(
        value=f"{row.version.number}.{row.number}",
        label=f"Revision {row.number}{of}{withdrawn}",
    )
