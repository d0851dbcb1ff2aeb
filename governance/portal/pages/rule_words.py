"""Facts, conditions and what is missing, as people read them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from governance.core.wording import full_day, joined
from governance.inventory.firm import catalogue
from governance.inventory.rules.frameworks import ADOPTED, Fact, Would, vocabulary
from governance.inventory.rules.frameworks.frameworks import When


@dataclass(frozen=True, kw_only=True)
class FactRow:
    label: str
    words: str


def facts_named(keys: Iterable[str]) -> list[Fact]:
    known = vocabulary()
    return [known[key] for key in keys if key in known]


def fact_rows(facts: Mapping[str, Any]) -> list[FactRow]:
    """What is known, in the order in which facts are declared."""
    return [
        FactRow(label=fact.label, words=fact_words(fact, facts[fact.id]))
        for fact in vocabulary().values()
        if fact.id in facts
    ]


def fact_words(fact: Fact, value: Any) -> str:
    if fact.id == ADOPTED:
        names = {one.id: one.name for one in catalogue().frameworks}
        return joined([_adopted_words(names.get(key, key), day) for key, day in value.items()])
    return joined([fact.words(one) for one in value]) or "none"


def _adopted_words(name: str, day: str) -> str:
    return f"{name} from {full_day(date.fromisoformat(day))}" if day else name


def fact_changes(now: Mapping[str, Any], before: Mapping[str, Any]) -> Iterator[str]:
    for fact in vocabulary().values():
        if now.get(fact.id) != before.get(fact.id):
            old, new = (
                fact_words(fact, facts[fact.id]) if fact.id in facts else "not recorded"
                for facts in (before, now)
            )
            yield f"{fact.label}: {old} → {new}"


def would_words(one: Would, *, unknown: Iterable[str]) -> str:
    """`If the origin is “Vendor model”, it does not apply.` It may where more is unknown."""
    is_sure = not set(unknown) - {key for key, _ in one.when} or not one.when
    start = "Otherwise"
    if one.when:
        start = f"If {condition_words({key: frozenset(values) for key, values in one.when})}"
    if one.from_date is None:
        return f"{start}, it does not apply."
    return f"{start}, it {'applies' if is_sure else 'may apply'} from {full_day(one.from_date)}."


def condition_words(when: When) -> str:
    """`the kind is “Forecast” or “Ranking” and the origin is “Vendor model”`"""
    known = vocabulary()
    parts = []
    for key, values in when.items():
        fact = known.get(key)
        # In the order in which the values are declared.
        order = list(fact.values) if fact else []
        ordered = sorted(values, key=lambda v: (order.index(v) if v in order else 0, v))
        words = joined([f"“{fact.words(v) if fact else v}”" for v in ordered], "or")
        verb = "names" if fact and fact.many else "is"
        parts.append(f"{fact.noun if fact else key} {verb} {words}")
    return joined(parts)
