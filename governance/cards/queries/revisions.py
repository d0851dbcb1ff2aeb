"""Reads of published cards, and of who wrote them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from uuid import UUID

from governance.accounts.models import User
from governance.cards.models import CardEditor, CardRevision
from governance.inventory.models import Model
from governance.registry.models import ModelVersion


def published_card(version: ModelVersion) -> CardRevision | None:
    """Return the newest revision that was not withdrawn: the one a dossier points to."""
    return (
        CardRevision.objects.standing()
        .filter(version=version)
        .select_related("published_by", "version__model")
        .order_by("-number")
        .first()
    )


def published_cards(versions: Collection[ModelVersion]) -> dict[UUID, CardRevision]:
    """Return the same of many versions, by version, in one query."""
    rows = CardRevision.objects.standing().filter(version__in=versions).order_by("number")
    return {row.version_id: row for row in rows}


def last_card_of(model: Model) -> CardRevision | None:
    """Return what was published last for any version of the model and not withdrawn."""
    return (
        CardRevision.objects.standing()
        .filter(version__model=model)
        .select_related("published_by", "version__model")
        .order_by("-published_at", "-number")
        .first()
    )


def card_revisions(version: ModelVersion) -> list[CardRevision]:
    """Return every revision of the version's card, newest first, with how it was withdrawn."""
    return list(
        CardRevision.objects.filter(version=version)
        .select_related("published_by", "withdrawal__reason", "withdrawal__withdrawn_by")
        .order_by("-number")
    )


def revisions_of_model(model: Model) -> list[CardRevision]:
    """Return every revision of every version's card, the newest publication first."""
    return list(
        CardRevision.objects.filter(version__model=model)
        .select_related("published_by", "version", "withdrawal")
        .order_by("-published_at", "-version__number", "-number")
    )


def are_there_others(version: ModelVersion) -> bool:
    """Tell whether another version of the model has a published card."""
    rows = CardRevision.objects.filter(version__model=version.model)
    return rows.exclude(version=version).exists()


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
