"""Coverage as it was counted: what is kept, and what changed between two counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from governance.evidence.rules.coverage import CoverageState, Covered
from governance.evidence.rules.requirements import Level

JOB = "count_coverage"
FIRM = "firm"
MOST_AT_ONCE = 100
"""Models of one act, so that an entry stays short."""


@dataclass(frozen=True, kw_only=True)
class Tally:
    """How many requirements are in which state."""

    complete: int = 0
    partial: int = 0
    none: int = 0
    not_applicable: int = 0
    unknown: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(**{key: value + getattr(other, key) for key, value in vars(self).items()})

    @property
    def asked(self) -> int:
        """Those that are asked for, as far as that is known."""
        return self.complete + self.partial + self.none

    @property
    def gaps(self) -> int:
        return self.partial + self.none


def tally(states: Iterable[CoverageState | str]) -> Tally:
    found = Counter(str(CoverageState(state).value).lower() for state in states)
    return Tally(**found)


@dataclass(frozen=True, kw_only=True)
class Count:
    """The states of one framework for one model, or for the firm, by requirement."""

    framework: str
    version: str
    states: Mapping[str, CoverageState]

    @property
    def is_asked(self) -> bool:
        return any(state != CoverageState.NOT_APPLICABLE for state in self.states.values())


def counts_of(rows: Sequence[Covered], level: Level) -> Iterator[Count]:
    """Give the states of each framework, of the requirements of one level."""
    editions: dict[tuple[str, str], dict[str, CoverageState]] = {}
    for one in rows:
        asked = one.requirement
        if asked.level == level:
            states = editions.setdefault((asked.framework, asked.version), {})
            states[asked.id] = one.state
    for (framework, version), states in editions.items():
        yield Count(framework=framework, version=version, states=states)


@dataclass(frozen=True, kw_only=True)
class StateChange:
    """That a requirement went from one state to another; None where it was not counted."""

    requirement: str
    before: CoverageState | None
    after: CoverageState | None

    @property
    def is_better(self) -> bool:
        return _RANK[self.after] > _RANK[self.before]


_RANK = {
    None: 0,
    CoverageState.UNKNOWN: 0,
    CoverageState.NONE: 0,
    CoverageState.PARTIAL: 1,
    CoverageState.COMPLETE: 2,
    CoverageState.NOT_APPLICABLE: 2,
}


def state_changes(before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[StateChange]:
    """Give what differs, in the order of now; what is asked no more comes last."""
    for key in [*now, *(key for key in before if key not in now)]:
        if before.get(key) != now.get(key):
            yield StateChange(
                requirement=key,
                before=CoverageState(before[key]) if key in before else None,
                after=CoverageState(now[key]) if key in now else None,
            )


@dataclass(frozen=True, kw_only=True)
class DayTally:
    """What stood at the end of a day, of everything that was looked at."""

    day: date
    tally: Tally


def trend(
    start: Mapping[tuple[str, str], Tally],
    changes: Iterable[tuple[date, tuple[str, str], Tally]],
    *,
    first: date,
) -> tuple[DayTally, ...]:
    """Return one tally for the first day and for each day on which something was counted anew.

    `changes` stand in the order of their days; each replaces what stood for its subject.
    """
    standing = dict(start)
    days: dict[date, Tally] = {first: sum(standing.values(), Tally())} if standing else {}
    for day, key, found in changes:
        standing[key] = found
        days[day] = sum(standing.values(), Tally())
    return tuple(DayTally(day=day, tally=one) for day, one in days.items())
