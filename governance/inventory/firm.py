"""What the operator says of the firm: its facts, what it follows by choice, files of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error

from governance.core.errors import InvalidInput
from governance.inventory.rules.frameworks import (
    Catalogue,
    firm_facts,
    read_catalogue,
)
from governance.inventory.rules.frameworks.facts import Known


def catalogue() -> Catalogue:
    """Return the frameworks that count here; files are read once per process.

    Raises InvalidInput where a file of the firm is wrong, which `manage.py check` tells first.
    """
    return read_catalogue(str(settings.FRAMEWORKS_DIR))


def facts_of_firm() -> Known:
    return {key: (value,) for key, value in settings.FIRM_FACTS.items()}


def adopted() -> dict[str, date | None]:
    """Return what the firm follows by its own choice, with the day from which it does."""
    return {
        key: date.fromisoformat(day) if day else None
        for key, day in settings.FIRM_FRAMEWORKS.items()
    }


def check_frameworks(*, app_configs: Sequence[Any] | None = None, **_: Any) -> list[CheckMessage]:
    """Refuse files and settings that say something that cannot be, before anybody asks for it."""
    folder = str(settings.FRAMEWORKS_DIR)
    if folder and not Path(folder).is_dir():
        return [_error(f"FRAMEWORKS_DIR: {folder} is no folder.", 1)]
    try:
        known = catalogue()
    except InvalidInput as refused:
        return [_error(f"{one.field}: {one.message} [{one.rule}]", 2) for one in refused.problems]
    return [*_adopted_errors(known), *_fact_errors()]


def _adopted_errors(known: Catalogue) -> Iterator[CheckMessage]:
    for key, day in settings.FIRM_FRAMEWORKS.items():
        if known.named(key) is None:
            there = ", ".join(one.id for one in known.frameworks)
            yield _error(f"FIRM_FRAMEWORKS: there is no framework {key}. There are: {there}.", 3)
        try:
            date.fromisoformat(day or "2000-01-01")
        except ValueError:
            yield _error(f"FIRM_FRAMEWORKS: {key}={day} names no day, such as 2026-09-01.", 3)


def _fact_errors() -> Iterator[CheckMessage]:
    facts = {fact.id: fact for fact in firm_facts()}
    for key, value in settings.FIRM_FACTS.items():
        if key not in facts:
            yield _error(f"FIRM_FACTS: no fact {key}. There are: {', '.join(facts)}.", 4)
        elif not facts[key].admits(value):
            said = f"FIRM_FACTS: {key} is never {value}. It is {facts[key].choices}."
            yield _error(said, 4)


def _error(message: str, number: int) -> CheckMessage:
    return Error(message, hint="docs/frameworks.md", id=f"inventory.E{number:03}")
