"""The lineage of a version as a drawing: boxes in four columns, and the arrows between them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from governance.core.wording import counted
from governance.registry.models import ModelVersion

COLUMNS = {"data": 0, "training": 236, "version": 456, "use": 676}
WIDTHS = {"data": 184, "training": 168, "version": 168, "use": 184}
HEADINGS = {"data": "Data", "training": "Training", "version": "Version", "use": "Evidence and use"}
TOP, STEP, HEIGHT = 28, 66, 48


@dataclass(frozen=True, kw_only=True)
class Box:
    """One record in the drawing. `dashed` marks what is proposed or used for comparison."""

    column: str
    title: str
    sub: str = ""
    href: str = ""
    tone: str = ""
    dashed: bool = False
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

    @property
    def height(self) -> int:
        return max((box.y for box in self.boxes), default=TOP) + HEIGHT + 34

    @property
    def sentences(self) -> list[str]:
        """One sentence a column, left to right."""
        columns = {name: [box.said for box in self.boxes if box.column == name] for name in COLUMNS}
        return [f"{HEADINGS[name]}: {', '.join(said)}." for name, said in columns.items() if said]

    @property
    def headings(self) -> list[tuple[int, str]]:
        return [(COLUMNS[name], text) for name, text in HEADINGS.items()]


def lineage_of(version: ModelVersion, *, stage_label: str, uses: Iterable[Box]) -> Lineage:
    """Draw what the registration says, and what it led to. Absent facts make no box."""
    facts = version.lineage
    data, training = data_boxes(facts), training_boxes(version, str(facts.get("git_commit", "")))
    used = stacked(list(uses))
    rows = max(len(data), len(used), 1)
    center = TOP + (rows - 1) * STEP // 2
    training = [placed(box, center) for box in training]
    data = [placed(box, center) for box in data] if len(data) == 1 else data
    head = Box(
        column="version", title=f"Version {version.number}", sub=stage_label, tone="ink", y=center
    )
    sources = training or data
    arrows = [arrow(box, head) for box in sources] + [arrow(head, box) for box in used]
    if training:
        arrows += [arrow(box, training[0]) for box in data]
    return Lineage(version=version, boxes=[*data, *training, head, *used], arrows=arrows)


def data_boxes(facts: dict[str, object]) -> list[Box]:
    dataset = facts.get("dataset")
    if not isinstance(dataset, dict):
        return []
    rows = dataset.get("rows")
    said = counted(rows, "row") if isinstance(rows, int) else str(dataset.get("digest", ""))[:16]
    return [Box(column="data", title=str(dataset.get("name") or "Data set"), sub=said)]


def training_boxes(version: ModelVersion, commit: str) -> list[Box]:
    if not version.run_id and not commit:
        return []
    title = f"Run {version.run_id[:12]}" if version.run_id else "Training"
    return [Box(column="training", title=title, sub=f"commit {commit[:10]}" if commit else "")]


def stacked(boxes: Sequence[Box]) -> list[Box]:
    return [placed(box, TOP + index * STEP) for index, box in enumerate(boxes)]


def placed(box: Box, y: int) -> Box:
    return replace(box, y=y)


def arrow(source: Box, target: Box) -> Arrow:
    x1, y1, x2, y2 = source.x + source.width, source.middle, target.x - 2, target.middle
    bend = (x1 + x2) // 2
    return Arrow(path=f"M{x1} {y1} C{bend} {y1} {bend} {y2} {x2} {y2}", dashed=target.dashed)
