"""The shapes of lineage: the graph around a version, the uses of a data snapshot, an event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from rest_framework import serializers

from governance.registry.models import (
    LineageEvent,
    LineageFact,
    LineageMatch,
    ModelVersion,
    SlotAssignment,
    VersionInput,
)
from governance.registry.queries.lineage import LineageGraph, Link, SnapshotUse, SnapshotUses, Walk
from governance.registry.rules import DataPurpose


class UsesQuery(serializers.Serializer[Any]):
    live = serializers.BooleanField(required=False, default=False)
    purpose = serializers.ChoiceField(
        choices=DataPurpose.values, required=False, default="", allow_blank=True
    )


def event_body(event: LineageEvent, versions: Sequence[ModelVersion]) -> dict[str, Any]:
    """The event as kept, and the versions that it is about so far."""
    return {
        "id": str(event.pk),
        "digest": event.digest,
        "run_id": event.run_id,
        "type": event.event_type,
        "event_time": event.event_time,
        "received_at": event.received_at,
        "versions": [_version(version) for version in versions],
    }


def graph_body(
    graph: LineageGraph, serving: Mapping[UUID, Sequence[SlotAssignment]]
) -> dict[str, Any]:
    version = graph.version
    return {
        "version": _live_version(version, serving),
        "run_id": version.run_id,
        "source": version.source,
        "inputs": [_input(row) for row in graph.inputs],
        "facts": [_fact(row) for row in graph.facts],
        "parents": _links(graph.ancestors, serving, up=True),
        "children": _links(graph.descendants, serving, up=False),
        "events": [_event(match) for match in graph.events],
        "is_whole": graph.ancestors.is_whole and graph.descendants.is_whole,
    }


def uses_body(found: SnapshotUses) -> dict[str, Any]:
    return {
        "digest": found.digest,
        "names": found.names,
        "versions": [_use(use) for use in found.uses],
        "derived": [
            _live_version(link.child, found.serving)
            | {"from": _version(link.parent), "depth": link.depth}
            for link in found.derived.links
        ],
        "is_whole": found.is_whole and found.derived.is_whole,
    }


def _version(version: ModelVersion) -> dict[str, Any]:
    return {
        "model": version.model.name,
        "version": str(version.number),
        "stage": version.stage,
        "digest": version.digest,
    }


def _live_version(
    version: ModelVersion, serving: Mapping[UUID, Sequence[SlotAssignment]]
) -> dict[str, Any]:
    slots = [row.slot.name for row in serving.get(version.pk, ())]
    return _version(version) | {"live_in": slots}


def _links(
    walk: Walk, serving: Mapping[UUID, Sequence[SlotAssignment]], *, up: bool
) -> list[dict[str, Any]]:
    return [
        _live_version(link.parent if up else link.child, serving) | _step(link, up=up)
        for link in walk.links
    ]


def _step(link: Link, *, up: bool) -> dict[str, Any]:
    """How the step was taken: the version that it leads from, and who said so."""
    near = link.child if up else link.parent
    return {
        "relation": link.row.relation,
        "of" if up else "from": {"model": near.model.name, "version": str(near.number)},
        "depth": link.depth,
        "origin": link.row.origin,
        "recorded_at": link.row.recorded_at,
    }


def _input(row: VersionInput) -> dict[str, Any]:
    return {
        "name": row.snapshot.name,
        "digest": row.snapshot.digest,
        "revision": row.snapshot.revision,
        "purpose": row.purpose,
        "rows": row.rows,
        "period": {"from": row.period_start, "to": row.period_end},
        "origin": row.origin,
        "recorded_at": row.recorded_at,
    }


def _fact(row: LineageFact) -> dict[str, Any]:
    return {
        "kind": row.kind,
        "name": row.name,
        "value": row.value,
        "origin": row.origin,
        "recorded_at": row.recorded_at,
    }


def _event(match: LineageMatch) -> dict[str, Any]:
    event = match.event
    return {
        "digest": event.digest,
        "run_id": event.run_id,
        "type": event.event_type,
        "event_time": event.event_time,
        "matched_at": match.matched_at,
    }


def _use(use: SnapshotUse) -> dict[str, Any]:
    row = use.use
    return _version(use.version) | {
        "name": row.snapshot.name,
        "purpose": row.purpose,
        "rows": row.rows,
        "origin": row.origin,
        "live_in": [assignment.slot.name for assignment in use.serving],
    }
