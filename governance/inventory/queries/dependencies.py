"""What feeds a model and what it feeds, also through others: one query, however far it goes.

What the actor may not see is counted and not named; a walk goes on behind it, since what breaks
breaks whoever looks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from governance.accounts.rules import Actor
from governance.inventory.models import Dependency, Model
from governance.inventory.rules import DependencyNotFound, Edge, distances
from governance.inventory.rules.dependencies import MAX_DISTANCE

# `UNION` keeps each step once, so that many ways to one model do not multiply behind it.
_WALK = """
WITH RECURSIVE walk(feeder, consumer, distance) AS (
    SELECT step.feeder_id, step.consumer_id, 1 FROM inventory_dependency step
    WHERE {holds} AND step.{near} = %s
    UNION
    SELECT step.feeder_id, step.consumer_id, walk.distance + 1
    FROM walk JOIN inventory_dependency step ON step.{near} = walk.{far}
    WHERE {holds} AND walk.distance < %s
)
SELECT feeder, consumer, MIN(distance) FROM walk GROUP BY feeder, consumer
"""
_NOW = "step.ended_at IS NULL"
_THEN = "step.added_at <= %s AND (step.ended_at IS NULL OR step.ended_at > %s)"
_DOWN, _UP = ("feeder_id", "consumer"), ("consumer_id", "feeder")


@dataclass(frozen=True, kw_only=True)
class Reached:
    """A model that a walk met, and in how many steps."""

    model: Model
    distance: int


@dataclass(frozen=True, kw_only=True)
class Reach:
    """What a walk met: the nearest first, by name; and how much of it the actor may not see."""

    found: Sequence[Reached]
    unseen: int

    @property
    def total(self) -> int:
        return len(self.found) + self.unseen


@dataclass(frozen=True, kw_only=True)
class Links:
    """The dependencies of a model itself whose other end the actor may see, and how many more."""

    rows: Sequence[Dependency]
    unseen: int


def edges_from(key: UUID, *, downstream: bool, by: datetime | None = None) -> list[Edge]:
    """Return every dependency that holds now and that a walk from this model meets.

    With `by`, a past moment, those that held then.
    """
    start = Model._meta.pk.get_db_prep_value(key, connection)
    near, far = _DOWN if downstream else _UP
    moments = [connection.ops.adapt_datetimefield_value(by)] * 2 if by else []
    walk = _WALK.format(near=near, far=far, holds=_THEN if by else _NOW)
    with connection.cursor() as cursor:
        cursor.execute(walk, [*moments, start, *moments, MAX_DISTANCE])
        rows = cursor.fetchall()
    # A key is text on SQLite.
    return [Edge(UUID(str(feeder)), UUID(str(consumer)), steps) for feeder, consumer, steps in rows]


def consumers_of(model: Model, *, actor: Actor, at: datetime, by: datetime | None = None) -> Reach:
    """Return everything that breaks if this model does, or would have at a past moment."""
    return _reach(model, downstream=True, actor=actor, at=at, by=by)


def feeders_of(model: Model, *, actor: Actor, at: datetime, by: datetime | None = None) -> Reach:
    """Return everything that this model rests on, or rested on at a past moment."""
    return _reach(model, downstream=False, actor=actor, at=at, by=by)


def _reach(
    model: Model, *, downstream: bool, actor: Actor, at: datetime, by: datetime | None
) -> Reach:
    edges = edges_from(model.pk, downstream=downstream, by=by)
    steps = distances(edges, start=model.pk, downstream=downstream)
    seen = Model.objects.visible_to(actor, at=at).filter(pk__in=steps).select_related("owner")
    found = [Reached(model=row, distance=steps[row.pk]) for row in seen]
    found.sort(key=lambda one: (one.distance, one.model.name))
    return Reach(found=found, unseen=len(steps) - len(found))


def feeders_directly(
    model: Model, *, actor: Actor, at: datetime, by: datetime | None = None
) -> Links:
    return _links(model, end="feeder", actor=actor, at=at, by=by)


def consumers_directly(
    model: Model, *, actor: Actor, at: datetime, by: datetime | None = None
) -> Links:
    return _links(model, end="consumer", actor=actor, at=at, by=by)


def _links(model: Model, *, end: str, actor: Actor, at: datetime, by: datetime | None) -> Links:
    own = "consumer" if end == "feeder" else "feeder"
    links = Dependency.objects.current(by=by).filter(**{own: model})
    seen = Model.objects.visible_to(actor, at=at)
    rows = list(links.filter(**{f"{end}__in": seen}).with_models().order_by(f"{end}__name"))
    return Links(rows=rows, unseen=links.count() - len(rows))


def dependency_of(model: Model, key: UUID, *, actor: Actor, at: datetime) -> Dependency:
    """Return a dependency of this consumer on a model that the actor sees.

    Raises DependencyNotFound: absent and invisible look alike.
    """
    seen = Model.objects.visible_to(actor, at=at)
    rows = Dependency.objects.with_models().filter(consumer=model, feeder__in=seen)
    row = rows.filter(pk=key).first()
    if row is None:
        raise DependencyNotFound("There is no such dependency.")
    return row


def strictest_consumers(model: Model, *, at: datetime) -> tuple[int | None, list[UUID]]:
    """Return the strictest tier among what takes the model's output itself, and which have it.

    Only models in use count, and only those that have a tier. One query; nobody's sight limits it.
    """
    # Both in one filter: apart, they would be about two dependencies.
    consumers = Model.objects.in_use().filter(fed_by__feeder=model, fed_by__ended_at=None)
    tiers = {row.pk: row.tier_at(at) for row in consumers.order_by("name")}
    strictest = min((tier for tier in tiers.values() if tier), default=None)
    return strictest, [key for key, tier in tiers.items() if tier and tier == strictest]


def names_along(path: Sequence[UUID], *, actor: Actor, at: datetime) -> list[str]:
    """Return the names of these models, as far as the actor may know them."""
    seen = Model.objects.visible_to(actor, at=at).filter(pk__in=path)
    names = {row.pk: row.name for row in seen.only("name")}
    return [names.get(key, "a model that you may not see") for key in path]
