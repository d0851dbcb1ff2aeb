"""How what one framework asks for relates to what another does.

The words for the relation are those of NIST IR 8477, read from the source to the target.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from governance.core.canonical import digest
from governance.core.errors import Problem
from governance.core.places import problem
from governance.evidence.rules.requirements.requirements import Edition
from governance.inventory.rules.frameworks.lint import Content


class Relation(StrEnum):
    EQUAL = "equal"
    SUBSET = "subset_of"
    SUPERSET = "superset_of"
    INTERSECTS = "intersects_with"
    NONE = "no_relationship"

    @property
    def inverse(self) -> Relation:
        """How the target relates to the source."""
        turned = {Relation.SUBSET: Relation.SUPERSET, Relation.SUPERSET: Relation.SUBSET}
        return turned.get(self, self)


@dataclass(frozen=True, kw_only=True)
class Link:
    """One requirement and what answers to it; `target` is empty where nothing does."""

    source: str
    relation: Relation
    target: str
    because: str


@dataclass(frozen=True, kw_only=True)
class Crosswalk:
    """Links from the requirements of one version to those of another.

    Where it is `complete`, every requirement of the source is in it, if with no relationship.
    """

    id: str
    source: Edition
    target: Edition
    note: str
    complete: bool
    links: tuple[Link, ...]
    digest: str


def crosswalk_from(content: Mapping[str, Any]) -> Crosswalk:
    """Return the crosswalk that the content states, which fits the schema and the lint."""
    head = content["crosswalk"]
    return Crosswalk(
        id=head["id"],
        source=(head["source"]["framework"], head["source"]["version"]),
        target=(head["target"]["framework"], head["target"]["version"]),
        note=head.get("note", ""),
        complete=head.get("complete", False),
        links=tuple(map(_link, content["links"])),
        digest=digest(content),
    )


def _link(entry: Mapping[str, Any]) -> Link:
    return Link(
        source=entry["source"],
        relation=Relation(entry["relation"]),
        target=entry.get("target", ""),
        because=entry["because"],
    )


def problems(content: Content) -> Iterator[Problem]:
    """Say what contradicts itself in a file of a crosswalk that fits the schema."""
    seen: set[tuple[str, str]] = set()
    alone = {one["source"] for one in content["links"] if "target" not in one}
    for index, link in enumerate(content["links"]):
        place = ("links", index)
        pair = (link["source"], link.get("target", ""))
        if pair in seen:
            said = f"{' to '.join(filter(None, pair))} stands twice."
            yield problem(place, "unique", said)
        seen.add(pair)
        if ("target" in link) == (link["relation"] == Relation.NONE):
            said = "A link has a target, and no_relationship has none."
            yield problem((*place, "relation"), "target", said)
        elif "target" in link and link["source"] in alone:
            said = f"{link['source']} has no relationship by another link."
            yield problem((*place, "source"), "target", said)
