"""Places in a file that people write, as its problems name them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from governance.core.errors import Problem

WHOLE = "text"
Place = tuple[str | int, ...]


def place_of(parts: Iterable[str | int]) -> str:
    """Return the path to a place in a file: `questions[3].options[1].points`."""
    place = ""
    for part in parts:
        place += f"[{part}]" if isinstance(part, int) else f".{part}" if place else str(part)
    return place or WHOLE


def problem(parts: Iterable[str | int], rule: str, message: str) -> Problem:
    return Problem(field=place_of(parts), rule=rule, message=message)


def bare_keys(content: Any, place: Place = ()) -> Iterator[tuple[Place, object]]:
    """Yield each key that is no text, and where: YAML reads a bare yes, no or number as another."""
    if isinstance(content, dict):
        for key, inner in content.items():
            if isinstance(key, str):
                yield from bare_keys(inner, (*place, key))
            else:
                yield (*place, str(key)), key
    elif isinstance(content, list):
        for index, inner in enumerate(content):
            yield from bare_keys(inner, (*place, index))
