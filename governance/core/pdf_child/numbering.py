"""Numbers on pages that were drawn without: where, how and with which glyphs, by a sample.

The design stands in the style sheet alone. WeasyPrint draws one number by it, with every digit;
each other one is written in the same place with the same font, as an artifact (ISO 32000-1,
14.8.2.2).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pikepdf
from pikepdf import Matrix, Name

FONT = "/PageNumber"
SAMPLE = "Page 0123456789 of"
"""Every character that a page number has, once but for the blanks."""


@dataclass(frozen=True)
class Run:
    """One text that is shown: its glyphs as hexadecimal digits, and how."""

    glyphs: tuple[str, ...]
    font: str
    size: float
    color: tuple[float, ...]
    at: tuple[float, float]


@dataclass(frozen=True)
class Look:
    """How numbers look: `right` is where they end, `base` the line they stand on, in points."""

    font: pikepdf.Object
    glyphs: dict[str, str]
    widths: dict[str, float]
    size: float
    color: tuple[float, ...]
    right: float
    base: float

    def drawn(self, text: str) -> bytes:
        """Return the operators that write the text."""
        left = self.right - self.width(text)
        shown = "".join(self.glyphs[char] for char in text)
        color = " ".join(f"{part:g}" for part in self.color)
        return (
            f"q /Artifact <</Type /Pagination>> BDC BT {color} rg {FONT} {self.size:g} Tf "
            f"1 0 0 1 {left:.2f} {self.base:.2f} Tm <{shown}> Tj ET EMC Q "
        ).encode()

    def width(self, text: str) -> float:
        return sum(self.widths[self.glyphs[char]] for char in text) * self.size / 1000


class Unreadable(Exception):
    """The sample shows no number: the style sheet does not print `--page-number`."""


def look_of(sample: pikepdf.Pdf, text: str) -> Look:
    """Learn from the text that the second page shows and the first does not."""
    without, page = sample.pages[0], sample.pages[1]
    known = set(runs(without))
    found = [one for one in runs(page) if one not in known and len(one.glyphs) == len(text)]
    if len(found) != 1:
        raise Unreadable
    (run,) = found
    font = page.Resources.Font[run.font]
    widths = widths_of(font.DescendantFonts[0])
    look = Look(
        font=font,
        glyphs=dict(zip(text, run.glyphs, strict=True)),
        widths={glyph: widths(int(glyph, 16)) for glyph in run.glyphs},
        size=run.size,
        color=run.color,
        right=0,
        base=run.at[1],
    )
    return replace(look, right=run.at[0] + look.width(text))


def runs(page: pikepdf.Page) -> Iterator[Run]:
    """Yield the texts of a page as WeasyPrint shows them: one array of hexadecimal strings each."""
    held: list[tuple[Matrix, tuple[float, ...]]] = []
    ground = Matrix()
    color: tuple[float, ...] = (0.0, 0.0, 0.0)
    text, font, size = Matrix(), "", 0.0
    for shown in pikepdf.parse_content_stream(page):
        operands: Any = shown.operands
        match str(shown.operator):
            case "q":
                held.append((ground, color))
            case "Q":
                ground, color = held.pop()
            case "cm":
                ground = Matrix(*map(float, operands)) @ ground
            case "rg":
                color = tuple(map(float, operands))
            case "Tf":
                font, size = str(operands[0]), float(operands[1])
            case "Tm":
                text = Matrix(*map(float, operands)) @ ground
            case "TJ":
                parts = [bytes(one).hex() for one in operands[0] if isinstance(one, pikepdf.String)]
                glyphs = tuple(p[at : at + 4] for p in parts for at in range(0, len(p), 4))
                yield Run(glyphs, font, size * abs(text.d), color, (text.e, text.f))


def widths_of(font: pikepdf.Object) -> Any:
    """Return what gives a glyph's width, in thousandths (ISO 32000-1, 9.7.4.3)."""
    known: dict[int, float] = {}
    listed = list(font.get("/W", []))
    while listed:
        first, second = int(listed.pop(0)), listed.pop(0)
        if isinstance(second, pikepdf.Array):
            known |= {first + at: float(width) for at, width in enumerate(list(second))}
        else:
            known |= dict.fromkeys(range(first, int(second) + 1), float(listed.pop(0)))
    usual = float(font.get("/DW", Decimal(1000)))
    return lambda glyph: known.get(glyph, usual)


def number(page: pikepdf.Page, look: Look, text: str) -> None:
    # Before all else: WeasyPrint leaves the page's coordinates upside down behind it.
    page.Resources.Font[Name(FONT)] = look.font
    page.contents_add(look.drawn(text), prepend=True)
