"""What a policy applies to, and which of two that reach a move is the more specific."""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import dataclass

from governance.inventory.rules import AiActClass, Kind, Tier
from governance.registry.rules import Stage

ANYTHING = "*"


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What a move is of, as far as policies tell moves apart. `unit` is a path, `slot` a name."""

    tier: int
    kind: str
    source: str
    target: str
    slot: str = ""
    ai_act_class: str = ""
    unit: str = ""
    jurisdictions: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What a policy applies to. An empty condition means any.

    `slots` are names in which `*` stands for any characters; `units` are paths that reach whatever
    lies below; of `jurisdictions` a model needs one.
    """

    target: Stage
    sources: frozenset[Stage] = frozenset()
    tiers: frozenset[Tier] = frozenset()
    kinds: frozenset[Kind] = frozenset()
    slots: frozenset[str] = frozenset()
    ai_act_classes: frozenset[AiActClass] = frozenset()
    units: frozenset[str] = frozenset()
    jurisdictions: frozenset[str] = frozenset()

    @property
    def specificity(self) -> tuple[int, int, int]:
        """How narrow it is: by the number of conditions, then how deep its units lie, then slots.

        A condition that lists everything there is narrows nothing.
        """
        closed: tuple[tuple[Set[object], int], ...] = (
            (self.sources, len(Stage)),
            (self.tiers, len(Tier)),
            (self.kinds, len(Kind)),
            (self.ai_act_classes, len(AiActClass)),
        )
        narrowing = sum(1 for given, known in closed if 0 < len(given) < known)
        slots = {slot for slot in self.slots if slot.strip(ANYTHING)}
        narrowing += sum(1 for given in (slots, self.units, self.jurisdictions) if given)
        depth = min((unit.count("/") + 1 for unit in self.units), default=0)
        fixed = min((len(slot.replace(ANYTHING, "")) for slot in slots), default=0)
        return narrowing, depth, fixed

    def reaches(self, subject: Subject) -> bool:
        return (
            subject.target == self.target
            and (not self.sources or subject.source in self.sources)
            and (not self.tiers or subject.tier in self.tiers)
            and (not self.kinds or subject.kind in self.kinds)
            and (not self.ai_act_classes or subject.ai_act_class in self.ai_act_classes)
            and (not self.slots or any(agree(slot, subject.slot) for slot in self.slots))
            and (not self.units or any(_lies_in(subject.unit, unit) for unit in self.units))
            and (not self.jurisdictions or bool(self.jurisdictions & subject.jurisdictions))
        )

    def overlaps(self, other: Scope) -> bool:
        """Tell whether some move would fall under both, with neither more specific.

        One model may be in several jurisdictions, so two lists without a common one meet too.
        """
        if self.target != other.target or self.specificity != other.specificity:
            return False
        pairs: tuple[tuple[Set[object], Set[object]], ...] = (
            (self.sources, other.sources),
            (self.tiers, other.tiers),
            (self.kinds, other.kinds),
            (self.ai_act_classes, other.ai_act_classes),
        )
        return (
            all(not mine or not theirs or mine & theirs for mine, theirs in pairs)
            and _meet(self.slots, other.slots, agree)
            and _meet(self.units, other.units, _one_lies_in_the_other)
        )


def _meet(mine: Set[str], theirs: Set[str], alike: Callable[[str, str], bool]) -> bool:
    return not mine or not theirs or any(alike(one, two) for one in mine for two in theirs)


def _lies_in(path: str, unit: str) -> bool:
    return path == unit or path.startswith(unit + "/")


def _one_lies_in_the_other(one: str, two: str) -> bool:
    return _lies_in(one, two) or _lies_in(two, one)


def agree(one: str, two: str) -> bool:
    """Tell whether some name fits both patterns; a name without `*` is a pattern of itself.

    Both are read from the left: a `*` of either stands for nothing, or takes a character more.
    """
    seen, open_places = set(), [(0, 0)]
    while open_places:
        i, j = place = open_places.pop()
        if place in seen:
            continue
        seen.add(place)
        if (i, j) == (len(one), len(two)):
            return True
        mine, theirs = one[i : i + 1], two[j : j + 1]
        if mine == ANYTHING:
            open_places.append((i + 1, j))
            open_places += [(i, j + 1)] if theirs else []
        if theirs == ANYTHING:
            open_places.append((i, j + 1))
            open_places += [(i + 1, j)] if mine else []
        if mine and mine == theirs:
            open_places.append((i + 1, j + 1))
    return False
