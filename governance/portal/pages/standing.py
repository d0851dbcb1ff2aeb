"""Where models stand at this moment, for as many models at once as a page shows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from governance.cards.models import CardDraft, CardRevision
from governance.cards.queries import expected_of, published_cards
from governance.cards.rules.model_card import ModelCard
from governance.core.grouping import by_key
from governance.inventory.models import Model
from governance.registry.models import ModelVersion, SlotAssignment
from governance.registry.queries.standing import newest_versions, serving
from governance.registry.rules import Stage
from governance.validation.models import Finding
from governance.validation.queries import findings_among
from governance.validation.rules import Severity


@dataclass(frozen=True, kw_only=True)
class CardState:
    """How far a version's card is: the needed sections answered, and the revision published, if
    any.
    """

    version: ModelVersion
    revision: CardRevision | None
    answered: int
    total: int

    @property
    def percent(self) -> int:
        return self.answered * 100 // self.total

    @property
    def tone(self) -> str:
        return "mute" if self.percent >= 80 else "warn" if self.percent >= 50 else "bad"


@dataclass(frozen=True, kw_only=True)
class Standing:
    """One model at a glance."""

    model: Model
    live: Sequence[SlotAssignment]
    newest: ModelVersion | None
    card: CardState | None
    findings: Sequence[Finding]

    @property
    def subject(self) -> ModelVersion | None:
        """The version that the card column speaks of: what serves, else the newest."""
        return self.live[0].version if self.live else self.newest

    @property
    def stage(self) -> str:
        """The model's stage: Production while anything serves, else that of its newest version."""
        if self.live:
            return Stage.PRODUCTION
        return self.newest.stage if self.newest else Stage.DRAFT

    @property
    def severities(self) -> Mapping[str, int]:
        found = [finding.severity for finding in self.findings]
        return {severity.lower(): found.count(severity) for severity in Severity.values}

    @property
    def next_due(self) -> Finding | None:
        return min(self.findings, key=lambda finding: finding.due_date, default=None)

    def is_late(self, today: date) -> bool:
        return self.next_due is not None and self.next_due.due_date < today


def standings(models: Sequence[Model]) -> list[Standing]:
    """Return the standing of each model, in the same order, in five queries."""
    live = by_key(live_in(models), lambda row: row.slot.model_id)
    newest = newest_versions(models)
    findings = by_key(findings_among(Finding.objects.open(), models), lambda row: row.model_id)
    subjects = [
        live[model.pk][0].version if live[model.pk] else newest[model.pk]
        for model in models
        if live[model.pk] or model.pk in newest
    ]
    cards = card_states(subjects)
    return [
        Standing(
            model=model,
            live=live[model.pk],
            newest=newest.get(model.pk),
            card=cards.get(model.pk),
            findings=findings[model.pk],
        )
        for model in models
    ]


def live_in(models: Collection[Model], *, by: datetime | None = None) -> Iterable[SlotAssignment]:
    """What answers live traffic, or did at a past moment: the default slot first, and in each slot
    its champion.
    """
    rows = SlotAssignment.objects
    return serving(rows.standing_at(by) if by else rows.current(), models)


def card_states(versions: Collection[ModelVersion]) -> dict[UUID, CardState]:
    """How far the card of each version is, by model: the newest revision, else the draft."""
    published = published_cards(versions)
    drafts = {row.version_id: row for row in CardDraft.objects.filter(version__in=versions)}
    found = {}
    for version in versions:
        revision, draft = published.get(version.pk), drafts.get(version.pk)
        card = revision.card if revision else ModelCard(sections=draft.sections if draft else {})
        expected = expected_of(version.model)
        total = len(expected.needed())
        found[version.model_id] = CardState(
            version=version,
            revision=revision,
            answered=total - len(expected.gaps(card)),
            total=total,
        )
    return found
