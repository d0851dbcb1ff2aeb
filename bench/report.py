"""What was measured, as lines to watch and as the tables of docs/performance.md."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.load import Slice

BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One operation at one number of connections: the slices of each server, round by round."""

    operation: str
    connections: int
    slices: dict[str, list[Slice]]

    def rate(self, name: str) -> float:
        return median(one.rate for one in self.slices[name])

    def p95(self, name: str) -> float:
        return median(one.percentile(0.95) for one in self.slices[name])

    def errors(self, name: str) -> list[bytes]:
        return [error for one in self.slices[name] for error in one.errors]

    def ratios(self, ours: str, theirs: str) -> list[float]:
        """How many times as many calls we answer, round by round, smallest first."""
        pairs = zip(self.slices[ours], self.slices[theirs], strict=True)
        return sorted(one.rate / other.rate for one, other in pairs)

    def line(self, ours: str) -> str:
        parts = [f"{self.operation:18}{self.connections:>3}"]
        for name in self.slices:
            parts.append(f"{name} {self.rate(name):7.0f}/s p95 {self.p95(name):6.2f} ms")
            if name != ours:
                parts.append(f"x{spread(self.ratios(ours, name))}")
            if errors := self.errors(name):
                parts.append(f"{len(errors)} ERRORS, the first: {errors[0][-200:]!r}")
        return "  ".join(parts)

    def row(self, ours: str) -> str:
        """One row of a table; a server that answered anything but 200 is marked."""
        columns = [f"`{self.operation}`", str(self.connections)]
        for name in self.slices:
            mark = " (!)" if self.errors(name) else ""
            columns.append(f"{self.rate(name):,.0f}{mark} | {self.p95(name):.1f}")
            if name != ours:
                columns.append(f"**{median(self.ratios(ours, name)):.1f}**")
        return f"| {' | '.join(columns)} |"


@dataclass(frozen=True, kw_only=True)
class Pair:
    """The portal over little data and over much, in turn."""

    cell: Cell
    few: str
    many: str

    def row(self) -> str:
        few, many = self.cell.rate(self.few), self.cell.rate(self.many)
        ratios = self.cell.ratios(self.many, self.few)
        return (
            f"| `{self.cell.operation}` | {self.cell.connections} | {few:,.0f} | {many:,.0f} "
            f"| **{median(ratios):.2f}** | {ratios[0]:.2f} to {ratios[-1]:.2f} |"
        )


def spread(ratios: Sequence[float]) -> str:
    return f"{median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"


def peers_table(cells: Sequence[Cell], ours: str) -> str:
    names = list(cells[0].slices)
    head = ["operation", "at once"]
    for name in names:
        head += [f"{name}, calls/s", "p95 ms"] + ([] if name == ours else ["ratio"])
    return "\n".join(
        [
            f"| {' | '.join(head)} |",
            f"|---|{'--:|' * (len(head) - 1)}",
            *(cell.row(ours) for cell in cells),
        ]
    )


def growth_table(pairs: Sequence[Pair]) -> str:
    return "\n".join(
        [
            f"| operation | at once | {pairs[0].few} | {pairs[0].many} | ratio | all rounds |",
            "|---|--:|--:|--:|--:|---|",
            *(pair.row() for pair in pairs),
        ]
    )


def machine() -> str:
    """Return one sentence about where this was measured."""
    cpu = "an unnamed processor"
    info = Path("/proc/cpuinfo")
    if info.exists():
        named = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        cpu = named[0].partition(":")[2].strip() if named else cpu
    return (
        f"{os.cpu_count()} processors ({cpu}), {platform.system()}, "
        f"Python {platform.python_version()}; client, servers and database share them."
    )


def write(page: Path, text: str) -> None:
    """Put the text between the two marks of the page."""
    before, _, rest = page.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}")
