"""What the lint of every questionnaire looks at: names that stand twice, or that nobody knows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from governance.core.errors import Problem
from governance.core.places import problem

Place = tuple[str | int, ...]


def twice(named: Iterable[tuple[Place, str]]) -> Iterator[Problem]:
    """Tell each name that stood before."""
    seen: set[str] = set()
    for place, name in named:
        if name in seen:
            yield problem(place, "unique", f"{name} stands twice. Give each a name of its own.")
        seen.add(name)


def unknown(place: Place, name: str, known: Iterable[str], *, noun: str) -> Iterator[Problem]:
    names = list(known)
    if name not in names:
        there = ", ".join(names) if names else "none"
        yield problem(place, "known", f"There is no {noun} {name}. There are: {there}.")
