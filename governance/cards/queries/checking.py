"""Whether a card says what a card of such a model must say, for pipelines that ask."""

from __future__ import annotations

from dataclasses import dataclass, replace

from governance.cards.models import CardRevision
from governance.cards.queries.drafts import draft_of, expected_of, measured_metrics
from governance.cards.queries.revisions import published_card
from governance.cards.rules.completeness import Expected, gap_problems
from governance.cards.rules.editing import contradicted, unmeasured
from governance.cards.rules.model_card import Metric, ModelCard
from governance.cards.rules.revisions import claim_problems
from governance.cards.rules.sections import Section
from governance.core.errors import Problem
from governance.registry.models import ModelVersion


@dataclass(frozen=True, kw_only=True)
class Checked:
    """A card, judged by the model's tier and kind and by what is measured now.

    `card` is empty, and `is_there` false, where the published card was asked for and there is none.
    """

    version: ModelVersion
    expected: Expected
    card: ModelCard
    revision: CardRevision | None
    is_there: bool

    @property
    def gaps(self) -> list[Section]:
        return self.expected.gaps(self.card)

    @property
    def contradicted(self) -> list[tuple[Metric, Metric]]:
        """What the card claims, and what was measured instead."""
        return contradicted(self.card)

    @property
    def problems(self) -> list[Problem]:
        """All that keeps the card from being complete; none means that it is."""
        found = [*gap_problems(self.card, self.expected), *claim_problems(self.card)]
        if self.is_there:
            return found
        version = self.version
        message = f"No card is published for {version.model.name} version {version.number}."
        return [Problem(field="card", rule="published", message=message), *found]


def checked_card(version: ModelVersion, *, as_draft: bool = False) -> Checked:
    """Judge the card that is published now, or the draft."""
    revision = None if as_draft else published_card(version)
    card = draft_of(version).card if as_draft else ModelCard()
    if revision is not None:
        card = revision.card
        card = replace(card, metrics=(*measured_metrics(version), *unmeasured(card)))
    return Checked(
        version=version,
        expected=expected_of(version.model),
        card=card,
        revision=revision,
        is_there=as_draft or revision is not None,
    )
