"""What lists say of models beside their own facts: now, or as it stood at a past moment."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from governance.accounts.models import User
from governance.inventory.models import Model
from governance.inventory.queries.revisions import names_at, revisions_at, tiers_at


@dataclass(frozen=True, kw_only=True)
class Told:
    """A model in few words. Without a record of then, nobody is known to have owned it."""

    name: str
    tier: int | None
    owner: User | None


def told_of(models: Collection[Model], *, by: datetime | None) -> dict[UUID, Told]:
    """Return what is to be said of each model; three queries for the past, none for the present.

    For the present the models have their owners along. `by` is a past moment.
    """
    if by is None:
        return {row.pk: Told(name=row.name, tier=row.tier, owner=row.owner) for row in models}
    names, tiers = names_at(models, by), tiers_said(models, by=by)
    revisions = revisions_at(models, by)
    return {
        row.pk: Told(
            name=names[row.pk],
            tier=tiers[row.pk],
            owner=revisions[row.pk].owner if row.pk in revisions else None,
        )
        for row in models
    }


def tiers_said(models: Collection[Model], *, by: datetime | None) -> dict[UUID, int | None]:
    """Return the tier that lists show: of an override until somebody has noted its end."""
    if by is None:
        return {row.pk: row.tier for row in models}
    rows = tiers_at(models, by)
    return {row.pk: rows[row.pk].tier if row.pk in rows else None for row in models}
