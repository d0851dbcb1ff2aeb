"""What no schema can say of one framework: facts and values that exist, dates in their order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from governance.core.errors import Problem
from governance.core.places import Place, problem
from governance.inventory.rules.frameworks.facts import vocabulary
from governance.inventory.rules.frameworks.frameworks import ADOPTION, Status

Content = Mapping[str, Any]


def problems(content: Content) -> Iterator[Problem]:
    """Say what contradicts itself in a file that fits the schema; the days first."""
    bad_days = list(day_problems(content))
    yield from bad_days
    yield from _names(content)
    for index, version in enumerate(content["versions"]):
        place: Place = ("versions", index, "applies")
        yield from _rules(place, version["applies"], are_days=not bad_days)
    if not bad_days:
        yield from _order(content["versions"])
    for index, case in enumerate(content["cases"]):
        yield from known_facts(("cases", index, "facts"), case["facts"])


_DAYS = {"from", "until", "day", "adopted_from"}


def day_problems(value: Any, place: Place = ()) -> Iterator[Problem]:
    """Say which days anywhere in the content are none of the calendar."""
    entries: Iterable[tuple[Any, Any]] = ()
    if isinstance(value, dict):
        entries = value.items()
    elif isinstance(value, list):
        entries = enumerate(value)
    for key, inner in entries:
        is_day = key in _DAYS and isinstance(inner, str) and inner != ADOPTION
        if is_day and not _is_day(inner):
            yield problem((*place, key), "date", f"{inner} is no day of the calendar.")
        yield from day_problems(inner, (*place, key))


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _names(content: Content) -> Iterator[Problem]:
    yield from twice(("versions",), "version", content["versions"])
    yield from twice(("cases",), "id", content["cases"])
    for index, version in enumerate(content["versions"]):
        yield from twice(("versions", index, "applies"), "id", version["applies"])


def twice(place: Place, key: str, entries: Iterable[Content]) -> Iterator[Problem]:
    """Say which entries of the list share what has to tell them apart."""
    seen: set[str] = set()
    for index, entry in enumerate(entries):
        if entry[key] in seen:
            yield problem((*place, index, key), "unique", f"{entry[key]} stands twice.")
        seen.add(entry[key])


def _rules(place: Place, rules: list[Content], *, are_days: bool) -> Iterator[Problem]:
    for index, rule in enumerate(rules):
        at: Place = (*place, index)
        is_last = index == len(rules) - 1
        yield from known_facts((*at, "when"), rule.get("when", {}))
        if is_last and "when" in rule:
            said = "The last rule has no conditions, so that every model has an answer."
            yield problem((*at, "when"), "total", said)
        if not is_last and "when" not in rule:
            yield problem(at, "reachable", "It holds always, so the rules below never answer.")
        if rule["answer"] != Status.APPLIES:
            for key in sorted({"from", "parts"} & rule.keys()):
                said = "Only what applies does so from a day."
                yield problem((*at, key), "answer", said)
        yield from _parts(at, rule, are_days=are_days)


def _parts(place: Place, rule: Content, *, are_days: bool) -> Iterator[Problem]:
    before = rule.get("from", "")
    for index, part in enumerate(rule.get("parts", ())):
        at: Place = (*place, "parts", index)
        yield from known_facts((*at, "when"), part.get("when", {}))
        # Days are written so that their order is that of the texts.
        if are_days and before != ADOPTION and part["from"] < before:
            said = f"{part['from']} is before {before}. Give parts in the order of their days."
            yield problem((*at, "from"), "order", said)
        before = part["from"]


def known_facts(place: Place, asked: Content) -> Iterator[Problem]:
    """Say where a condition names a fact that there is not, or a value that it never has."""
    facts = vocabulary()
    for key, values in asked.items():
        fact = facts.get(key)
        if fact is None:
            yield problem((*place, key), "known", f"No fact {key}. There are: {', '.join(facts)}.")
            continue
        given = values if isinstance(values, list) else [values]
        for value in given:
            if not fact.admits(value):
                said = f"{key} is never {value}. It is {fact.choices}."
                yield problem((*place, key), "value", said)


def _order(versions: list[Content]) -> Iterator[Problem]:
    for index, version in enumerate(versions):
        place: Place = ("versions", index)
        until = version.get("until")
        if until is not None and until <= version["from"]:
            said = f"It ends on {until}, and does not begin before {version['from']}."
            yield problem((*place, "until"), "order", said)
        if index == len(versions) - 1:
            return
        after = versions[index + 1]
        if after["from"] <= version["from"]:
            said = f"{after['from']} is not after {version['from']}. Give versions in their order."
            yield problem(("versions", index + 1, "from"), "order", said)
        if until is None or until > after["from"]:
            said = f"It overlaps with {after['version']}, which begins on {after['from']}."
            yield problem((*place, "until"), "overlap", said)
