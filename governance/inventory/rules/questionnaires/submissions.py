"""What a file of answers says: answers, facts, and an override if one is asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from governance.core.errors import InvalidInput, Problem, invalid
from governance.inventory.rules.questionnaires.overrides import Override, override_from

MAX_ANSWERS = 256 * 1024
KEYS = ("answers", "facts", "override")
BESIDE = {"id", "name", "note", "expect"}
"""What else a worked case says of itself: one may be given as it stands in its file."""


@dataclass(frozen=True, kw_only=True)
class Submission:
    """Answers by question and facts by name, not yet judged by any questionnaire."""

    answers: Mapping[str, Any]
    facts: Mapping[str, Any] = field(default_factory=dict)
    override: Override | None = None


def read_submission(text: str) -> Submission:
    """Return what the JSON text says. Raises InvalidInput naming each wrong place."""
    if len(text) > MAX_ANSWERS:
        raise invalid("text", "length", f"Answers have at most {MAX_ANSWERS // 1024} KiB.")
    try:
        stated = json.loads(text, object_pairs_hook=_once)
    except RecursionError:
        raise invalid("text", "depth", "No answers are nested as deeply as this.") from None
    except ValueError as error:
        raise invalid("text", "json", f"This is not readable JSON: {error}.") from None
    if problems := list(_problems(stated)):
        raise InvalidInput(*problems)
    override = stated.get("override")
    return Submission(
        answers=stated["answers"],
        facts=stated.get("facts") or {},
        override=None if override is None else override_from(override),
    )


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _problems(stated: Any) -> Iterator[Problem]:
    if not isinstance(stated, dict):
        said = f"Give an object with {', '.join(KEYS)}."
        yield Problem(field="text", rule="type", message=said)
        return
    for key in stated:
        if key not in {*KEYS, *BESIDE}:
            said = f"There is no such key. The keys are {', '.join(KEYS)}."
            yield Problem(field=key, rule="known", message=said)
    if "answers" not in stated:
        yield Problem(field="answers", rule="required", message="Give the answers by question.")
    for key in KEYS:
        value = stated.get(key, {})
        is_absent = value is None and key != "answers"
        if not is_absent and not isinstance(value, dict):
            yield Problem(field=key, rule="type", message="Give an object.")
