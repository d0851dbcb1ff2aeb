"""What no schema can say of one set: words, facts and values that exist, ids that tell apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from governance.core.errors import Problem
from governance.core.places import Place, problem
from governance.evidence.rules.requirements.words import concerned, evidence_kinds
from governance.inventory.rules.frameworks.lint import day_problems, known_facts, twice

Content = Mapping[str, Any]


def problems(content: Content) -> Iterator[Problem]:
    """Say what contradicts itself in a file of requirements that fits the schema."""
    yield from day_problems(content)
    yield from twice(("groups",), "title", content["groups"])
    yield from narrowing(("unless_stated",), content.get("unless_stated", {}))
    seen: set[str] = set()
    for number, group in enumerate(content["groups"]):
        for index, entry in enumerate(group["requirements"]):
            place: Place = ("groups", number, "requirements", index)
            if entry["id"] in seen:
                yield problem((*place, "id"), "unique", f"{entry['id']} stands twice.")
            seen.add(entry["id"])
            yield from narrowing(place, entry)
            yield from _chosen((*place, "evidence"), entry["evidence"], evidence_kinds())
            yield from _chosen((*place, "concerns"), entry["concerns"], concerned())
    cases = content.get("cases", ())
    yield from twice(("cases",), "id", cases)
    for index, case in enumerate(cases):
        yield from known_facts(("cases", index, "facts"), case["facts"])
    if not cases and _is_narrowed(content):
        said = "What applies only by facts is shown by a worked case at least."
        yield problem(("cases",), "shown", said)


def narrowing(place: Place, entry: Content) -> Iterator[Problem]:
    """Say where the conditions of an entry name what there is not."""
    for index, when in enumerate(entry.get("when", ())):
        yield from known_facts((*place, "when", index), when)


def _is_narrowed(content: Content) -> bool:
    entries = (entry for group in content["groups"] for entry in group["requirements"])
    return any("when" in entry for entry in (*entries, content.get("unless_stated", {})))


def _chosen(place: Place, given: Iterable[str], known: Mapping[str, str]) -> Iterator[Problem]:
    for index, value in enumerate(given):
        if value not in known:
            said = f"There is no {value} here. There are: {', '.join(known)}."
            yield problem((*place, index), "known", said)
