"""Answers as canonical JSON, as they are kept with a model, and back."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from typing import Any

from governance.core.canonical import canonical
from governance.inventory.rules.frameworks.frameworks import Status
from governance.inventory.rules.frameworks.scoping import Answer, PartAnswer, Would


def kept(answers: Iterable[Answer]) -> str:
    """Return the canonical text; what is empty is left out, so that most answers are short."""
    return canonical([_lean(_content(one)) for one in answers])


def answers_from(text: str) -> tuple[Answer, ...]:
    """Return the answers that `kept` wrote."""
    return tuple(map(_answer, json.loads(text)))


def _content(one: Answer) -> dict[str, Any]:
    return {
        "framework": one.framework,
        "name": one.name,
        "version": one.version,
        "valid_from": one.valid_from,
        "until": one.until,
        "status": one.status,
        "rule": one.rule,
        "because": one.because,
        "citation": one.citation,
        "from": one.from_date,
        "parts": [_lean(_part_content(part)) for part in one.parts],
        "unknown": one.unknown,
        "would": [_lean(_would_content(would)) for would in one.would],
    }


def _part_content(part: PartAnswer) -> dict[str, Any]:
    return {
        "from": part.from_date,
        "what": part.what,
        "citation": part.citation,
        "unknown": part.unknown,
    }


def _would_content(would: Would) -> dict[str, Any]:
    return {"when": dict(would.when), "from": would.from_date}


def _lean(content: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in content.items() if value}


def _answer(entry: dict[str, Any]) -> Answer:
    return Answer(
        framework=entry["framework"],
        name=entry["name"],
        version=entry["version"],
        valid_from=date.fromisoformat(entry["valid_from"]),
        until=_day(entry.get("until")),
        status=Status(entry["status"]),
        rule=entry.get("rule", ""),
        because=entry.get("because", ""),
        citation=entry.get("citation", ""),
        from_date=_day(entry.get("from")),
        parts=tuple(map(_part, entry.get("parts", ()))),
        unknown=tuple(entry.get("unknown", ())),
        would=tuple(map(_would, entry.get("would", ()))),
    )


def _part(entry: dict[str, Any]) -> PartAnswer:
    return PartAnswer(
        from_date=date.fromisoformat(entry["from"]),
        what=entry["what"],
        citation=entry["citation"],
        unknown=tuple(entry.get("unknown", ())),
    )


def _would(entry: dict[str, Any]) -> Would:
    return Would(
        when=tuple((key, tuple(values)) for key, values in sorted(entry.get("when", {}).items())),
        from_date=_day(entry.get("from")),
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
