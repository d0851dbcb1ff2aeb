"""The lineage of a version as a drawing: boxes in four columns, and the arrows between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from governance.core.wording import counted
from governance.portal import links
from governance.portal.pages.origins import Group, groups_of, relation, size_of, tail, trained_first
from governance.registry.models import ModelVersion, VersionInput
from governance.registry.queries.lineage import LineageGraph, Link, is_reported
from governance.registry.rules import DataPurpose, LineageFactKind

COLUMNS = {"data": 0, "made": 236, "version": 456, "use": 676}
WIDTHS = {"data": 184, "made": 168, "version": 168, "use": 184}
HEADINGS = {"data": "Data", "made": "Made with", "version": "Version", "use": "Led to"}
TOP, STEP, HEIGHT = 28, 66, 48
MOST = 6
"""Boxes in a column; the list beneath the drawing has everything."""


@dataclass(frozen=True, kw_only=True)
class Box:
    """One record in the drawing. `dashed` marks what is proposed, or was reported beside."""

    column: str
    title: str
    sub: str = ""
    href: str = ""
    tone: str = ""
    dashed: bool = False
    is_step: bool = False
    """Whether it belongs to the training: its data, or the run itself."""
    y: int = TOP

    @property
    def x(self) -> int:
        return COLUMNS[self.column]

    @property
    def width(self) -> int:
        return WIDTHS[self.column]

    @property
    def middle(self) -> int:
        return self.y + HEIGHT // 2

    @property
    def longest(self) -> tuple[int, int]:
        """How many characters of title and of what stands below it the box has room for."""
        return (self.width - 28) // 7, (self.width - 28) // 6

    @property
    def said(self) -> str:
        return f"{self.title} ({self.sub})" if self.sub else self.title


@dataclass(frozen=True, kw_only=True)
class Arrow:
    path: str
    dashed: bool = False


@dataclass(frozen=True, kw_only=True)
class Lineage:
    """The drawing, and the same in words for who does not see it."""

    version: ModelVersion
    boxes: Sequence[Box] = field(default_factory=tuple)
    arrows: Sequence[Arrow] = field(default_factory=tuple)
    groups: Sequence[Group] = field(default_factory=tuple)
    is_whole: bool = True

    @property
    def height(self) -> int:
        return max((box.y for box in self.boxes), default=TOP) + HEIGHT + 34

    @property
    def summary(self) -> str:
        """What the drawing shows, in one sentence."""
        counts = {name: sum(1 for box in self.boxes if box.column == name) for name in COLUMNS}
        said = [f"{HEADINGS[name]}: {count}" for name, count in counts.items() if count]
        return f"Boxes from left to right. {', '.join(said)}."

    @property
    def headings(self) -> list[tuple[int, str]]:
        return [(COLUMNS[name], text) for name, text in HEADINGS.items()]


def lineage_of(
    graph: LineageGraph, *, stage_label: str, uses: Iterable[Box], shared: Mapping[str, int]
) -> Lineage:
    """Draw what is known of a version, and what it led to. Absent facts make no box.

    `shared` says, by digest of a data snapshot, how many other versions used it.
    """
    uses = list(uses)
    data = first(list(data_boxes(graph.inputs, shared)))
    read = [box for box in data if box.is_step]
    made = first(list(made_boxes(graph)))
    used = first([*uses, *child_boxes(graph)])
    rows = max(len(read), len(made), 1)
    middle = TOP + (max(rows, len(used)) - 1) * STEP // 2
    read, made, used = centered(read, middle), centered(made, middle), centered(used, middle)
    # Data that no training read goes to the version beneath all that it was made with.
    below = middle + (rows + 1) * STEP // 2 if read or made else middle
    beside = [box for box in data if not box.is_step]
    data = [*read, *(replace(box, y=below + n * STEP) for n, box in enumerate(beside))]
    head = Box(
        column="version",
        title=f"Version {graph.version.number}",
        sub=stage_label,
        tone="ink",
        y=middle,
    )
    return Lineage(
        version=graph.version,
        boxes=[*data, *made, head, *used],
        arrows=list(arrows_of(data, made, head, used)),
        groups=groups_of(graph, [(box.said, box.href) for box in uses]),
        is_whole=graph.ancestors.is_whole and graph.descendants.is_whole,
    )


def arrows_of(
    data: Sequence[Box], made: Sequence[Box], head: Box, used: Sequence[Box]
) -> Iterator[Arrow]:
    """Data that was trained on goes through the run, where there is one."""
    run = next((box for box in made if box.is_step), None)
    for box in data:
        if box.is_step:
            yield arrow(box, run or head, dashed=box.dashed)
        else:
            yield arrow_beneath(box, head, dashed=box.dashed)
    for box in made:
        yield arrow(box, head, dashed=box.dashed)
    for box in used:
        yield arrow(head, box, dashed=box.dashed)


def data_boxes(inputs: Iterable[VersionInput], shared: Mapping[str, int]) -> Iterator[Box]:
    """One box for each state of data and purpose, what was trained on first."""
    seen: set[tuple[str, str]] = set()
    for row in trained_first(inputs):
        key = (row.snapshot.digest or row.snapshot.name, row.purpose)
        if key not in seen:
            seen.add(key)
            yield data_box(row, shared.get(row.snapshot.digest, 0))


def data_box(row: VersionInput, others: int) -> Box:
    trained = row.purpose == DataPurpose.TRAINING
    purpose = "" if trained else DataPurpose(row.purpose).label
    elsewhere = counted(others + 1, "version") if others else ""
    return Box(
        column="data",
        title=tail(row.snapshot.name) or "Data set",
        sub=", ".join(filter(None, (purpose, size_of(row), elsewhere))),
        href=links.snapshot(row.snapshot),
        dashed=is_reported(row),
        is_step=trained,
    )


def made_boxes(graph: LineageGraph) -> Iterator[Box]:
    """The run with its commit, the parents, and what else went into it."""
    yield from run_boxes(graph)
    for link in graph.ancestors.links:
        if link.depth == 1:
            yield parent_box(link, before=earlier(graph, link))
    for kind, title in (
        (LineageFactKind.FEATURE_CODE, "Feature code"),
        (LineageFactKind.CONTAINER_IMAGE, "Container image"),
        (LineageFactKind.PARAMETER, "Parameters"),
    ):
        rows = [row for row in graph.facts if row.kind == kind]
        if rows:
            sub = rows[0].name or tail(rows[0].value.partition("@")[0])
            sub = counted(len(rows), "value") if len(rows) > 1 else sub
            reported = all(is_reported(row) for row in rows)
            yield Box(column="made", title=title, sub=sub, dashed=reported)


def run_boxes(graph: LineageGraph) -> Iterator[Box]:
    version = graph.version
    commits = [row for row in graph.facts if row.kind == LineageFactKind.GIT_COMMIT]
    if version.run_id or commits:
        yield Box(
            column="made",
            title=f"Run {version.run_id[:12]}" if version.run_id else "Training",
            sub=f"commit {commits[0].value[:10]}" if commits else "",
            dashed=not version.run_id and is_reported(commits[0]),
            is_step=True,
        )


def parent_box(link: Link, *, before: int) -> Box:
    parent = link.parent
    said = f"v{parent.number}, {relation(link.row).lower()}"
    return Box(
        column="made",
        title=parent.model.name,
        sub=f"{said}, {before} before" if before else said,
        href=links.version(parent),
        dashed=is_reported(link.row),
    )


def earlier(graph: LineageGraph, link: Link) -> int:
    """How many versions lie before this parent."""
    found, frontier = set[object](), {link.row.parent_id}
    while frontier:
        rows = [one.row for one in graph.ancestors.links if one.row.version_id in frontier]
        frontier = {row.parent_id for row in rows} - found
        found |= frontier
    return len(found - {link.row.parent_id})


def child_boxes(graph: LineageGraph) -> Iterator[Box]:
    for link in graph.descendants.links:
        if link.depth == 1:
            yield Box(
                column="use",
                title=link.child.model.name,
                sub=f"v{link.child.number}, {link.child.get_stage_display()}",
                href=links.version(link.child),
                dashed=is_reported(link.row),
            )


def first(boxes: Sequence[Box]) -> list[Box]:
    """Keep what a column can hold, and say how many more there are."""
    if len(boxes) <= MOST:
        return list(boxes)
    rest = len(boxes) - MOST + 1
    last = boxes[MOST - 1]
    more = Box(
        column=last.column, title=f"{rest} more", sub="in the list below", is_step=last.is_step
    )
    return [*boxes[: MOST - 1], more]


def centered(boxes: Sequence[Box], middle: int) -> list[Box]:
    top = middle - (len(boxes) - 1) * STEP // 2
    return [replace(box, y=top + index * STEP) for index, box in enumerate(boxes)]


def arrow(source: Box, target: Box, *, dashed: bool = False) -> Arrow:
    x1, y1, x2, y2 = source.x + source.width, source.middle, target.x - 2, target.middle
    bend = (x1 + x2) // 2
    return Arrow(path=f"M{x1} {y1} C{bend} {y1} {bend} {y2} {x2} {y2}", dashed=dashed)


def arrow_beneath(source: Box, target: Box, *, dashed: bool = False) -> Arrow:
    """From the side of one box to the foot of another, or straight where they stand level."""
    x, foot = target.x + target.width // 2, target.y + HEIGHT + 2
    if source.middle <= foot:
        return arrow(source, target, dashed=dashed)
    start = f"M{source.x + source.width} {source.middle} H{x - 40}"
    return Arrow(path=f"{start} Q{x} {source.middle} {x} {foot}", dashed=dashed)
