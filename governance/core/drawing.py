"""Drawings that pages and PDFs share. Colors are attributes or classes: no inline style (CSP)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from markupsafe import Markup

STRANDS = 3


def points(
    values: Sequence[float],
    w: float = 96,
    h: float = 24,
    lo: float | None = None,
    hi: float | None = None,
    pad: float = 2,
) -> str:
    """The `points` of a polyline over `values`, scaled from [lo, hi] to a box of w by h."""
    low = min(values) if lo is None else lo
    high = max(values) if hi is None else hi
    step = w / max(len(values) - 1, 1)
    return " ".join(f"{i * step:.1f},{yat(v, low, high, h, pad)}" for i, v in enumerate(values))


def yat(value: float, lo: float, hi: float, h: float = 24, pad: float = 2) -> str:
    """The y of `value` in a box of height `h` whose bottom is `lo` and whose top is `hi`."""
    return f"{h - pad - (value - lo) / ((hi - lo) or 1) * (h - 2 * pad):.1f}"


def share(value: float, lo: float, hi: float) -> float:
    """Where `value` sits between lo and hi, as a percentage held within 0 and 100."""
    return min(max((value - lo) / ((hi - lo) or 1) * 100, 0), 100)


def rosette(
    digest: str,
    rings: int = 2,
    size: int = 120,
    width: float = 0.9,
    stroke: str = "currentColor",
    petals: int = 7,
) -> Markup:
    """A banknote ornament drawn from a hexadecimal digest: recognition, not proof.

    Petals and depth of each ring come from its bytes, so two digests look different.
    """
    octets = bytes.fromhex(digest)
    paths = Markup("").join(
        Markup('<path d="{}"/>').format(_strand(octets, ring, rings, strand, size, petals))
        for ring in range(rings)
        for strand in range(STRANDS)
    )
    return Markup(
        '<svg class="rosette" viewBox="0 0 {0} {0}" fill="none" stroke="{1}"'
        ' stroke-width="{2}" aria-hidden="true">{3}</svg>'
    ).format(size, stroke, width, paths)


def _strand(octets: bytes, ring: int, rings: int, strand: int, size: int, petals: int) -> str:
    waves = petals + octets[2 * ring] % (petals + 5) + 3 * ring
    center, gaps = size / 2, max(rings - 1, 1)
    mid = center * (0.30 + 0.56 * ring / gaps)
    half = center * 0.56 / gaps * (0.40 + octets[2 * ring + 1] / 255 * 0.22)
    phase = 2 * math.pi * strand / STRANDS
    steps = waves * (20 if size > 200 else 10)

    def line() -> Iterator[str]:
        for step in range(steps):
            angle = 2 * math.pi * step / steps
            radius = mid + half * math.sin(waves * angle + phase)
            x, y = center + radius * math.cos(angle), center + radius * math.sin(angle)
            yield f"{x:.1f} {y:.1f}"

    return f"M{'L'.join(line())}Z"
