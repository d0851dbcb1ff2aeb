"""What a law asks for, point by point, and which records answer it: data, read from files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from governance.core.strict_yaml import strict_content
from governance.evidence.rules.documents.blocks import Reader

FOLDER = Path(__file__).resolve().parents[2] / "data"
LONGEST = 64 * 1024


@dataclass(frozen=True, kw_only=True)
class Point:
    """One point. Every one of its `sources` has to be on record for it to have all its evidence;
    those of `also` are shown where they are. A point with points of its own has neither.
    """

    number: str
    title: str
    citation: str
    asks: str = ""
    sources: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    points: tuple[Point, ...] = ()

    def leaves(self) -> Iterator[Point]:
        if not self.points:
            yield self
        for point in self.points:
            yield from point.leaves()


@dataclass(frozen=True, kw_only=True)
class Outline:
    title: str
    law: str
    lead: str
    points: tuple[Point, ...]

    def leaves(self) -> Iterator[Point]:
        for point in self.points:
            yield from point.leaves()


@cache
def outline_for(reader: Reader) -> Outline:
    """Return the outline of a document that follows a law."""
    text = (FOLDER / f"{reader.value}.yaml").read_text(encoding="utf-8")
    content = strict_content(text, noun="outline", longest=LONGEST)
    points = tuple(_point(one) for one in content.pop("points"))
    return Outline(**content, points=points)


def _point(content: Mapping[str, Any]) -> Point:
    stated: dict[str, Any] = dict(content)
    for key in ("sources", "also"):
        stated[key] = tuple(content.get(key, ()))
    stated["points"] = tuple(_point(one) for one in content.get("points", ()))
    return Point(**stated)
