"""What one version of a framework asks for, as its file states it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from governance.core.canonical import digest
from governance.inventory.rules.frameworks.frameworks import When, when_from

Edition = tuple[str, str]
"""A framework's id and the name of one version of it."""


class Level(StrEnum):
    """Whether something is asked of each model, or once of the firm."""

    MODEL = "MODEL"
    FIRM = "FIRM"


@dataclass(frozen=True, kw_only=True)
class Requirement:
    """One thing that a version of a framework asks for.

    It narrows the scope of its framework: of a model in scope, one of `when` has to hold, and
    without any it always applies. `otherwise` is the sentence why it does not. `from_date` is
    there where it counts from another day than the answer of the framework gives.
    """

    id: str
    framework: str
    version: str
    citation: str
    title: str
    summary: str
    group: str
    evidence: tuple[str, ...]
    level: Level
    when: tuple[When, ...]
    otherwise: str
    concerns: tuple[str, ...]
    from_date: date | None

    @property
    def key(self) -> tuple[str, str, str]:
        """What names it among all: the framework, its version, and the id within."""
        return self.framework, self.version, self.id

    def asked(self) -> Iterator[str]:
        """Name the facts that decide whether it applies."""
        for one in self.when:
            yield from one


@dataclass(frozen=True, kw_only=True)
class RequirementSet:
    """Everything that one version of a framework asks for, in the order of its text."""

    framework: str
    version: str
    note: str
    sources: tuple[str, ...]
    requirements: tuple[Requirement, ...]
    digest: str

    @property
    def edition(self) -> Edition:
        return self.framework, self.version

    def named(self, key: str) -> Requirement | None:
        return next((one for one in self.requirements if one.id == key), None)

    @property
    def groups(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(one.group for one in self.requirements))


def set_from(content: Mapping[str, Any]) -> RequirementSet:
    """Return the set that the content states, which fits the schema and the lint."""
    head = content["set"]
    return RequirementSet(
        framework=head["framework"],
        version=head["version"],
        note=head.get("note", ""),
        sources=tuple(head["sources"]),
        requirements=tuple(
            _requirement(entry, head, group["title"], content.get("unless_stated", {}))
            for group in content["groups"]
            for entry in group["requirements"]
        ),
        digest=digest(content),
    )


def _requirement(
    entry: Mapping[str, Any], head: Mapping[str, Any], group: str, unless_stated: Mapping[str, Any]
) -> Requirement:
    narrowed = entry if "when" in entry else unless_stated
    return Requirement(
        id=entry["id"],
        framework=head["framework"],
        version=head["version"],
        citation=entry["citation"],
        title=entry["title"],
        summary=entry["summary"],
        group=group,
        evidence=tuple(entry["evidence"]),
        level=Level(entry.get("level", Level.MODEL)),
        when=tuple(map(when_from, narrowed.get("when", ()))),
        otherwise=narrowed.get("otherwise", ""),
        concerns=tuple(entry["concerns"]),
        from_date=date.fromisoformat(entry["from"]) if "from" in entry else None,
    )
