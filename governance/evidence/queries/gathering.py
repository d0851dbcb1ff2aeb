"""Reads of the records that count as evidence, of many models in a constant number of queries.

`data/collectors.yaml` names the tables by the first word of their references, and which rows count.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from string import Formatter
from typing import Any
from uuid import UUID

from django.db.models import Count, F, QuerySet, Window
from django.db.models.functions import RowNumber

from governance.accounts.models import RoleGrant
from governance.approvals.models import PolicyVersion, SignOff
from governance.audit.models import LedgerCheckpoint, LedgerEntry
from governance.audit.rules import stream_id
from governance.cards.models import CardRevision
from governance.core.grouping import by_key
from governance.core.wording import as_date
from governance.evidence.rules.collectors import Collector, Counting, Of
from governance.evidence.rules.coverage import EvidenceItem, aged
from governance.evidence.rules.requirements import Level
from governance.inventory.models import (
    AnswerEvidence,
    Attestation,
    Builder,
    ClassAssessment,
    Determination,
    Model,
    ModelChange,
    RecordRevision,
    Review,
    TierAssessment,
)
from governance.registry.models import (
    EvaluationResult,
    LineageFact,
    ModelVersion,
    SlotAssignment,
    StageChange,
    VersionInput,
    VersionParent,
)
from governance.registry.rules import SlotRole
from governance.validation.models import Finding, Report

MOST_LISTED = 3
"""Of each sort of record the newest so many are listed; how many there are before is told."""

Rows = QuerySet[Any, Any]


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows that can count, and by which columns they are of a model or of a version.

    `key` is what stands in the column of a model; most often its own key.
    """

    rows: Callable[[datetime], Rows]
    model: str = ""
    version: str = ""
    key: Callable[[Model], UUID] = lambda model: model.pk


def _table(table: type[Any], *, model: str = "", version: str = "") -> Table:
    return Table(rows=lambda at: table.objects.all(), model=model, version=version)


TABLES: Mapping[str, Table] = {
    "answer_evidence": _table(AnswerEvidence, model="assessment__model"),
    "attestation": _table(Attestation, model="item__model"),
    "builder": _table(Builder, model="model"),
    "card": _table(CardRevision, model="version__model", version="version"),
    "checkpoint": _table(LedgerCheckpoint),
    "class_assessment": _table(ClassAssessment, model="model"),
    "determination": _table(Determination, model="model"),
    "entry": Table(
        rows=lambda at: LedgerEntry.objects.all(),
        model="stream",
        key=lambda model: stream_id(model.stream),
    ),
    "evaluation": _table(EvaluationResult, model="version__model", version="version"),
    "finding": _table(Finding, model="model", version="version"),
    "lineage_fact": _table(LineageFact, model="version__model", version="version"),
    "model": _table(Model, model="pk"),
    "model_change": _table(ModelChange, model="model"),
    "policy": _table(PolicyVersion),
    "record_revision": _table(RecordRevision, model="model"),
    "report": _table(Report, model="version__model", version="version"),
    "review": _table(Review, model="model"),
    "role_grant": Table(rows=lambda at: RoleGrant.objects.at(at)),
    "sign_off": _table(SignOff, model="request__model", version="request__version"),
    "stage_change": _table(StageChange, model="version__model", version="version"),
    "tier_assessment": _table(TierAssessment, model="model"),
    "version": _table(ModelVersion, model="model", version="pk"),
    "version_input": _table(VersionInput, model="version__model", version="version"),
    "version_parent": _table(VersionParent, model="version__model", version="version"),
}
"""Every table whose rows can be named as evidence, by the first word of their references."""


def gathered(
    models: Sequence[Model], kinds: Mapping[str, Collector], *, at: datetime
) -> Mapping[UUID, list[EvidenceItem]]:
    """Return what is on record of each model, in one query for each way of counting."""
    versions = counting_versions(models)
    found: dict[UUID, list[EvidenceItem]] = {model.pk: [] for model in models}
    for kind, counting in _countings(kinds, Level.MODEL):
        if counting.of != Of.FIRM:
            rows = _of_models(counting, models, versions, at=at)
            for model in models:
                found[model.pk] += _items(kind, counting, rows[model.pk], at=at, model=model)
    return found


def gathered_of_firm(
    kinds: Mapping[str, Collector], *, level: Level, at: datetime
) -> list[EvidenceItem]:
    """Return what is on record of the firm that counts for requirements of that level."""
    found: list[EvidenceItem] = []
    for kind, counting in _countings(kinds, level):
        if counting.of == Of.FIRM:
            rows = _newest(counting, TABLES[counting.records].rows(at), of="", at=at)
            found += _items(kind, counting, rows, at=at)
    return found


def _countings(kinds: Mapping[str, Collector], level: Level) -> Iterator[tuple[str, Counting]]:
    for one in kinds.values():
        yield from ((one.kind, counting) for counting in one.counts if level in counting.levels)


def counting_versions(models: Collection[Model]) -> Mapping[UUID, UUID]:
    """Return the version of each model whose records count, in two queries.

    That is the champion of its default slot, else the newest that answers live traffic, else the
    newest that was not removed. A model without any is not there.
    """
    of_models = ModelVersion.objects.present().filter(model__in=models)
    rows = of_models.order_by("model", "number").values_list("model_id", "pk")
    found = dict(rows)
    serving = (
        SlotAssignment.objects.current()
        .answering()
        .filter(slot__model__in=models)
        .order_by("slot__is_default", "version__number")
        .values_list("slot__model_id", "version_id", "role", "slot__is_default")
    )
    found |= {model: version for model, version, _, _ in serving}
    found |= {
        model: version
        for model, version, role, is_default in serving
        if is_default and role == SlotRole.CHAMPION
    }
    return found


def _of_models(
    counting: Counting,
    models: Sequence[Model],
    versions: Mapping[UUID, UUID],
    *,
    at: datetime,
) -> Mapping[UUID, Sequence[dict[str, Any]]]:
    table = TABLES[counting.records]
    if counting.of == Of.VERSION:
        column = table.version
        owners = {version: model for model, version in versions.items()}
    else:
        column = table.model
        owners = {table.key(model): model.pk for model in models}
    rows = table.rows(at).filter(**{f"{column}__in": list(owners)})
    found = _newest(counting, rows, of=column, at=at)
    return by_key(found, lambda row: owners[row.get("row_of", row["row_key"])])


def _newest(counting: Counting, rows: Rows, *, of: str, at: datetime) -> Sequence[dict[str, Any]]:
    """Return the newest few rows that count of each, and how many there are of it."""
    rows = rows.filter(**{f"{counting.day}__lte": at})
    rows = rows.filter(**{f"{column}__in": values for column, values in counting.where.items()})
    rows = rows.filter(**{column: F(other) for column, other in counting.same.items()})
    rows = rows.filter(**{f"{column}__isnull": True for column in counting.absent})
    each = [F(of)] if of else None
    order = [F(counting.day).desc(), F("pk").desc()]
    told = {f"said_{name}": F(name) for name in _names(counting.says)}
    told |= {"row_on": F(counting.day), "row_key": F("pk")}
    if of not in {"", "pk"}:
        # Django loses its way among the columns if one of them is told under two names.
        told["row_of"] = F(of)
    return list(
        rows.annotate(
            place=Window(RowNumber(), partition_by=each, order_by=order),
            there=Window(Count("pk"), partition_by=each),
            **told,
        )
        .filter(place__lte=MOST_LISTED)
        .order_by("place")
        .values("there", *told)
    )


def _names(says: str) -> list[str]:
    return [name for _, name, _, _ in Formatter().parse(says) if name]


def _items(
    kind: str,
    counting: Counting,
    rows: Sequence[dict[str, Any]],
    *,
    at: datetime,
    model: Model | None = None,
) -> Iterator[EvidenceItem]:
    for place, row in enumerate(rows, 1):
        item = EvidenceItem(
            kind=kind,
            ref=f"{counting.records}:{row['row_key']}",
            label=counting.says.format(**{n: row[f"said_{n}"] for n in _names(counting.says)}),
            day=as_date(row["row_on"]),
            earlier=row["there"] - place if place == len(rows) else 0,
        )
        tier = model.tier_at(at) if model else None
        yield aged(item, counting.fresh.lasts_until(item.day, tier=tier), today=as_date(at))
