"""What rules of a framework may ask about, declared as data; and what is known of one model."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from governance.core.strict_yaml import strict_content

DATA = Path(__file__).parents[2] / "data"
MAX_TEXT = 128 * 1024
ADOPTED = "adopted"
"""Whether the firm took a framework on by its own choice: of each framework, and always known."""

Known = Mapping[str, tuple[str, ...]]
"""Values by fact; what is not named is unknown, and an empty list is known to hold nothing."""


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One thing that can be asked: of a model, of the firm, or of the framework itself.

    Its values are those named, each with its words, or whatever fits the pattern. `answered_in`
    names the field of a classification's result that holds it; an empty one is `empty`.
    """

    id: str
    of: str
    label: str
    noun: str
    answered_by: str
    values: Mapping[str, str]
    many: bool
    pattern: str
    answered_in: str = ""
    empty: str = ""

    def admits(self, value: str) -> bool:
        if self.pattern:
            return re.fullmatch(self.pattern, value) is not None
        return value in self.values

    def words(self, value: str) -> str:
        return self.values.get(value, value)

    @property
    def choices(self) -> str:
        """What it can be, for whoever wrote something else."""
        return f"what fits {self.pattern}" if self.pattern else ", ".join(self.values)


Vocabulary = Mapping[str, Fact]


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known of a model and of the firm, and since when the firm follows what by choice.

    `adopted` holds a day, or nothing where nobody said since when.
    """

    known: Known
    adopted: Mapping[str, date | None] = field(default_factory=dict)

    def seen_by(self, framework: str) -> Known:
        """Return the facts as the rules of this framework see them."""
        return {**self.known, ADOPTED: ("yes" if framework in self.adopted else "no",)}

    def used(self, asked: Collection[str]) -> dict[str, Any]:
        """Return those that somebody asks for, as they are kept with what came of them."""
        found: dict[str, Any] = {k: list(v) for k, v in self.known.items() if k in asked}
        if ADOPTED in asked and self.adopted:
            days = {key: day.isoformat() if day else "" for key, day in self.adopted.items()}
            found[ADOPTED] = dict(sorted(days.items()))
        return found


@cache
def vocabulary() -> Vocabulary:
    """Return every fact that there is, by its name and in order."""
    text = (DATA / "facts.yaml").read_text(encoding="utf-8")
    entries = strict_content(text, noun="facts", longest=MAX_TEXT)["facts"]
    return {entry["id"]: _fact(entry) for entry in entries}


def _fact(entry: Mapping[str, Any]) -> Fact:
    return Fact(
        id=entry["id"],
        of=entry["of"],
        label=entry["label"],
        noun=entry["noun"],
        answered_by=entry["answered_by"],
        values=entry.get("values", {}),
        many=entry.get("many", False),
        pattern=entry.get("pattern", ""),
        answered_in=entry.get("answered_in", ""),
        empty=entry.get("empty", ""),
    )


def answered_facts() -> list[Fact]:
    """Return those that the result of a classification holds."""
    return [fact for fact in vocabulary().values() if fact.answered_in]


def firm_facts() -> list[Fact]:
    return [fact for fact in vocabulary().values() if fact.of == "firm"]
