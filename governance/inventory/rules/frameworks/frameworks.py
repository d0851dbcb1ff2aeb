"""A framework as its file states it: versions with dates, and rules that say where each applies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from governance.core.canonical import digest

ADOPTION = "adoption"


class FrameworkKind(StrEnum):
    LAW = "law"
    GUIDANCE = "guidance"
    STANDARD = "standard"
    CHOICE = "choice"


class Status(StrEnum):
    """What is said of a framework for one model. Unknown is never written in a file: it follows."""

    APPLIES = "applies"
    DOES_NOT_APPLY = "does_not_apply"
    UNKNOWN = "unknown"


When = Mapping[str, frozenset[str]]


@dataclass(frozen=True, kw_only=True)
class Part:
    """What applies from one day on, where not all of a framework does at once."""

    from_date: date
    what: str
    citation: str
    when: When


@dataclass(frozen=True, kw_only=True)
class Rule:
    """If everything in `when` holds, this is the answer; without `when` it holds always.

    `from_date` is None where the answer counts from the start of the version, or from the day the
    firm took the framework on if it is `by_adoption`.
    """

    id: str
    when: When
    answer: Status
    because: str
    citation: str
    from_date: date | None
    by_adoption: bool
    parts: tuple[Part, ...]


@dataclass(frozen=True, kw_only=True)
class FrameworkVersion:
    """One version; `until` is the first day on which it is no longer the one that counts."""

    version: str
    from_date: date
    until: date | None
    note: str
    sources: tuple[str, ...]
    rules: tuple[Rule, ...]

    def has_ended(self, on: date) -> bool:
        return self.until is not None and self.until <= on


@dataclass(frozen=True, kw_only=True)
class Framework:
    id: str
    name: str
    title: str
    issuer: str
    kind: FrameworkKind
    supersedes: tuple[str, ...]
    versions: tuple[FrameworkVersion, ...]
    digest: str

    def has_ended(self, on: date) -> bool:
        return self.versions[-1].has_ended(on)

    def asked(self) -> Iterator[str]:
        """Name the facts that its rules ask for."""
        for version in self.versions:
            for rule in version.rules:
                yield from rule.when
                for part in rule.parts:
                    yield from part.when


def framework_from(content: Mapping[str, Any]) -> Framework:
    """Return the framework that the content states, which fits the schema and the lint."""
    head = content["framework"]
    return Framework(
        id=head["id"],
        name=head["name"],
        title=head["title"],
        issuer=head["issuer"],
        kind=FrameworkKind(head["kind"]),
        supersedes=tuple(head.get("supersedes", ())),
        versions=tuple(map(_version, content["versions"])),
        digest=digest(content),
    )


def _version(entry: Mapping[str, Any]) -> FrameworkVersion:
    return FrameworkVersion(
        version=entry["version"],
        from_date=date.fromisoformat(entry["from"]),
        until=date.fromisoformat(entry["until"]) if "until" in entry else None,
        note=entry.get("note", ""),
        sources=tuple(entry["sources"]),
        rules=tuple(map(_rule, entry["applies"])),
    )


def _rule(entry: Mapping[str, Any]) -> Rule:
    stated = entry.get("from", "")
    return Rule(
        id=entry["id"],
        when=when_from(entry.get("when", {})),
        answer=Status(entry["answer"]),
        because=entry["because"],
        citation=entry["citation"],
        from_date=date.fromisoformat(stated) if stated not in {"", ADOPTION} else None,
        by_adoption=stated == ADOPTION,
        parts=tuple(map(_part, entry.get("parts", ()))),
    )


def _part(entry: Mapping[str, Any]) -> Part:
    return Part(
        from_date=date.fromisoformat(entry["from"]),
        what=entry["what"],
        citation=entry["citation"],
        when=when_from(entry.get("when", {})),
    )


def when_from(stated: Mapping[str, Any]) -> When:
    return {key: frozenset(values) for key, values in stated.items()}
