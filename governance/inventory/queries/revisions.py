"""What the inventory said at a past moment, from rows that say since when they hold."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Subquery, When

from governance.core.wording import as_date
from governance.inventory.models import (
    ClassAssessment,
    FormerName,
    Model,
    RecordRevision,
    Retirement,
    TierAssessment,
)


def revisions_at(models: Collection[Model], moment: datetime) -> dict[UUID, RecordRevision]:
    """Return what each record said at that moment. Missing: what was written down later only."""
    rows = RecordRevision.objects.filter(model__in=models, written_at__lte=moment)
    newest = rows.select_related("content", "owner").order_by("number")
    return {row.model_id: row for row in newest}


def tiers_at(models: Collection[Model], moment: datetime) -> dict[UUID, TierAssessment]:
    rows = TierAssessment.objects.filter(model__in=models, assessed_at__lte=moment)
    return {row.model_id: row for row in rows.select_related("override").order_by("assessed_at")}


def tier_then(row: TierAssessment, moment: datetime) -> int:
    """Return the tier that this assessment gave then: after its last day an override gives none.

    As `Model.tier_at` says of now; a job puts the end of an override on record minutes later.
    """
    override = row.override
    if override is None or override.ends_date is None or as_date(moment) <= override.ends_date:
        return row.tier
    return int(override.assessment.result["floored_tier"])


def retirements_at(models: Collection[Model], moment: datetime) -> dict[UUID, Retirement]:
    """Return the retirement of each model that was out of use at that moment."""
    stood = Q(end=None) | Q(end__returned_at__gt=moment)
    rows = Retirement.objects.filter(stood, model__in=models, retired_at__lte=moment)
    return {row.model_id: row for row in rows.select_related("reason", "replacement")}


def classes_at(models: Collection[Model], moment: datetime) -> dict[UUID, ClassAssessment]:
    rows = ClassAssessment.objects.filter(model__in=models, assessed_at__lte=moment)
    return {row.model_id: row for row in rows.order_by("assessed_at")}


def names_at(models: Collection[Model], moment: datetime) -> dict[UUID, str]:
    """Return what each model was called: the first name that it gave up later, else its own."""
    later = FormerName.objects.filter(model__in=models, ended_at__gt=moment)
    names = {row.model_id: row.name for row in later.order_by("-ended_at")}
    return {model.pk: names.get(model.pk, model.name) for model in models}


def name_then(moment: datetime) -> Case:
    """The same as a column of a query over models; few of them have given a name up."""
    later = FormerName.objects.filter(ended_at__gt=moment)
    first = later.filter(model=OuterRef("pk")).order_by("ended_at").values("name")[:1]
    return Case(When(pk__in=later.values("model"), then=Subquery(first)), default="name")


def newest_then(rows: QuerySet[Any], column: str, *, since: str, moment: datetime) -> Subquery:
    """The column of the newest of a model's rows at that moment; `since` says when one began."""
    then = rows.filter(model=OuterRef("pk"), **{f"{since}__lte": moment})
    return Subquery(then.order_by(f"-{since}").values(column)[:1])


def then(rows: QuerySet[Any], *, since: str, moment: datetime, **said: Any) -> Q:
    """The condition that the newest of a model's rows at that moment says so.

    Read from the rows at once: asking for each model of ten thousand takes four times as long.
    """
    known = rows.filter(**{f"{since}__lte": moment})
    later = known.filter(model=OuterRef("model"), **{f"{since}__gt": OuterRef(since)})
    return Q(pk__in=known.filter(~Exists(later), **said).values("model"))
