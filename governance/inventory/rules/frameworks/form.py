"""Whether a file has the form that its schema states, and where it has not."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import jsonschema

from governance.core.canonical import NotCanonical, canonical
from governance.core.errors import InvalidInput, Problem, invalid
from governance.core.places import WHOLE, bare_keys, problem
from governance.inventory.rules.frameworks.facts import DATA

SCHEMA: dict[str, Any] = json.loads((DATA / "framework.schema.json").read_text(encoding="utf-8"))
MOST_PROBLEMS = 50
_LONGEST_SAID = 200


def checked_form(
    content: Any, *, schema: Mapping[str, Any] = SCHEMA, noun: str = "framework"
) -> dict[str, Any]:
    """Return the content if it fits the schema. Raises InvalidInput naming each wrong place.

    `noun` is what a file of that schema states, for whoever wrote what it cannot say.
    """
    refuse(
        problem(place, "key", f"The key {key!r} is no text. Put it in quotes.")
        for place, key in bare_keys(content)
    )
    errors = jsonschema.Draft202012Validator(schema).iter_errors(content)
    refuse(_problem(error) for error in errors)
    try:
        canonical(content)
    except NotCanonical as error:
        raise invalid(WHOLE, "characters", f"A {noun} cannot say this: {error}.") from None
    stated: dict[str, Any] = content
    return stated


def refuse(problems: Iterable[Problem]) -> None:
    """Raise InvalidInput if there are any."""
    if found := list(problems):
        raise InvalidInput(*found[:MOST_PROBLEMS])


def _problem(error: jsonschema.ValidationError) -> Problem:
    hint = error.schema.get("description", "") if isinstance(error.schema, dict) else ""
    said = error.message if len(error.message) <= _LONGEST_SAID else "It does not fit"
    message = f"{said.removesuffix('.')}. {hint}".strip()
    return problem(tuple(error.absolute_path), str(error.validator), message)
