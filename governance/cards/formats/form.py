"""The published JSON Schema of the card, and what is wrong with a body by it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema

from governance.cards.rules.model_card import FORMAT
from governance.core.errors import Problem
from governance.core.places import place_of

SCHEMA: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "data" / "card.schema.json").read_text(encoding="utf-8")
)
MOST_PROBLEMS = 20


def form_errors(body: Mapping[str, Any]) -> list[jsonschema.ValidationError]:
    """Return what the schema says of a body, in the order of its places."""
    validator = jsonschema.Draft202012Validator(SCHEMA)
    errors = validator.iter_errors({"format": FORMAT, **body})
    return sorted(errors, key=lambda error: [str(part) for part in error.absolute_path])


def form_problems(body: Mapping[str, Any]) -> list[Problem]:
    """Return at most twenty problems, each with its place and rule."""
    return list(_problems(form_errors(body)[:MOST_PROBLEMS]))


def _problems(errors: list[jsonschema.ValidationError]) -> Iterator[Problem]:
    for error in errors:
        message = error.message if len(error.message) < 300 else error.message[:300] + "…"
        yield Problem(
            field=place_of(error.absolute_path), rule=str(error.validator), message=f"{message}."
        )
