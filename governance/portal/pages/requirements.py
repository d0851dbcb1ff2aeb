"""What a version of a framework asks for, as its page shows it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from governance.core.wording import joined
from governance.evidence.firm import requirement_sets
from governance.evidence.rules.requirements import (
    Level,
    Related,
    Relation,
    Requirement,
    RequirementSet,
    concerned,
    evidence_kinds,
)
from governance.inventory.firm import catalogue
from governance.inventory.rules.frameworks import FrameworkVersion
from governance.portal import links

ONWARD = {
    Relation.EQUAL: "is equal to",
    Relation.SUBSET: "is part of",
    Relation.SUPERSET: "takes in",
    Relation.INTERSECTS: "overlaps with",
    Relation.NONE: "has no counterpart in",
}


@dataclass(frozen=True, kw_only=True)
class RelatedRow:
    """`overlaps with SR262-III-03 Assess inherent risk`, of which framework, and why."""

    verb: str
    other: Requirement | None
    framework: str
    href: str
    because: str


@dataclass(frozen=True, kw_only=True)
class RequirementRow:
    requirement: Requirement
    evidence: str
    concerns: str
    related: Sequence[RelatedRow]

    @property
    def is_of_firm(self) -> bool:
        return self.requirement.level == Level.FIRM


@dataclass(frozen=True, kw_only=True)
class Group:
    title: str
    rows: Sequence[RequirementRow]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Everything that one version asks for, by group."""

    found: RequirementSet
    groups: Sequence[Group]
    of_firm: int

    @property
    def count(self) -> int:
        return len(self.found.requirements)


def asked_by(framework: str, versions: Iterable[FrameworkVersion]) -> dict[str, Asked]:
    """Return what each version asks for; one that no file says anything of is not there."""
    found = {one.version: requirement_sets().of(framework, one.version) for one in versions}
    return {version: _asked(each) for version, each in found.items() if each}


def count_asked(framework: str, version: FrameworkVersion) -> int:
    """How many requirements a version has; none where no file says what it asks for."""
    found = requirement_sets().of(framework, version.version)
    return len(found.requirements) if found else 0


def _asked(found: RequirementSet) -> Asked:
    rows = [_row(one) for one in found.requirements]
    grouped = groupby(rows, key=lambda row: row.requirement.group)
    return Asked(
        found=found,
        groups=[Group(title=title, rows=list(each)) for title, each in grouped],
        of_firm=sum(row.is_of_firm for row in rows),
    )


def _row(one: Requirement) -> RequirementRow:
    kinds, whom = evidence_kinds(), concerned()
    return RequirementRow(
        requirement=one,
        evidence=joined([kinds[key].lower() for key in one.evidence]),
        concerns=joined([whom[key] for key in one.concerns]),
        related=list(_related(requirement_sets().related(one))),
    )


def _related(found: Iterable[Related]) -> Iterator[RelatedRow]:
    for one in found:
        relation = one.link.relation if one.onward else one.link.relation.inverse
        framework = catalogue().named(one.edition[0])
        anchor = f"#{one.other.id}" if one.other else ""
        yield RelatedRow(
            verb=ONWARD[relation],
            other=one.other,
            framework=framework.name if framework else one.edition[0],
            href=links.framework(one.edition[0]) + anchor,
            because=one.link.because,
        )
