"""Reads of drafts: what people wrote, with what the registry knows at this moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from governance.accounts.models import User
from governance.cards.models import CardDraft, CardRevision, UnsavedText
from governance.cards.queries.revisions import last_card_of
from governance.cards.rules.completeness import Expected
from governance.cards.rules.editing import card_of_draft, draft_parts, key_of, unmeasured
from governance.cards.rules.model_card import Metric, ModelCard
from governance.cards.rules.numbers import Provenance, number
from governance.cards.rules.sections import Section
from governance.core.canonical import timestamp
from governance.inventory.models import Model
from governance.inventory.rules.records import Kind
from governance.registry.models import EvaluationResult, ModelVersion
from governance.registry.queries import counting_results, results_of

WHOLE = ("*",)
"""Stands among the parts of a draft for a change that may touch any of them."""


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What a writer sees: the saved draft, or what an unsaved one starts from.

    `base` is 0 until the first save. `starts_from` is the model's last published card.
    """

    version: ModelVersion
    card: ModelCard
    starts_from: CardRevision | None
    saved: CardDraft | None
    expected: Expected

    @property
    def base(self) -> int:
        return self.saved.edit_count if self.saved else 0

    @property
    def gaps(self) -> list[Section]:
        return self.expected.gaps(self.card)

    def last_edit_of(self, parts: frozenset[str] | None) -> int:
        """Return the save in which any of these parts was changed last; of None, the last one."""
        if self.saved is None or parts is None:
            return self.base
        return max(self.saved.edits.get(part, 0) for part in (*parts, *WHOLE))


def draft_of(version: ModelVersion) -> Draft:
    """Return the draft of the version's card with what the registry knows filled in."""
    saved = CardDraft.objects.filter(version=version).select_related("edited_by").first()
    starts_from = last_card_of(version.model)
    if saved:
        sections, parts = saved.sections, saved.parts
    else:
        sections, parts = _first_draft(version, starts_from)
    card = card_of_draft(
        sections, parts, values=measured_metrics(version), lineage=lineage_of(version)
    )
    return Draft(
        version=version,
        card=card,
        starts_from=starts_from,
        saved=saved,
        expected=expected_of(version.model),
    )


def expected_of(model: Model) -> Expected:
    """Return what tier and kind of the model ask of its cards."""
    return Expected(tier=model.tier, agent=model.kind == Kind.GENERATIVE)


def _first_draft(
    version: ModelVersion, last: CardRevision | None
) -> tuple[dict[str, str], dict[str, Any]]:
    """Return what a first draft says: the last published card, else what the inventory knows.

    Of another version's card neither the comments on its values are taken over nor what was
    claimed and is measured by now.
    """
    if last is None:
        known = {"task": version.model.purpose, "intended_use": version.model.intended_use}
        return {key: text for key, text in known.items() if text}, {}
    card = last.card
    if last.version_id != version.pk:
        known_now = {key_of(one) for one in measured_metrics(version)}
        claims = tuple(one for one in unmeasured(card) if key_of(one) not in known_now)
        card = replace(card, metrics=claims)
    return dict(card.sections), draft_parts(card)


def measured_metrics(version: ModelVersion) -> tuple[Metric, ...]:
    """Return the one value that counts of each metric and slice, by metric."""
    return tuple(_measured(result) for result in counting_results(results_of(version)))


def _measured(result: EvaluationResult) -> Metric:
    return Metric(
        type=result.metric,
        slice=result.slice,
        value=number(
            result.value,
            Provenance(
                run=result.run_id,
                dataset=result.dataset_digest,
                evaluation=result.ref,
                source=result.source,
                at=timestamp(result.received_at),
            ),
        ),
    )


def lineage_of(version: ModelVersion) -> Mapping[str, Any]:
    """Return what the registration says of where the version comes from."""
    facts = {"run_id": version.run_id, "digest": version.digest, "number": version.number}
    return {key: value for key, value in (facts | version.lineage).items() if value}


def unsaved_texts(version: ModelVersion, writer: User) -> dict[str, UnsavedText]:
    """Return what the writer typed and did not save, by section."""
    rows = UnsavedText.objects.filter(version=version, user=writer)
    return {row.section: row for row in rows}
