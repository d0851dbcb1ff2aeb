"""Whether a file has the form of a questionnaire, and where it has not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema

from governance.core.canonical import NotCanonical, canonical
from governance.core.errors import InvalidInput, Problem, invalid
from governance.core.places import WHOLE, bare_keys, problem

DATA = Path(__file__).parents[2] / "data"
SCHEMA: dict[str, Any] = json.loads((DATA / "questionnaire.schema.json").read_text())
MOST_PROBLEMS = 50
"""So many are told at once; a file of another kind would have thousands."""
_LONGEST_SAID = 200


def checked_form(content: Any) -> dict[str, Any]:
    """Return the content if it fits the schema. Raises InvalidInput naming each wrong place."""
    if problems := [
        problem(
            place, "key", f"The key {key!r} is no text. Put it in quotes, such as 'yes' or 'no'."
        )
        for place, key in bare_keys(content)
    ]:
        raise InvalidInput(*problems[:MOST_PROBLEMS])
    errors = jsonschema.Draft202012Validator(SCHEMA).iter_errors(content)
    if problems := [found for error in errors for found in _problems(error)]:
        raise InvalidInput(*problems[:MOST_PROBLEMS])
    try:
        canonical(content)
    except NotCanonical as error:
        raise invalid(WHOLE, "characters", f"A questionnaire cannot say this: {error}.") from None
    stated: dict[str, Any] = content
    return stated


def _problems(error: jsonschema.ValidationError) -> Iterator[Problem]:
    """Say what is wrong where it is wrong: of a key too few or too many, at that key."""
    place = tuple(error.absolute_path)
    known: Any = error.schema if isinstance(error.schema, dict) else {}
    asked: Any = error.validator_value
    found: Any = error.instance
    if error.validator == "required":
        missing = [key for key in asked if error.message.startswith(repr(key))]
        yield problem((*place, *missing), "required", "It is missing and has to be there.")
    elif error.validator == "additionalProperties" and asked is False:
        names = ", ".join(known.get("properties", ()))
        for key in sorted(set(found) - set(known.get("properties", ()))):
            said = f"There is no such key here. The keys are {names}."
            yield problem((*place, key), "additionalProperties", said)
    else:
        yield problem(place, str(error.validator), _said(error, known.get("description", "")))


def _said(error: jsonschema.ValidationError, hint: str) -> str:
    """What jsonschema says, unless it prints the whole part of the file; and what would do."""
    too_long = len(error.message) > _LONGEST_SAID or error.validator == "not"
    said = "It does not fit." if too_long else f"{error.message.removesuffix('.')}."
    return f"{said} {hint}".strip()
