"""All frameworks together: what none of their files can say alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from governance.core.canonical import digest
from governance.core.errors import InvalidInput, Problem
from governance.core.places import problem
from governance.inventory.rules.frameworks.frameworks import Framework


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """Every framework in the order of its name, and one digest over all their files.

    The digest alone tells two of them apart.
    """

    frameworks: tuple[Framework, ...] = field(compare=False)
    digest: str

    def named(self, key: str) -> Framework | None:
        return next((one for one in self.frameworks if one.id == key), None)

    def successor_of(self, key: str) -> Framework | None:
        return next((one for one in self.frameworks if key in one.supersedes), None)

    @property
    def asked(self) -> frozenset[str]:
        """The facts that some rule asks for."""
        return frozenset(fact for one in self.frameworks for fact in one.asked())


def catalogue_from(frameworks: Iterable[Framework]) -> Catalogue:
    """Put frameworks together, of each id one. Raises InvalidInput where they contradict."""
    by_id = {one.id: one for one in frameworks}
    if problems := list(_problems(by_id)):
        raise InvalidInput(*problems)
    found = tuple(sorted(by_id.values(), key=lambda one: (one.name.casefold(), one.id)))
    return Catalogue(frameworks=found, digest=digest({one.id: one.digest for one in found}))


def _problems(by_id: Mapping[str, Framework]) -> Iterator[Problem]:
    for one in by_id.values():
        for key in one.supersedes:
            place = (one.id, "supersedes")
            if key not in by_id:
                yield problem(place, "known", f"There is no framework {key}.")
            elif key == one.id or _leads_to(key, one.id, by_id):
                yield problem(place, "cycle", f"{key} supersedes {one.id} in turn.")
            else:
                yield from _order(one, by_id[key])


def _leads_to(start: str, goal: str, by_id: Mapping[str, Framework]) -> bool:
    """Tell whether `start` supersedes `goal`, if over others."""
    seen: set[str] = set()
    queue = [start]
    while queue:
        key = queue.pop()
        if key == goal:
            return True
        if key in by_id and key not in seen:
            seen.add(key)
            queue += by_id[key].supersedes
    return False


def _order(successor: Framework, before: Framework) -> Iterator[Problem]:
    place, until = (successor.id, "supersedes"), before.versions[-1].until
    if until is None:
        yield problem(place, "ended", f"{before.id} is superseded, so its last version ends.")
    elif until > successor.versions[0].from_date:
        said = f"{before.id} ends on {until}, after {successor.id} has begun."
        yield problem(place, "overlap", said)
