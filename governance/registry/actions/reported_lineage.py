"""OpenLineage events: kept as they arrive, and matched with the versions that they are about.

An event may come before its version is registered or after. Whoever is second finds the other,
because both first take the same lock; so a match needs no job that could be late.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from governance.accounts.models import Unit
from governance.accounts.permissions import Permission, require
from governance.accounts.queries import unit_reach
from governance.accounts.rules import Actor
from governance.audit import actions as audit
from governance.audit.rules import Verb
from governance.core.compiled import Compiled
from governance.core.holding import hold
from governance.core.models import Record
from governance.registry.actions.lineage import insert_lineage, insert_stated
from governance.registry.models import (
    LineageEvent,
    LineageEventKey,
    LineageMatch,
    ModelVersion,
)
from governance.registry.rules import (
    LineageOrigin,
    StatedLineage,
    addressed_version,
    run_key,
    version_address,
)
from governance.registry.rules.openlineage import RUN_KEY, ReportedEvent, read_event

MOST_EVENTS = 200
"""A run has a handful of events; a version is matched with the newest of them."""


class _Waiting(NamedTuple):
    event: UUID


def _waiting(first: str, last: str) -> QuerySet[LineageEventKey, Any]:
    return LineageEventKey.objects.filter(key__in=[first, last]).values_list("event_id")[:1]


_WAITING = Compiled(_waiting, _Waiting, first="\ue000first", last="\ue000last")


@transaction.atomic
def report_lineage(*, event: ReportedEvent, unit: Unit, actor: Actor, at: datetime) -> LineageEvent:
    """Keep an event on behalf of a unit, and add its facts to the versions it is about.

    Versions outside the unit stay untouched, whatever the event names. An event that is known
    already is returned as it is. Appends lineage.reported, to the stream of each model that it
    matches, or to the firm's. Raises PermissionMissing.
    """
    require(actor, Permission.EVALUATION_RECORD, unit=unit, at=at)
    # A registration comes here with its model locked; nobody who holds these waits for a model.
    hold([event.digest, *event.keys])
    known = LineageEvent.objects.filter(unit=unit, digest=event.digest).first()
    if known is not None:
        return known
    row, keys = _insert_event(event, unit=unit, actor=actor, at=at)
    found = _locked_versions(event.keys, unit)
    rows = {version: _attach(row, version, event.stated, at=at) for version in found}
    for stream, versions in _by_stream(rows).items():
        audit.append(
            verb=Verb.LINEAGE_REPORTED,
            stream=stream,
            subject=versions[0].ref if len(versions) == 1 else row.ref,
            actor=actor.ref,
            at=at,
            facts={
                "digest": row.digest,
                "run": row.run_id,
                "type": row.event_type,
                "versions": [version.number for version in versions],
            },
            records=[row, *keys, *_written(rows, versions)],
        )
    return row


def register_lineage(version: ModelVersion, *, actor: Actor, at: datetime) -> list[Record]:
    """Insert what a registration states of its lineage, then what was reported of its run before.

    For the registration's own entry, each row once. Raises InvalidInput.
    """
    visible = ModelVersion.objects.visible_to(actor, at=at)
    stated = insert_lineage(version, visible=visible, at=at)
    reported = _attach_waiting(version, at=at)
    return list({record.ref: record for record in (*stated, *reported)}.values())


def _attach_waiting(version: ModelVersion, *, at: datetime) -> list[Record]:
    keys = [version_address(version.model.name, version.number)]
    if key := run_key(version.run_id):
        keys.append(f"{RUN_KEY}{key}")
    hold(keys)
    # Nothing waits for nearly all of them, and that is known at little cost.
    if _WAITING.first(first=keys[0], last=keys[-1]) is None:
        return []
    units = _unit_and_above(version.model.unit.path)
    events = LineageEvent.objects.filter(keys__key__in=keys, unit__path__in=units).distinct()
    newest = sorted(events.order_by("-event_time")[:MOST_EVENTS], key=lambda row: row.event_time)
    records: dict[str, Record] = {}
    for event in newest:
        stated = read_event(json.loads(event.text)).stated
        written = [event, *event.keys.all(), *_attach(event, version, stated, at=at)]
        records |= {record.ref: record for record in written}
    return list(records.values())


def _attach(
    event: LineageEvent, version: ModelVersion, stated: StatedLineage, *, at: datetime
) -> list[Record]:
    """Insert the match and what the event adds, for the entry of the whole act."""
    match = LineageMatch.objects.create(event=event, version=version, matched_at=at)
    visible = ModelVersion.objects.filter(unit_reach([event.unit.path], prefix="model__unit__"))
    origin = LineageOrigin.OPENLINEAGE
    return [match, *insert_stated(version, stated, visible=visible, origin=origin, at=at)]


def _insert_event(
    event: ReportedEvent, *, unit: Unit, actor: Actor, at: datetime
) -> tuple[LineageEvent, list[LineageEventKey]]:
    row = LineageEvent.objects.create(
        unit=unit,
        run_id=event.run_id,
        event_type=event.event_type,
        text=event.text,
        digest=event.digest,
        event_time=event.event_time,
        received_from=actor.ref,
        received_at=at,
    )
    keys = [LineageEventKey(event=row, key=key) for key in event.keys]
    return row, LineageEventKey.objects.bulk_create(keys)


def _locked_versions(keys: Iterable[str], unit: Unit) -> QuerySet[ModelVersion]:
    """Return the unit's versions that these keys are about.

    Without their models: lineage that is reported later is no part of a dossier.
    """
    about = Q(pk__in=[])
    for key in keys:
        kind, _, rest = key.partition(":")
        if f"{kind}:" == RUN_KEY:
            about |= Q(run_id__in=[rest, str(UUID(hex=rest))])
        elif found := addressed_version(key):
            about |= Q(model__name=found[0], number=found[1])
    reach = unit_reach([unit.path], prefix="model__unit__")
    versions = ModelVersion.objects.filter(about, reach).select_related("model__unit")
    return versions.select_for_update(of=("self",), no_key=True).order_by("pk")


def _by_stream(versions: Iterable[ModelVersion]) -> dict[str, list[ModelVersion]]:
    """Group versions by their model's stream, in the order in which streams are locked."""
    streams: dict[str, list[ModelVersion]] = {}
    for version in sorted(versions, key=lambda version: version.model.stream):
        streams.setdefault(version.model.stream, []).append(version)
    return streams or {"firm": []}


def _written(
    rows: Mapping[ModelVersion, Sequence[Record]], versions: Iterable[ModelVersion]
) -> list[Record]:
    written = (record for version in versions for record in rows[version])
    return list({record.ref: record for record in written}.values())


def _unit_and_above(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]
