"""The body of a card in Markdown: which heading is which section, and edits that leave the rest."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from markdown_it import MarkdownIt

from governance.cards.formats.headings import model_name_of, plain_title, section_of, slug
from governance.cards.rules.model_card import Extension
from governance.cards.rules.sections import BY_KEY

READER = MarkdownIt("commonmark", {"html": True}).enable("table").disable("inline")
BEGIN = re.compile(r"<!-- section: ([a-z0-9_-]+) -->\s*")
END = "<!-- end of section -->"
OVERVIEW = "overview"
LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")
"""The same lines as the parser counts; Python's own `splitlines` knows more ends."""


@dataclass(frozen=True, kw_only=True)
class Heading:
    """`start` and `end` are its lines; setext headings have two."""

    start: int
    end: int
    level: int
    title: str


@dataclass(frozen=True, kw_only=True)
class Piece:
    """What stands from one heading to the next, and the section or extension that it belongs to.

    `own` tells that the heading only names its section, and is no part of its text.
    """

    start: int
    end: int
    target: str
    heading: Heading | None = None
    own: bool = False
    title: bool = False


@dataclass
class Body:
    """`texts` gives the text of each target in order; `titles` those of the extensions."""

    lines: list[str]
    pieces: list[Piece] = field(default_factory=list)
    name: str = ""
    texts: dict[str, str] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)

    def sections(self) -> dict[str, str]:
        return {key: text for key, text in self.texts.items() if key in BY_KEY and text}

    def extensions(self) -> tuple[Extension, ...]:
        return tuple(
            Extension(key=key, title=title, text=self.texts.get(key, ""))
            for key, title in self.titles.items()
        )


def body_of(text: str) -> Body:
    """Read a body; all of its text is in the name, a section or an extension."""
    body = Body(lines=LINE.findall(text))
    for piece in _Assigner(body).pieces():
        body.pieces.append(piece)
    for target in dict.fromkeys(piece.target for piece in body.pieces if piece.target):
        parts = [_text(body, one) for one in body.pieces if one.target == target]
        body.texts[target] = "\n\n".join(part for part in parts if part)
    return body


def _text(body: Body, piece: Piece) -> str:
    start = piece.heading.end if piece.heading and piece.own else piece.start
    lines = [line.rstrip("\r\n") for line in body.lines[start : piece.end]]
    return trimmed("\n".join(line for line in lines if line != END))


def trimmed(text: str) -> str:
    """Return the text without the empty lines around it; the indent of its first line stays."""
    return re.sub(r"\A(?:[ \t]*\n)+", "", text).rstrip()


class _Assigner:
    """Gives each piece its target, from the first heading to the last."""

    def __init__(self, body: Body) -> None:
        self.body = body
        self.above: list[tuple[int, str]] = []
        self.seen: set[str] = set()

    def pieces(self) -> Iterator[Piece]:
        tokens = READER.parse("".join(self.body.lines))
        headings: list[Heading] = []
        marks: list[tuple[int, str]] = []
        for token, after in zip(tokens, [*tokens[1:], None], strict=True):
            if token.level == 0 and token.map and token.type == "heading_open" and after:
                start, end = token.map
                level = int(token.tag[1:])
                headings.append(Heading(start=start, end=end, level=level, title=after.content))
            elif token.level == 0 and token.map and token.type == "html_block":
                marks += self._marks(token.map[0], token.map[1])
        yield from self._between(headings, marks)

    def _marks(self, start: int, end: int) -> Iterator[tuple[int, str]]:
        for number in range(start, end):
            line = self.body.lines[number].strip()
            if found := BEGIN.fullmatch(line):
                yield number, found[1]
            elif line == END:
                yield number, ""

    def _between(self, headings: list[Heading], marks: list[tuple[int, str]]) -> Iterator[Piece]:
        count = len(self.body.lines)
        regions = [
            (start, key, next((at + 1 for at, name in marks if at > start and not name), count))
            for start, key in marks
            if key
        ]
        inside = [(start, end) for start, _, end in regions]
        free = [one for one in headings if not any(a < one.start < b for a, b in inside)]
        starts = sorted(
            {0, *(one.start for one in free), *(a for a, _ in inside), *(b for _, b in inside)}
        )
        by_start = {one.start: one for one in free}
        region_at = {start: (key, end) for start, key, end in regions}
        for start, end in zip(starts, [*starts[1:], count], strict=True):
            if start in region_at:
                yield self._region(start, end, region_at[start][0], headings)
            elif start in by_start:
                yield self._piece(by_start[start], end)
            elif start < end:
                says = "".join(self.body.lines[start:end]).strip() not in {"", END}
                yield Piece(start=start, end=end, target=self._loose() if says else "")

    def _loose(self) -> str:
        """Text without a heading belongs to what stands above it; at the top, to the overview."""
        return self.above[-1][1] if self.above else OVERVIEW

    def _region(self, start: int, end: int, key: str, headings: list[Heading]) -> Piece:
        self.above = []
        first = next((one for one in headings if start < one.start < end), None)
        between = self.body.lines[start + 1 : first.start] if first else []
        is_named = key not in BY_KEY or (first and section_of(first.title) == key)
        if "".join(between).strip() or not is_named:
            first = None
        if key not in BY_KEY:
            self.body.titles[key] = plain_title(first.title) if first else key
        self.seen.add(key)
        heading = first or Heading(start=start, end=start + 1, level=2, title="")
        return Piece(start=start, end=end, target=key, heading=heading, own=True)

    def _piece(self, heading: Heading, end: int) -> Piece:
        self.above = [one for one in self.above if one[0] < heading.level]
        key = section_of(heading.title)
        is_title = not key and not self.body.name and not self.seen - {OVERVIEW}
        if is_title:
            self.body.name = model_name_of(heading.title)
            key = OVERVIEW
        elif not key and self.above:
            key = self.above[-1][1]
            return Piece(start=heading.start, end=end, target=key, heading=heading)
        elif not key:
            key = self._extension(heading)
        own = key not in self.seen or is_title
        self.seen.add(key)
        if not is_title:
            self.above.append((heading.level, key))
        return Piece(
            start=heading.start, end=end, target=key, heading=heading, own=own, title=is_title
        )

    def _extension(self, heading: Heading) -> str:
        title = plain_title(heading.title)
        key = slug(title, {*self.body.titles, *BY_KEY})
        self.body.titles[key] = title
        return key


# --- writing -------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Content:
    """What a body is to say: the text of each target in order, with the title of each."""

    name: str
    texts: Mapping[str, str]
    titles: Mapping[str, str]


def title_of(key: str, content: Content) -> str:
    section = BY_KEY.get(key)
    return section.title if section else content.titles.get(key, key)


def fresh_body(content: Content) -> str:
    """Write a body that reads back as the content, with marks only where headings do not do."""
    plain = _written(content, frozenset())
    wrong = _wrong(plain, content)
    if not wrong:
        return plain
    marked = _written(content, wrong)
    if not _wrong(marked, content):
        return marked
    return _written(content, frozenset(key for key, one in content.texts.items() if one))


def _wrong(text: str, content: Content) -> frozenset[str]:
    """The targets that a reader of the text would not find as they are."""
    read = body_of(text)
    wanted = {key: one for key, one in content.texts.items() if one}
    wrong = {key for key, one in wanted.items() if read.texts.get(key, "") != trimmed(one)}
    strange = {key for key, one in read.texts.items() if one} - wanted.keys()
    return frozenset(wanted if strange else wrong)


def _written(content: Content, marked: frozenset[str]) -> str:
    parts = [f"# {content.name}"] if content.name else []
    for key, text in content.texts.items():
        if key == OVERVIEW and content.name and not marked and text:
            parts.append(trimmed(text))
        else:
            parts.append(_section(key, text, content, marked=key in marked))
    return "\n\n".join(parts) + "\n" if parts else ""


def _section(key: str, text: str, content: Content, *, marked: bool) -> str:
    said = "\n\n".join(part for part in (f"## {title_of(key, content)}", trimmed(text)) if part)
    return f"<!-- section: {key} -->\n\n{said}\n\n{END}" if marked else said


def edited_body(text: str, base: Content, ours: Content) -> str:
    """Return the body with the targets changed that differ between the contents, the rest as is."""
    body = body_of(text)
    changed = {
        key
        for key in {*base.texts, *ours.texts}
        if base.texts.get(key, "") != ours.texts.get(key, "")
        or base.titles.get(key) != ours.titles.get(key)
    }
    if not changed and base.name == ours.name:
        return text
    result = _edited(body, base, ours, changed)
    wanted = {key: one for key, one in ours.texts.items() if one}
    read = body_of(result)
    if any(read.texts.get(key, "") != trimmed(wanted.get(key, "")) for key in changed):
        return _edited(body, base, ours, changed, marked=True)
    return result


def _edited(
    body: Body, base: Content, ours: Content, changed: set[str], *, marked: bool = False
) -> str:
    newline = "\r\n" if body.lines and body.lines[0].endswith("\r\n") else "\n"
    written: list[str] = []
    done: set[str] = set()
    if ours.name != base.name and not any(one.title for one in body.pieces) and ours.name:
        written.append(f"# {ours.name}\n\n")
    for piece in body.pieces:
        lines = body.lines[piece.start : piece.end]
        if piece.title and piece.heading and ours.name != base.name:
            lines = [f"# {ours.name}\n", *body.lines[piece.heading.end : piece.end]]
        if piece.target not in changed:
            written += lines
        elif piece.target not in done:
            done.add(piece.target)
            written.append(_replaced(piece, lines, ours, marked=marked))
    for key in ours.texts:
        if key in changed - done and ours.texts[key]:
            written.append("\n" + _section(key, ours.texts[key], ours, marked=marked) + "\n")
    return _joined(written, newline)


def _replaced(piece: Piece, lines: Sequence[str], ours: Content, *, marked: bool) -> str:
    """The first piece of a target that changed: its own heading, then the new text."""
    text = trimmed(ours.texts.get(piece.target, ""))
    if piece.title and piece.heading:
        heading = "".join(lines[: piece.heading.end - piece.start])
        return f"{heading}\n{text}\n\n" if text else f"{heading}\n"
    if not text and piece.target not in ours.titles:
        return ""
    if marked or not piece.heading or not piece.own:
        if not piece.heading and not marked:
            return f"{text}\n\n"
        return _section(piece.target, text, ours, marked=marked) + "\n\n"
    heading = "".join(lines[: piece.heading.end - piece.start])
    if piece.target in ours.titles and ours.titles[piece.target] != plain_title(
        piece.heading.title
    ):
        heading = "#" * piece.heading.level + f" {ours.titles[piece.target]}\n"
    return f"{heading}\n{text}\n\n" if text else f"{heading}\n"


def _joined(parts: Sequence[str], newline: str) -> str:
    text = ""
    for part in parts:
        if text and not text.endswith("\n"):
            text += "\n"
        text += part
    return text if newline == "\n" else text.replace("\r\n", "\n").replace("\n", "\r\n")
