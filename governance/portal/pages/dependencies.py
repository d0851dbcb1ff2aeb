"""What feeds a model, what it feeds, and everything that breaks if it does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from governance.accounts.models import User
from governance.accounts.permissions import Permission
from governance.core.grouping import by_key
from governance.core.instants import Instant, limit_of
from governance.core.wording import counted
from governance.inventory.models import Model
from governance.inventory.queries import (
    Links,
    Reach,
    consumers_directly,
    consumers_of,
    feeders_directly,
    feeders_of,
)
from governance.inventory.queries.past import Told, told_of
from governance.portal.pages.may import why_not
from governance.portal.pages.standing import live_in
from governance.registry.models import SlotAssignment

PAST = "What fed it then is not added to now."


@dataclass(frozen=True, kw_only=True)
class Affected:
    """A model of the aggregate view, and what of it answers live traffic."""

    model: Model
    told: Told
    distance: int
    live: Sequence[SlotAssignment]


@dataclass(frozen=True, kw_only=True)
class DependencyPage:
    """`told` is what is to be said of this model and of all that are named, by key."""

    instant: Instant | None
    told: Mapping[UUID, Told]
    model: Model
    feeders: Links
    consumers: Links
    affected: Sequence[Affected]
    downstream: Reach
    upstream: Reach
    why_not: str

    @property
    def verdict(self) -> str:
        """One sentence that answers what else breaks if this model does."""
        if not self.downstream.total:
            return "Nothing on record breaks if this model does."
        live = sum(1 for one in self.affected if one.live)
        tiers = [one.told.tier for one in self.affected if one.told.tier is not None]
        total = counted(self.downstream.total, "model")
        parts = [f"If this model breaks, {total} may break with it"]
        parts += [f"{live} of them live"] if live else ["none of those you see live"]
        parts += [f"the highest in Tier {min(tiers)}"] if tiers else []
        return f"{', '.join(parts)}."


def dependency_page(
    model: Model, *, reader: User, at: datetime, instant: Instant | None = None
) -> DependencyPage:
    """Read the page. The number of queries does not depend on how far the chain goes."""
    by = limit_of(instant)
    downstream = consumers_of(model, actor=reader, at=at, by=by)
    found = [one.model for one in downstream.found]
    live = by_key(live_in(found, by=by), lambda row: row.slot.model_id)
    feeders = feeders_directly(model, actor=reader, at=at, by=by)
    consumers = consumers_directly(model, actor=reader, at=at, by=by)
    near = [*(row.feeder for row in feeders.rows), *(row.consumer for row in consumers.rows)]
    told = told_of([model, *found, *near], by=by)
    return DependencyPage(
        instant=instant,
        told=told,
        model=model,
        feeders=feeders,
        consumers=consumers,
        affected=[
            Affected(
                model=one.model,
                told=told[one.model.pk],
                distance=one.distance,
                live=live[one.model.pk],
            )
            for one in downstream.found
        ],
        downstream=downstream,
        upstream=feeders_of(model, actor=reader, at=at, by=by),
        why_not=PAST if instant else _why_not(model, reader, at=at),
    )


def _why_not(model: Model, reader: User, *, at: datetime) -> str:
    if model.retired_at is not None:
        return "The model is retired: what feeds it stays as it was."
    return keeper_wanted(model, reader, what="Keeping what feeds this model", at=at)


def keeper_wanted(
    model: Model,
    reader: User,
    permission: Permission = Permission.MODEL_EDIT,
    *,
    what: str,
    at: datetime,
) -> str:
    """Say whose it is to do this to the record, or nothing if it is the reader's."""
    owner = model.owner
    barred = why_not(reader, permission, what, unit=model.unit, at=at)
    if barred or owner is None or not owner.is_active or owner == reader:
        return barred
    return f"{what} is up to {owner.name}, who owns it."
