"""Reads of lineage: a graph of versions and data that is walked both ways.

Only what the reader may see is in it, and a path ends where it leaves that. A walk stops at a depth
and at a number of versions, and says so; events can make circles, so nothing is visited twice.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from governance.accounts.rules import Actor
from governance.core.errors import NotFound
from governance.inventory.models import Model
from governance.registry.models import (
    DataSnapshot,
    LineageEvent,
    LineageFact,
    LineageMatch,
    ModelVersion,
    SlotAssignment,
    VersionInput,
    VersionParent,
)
from governance.registry.rules import LineageOrigin, snapshot_digest
from governance.registry.rules.slots import LIVE_ROLES

MAX_DEPTH = 12
MAX_LINKS = 200
MAX_USES = 500
MAX_EVENTS = 50


def is_reported(row: VersionInput | VersionParent | LineageFact) -> bool:
    """Tell whether this was reported beside the registration, so that no digest binds it."""
    return row.origin == LineageOrigin.OPENLINEAGE


class SnapshotNotFound(NotFound):
    """No version that the reader may see was made or measured with it."""

    code = "snapshot_not_found"


@dataclass(frozen=True, kw_only=True)
class Link:
    """That one version came from another; `depth` is how many steps from where the walk began."""

    row: VersionParent
    depth: int

    @property
    def child(self) -> ModelVersion:
        return self.row.version

    @property
    def parent(self) -> ModelVersion:
        return self.row.parent


@dataclass(frozen=True, kw_only=True)
class Walk:
    links: Sequence[Link]
    is_whole: bool


@dataclass(frozen=True, kw_only=True)
class LineageGraph:
    """Where a version comes from and what came from it, nearest first."""

    version: ModelVersion
    ancestors: Walk
    descendants: Walk
    inputs: Sequence[VersionInput]
    facts: Sequence[LineageFact]
    events: Sequence[LineageMatch]

    @property
    def versions(self) -> list[ModelVersion]:
        """Every version in the graph, each once, this one first."""
        parents = [link.parent for link in self.ancestors.links]
        children = [link.child for link in self.descendants.links]
        return list(dict.fromkeys([self.version, *parents, *children]))


@dataclass(frozen=True, kw_only=True)
class SnapshotUse:
    """One version that used a snapshot, and where it answers live traffic now."""

    use: VersionInput
    serving: Sequence[SlotAssignment]

    @property
    def version(self) -> ModelVersion:
        return self.use.version

    @property
    def is_live(self) -> bool:
        return bool(self.serving)


@dataclass(frozen=True, kw_only=True)
class SnapshotUses:
    """Every use of a snapshot, live ones first, and the versions that came from its users.

    `names` are what the data set is called; the same state can have several names.
    """

    digest: str
    names: Sequence[str]
    uses: Sequence[SnapshotUse]
    derived: Walk
    serving: Mapping[UUID, Sequence[SlotAssignment]]
    is_whole: bool

    @property
    def live(self) -> list[SnapshotUse]:
        return [use for use in self.uses if use.is_live]


def lineage_graph(version: ModelVersion, *, reader: Actor, at: datetime) -> LineageGraph:
    """Read the graph around a version that the reader may see."""
    models = Model.objects.visible_to(reader, at=at)
    return LineageGraph(
        version=version,
        ancestors=walk_up([version.pk], models),
        descendants=walk_down([version.pk], models),
        inputs=inputs_of(version),
        facts=list(version.lineage_facts.order_by("kind", "name", "recorded_at", "value")),
        events=events_of(version),
    )


def inputs_of(version: ModelVersion) -> list[VersionInput]:
    """Return the inputs, without those that say less than another one of the same data."""
    rows = list(version.inputs.select_related("snapshot").order_by("recorded_at", "snapshot__name"))
    counted = {(row.snapshot_id, row.purpose) for row in rows if row.rows is not None}
    return [r for r in rows if r.rows is not None or (r.snapshot_id, r.purpose) not in counted]


def events_of(version: ModelVersion) -> list[LineageMatch]:
    """Return the newest events about a version, oldest first. Their texts are left out."""
    matches = version.lineage_matches.select_related("event").defer("event__text")
    return sorted(
        matches.order_by("-event__event_time")[:MAX_EVENTS],
        key=lambda match: match.event.event_time,
    )


def walk_up(start: Collection[UUID], models: QuerySet[Model]) -> Walk:
    """Follow parents, within these models, nearest first."""
    rows = VersionParent.objects.filter(parent__model__in=models)
    return _walk(start, rows, near="version", far="parent")


def walk_down(start: Collection[UUID], models: QuerySet[Model]) -> Walk:
    """Follow children, within these models, nearest first."""
    rows = VersionParent.objects.filter(version__model__in=models)
    return _walk(start, rows, near="parent", far="version")


def _walk(start: Collection[UUID], rows: QuerySet[VersionParent], *, near: str, far: str) -> Walk:
    """Go one step of the graph in each query."""
    rows = rows.select_related("version__model", "parent__model")
    rows = rows.order_by(f"{far}__model__name", f"{far}__number", "pk")
    links: list[Link] = []
    frontier, seen, depth = set(start), set(start), 0
    while frontier and depth < MAX_DEPTH:
        depth += 1
        room = MAX_LINKS - len(links)
        found = list(rows.filter(**{f"{near}__in": frontier})[: room + 1])
        links += [Link(row=row, depth=depth) for row in found[:room]]
        if len(found) > room:
            return Walk(links=links, is_whole=False)
        frontier = {getattr(row, f"{far}_id") for row in found} - seen
        seen |= frontier
    return Walk(links=links, is_whole=not frontier)


def snapshot_uses(
    digest: str, *, reader: Actor, at: datetime, live_only: bool = False, purpose: str = ""
) -> SnapshotUses:
    """Return which versions were made or measured with a snapshot, and what came from them.

    With `live_only`, those that answer live traffic now; with a `purpose`, those that used it so.
    Raises SnapshotNotFound: absent and invisible look alike.
    """
    digest = snapshot_digest(digest)
    models = Model.objects.visible_to(reader, at=at)
    used = _uses(digest, models)
    snapshots = DataSnapshot.objects.filter(pk__in=used.values("snapshot"))
    names = sorted(snapshots.values_list("name", flat=True))
    if not names:
        raise SnapshotNotFound("No version was made or measured with such a data snapshot.")
    if purpose:
        used = used.filter(purpose=purpose)
    rows = list(
        used.order_by("-version__registered_at", "version_id", "recorded_at")[: MAX_USES + 1]
    )
    kept = _telling(rows[:MAX_USES])
    users = {row.version_id for row in kept}
    derived = walk_down(users, models)
    serving = serving_of([row.version for row in kept] + [link.child for link in derived.links])
    links = [
        link
        for link in derived.links
        if link.child.pk not in users and (not live_only or link.child.pk in serving)
    ]
    uses = [SnapshotUse(use=row, serving=serving.get(row.version_id, ())) for row in kept]
    return SnapshotUses(
        digest=digest,
        names=names,
        uses=sorted(
            (use for use in uses if use.is_live or not live_only), key=lambda use: not use.is_live
        ),
        derived=Walk(links=links, is_whole=derived.is_whole),
        serving=serving,
        is_whole=len(rows) <= MAX_USES,
    )


def _uses(digest: str, models: QuerySet[Model]) -> QuerySet[VersionInput]:
    """Return the uses within these models; no state of data is known by an empty digest."""
    if not digest or "\x00" in digest:
        return VersionInput.objects.none()
    uses = VersionInput.objects.filter(snapshot__digest=digest, version__model__in=models)
    return uses.select_related("snapshot", "version__model")


def _telling(rows: Iterable[VersionInput]) -> list[VersionInput]:
    """Keep one row of each version and purpose: the one that tells how many rows it read."""
    kept: dict[tuple[UUID, str], VersionInput] = {}
    for row in rows:
        key = (row.version_id, row.purpose)
        if key not in kept or (kept[key].rows is None and row.rows is not None):
            kept[key] = row
    return list(kept.values())


def matched_versions(event: LineageEvent, *, reader: Actor, at: datetime) -> list[ModelVersion]:
    """Return the versions that an event is about so far, as far as the reader sees them."""
    versions = ModelVersion.objects.visible_to(reader, at=at).select_related("model")
    found = versions.filter(lineage_matches__event=event)
    return list(found.order_by("model__name", "number"))


def serving_of(versions: Iterable[ModelVersion]) -> dict[UUID, list[SlotAssignment]]:
    """Return where each of these versions answers live traffic now, in one query."""
    rows = SlotAssignment.objects.current().filter(version__in=set(versions), role__in=LIVE_ROLES)
    found: dict[UUID, list[SlotAssignment]] = {}
    for row in rows.select_related("slot").order_by("slot__name"):
        found.setdefault(row.version_id, []).append(row)
    return found


def other_uses(inputs: Iterable[VersionInput], *, reader: Actor, at: datetime) -> dict[str, int]:
    """Return, by digest, how many other versions that the reader sees used the same data."""
    inputs = list(inputs)
    digests = {row.snapshot.digest for row in inputs} - {""}
    if not digests:
        return {}
    rows = VersionInput.objects.filter(
        snapshot__digest__in=digests, version__model__in=Model.objects.visible_to(reader, at=at)
    ).exclude(version__in={row.version_id for row in inputs})
    pairs = set(rows.values_list("snapshot__digest", "version_id"))
    return {digest: sum(1 for found, _ in pairs if found == digest) for digest in digests}
