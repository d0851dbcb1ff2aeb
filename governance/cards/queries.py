"""Reads of model cards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from governance.accounts.models import User
from governance.cards.models import CardDraft, CardEditor, CardRevision
from governance.cards.rules import Card, MeasuredValue
from governance.core.canonical import timestamp
from governance.inventory.models import Model
from governance.registry.models import EvaluationResult, ModelVersion
from governance.registry.queries import counting_results, results_of


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What a writer sees: the saved draft, or what an unsaved one starts from.

    `base` is 0 until the first save. `starts_from` is the model's last published card.
    """

    version: ModelVersion
    card: Card
    starts_from: CardRevision | None
    saved: CardDraft | None

    @property
    def base(self) -> int:
        return self.saved.edit_count if self.saved else 0


def published_card(version: ModelVersion) -> CardRevision | None:
    """Return the newest revision: the one a dossier points to."""
    return (
        CardRevision.objects.filter(version=version)
        .select_related("published_by", "version__model")
        .order_by("-number")
        .first()
    )


def last_card_of(model: Model) -> CardRevision | None:
    """Return what was published last for any version of the model."""
    return (
        CardRevision.objects.filter(version__model=model)
        .select_related("published_by", "version__model")
        .order_by("-published_at", "-number")
        .first()
    )


def card_revisions(version: ModelVersion) -> list[CardRevision]:
    """Return every revision of the version's card, newest first."""
    return list(
        CardRevision.objects.filter(version=version)
        .select_related("published_by")
        .order_by("-number")
    )


def card_editors(version: ModelVersion) -> dict[str, tuple[str, ...]]:
    """Return all who wrote in the version's card or published it: user → the rows that say so."""
    return editors_in(
        CardEditor.objects.filter(version=version).values_list("user_id", "pk"),
        CardRevision.objects.filter(version=version)
        .order_by("number")
        .values_list("published_by_id", "pk"),
    )


def editors_in(
    wrote: Iterable[tuple[UUID, UUID]], published: Iterable[tuple[UUID, UUID]]
) -> dict[str, tuple[str, ...]]:
    """The same of pairs of user and row: of those who wrote, and of those who published."""
    found: dict[str, tuple[str, ...]] = {}
    for kind, rows in ((CardEditor.REF, wrote), (CardRevision.REF, published)):
        for user, row in rows:
            person = f"{User.REF}:{user}"
            found[person] = (*found.get(person, ()), f"{kind}:{row}")
    return found


def draft_of(version: ModelVersion) -> Draft:
    """Return the draft of the version's card with what the registry knows filled in."""
    saved = CardDraft.objects.filter(version=version).select_related("edited_by").first()
    starts_from = last_card_of(version.model)
    return Draft(
        version=version,
        card=card_with(version, saved.sections if saved else first_sections(version, starts_from)),
        starts_from=starts_from,
        saved=saved,
    )


def first_sections(version: ModelVersion, last: CardRevision | None) -> dict[str, str]:
    """Return what a first draft says: the last published card, else what the inventory knows."""
    if last is not None:
        return dict(last.card.sections)
    known = {"task": version.model.purpose, "intended_use": version.model.intended_use}
    return {key: text for key, text in known.items() if text}


def card_with(version: ModelVersion, sections: Mapping[str, str]) -> Card:
    """Put together what people wrote and what the registry knows now."""
    return Card(sections=sections, values=measured_values(version), lineage=lineage_of(version))


def measured_values(version: ModelVersion) -> tuple[MeasuredValue, ...]:
    """Return the one value that counts of each metric and slice, by metric."""
    return tuple(_measured(result) for result in counting_results(results_of(version)))


def _measured(result: EvaluationResult) -> MeasuredValue:
    return MeasuredValue(
        metric=result.metric,
        slice=result.slice,
        value=result.value,
        source=result.source,
        dataset=result.dataset_digest,
        run_id=result.run_id,
        result=result.ref,
        received_at=timestamp(result.received_at),
    )


def lineage_of(version: ModelVersion) -> dict[str, Any]:
    """Return what the registration says of where the version comes from."""
    facts = {"run_id": version.run_id, "digest": version.digest, "number": version.number}
    return {key: value for key, value in (facts | version.lineage).items() if value}
