"""Documents that follow a law: each of its points, with what is on record for it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from governance.core.wording import counted
from governance.evidence.rules.documents.blocks import (
    Block,
    Cell,
    Chapter,
    Gap,
    Held,
    Reader,
    Table,
)
from governance.evidence.rules.documents.material import Material
from governance.evidence.rules.documents.outlines import Point, outline_for
from governance.evidence.rules.documents.sources import source


def point_chapters(reader: Reader, of: Material) -> tuple[Chapter, ...]:
    """Return a chapter for every point of the outline; an empty one says what would fill it."""
    return tuple(_chapter(point, of) for point in outline_for(reader).points)


def _chapter(point: Point, of: Material) -> Chapter:
    if point.points:
        return Chapter(
            key=_key(point),
            title=point.title,
            number=point.number,
            citation=point.citation,
            asks=point.asks,
            chapters=tuple(_chapter(one, of) for one in point.points),
        )
    held, blocks = _evidence(point, of)
    return Chapter(
        key=_key(point),
        title=point.title,
        number=point.number,
        citation=point.citation,
        asks=point.asks,
        held=held,
        blocks=tuple(blocks),
    )


def _key(point: Point) -> str:
    return re.sub(r"[^a-z0-9]+", "-", point.citation.lower()).strip("-")


def _evidence(point: Point, of: Material) -> tuple[Held, list[Block]]:
    blocks: list[Block] = []
    gaps: list[Block] = []
    for name in point.sources:
        found = source(name).blocks(of)
        blocks += found
        if not found:
            one = source(name)
            gaps.append(Gap(missing=f"{one.name}: nothing is on record.", filled_by=one.fill))
    more = [block for name in point.also for block in source(name).blocks(of)]
    if len(gaps) == len(point.sources):
        held = Held.PART if more else Held.NONE
    else:
        held = Held.PART if gaps else Held.ALL
    return held, [*blocks, *more, *gaps]


def points_summary(chapters: tuple[Chapter, ...]) -> str:
    """Say how many points have evidence. It never says that one is met."""
    points = [one for top in chapters for one in top.walk() if one.held is not None]
    held = [one.held for one in points]
    return (
        f"Of {counted(len(points), 'point')}, {held.count(Held.ALL)} have evidence, "
        f"{held.count(Held.PART)} have evidence in part and {held.count(Held.NONE)} have none. "
        "What is shown is what is on record; whether it is enough, people judge."
    )


def points_table(chapters: tuple[Chapter, ...]) -> Table:
    """List every point with how much of it is on record."""
    return Table(
        caption="Points",
        columns=("Point", "What it is about", "On record"),
        rows=tuple(_rows(chapters)),
    )


def _rows(chapters: tuple[Chapter, ...]) -> Iterator[tuple[Cell, ...]]:
    for top in chapters:
        for one in top.walk():
            if one.held is not None:
                yield (
                    Cell(text=one.citation),
                    Cell(text=one.title),
                    Cell(text=one.held.value, tone=one.held.tone),
                )
