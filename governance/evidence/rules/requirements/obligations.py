"""What is due by when: on a day, or within a time of an event."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from governance.core.canonical import digest
from governance.core.errors import Problem
from governance.evidence.rules.requirements.lint import narrowing
from governance.evidence.rules.requirements.requirements import Level
from governance.inventory.rules.frameworks.frameworks import When, when_from
from governance.inventory.rules.frameworks.lint import Content, day_problems, twice


class Unit(StrEnum):
    HOURS = "hours"
    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"
    YEARS = "years"


class Mode(StrEnum):
    """Whether something is to be done within the time, done again each time, or kept so long."""

    WITHIN = "within"
    EVERY = "every"
    KEEP = "keep"


@dataclass(frozen=True, kw_only=True)
class Period:
    """A time that begins with an event; `EVERY` begins anew when it has passed."""

    mode: Mode
    number: int
    unit: Unit
    of: str


@dataclass(frozen=True, kw_only=True)
class Obligation:
    """One thing that is due, of a framework in all its versions.

    Either `day` is there, which comes once, or `period`. It counts for the models that the
    framework applies to, as far as one of `when` holds; `otherwise` says why it does not.
    """

    id: str
    framework: str
    title: str
    what: str
    citation: str
    day: date | None
    period: Period | None
    level: Level
    when: tuple[When, ...]
    otherwise: str
    requirements: tuple[str, ...]

    def asked(self) -> Iterator[str]:
        """Name the facts that decide for whom it counts."""
        for one in self.when:
            yield from one


@dataclass(frozen=True, kw_only=True)
class ObligationSet:
    """What is due by one framework."""

    framework: str
    sources: tuple[str, ...]
    obligations: tuple[Obligation, ...]
    digest: str


def obligations_from(content: Mapping[str, Any]) -> ObligationSet:
    """Return the obligations that the content states, which fits the schema and the lint."""
    return ObligationSet(
        framework=content["framework"],
        sources=tuple(content["sources"]),
        obligations=tuple(_obligation(one, content["framework"]) for one in content["obligations"]),
        digest=digest(content),
    )


def _obligation(entry: Mapping[str, Any], framework: str) -> Obligation:
    due = entry["due"]
    return Obligation(
        id=entry["id"],
        framework=framework,
        title=entry["title"],
        what=entry["what"],
        citation=entry["citation"],
        day=date.fromisoformat(due["day"]) if "day" in due else None,
        period=_period(due) if "day" not in due else None,
        level=Level(entry.get("level", Level.MODEL)),
        when=tuple(map(when_from, entry.get("when", ()))),
        otherwise=entry.get("otherwise", ""),
        requirements=tuple(entry.get("requirements", ())),
    )


def _period(due: Mapping[str, Any]) -> Period:
    mode = next(mode for mode in Mode if mode in due)
    ((unit, number),) = due[mode].items()
    return Period(mode=mode, number=number, unit=Unit(unit), of=due["of"])


def problems(content: Content) -> Iterator[Problem]:
    """Say what contradicts itself in a file of obligations that fits the schema."""
    yield from day_problems(content)
    yield from twice(("obligations",), "id", content["obligations"])
    for index, entry in enumerate(content["obligations"]):
        yield from narrowing(("obligations", index), entry)
