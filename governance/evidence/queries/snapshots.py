"""Reads of coverage as it was counted: the newest, the trend, and what changed since a day."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.conf import settings
from django.db.models import Q

from governance.accounts.rules import Actor
from governance.core.wording import as_date
from governance.evidence.models import CoverageSnapshot, CoverageSnapshotQuerySet
from governance.evidence.rules.snapshots import (
    JOB,
    DayTally,
    StateChange,
    Tally,
    state_changes,
    trend,
)
from governance.inventory.models import Model
from governance.jobs.models import Job

Key = tuple[str, str]
"""A subject and a framework."""
FIELDS = tuple(vars(Tally()))


@dataclass(frozen=True, kw_only=True)
class Changed:
    """One requirement that is in another state than it was; without a model it is of the firm."""

    model: Model | None
    framework: str
    version: str
    counted_at: datetime
    change: StateChange


def newest_counts(subjects: Iterable[str], *, at: datetime) -> dict[Key, CoverageSnapshot]:
    """Return the last count of each subject and framework, in one query."""
    rows = CoverageSnapshot.objects.newest_at(at).filter(subject__in=list(subjects))
    return {(row.subject, row.framework): row for row in rows}


def seen_counts(
    actor: Actor, frameworks: Collection[str], *, at: datetime
) -> CoverageSnapshotQuerySet:
    """Return every count of these frameworks, of the firm and of models in use that are seen."""
    seen = Model.objects.visible_to(actor, at=at).in_use()
    rows = CoverageSnapshot.objects.filter(framework__in=frameworks)
    return rows.filter(Q(model=None) | Q(model__in=seen))


def standing_tallies(rows: CoverageSnapshotQuerySet, *, at: datetime) -> Mapping[Key, Tally]:
    """Return what was counted last by that moment, in one query."""
    found = rows.newest_at(at).values_list("subject", "framework", *FIELDS)
    return {(one[0], one[1]): _tally(one[2:]) for one in found}


def trend_of(rows: CoverageSnapshotQuerySet, *, since: date, at: datetime) -> tuple[DayTally, ...]:
    """Return how the tallies stood on the first day and on each on which one changed."""
    start = standing_tallies(rows, at=end_of(since))
    later = rows.filter(taken_at__gt=end_of(since), taken_at__lte=at).order_by("taken_at")
    changes = later.values_list("taken_at", "subject", "framework", *FIELDS)
    return trend(
        start,
        ((as_date(one[0]), (one[1], one[2]), _tally(one[3:])) for one in changes),
        first=since,
    )


def changed_since(rows: CoverageSnapshotQuerySet, *, since: date, at: datetime) -> list[Changed]:
    """Return which requirements are in another state than at the end of that day, in two queries.

    What was never counted by then is not told: it is new, and changed from nothing.
    """
    before = {(row.subject, row.framework): row for row in rows.newest_at(end_of(since))}
    now = rows.newest_at(at).filter(taken_at__gt=end_of(since)).select_related("model")
    found: list[Changed] = []
    for row in now.order_by("-taken_at", "model__name", "framework"):
        earlier = before.get((row.subject, row.framework))
        if earlier is not None:
            found += [
                Changed(
                    model=row.model,
                    framework=row.framework,
                    version=row.version,
                    counted_at=row.taken_at,
                    change=one,
                )
                for one in state_changes(earlier.states, row.states)
            ]
    return found


def end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time.min, tzinfo=UTC) - timedelta.resolution


def is_to_be_counted(*, at: datetime) -> bool:
    """Tell whether the hour has come and nobody has counted that day, or nobody ever has."""
    if settings.COVERAGE_HOUR is None:
        return False
    if not CoverageSnapshot.objects.exists():
        return True
    midnight = datetime.combine(as_date(at), time.min, tzinfo=UTC)
    return (
        at.hour >= settings.COVERAGE_HOUR
        and not Job.objects.filter(kind=JOB, created_at__gte=midnight).exists()
    )


def _tally(values: tuple[int, ...]) -> Tally:
    return Tally(**dict(zip(FIELDS, values, strict=True)))
