"""Whether a file has the form of a framework, and where it has not."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

import jsonschema

from governance.core.canonical import NotCanonical, canonical
from governance.core.errors import InvalidInput, Problem, invalid
from governance.inventory.rules.frameworks.facts import DATA

SCHEMA: dict[str, Any] = json.loads((DATA / "framework.schema.json").read_text(encoding="utf-8"))
MOST_PROBLEMS = 50
_LONGEST_SAID = 200

Place = tuple[str | int, ...]


def place_of(parts: Iterable[str | int]) -> str:
    """Return the path to a place in a file: `versions[0].applies[2].from`."""
    place = ""
    for part in parts:
        place += f"[{part}]" if isinstance(part, int) else f".{part}" if place else str(part)
    return place or "text"


def problem(parts: Iterable[str | int], rule: str, message: str) -> Problem:
    return Problem(field=place_of(parts), rule=rule, message=message)


def checked_form(content: Any) -> dict[str, Any]:
    """Return the content if it fits the schema. Raises InvalidInput naming each wrong place."""
    refuse(_key_problems(content, ()))
    errors = jsonschema.Draft202012Validator(SCHEMA).iter_errors(content)
    refuse(_problem(error) for error in errors)
    try:
        canonical(content)
    except NotCanonical as error:
        raise invalid("text", "characters", f"A framework cannot say this: {error}.") from None
    stated: dict[str, Any] = content
    return stated


def refuse(problems: Iterable[Problem]) -> None:
    """Raise InvalidInput if there are any."""
    if found := list(problems):
        raise InvalidInput(*found[:MOST_PROBLEMS])


def _key_problems(value: Any, place: Place) -> Iterator[Problem]:
    """YAML reads a bare yes, no or number as something else than text."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if isinstance(key, str):
                yield from _key_problems(inner, (*place, key))
            else:
                said = f"The key {key!r} is no text. Put it in quotes."
                yield problem((*place, str(key)), "key", said)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _key_problems(inner, (*place, index))


def _problem(error: jsonschema.ValidationError) -> Problem:
    hint = error.schema.get("description", "") if isinstance(error.schema, dict) else ""
    said = error.message if len(error.message) <= _LONGEST_SAID else "It does not fit"
    message = f"{said.removesuffix('.')}. {hint}".strip()
    return problem(tuple(error.absolute_path), str(error.validator), message)
