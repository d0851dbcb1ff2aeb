"""All requirements, crosswalks and obligations together: what none of their files can say alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from governance.core.canonical import digest
from governance.core.errors import InvalidInput, Problem
from governance.core.places import Place, problem
from governance.evidence.rules.requirements.bearing import Narrowed
from governance.evidence.rules.requirements.crosswalks import Crosswalk, Link
from governance.evidence.rules.requirements.obligations import Obligation, ObligationSet
from governance.evidence.rules.requirements.requirements import (
    Edition,
    Requirement,
    RequirementSet,
)
from governance.inventory.rules.frameworks import Catalogue


@dataclass(frozen=True, kw_only=True)
class Related:
    """A requirement of another framework, and how the one asked about relates to it.

    `other` is None where the link says that nothing answers to it. `onward` tells a link that
    stands in the files from the source to the target from one that is read backwards.
    """

    link: Link
    edition: Edition
    other: Requirement | None
    onward: bool


@dataclass(frozen=True, kw_only=True)
class RequirementSets:
    """What every version of every framework asks for, as far as a file says it.

    The digest alone tells two of them apart.
    """

    sets: tuple[RequirementSet, ...] = field(compare=False)
    crosswalks: tuple[Crosswalk, ...] = field(compare=False)
    obligations: tuple[Obligation, ...] = field(compare=False)
    digest: str

    def of(self, framework: str, version: str) -> RequirementSet | None:
        """Return what this version asks for; None where no file says it."""
        return next((one for one in self.sets if one.edition == (framework, version)), None)

    def due_by(self, framework: str) -> tuple[Obligation, ...]:
        return tuple(one for one in self.obligations if one.framework == framework)

    def related(self, one: Requirement) -> Iterator[Related]:
        """Say what leads on from a requirement, and what led to it."""
        edition = (one.framework, one.version)
        for walk in self.crosswalks:
            for link in walk.links:
                if walk.source == edition and link.source == one.id:
                    other = self._named(walk.target, link.target)
                    yield Related(link=link, edition=walk.target, other=other, onward=True)
                if walk.target == edition and link.target == one.id:
                    other = self._named(walk.source, link.source)
                    yield Related(link=link, edition=walk.source, other=other, onward=False)

    def _named(self, edition: Edition, key: str) -> Requirement | None:
        found = self.of(*edition)
        return found.named(key) if found else None

    @property
    def asked(self) -> frozenset[str]:
        """The facts that some requirement or obligation asks for."""
        each = (one for found in self.sets for one in found.requirements)
        narrowed: list[Narrowed] = [*each, *self.obligations]
        return frozenset(fact for one in narrowed for fact in one.asked())


def fitted(walk: Crosswalk, sets: Sequence[RequirementSet]) -> Crosswalk:
    """Return the crosswalk without links to points that these sets lack."""
    source, target = (
        next((one for one in sets if one.edition == edition), None)
        for edition in (walk.source, walk.target)
    )
    links = tuple(
        link
        for link in walk.links
        if (source is None or source.named(link.source))
        and (target is None or not link.target or target.named(link.target))
    )
    return walk if links == walk.links else replace(walk, links=links, complete=False)


def fitted_due(due: ObligationSet, sets: Sequence[RequirementSet]) -> ObligationSet:
    """Return the obligations without points that these sets lack."""
    own = (each for each in sets if each.framework == due.framework)
    known = {one.id for each in own for one in each.requirements}
    return replace(
        due,
        obligations=tuple(
            replace(one, requirements=tuple(key for key in one.requirements if key in known))
            for one in due.obligations
        ),
    )


def put_together(
    sets: Sequence[RequirementSet],
    crosswalks: Sequence[Crosswalk],
    obligations: Sequence[ObligationSet],
    *,
    frameworks: Catalogue,
) -> RequirementSets:
    """Put files together; of each edition, crosswalk and framework the last one counts.

    Raises InvalidInput where they name what there is not.
    """
    by_edition = {one.edition: one for one in sets}
    by_id = {one.id: one for one in crosswalks}
    due = {one.framework: one for one in obligations}
    found = RequirementSets(
        sets=tuple(by_edition[key] for key in sorted(by_edition)),
        crosswalks=tuple(by_id[key] for key in sorted(by_id)),
        obligations=tuple(one for key in sorted(due) for one in due[key].obligations),
        digest=digest(
            {
                "sets": {f"{one.framework} {one.version}": one.digest for one in sets},
                "crosswalks": {key: one.digest for key, one in by_id.items()},
                "obligations": {key: one.digest for key, one in due.items()},
            }
        ),
    )
    if problems := list(_problems(found, frameworks)):
        raise InvalidInput(*problems)
    return found


def _problems(found: RequirementSets, frameworks: Catalogue) -> Iterator[Problem]:
    owner: dict[str, str] = {}
    for one in found.sets:
        yield from _edition((f"requirements {one.framework}", "set"), one.edition, frameworks)
        for requirement in one.requirements:
            if owner.setdefault(requirement.id, one.framework) != one.framework:
                said = f"{requirement.id} stands in {owner[requirement.id]} already."
                yield problem((f"requirements {one.framework}", "groups"), "unique", said)
    for walk in found.crosswalks:
        yield from _ends(walk, found)
    yield from _due(found, frameworks)


def _edition(place: Place, edition: Edition, frameworks: Catalogue) -> Iterator[Problem]:
    framework = frameworks.named(edition[0])
    if framework is None:
        there = ", ".join(one.id for one in frameworks.frameworks)
        said = f"There is no framework {edition[0]}. There are: {there}."
        yield problem((*place, "framework"), "known", said)
    elif edition[1] not in [one.version for one in framework.versions]:
        there = ", ".join(one.version for one in framework.versions)
        said = f"{edition[0]} has no version {edition[1]}. It has: {there}."
        yield problem((*place, "version"), "known", said)


def _ends(walk: Crosswalk, found: RequirementSets) -> Iterator[Problem]:
    """Both ends of every link exist, and a complete one leaves nothing out."""
    place: Place = (f"crosswalk {walk.id}",)
    source, target = found.of(*walk.source), found.of(*walk.target)
    for end, one in (("source", source), ("target", target)):
        if one is None:
            said = f"No file says what {' '.join(getattr(walk, end))} asks for."
            yield problem((*place, "crosswalk", end), "known", said)
    if source is None or target is None:
        return
    for index, link in enumerate(walk.links):
        if source.named(link.source) is None:
            said = f"{source.framework} has no requirement {link.source}."
            yield problem((*place, "links", index, "source"), "known", said)
        if link.target and target.named(link.target) is None:
            said = f"{target.framework} has no requirement {link.target}."
            yield problem((*place, "links", index, "target"), "known", said)
    linked = {link.source for link in walk.links}
    left = [one.id for one in source.requirements if one.id not in linked]
    if walk.complete and left:
        said = f"It says that it is complete, and leaves out: {', '.join(left)}."
        yield problem((*place, "crosswalk", "complete"), "complete", said)


def _due(found: RequirementSets, frameworks: Catalogue) -> Iterator[Problem]:
    known: dict[str, set[str]] = {}
    for each in found.sets:
        known.setdefault(each.framework, set()).update(one.id for one in each.requirements)
    for one in found.obligations:
        place: Place = (f"obligations {one.framework}", one.id)
        if frameworks.named(one.framework) is None:
            yield problem(place, "known", f"There is no framework {one.framework}.")
        for key in one.requirements:
            if key not in known.get(one.framework, ()):
                said = f"{one.framework} has no requirement {key}."
                yield problem((*place, "requirements"), "known", said)
