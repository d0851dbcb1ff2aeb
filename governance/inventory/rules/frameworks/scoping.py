"""Which frameworks apply to a model: pure, and the same for the page, the record and a worked case.

A rule whose facts are missing may hold or not. If every rule that may be the first to hold gives
one answer, that is the answer; otherwise it is unknown. So a known answer never changes by a fact
that becomes known, and `tests/rules/test_frameworks.py` tries that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import groupby

from governance.inventory.rules.frameworks.catalogue import Catalogue
from governance.inventory.rules.frameworks.facts import Facts, Known
from governance.inventory.rules.frameworks.frameworks import (
    Framework,
    FrameworkVersion,
    Rule,
    Status,
    When,
)


class Timing(StrEnum):
    """Where a day lies: in what an answer is about, before it, or after its version ended."""

    IN_FORCE = "in_force"
    AHEAD = "ahead"
    ENDED = "ended"


@dataclass(frozen=True, kw_only=True)
class PartAnswer:
    """A part that applies, or may apply until the facts in `unknown` are known."""

    from_date: date
    what: str
    citation: str
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Would:
    """What would follow if the missing facts had these values; without any, in every other case.

    `from_date` is None where it would not apply.
    """

    when: tuple[tuple[str, tuple[str, ...]], ...]
    from_date: date | None


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What one version of a framework says of a model, whatever the day.

    `from_date` is there where it applies: the earliest of those that it may be. `unknown` names
    the facts that would settle the answer, or the day. `rule`, `because` and `citation` are those
    of the rule that holds, and empty where the answer is unknown.
    """

    framework: str
    name: str
    version: str
    valid_from: date
    until: date | None
    status: Status
    rule: str = ""
    because: str = ""
    citation: str = ""
    from_date: date | None = None
    parts: tuple[PartAnswer, ...] = ()
    unknown: tuple[str, ...] = ()
    would: tuple[Would, ...] = ()

    def timing(self, on: date) -> Timing:
        if self.until is not None and self.until <= on:
            return Timing.ENDED
        starts = max(self.valid_from, self.from_date or self.valid_from)
        return Timing.AHEAD if starts > on else Timing.IN_FORCE


@dataclass(frozen=True, kw_only=True)
class Applicability:
    """What a framework says of a model on a day, and what its ended versions said before."""

    answer: Answer
    timing: Timing
    earlier: tuple[Answer, ...]


def scope_of(facts: Facts, *, on: date, catalogue: Catalogue) -> tuple[Applicability, ...]:
    """Return what every framework of the catalogue says of a model on that day, in its order."""
    return seen_on(judge(facts, catalogue), on)


def judge(facts: Facts, catalogue: Catalogue) -> tuple[Answer, ...]:
    """Return what every version of every framework says, whatever the day: what is kept."""
    return tuple(
        _answer(framework, version, facts)
        for framework in catalogue.frameworks
        for version in framework.versions
    )


def seen_on(answers: Iterable[Answer], on: date) -> tuple[Applicability, ...]:
    """Look at answers on a day: of each framework the version that counts, and those before."""
    groups = groupby(answers, key=lambda answer: answer.framework)
    return tuple(_applicability(list(group), on) for _, group in groups)


def _applicability(answers: Sequence[Answer], on: date) -> Applicability:
    """Take the version in force; before there is one the first to come, after all the last."""
    ended = [one for one in answers if one.until is not None and one.until <= on]
    answer = next((one for one in answers if one not in ended), answers[-1])
    return Applicability(
        answer=answer,
        timing=answer.timing(on),
        earlier=tuple(one for one in ended if one is not answer),
    )


def _answer(framework: Framework, version: FrameworkVersion, facts: Facts) -> Answer:
    known = facts.seen_by(framework.id)
    possible = list(_possible(version.rules, known))
    statuses = {rule.answer for rule in possible}
    days = [_day(rule, version, facts.adopted.get(framework.id)) for rule in possible]
    starts = {day for day in days if day}
    is_settled = len(statuses) == 1
    rule = possible[-1]
    return Answer(
        framework=framework.id,
        name=framework.name,
        version=version.version,
        valid_from=version.from_date,
        until=version.until,
        status=rule.answer if is_settled else Status.UNKNOWN,
        rule=rule.id if is_settled else "",
        because=rule.because if is_settled else "",
        citation=rule.citation if is_settled else "",
        from_date=min(starts, default=None) if is_settled else None,
        parts=tuple(_parts(rule, known)) if is_settled else (),
        unknown=() if is_settled and len(starts) < 2 else _missing(possible, known),
        would=() if is_settled else tuple(_would(possible, known, days)),
    )


def _possible(rules: Iterable[Rule], known: Known) -> Iterator[Rule]:
    """Give the rules that may be the first to hold; the last of them holds for certain."""
    for rule in rules:
        does = holds(rule.when, known)
        if does is not False:
            yield rule
        if does:
            return


def holds(when: When, known: Known) -> bool | None:
    """Tell whether all conditions hold; None if that hangs on what is not known."""
    met = [bool(values & set(known[key])) if key in known else None for key, values in when.items()]
    if False in met:
        return False
    return None if None in met else True


def _day(rule: Rule, version: FrameworkVersion, adopted: date | None) -> date | None:
    """The day from which it applies by this rule, if it does."""
    if rule.answer != Status.APPLIES:
        return None
    if rule.by_adoption and adopted is not None:
        return max(adopted, version.from_date)
    return rule.from_date or version.from_date


def _missing(rules: Iterable[Rule], known: Known) -> tuple[str, ...]:
    return tuple(dict.fromkeys(key for rule in rules for key in rule.when if key not in known))


def _parts(rule: Rule, known: Known) -> Iterator[PartAnswer]:
    for part in rule.parts:
        if holds(part.when, known) is not False:
            yield PartAnswer(
                from_date=part.from_date,
                what=part.what,
                citation=part.citation,
                unknown=tuple(key for key in part.when if key not in known),
            )


def _would(rules: Sequence[Rule], known: Known, days: Sequence[date | None]) -> Iterator[Would]:
    """Tell what follows from rules that may hold where it is not what follows otherwise."""
    for rule, day in zip(rules[:-1], days, strict=False):
        if day != days[-1]:
            missing = ((k, tuple(sorted(v))) for k, v in sorted(rule.when.items()))
            yield Would(when=tuple((k, v) for k, v in missing if k not in known), from_date=day)
    yield Would(when=(), from_date=days[-1])
