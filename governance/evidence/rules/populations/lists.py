"""What a population is of, which of its rows are kept, and how it is held against the ledger."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db import models

from governance.core.canonical import digest
from governance.core.errors import NotFound, Problem, WrongState

FORMAT = "countersign.population/1"
MOST_ROWS = 20_000
"""Of one population: more than that is narrowed, so that a file of it can still be read."""

Row = Mapping[str, str]
"""One line of the list: its columns, all of them text."""
REF, ENTRY = "ref", "entry"


class PopulationKind(models.TextChoices):
    """What can be listed whole. See `queries.population_kinds` for where each of them stands."""

    PROMOTION = "PROMOTION", "Promotions to Production"
    EMERGENCY = "EMERGENCY", "Emergency promotions"
    OVERRIDE = "OVERRIDE", "Overrides of checks"
    TIER_OVERRIDE = "TIER_OVERRIDE", "Overrides of tiers"
    VALIDATION = "VALIDATION", "Validation reports"
    FINDING = "FINDING", "Findings opened"
    CLOSING = "CLOSING", "Findings closed"
    ACCESS = "ACCESS", "Access changes"
    WAIVER = "WAIVER", "Waivers asked for"
    RETIREMENT = "RETIREMENT", "Models retired"


class PopulationNotFound(NotFound):
    code = "population_not_found"


class TooManyRows(WrongState):
    """More rows than one population holds."""

    code = "too_many_rows"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What somebody wants listed; `until_date` is the last day, and days are those of UTC.

    `model` is a name and `framework` a key, both of the models whose rows are wanted; `facets`
    are values that columns of the list must have.
    """

    kind: PopulationKind
    since_date: date
    until_date: date
    model: str = ""
    framework: str = ""
    facets: Mapping[str, str] = field(default_factory=dict)

    @property
    def since(self) -> datetime:
        return datetime.combine(self.since_date, time.min, tzinfo=UTC)

    @property
    def until(self) -> datetime:
        """The moment at which the last day is over."""
        return datetime.combine(self.until_date, time.min, tzinfo=UTC) + timedelta(days=1)


def period_problems(asked: Asked, *, today: date) -> Iterator[Problem]:
    """Name what is wrong with the period: it begins before it ends, and no day of it is ahead."""
    if asked.until_date < asked.since_date:
        message = "Enter a last day that is not before the first."
        yield Problem(field="until_date", rule="after_first", message=message)
    if asked.until_date > today:
        message = "Enter a day that has begun. What has not happened cannot be listed."
        yield Problem(field="until_date", rule="past", message=message)


def narrowed(rows: Iterable[Row], wanted: Mapping[str, str]) -> list[Row]:
    """Keep the rows whose columns have these values."""
    return [row for row in rows if all(row[name] == value for name, value in wanted.items())]


@dataclass(frozen=True)
class Told:
    """That an entry of the ledger, by its hash, tells of a record, and the digest it gives."""

    entry: str
    digest: str


@dataclass(frozen=True, kw_only=True)
class Control:
    """The two counts of the same thing, and each record at which they part, by reference.

    `rows` are those that the tables hold, `told` those that the ledger tells of, by `entries` of
    it. Of `gone` the ledger tells and no row is left; of `untold` it is the reverse; `altered`
    rows are no longer what the ledger says they were.
    """

    rows: int
    entries: int
    told: int
    gone: Sequence[str] = ()
    untold: Sequence[str] = ()
    altered: Sequence[str] = ()

    @property
    def differences(self) -> int:
        return len(self.gone) + len(self.untold) + len(self.altered)

    def as_facts(self) -> dict[str, Any]:
        return {
            "rows": self.rows,
            "entries": self.entries,
            "told": self.told,
            "gone": self.gone,
            "untold": self.untold,
            "altered": self.altered,
        }


def compared(
    states: Mapping[str, Collection[str]], told: Mapping[str, Told], *, entries: int
) -> Control:
    """Hold the rows against the ledger: each by its reference, with the digests it may have."""
    return Control(
        rows=len(states),
        entries=entries,
        told=len(told),
        gone=sorted(told.keys() - states.keys()),
        untold=sorted(states.keys() - told.keys()),
        altered=sorted(
            ref for ref, known in states.items() if ref in told and told[ref].digest not in known
        ),
    )


def list_digest(rows: Sequence[Row]) -> str:
    """Return the SHA-256 of the canonical text of the list, in its order."""
    return digest(rows)
