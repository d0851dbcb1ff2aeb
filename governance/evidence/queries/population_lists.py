"""Listing a population, and holding it against the ledger: two counts of the same thing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import FieldDoesNotExist
from django.db import connection
from django.db.models import QuerySet

from governance.accounts.models import Unit
from governance.accounts.queries import unit_reach
from governance.audit.lines import AT_ONCE
from governance.audit.models import LedgerCheckpoint, LedgerEntry
from governance.audit.registration import possible_states, prose_names
from governance.audit.rows import one_snapshot
from governance.audit.rules import Verb, stream_id
from governance.core.canonical import timestamp
from governance.core.errors import InvalidInput, Problem
from governance.core.models import Record
from governance.core.wording import as_date, number
from governance.evidence.queries.population_kinds import ACCOUNTS, KINDS, Kind, Source
from governance.evidence.rules.populations.lists import (
    ENTRY,
    MOST_ROWS,
    REF,
    Asked,
    Control,
    Row,
    Told,
    TooManyRows,
    compared,
    narrowed,
    period_problems,
)
from governance.inventory.models import Model, RuleScope


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A population as it was found: its rows in their order, and the control over all of the kind.

    `control` is of every row of these tables in the period and unit, before `keeps` and facets
    narrowed them to `rows`; `models` are those whose rows were looked for, and `checkpoint` is the
    newest there was.
    """

    rows: Sequence[Row]
    control: Control
    models: Sequence[str]
    checkpoint: LedgerCheckpoint | None


def listed(asked: Asked, *, unit: Unit, at: datetime) -> Listed:
    """List what is asked for, in the unit and those below it, as it stands at that moment.

    All of it is read from one snapshot: what is written meanwhile would be seen by one count and
    not by the other. Raises what `require_listable` raises.
    """
    require_listable(asked, unit=unit, at=at)
    with one_snapshot(connection):
        return _listed(asked, unit=unit, at=at)


def require_listable(asked: Asked, *, unit: Unit, at: datetime) -> None:
    """Raise InvalidInput for what cannot be listed, TooManyRows for what is too long."""
    problems = [*period_problems(asked, today=as_date(at)), *_model_problems(asked, unit)]
    if problems:
        raise InvalidInput(*problems)
    sources, models = KINDS[asked.kind].sources, _models(asked, unit)
    count = sum(_records(one, asked, unit=unit, models=models, at=at).count() for one in sources)
    if count > MOST_ROWS:
        raise TooManyRows(
            f"There are {number(count)} rows, and one population holds {number(MOST_ROWS)}. Choose "
            "a shorter period, a unit further down or a single model."
        )


def _model_problems(asked: Asked, unit: Unit) -> Iterator[Problem]:
    if asked.model and not _models(asked, unit).exists():
        message = f"There is no model of this name, by this filter, in {unit.name} or below it."
        yield Problem(field="model", rule="choice", message=message)


def _listed(asked: Asked, *, unit: Unit, at: datetime) -> Listed:
    kind = KINDS[asked.kind]
    models = _models(asked, unit)
    elsewhere = _streams(Model.objects.exclude(pk__in=models.values("pk")))
    control: list[Control] = []
    rows: list[Row] = []
    for source in kind.sources:
        records = list(_records(source, asked, unit=unit, models=models, at=at))
        told, entries = _told(source, asked, elsewhere=elsewhere, at=at)
        if not source.way:
            told = _of_unit(source, told, records, unit=unit)
        found = compared({one.ref: possible_states(one) for one in records}, told, entries=entries)
        control.append(found)
        rows += [_row(source, one, told) for one in records]
    rows.sort(key=lambda row: (row["at"], row[REF]))
    return Listed(
        rows=narrowed(rows, {**kind.keeps, **asked.facets}),
        control=_together(control),
        models=sorted(model.ref for model in models.only("pk")) if kind.of_models else (),
        checkpoint=LedgerCheckpoint.objects.order_by("-size").first(),
    )


def _models(asked: Asked, unit: Unit) -> QuerySet[Model]:
    models = Model.objects.filter(unit_reach([unit.path], prefix="unit__"))
    if asked.model:
        models = models.named(asked.model)
    if asked.framework:
        named = RuleScope.objects.latest_only().filter(applying__contains=f" {asked.framework} ")
        models = models.filter(pk__in=named.values("model"))
    return models


def _streams(models: QuerySet[Model]) -> frozenset[UUID]:
    keys = models.values_list("pk", flat=True)
    return frozenset(stream_id(Model(pk=key).stream) for key in keys)


def _records(
    source: Source, asked: Asked, *, unit: Unit, models: QuerySet[Model], at: datetime
) -> QuerySet[Any]:
    within = {
        f"{source.at}__gte": asked.since,
        f"{source.at}__lt": asked.until,
        f"{source.at}__lte": at,
    }
    reach = unit_reach([unit.path], prefix=f"{source.to_unit}__")
    rows = source.table._default_manager.filter(reach, **within)
    if source.way:
        rows = rows.filter(**{f"{source.way}__in": models.values("pk")})
    return rows.select_related(*_joined(source)).order_by(source.at, "pk")


def _joined(source: Source) -> list[str]:
    """The relations that the columns lead through, and those whose digest the ledger has."""
    found: dict[str, None] = dict.fromkeys(prose_names(source.table))
    for path in source.columns.values():
        meta: Any = source.table._meta
        way: list[str] = []
        for name in path.split("__"):
            try:
                field = meta.get_field(name)
            except FieldDoesNotExist:
                break
            if not field.is_relation or field.related_model is None:
                break
            way.append(name)
            found["__".join(way)] = None
            meta = field.related_model._meta
    return list(found)


def _told(
    source: Source, asked: Asked, *, elsewhere: frozenset[UUID], at: datetime
) -> tuple[dict[str, Told], int]:
    """Return what the ledger tells of such rows in the period, and by how many entries.

    What stands in the stream of a model that is elsewhere is left out; what stands in one of no
    model at all is not, so that whoever takes a model's rows away takes nothing out of the count.
    """
    found: dict[str, Told] = {}
    entries = 0
    for entry in _entries(source, source.verbs, asked.since, asked.until, at=at):
        if entry.stream_id in elsewhere:
            continue
        states = dict(_states(entry, source.table.REF))
        entries += bool(states)
        found |= {ref: Told(entry.hash, digest) for ref, digest in states.items()}
    if source.later:
        for entry in _entries(source, source.later, asked.since, None, at=at):
            for ref, digest in _states(entry, source.table.REF):
                if ref in found:
                    found[ref] = Told(found[ref].entry, digest)
    return found, entries


def _entries(
    source: Source, verbs: Sequence[Verb], since: datetime, until: datetime | None, *, at: datetime
) -> Iterator[LedgerEntry]:
    rows = LedgerEntry.objects.filter(verb__in=verbs, at__gte=since, at__lte=at)
    if until is not None:
        rows = rows.filter(at__lt=until)
    if not source.way:
        rows = rows.filter(stream_id=stream_id(ACCOUNTS))
    return rows.oldest_first().only("stream", "hash", "text").iterator(chunk_size=AT_ONCE)


def _states(entry: LedgerEntry, kind: str) -> Iterator[tuple[str, str]]:
    for ref, digest in json.loads(entry.text)["states"]:
        if ref.partition(":")[0] == kind:
            yield ref, digest


def _of_unit(
    source: Source, told: Mapping[str, Told], records: Sequence[Record], *, unit: Unit
) -> dict[str, Told]:
    """Leave out what rows of other units are told of; what no row is left of, nobody can place."""
    reach = unit_reach([unit.path], prefix=f"{source.to_unit}__")
    keys = [ref.partition(":")[2] for ref in told.keys() - {one.ref for one in records}]
    rows = source.table._default_manager
    elsewhere: set[str] = set()
    for start in range(0, len(keys), AT_ONCE):
        others = rows.filter(pk__in=keys[start : start + AT_ONCE]).exclude(reach)
        elsewhere |= {f"{source.table.REF}:{key}" for key in others.values_list("pk", flat=True)}
    return {ref: one for ref, one in told.items() if ref not in elsewhere}


def _row(source: Source, record: Record, told: Mapping[str, Told]) -> Row:
    entry = told[record.ref].entry if record.ref in told else ""
    said = {name: _said(record, path) for name, path in source.columns.items()}
    return {REF: record.ref, **said, ENTRY: entry}


def _said(record: Record, path: str) -> str:
    """Return the value as it stands in the list: times in UTC, rows and people as references."""
    value: Any = record if path else None
    for name in path.split("__") if path else ():
        value = None if value is None else getattr(value, name)
    match value:
        case None:
            return ""
        case Record():
            return value.ref
        case datetime():
            return timestamp(value)
        case date():
            return value.isoformat()
    return str(value)


def _together(parts: Sequence[Control]) -> Control:
    return Control(
        rows=sum(part.rows for part in parts),
        entries=sum(part.entries for part in parts),
        told=sum(part.told for part in parts),
        gone=[ref for part in parts for ref in part.gone],
        untold=[ref for part in parts for ref in part.untold],
        altered=[ref for part in parts for ref in part.altered],
    )


def facet_choices(kind: Kind, column: str) -> Sequence[tuple[str, str]]:
    """Return the values that a column of the list can have, and what people call them."""
    if column == "change":
        return [(one.table.REF, str(one.table._meta.verbose_name)) for one in kind.sources]
    field: Any = None
    meta: Any = kind.sources[0].table._meta
    for name in kind.sources[0].columns[column].split("__"):
        field = meta.get_field(name)
        meta = field.related_model and field.related_model._meta
    return [(str(value), str(label)) for value, label in field.flatchoices]
