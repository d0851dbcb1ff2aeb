"""What was measured, as lines and as the tables of docs/performance.md."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from bench.load import Slice


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One operation at one number of connections: the slices of each server, round by round."""

    operation: str
    connections: int
    versions: int
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
                ratios = self.ratios(ours, name)
                parts.append(f"x{median(ratios):.2f} ({ratios[0]:.2f}-{ratios[-1]:.2f})")
            if errors := self.errors(name):
                parts.append(f"{len(errors)} ERRORS {errors[0][:30]!r} {errors[0][-200:]!r}")
        return "  ".join(parts)
