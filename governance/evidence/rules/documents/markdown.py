"""A document as Markdown. What people wrote keeps its structure, below the headings of ours."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

from governance.core.diffs import Line
from governance.evidence.rules.documents.blocks import (
    Block,
    Cell,
    Changed,
    Chapter,
    Document,
    Gap,
    Lines,
    Picture,
    Prose,
    Table,
)

# What markdown takes for markup in a line of plain words.
_MARKS = re.compile(r"([\\`*_{}\[\]<>|~])")
_FIRST = re.compile(r"#{1,6}(?=\s|$)|[-+](?=\s|$)|[-=](?=[-=\s]*$)|\d+[.)](?=\s|$)")
_READER = MarkdownIt("commonmark", {"html": True}).enable("table")
_LOWEST = 6


def markdown_of(document: Document) -> str:
    """Return the whole document; a table of ours has a line for its caption."""
    return "\n\n".join(_document(document)) + "\n"


def _document(document: Document) -> Iterator[str]:
    yield f"# {plain(document.title)}: {plain(document.model)}, version {document.version}"
    yield f"**{plain(document.status)}.** {plain(document.standing)}. {plain(document.lead)}"
    if document.law:
        yield f"Follows {plain(document.law)}."
    yield from blocks_of(document.front, under=1)
    for chapter in document.chapters:
        yield from _chapter(chapter, level=2)
    yield "---"
    yield f"{plain(document.organization)}, {plain(document.as_of)}. Produced with Countersign."


def _chapter(chapter: Chapter, *, level: int) -> Iterator[str]:
    number = f"{plain(chapter.number)} " if chapter.number else ""
    yield f"{'#' * min(level, _LOWEST)} {number}{plain(chapter.title)}"
    if chapter.citation:
        held = f" **{chapter.held.value}.**" if chapter.held else ""
        asks = f" {plain(chapter.asks)}" if chapter.asks else ""
        yield f"*{plain(chapter.citation)}.*{held}{asks}"
    yield from blocks_of(chapter.blocks, under=level)
    for one in chapter.chapters:
        yield from _chapter(one, level=level + 1)


def blocks_of(blocks: Iterable[Block], *, under: int) -> Iterator[str]:
    """Give each block as one paragraph or table; headings within stand below level `under`."""
    for block in blocks:
        match block:
            case Prose():
                source = f"*{plain(block.by)}*\n\n" if block.by else ""
                yield source + lowered(block.text, under=under)
            case Lines():
                named = (Cell(text=block.label), Cell(text=""))
                rows = [(Cell(text=name), Cell(text=text)) for name, text in block.rows]
                yield _grid(named, rows, ())
            case Table():
                head = tuple(Cell(text=name) for name in block.columns)
                yield f"*{plain(block.caption)}*\n\n{_grid(head, block.rows, block.numbers)}"
            case Picture():
                said = block.description or block.name or "A figure without a description"
                yield f"Figure: {plain(said)} (sha256:{block.digest})"
            case Changed():
                yield f"**{plain(block.title)}**\n\n{_diff(block.lines)}"
            case Gap():
                fill = f" To fill it: {plain(block.filled_by)}" if block.filled_by else ""
                yield f"> **Empty.** {plain(block.missing)}{fill}"


def _grid(head: Sequence[Cell], rows: Iterable[Sequence[Cell]], numbers: Sequence[int]) -> str:
    marks = ["---:" if place in numbers else "---" for place in range(len(head))]
    lines = [_row(_cell(one) for one in head), _row(marks)]
    return "\n".join([*lines, *(_row(_cell(one) for one in row) for row in rows)])


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(cell: Cell) -> str:
    text = f"{cell.text} ({cell.note})" if cell.note else cell.text
    return plain(text)


def _diff(lines: Iterable[Line]) -> str:
    signs = {"del": "-", "ins": "+", "": " "}
    said = [
        f"{signs[line.kind]} {part}"
        for line in lines
        for part in _spelled(line).splitlines() or [""]
    ]
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", "".join(said))), default=0))
    return "\n".join([f"{fence}diff", *said, fence])


def _spelled(line: Line) -> str:
    """Say a line in its words. One that holds both what went and what came marks the two."""
    kinds = {piece.kind for piece in line.pieces}
    if line.kind or not kinds & {"del", "ins"}:
        return "".join(piece.text for piece in line.pieces)
    marks = {"del": "[-{}-]", "ins": "{{+{}+}}", "": "{}"}
    return "".join(marks[piece.kind].format(piece.text) for piece in line.pieces)


def plain(text: str) -> str:
    """Return words of one line that mean themselves, whatever characters they hold."""
    line = _MARKS.sub(r"\\\1", " ".join(text.split()))
    found = _FIRST.match(line)
    # Of a number in a list it is the mark behind it that is escaped.
    at = found.end() - 1 if found and found[0][:1].isdigit() else 0
    return f"{line[:at]}\\{line[at:]}" if found else line


def lowered(text: str, *, under: int) -> str:
    """Return Markdown with its headings below that level, raw HTML as text and pictures as links.

    The levels that occur are numbered from the next one on, so that none is skipped.
    """
    tokens = _READER.parse(text)
    lines = text.splitlines()
    headings = [t for t in tokens if t.type == "heading_open" and t.map and t.level == 0]
    levels = sorted({token.tag for token in headings})
    drop: set[int] = set()
    for token in headings:
        start, end = token.map or (0, 0)
        level = min(under + 1 + levels.index(token.tag), _LOWEST)
        if set(token.markup) <= {"#"}:
            words = re.sub(r"\s+#+\s*$", "", lines[start].strip().lstrip("#")).strip()
            lines[start] = f"{'#' * level} {words}"
        else:
            words = " ".join(line.strip() for line in lines[start : end - 1])
            lines[start] = f"{'#' * level} {words}"
            drop |= set(range(start + 1, end))
    code = _code_lines(tokens)
    kept = [
        line if place in code else _tamed(line)
        for place, line in enumerate(lines)
        if place not in drop
    ]
    return "\n".join([*kept, *_fence_left_open(tokens, lines)]).strip("\n")


def _fence_left_open(tokens: Sequence[Token], lines: Sequence[str]) -> Iterator[str]:
    """Give what closes a block of code that the text leaves open: all of ours would be code."""
    last = tokens[-1] if tokens else None
    if last is None or last.type != "fence" or not last.map:
        return
    end = lines[last.map[1] - 1].strip()
    is_closed = set(end) == set(last.markup[:1]) and len(end) >= len(last.markup)
    if not is_closed or last.map[1] - last.map[0] < 2:
        yield last.markup


def _code_lines(tokens: Iterable[Token]) -> frozenset[int]:
    blocks = (t for t in tokens if t.type in {"fence", "code_block"} and t.map)
    return frozenset(line for token in blocks if token.map for line in range(*token.map))


def _tamed(line: str) -> str:
    return re.sub(r"<(?=[A-Za-z/!?])", "\\<", line).replace("![", "[")
