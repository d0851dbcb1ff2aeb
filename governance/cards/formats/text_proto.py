"""Protocol buffers in their text form, as far as model cards use it: read, and edited in place.

https://protobuf.dev/reference/protobuf/textformat-spec/
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import NoReturn

from governance.cards.formats.guards import MAX_DEPTH, MAX_NODES, checked_text
from governance.cards.formats.trees import NumberText, Place, Tree, dumped, opcodes, same
from governance.core.errors import invalid

TOKEN = re.compile(
    r"""(?P<gap>[\s]+|\#[^\n]*)
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<number>-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)f?
    |(?P<text>"[^"\\\n]*(?:\\.[^"\\\n]*)*"|'[^'\\\n]*(?:\\.[^'\\\n]*)*')
    |(?P<mark>[{}<>\[\]:,;])""",
    re.VERBOSE,
)
ESCAPE = re.compile(
    r"\\(?:(?P<octal>[0-7]{1,3})|[xX](?P<hex>[0-9a-fA-F]{1,2})|u(?P<short>[0-9a-fA-F]{4})"
    r"|U(?P<long>[0-9a-fA-F]{8})|(?P<plain>.))"
)
PLAIN = {"n": "\n", "r": "\r", "t": "\t", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
WRITTEN = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
CLOSING = {"{": "}", "<": ">"}
INDENT = "  "


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field of a message: `start` to `end` is all of it, `inside` what is between its braces.

    `value` is a scalar, a list of scalars in brackets, or the fields of a message.
    """

    name: str
    start: int
    end: int
    line: int
    value: Tree = None
    fields: tuple[Field, ...] | None = None
    inside: tuple[int, int] = (0, 0)


@dataclass(frozen=True, kw_only=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int


def fields_of(text: str) -> tuple[Field, ...]:
    """Return the fields of the message. Raises InvalidInput with the line that is not readable."""
    return _Reader(text).message("", 0)


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(self._split())
        self._at = 0
        self._count = 0
        self._line, self._lined = 1, 0

    def message(self, closing: str, depth: int) -> tuple[Field, ...]:
        if depth > MAX_DEPTH:
            raise invalid("file", "depth", f"No card is nested deeper than {MAX_DEPTH} levels.")
        fields = []
        while (token := self._peek()).text != closing or token.kind == "text":
            fields.append(self._field(depth))
        return tuple(fields)

    def _split(self) -> Iterator[_Token]:
        at = 0
        while at < len(self._text):
            found = TOKEN.match(self._text, at)
            if found is None:
                self._refuse(at)
            at = found.end()
            if found.lastgroup != "gap" and found.lastgroup:
                text = found[found.lastgroup]
                yield _Token(kind=found.lastgroup, text=text, start=found.start(), end=at)
        yield _Token(kind="end", text="", start=at, end=at)

    def _field(self, depth: int) -> Field:
        name = self._take("name")
        self._count += 1
        if self._count > MAX_NODES:
            raise invalid("file", "length", f"A card has at most {MAX_NODES:,} fields.")
        line = self._line_of(name.start)
        colon = self._skip(":")
        opening = self._peek()
        value: Tree = None
        fields, inside = None, (0, 0)
        if opening.kind == "mark" and opening.text in CLOSING:
            self._at += 1
            fields = self.message(CLOSING[opening.text], depth + 1)
            inside = (opening.end, self._take("mark").start)
        elif not colon:
            self._refuse(opening.start)
        else:
            value = self._values() if self._skip("[") else self._scalar()
        end = self._tokens[self._at - 1].end
        if self._skip(",") or self._skip(";"):
            end = self._tokens[self._at - 1].end
        return Field(
            name=name.text, start=name.start, end=end, line=line,
            value=value, fields=fields, inside=inside,
        )  # fmt: skip

    def _values(self) -> list[Tree]:
        values: list[Tree] = []
        while not self._skip("]"):
            values.append(self._scalar())
            if not self._skip(",") and self._peek().text != "]":
                self._refuse(self._peek().start)
        return values

    def _scalar(self) -> Tree:
        token = self._peek()
        self._at += 1
        if token.kind == "number":
            return NumberText(token.text)
        if token.text in {"true", "false"} and token.kind == "name":
            return token.text == "true"
        if token.kind != "text":
            self._refuse(token.start)
        parts = [token]
        while self._peek().kind == "text":
            parts.append(self._take("text"))
        return self._unescaped(parts)

    def _unescaped(self, parts: Sequence[_Token]) -> str:
        """Adjacent texts are one; octal and hexadecimal escapes are bytes of UTF-8."""
        try:
            text = b"".join(_bytes_of(part.text[1:-1]) for part in parts).decode()
        except (UnicodeError, ValueError):
            line = self._line_of(parts[0].start)
            message = f"Line {line} holds an escape that is no character in UTF-8."
            raise invalid("file", "encoding", message) from None
        checked_text(text)
        return text

    def _peek(self) -> _Token:
        return self._tokens[self._at]

    def _take(self, kind: str) -> _Token:
        token = self._peek()
        if token.kind != kind:
            self._refuse(token.start)
        self._at += 1
        return token

    def _skip(self, mark: str) -> bool:
        if self._peek().kind == "mark" and self._peek().text == mark:
            self._at += 1
            return True
        return False

    def _line_of(self, at: int) -> int:
        if at < self._lined:
            return self._text.count("\n", 0, at) + 1
        self._line += self._text.count("\n", self._lined, at)
        self._lined = at
        return self._line

    def _refuse(self, at: int) -> NoReturn:
        line = self._text.count("\n", 0, at) + 1
        found = self._text[at : at + 20].split("\n")[0] or "the end of the file"
        message = f"Line {line} is not readable as a text proto: {found!r} was not expected."
        raise invalid("file", "proto", message)


def _bytes_of(text: str) -> bytes:
    found, at = bytearray(), 0
    for escape in ESCAPE.finditer(text):
        found += text[at : escape.start()].encode()
        at = escape.end()
        if escape["octal"]:
            found.append(int(escape["octal"], 8))
        elif escape["hex"]:
            found.append(int(escape["hex"], 16))
        elif escape["plain"]:
            found += PLAIN.get(escape["plain"], escape["plain"]).encode()
        else:
            found += chr(int(escape["short"] or escape["long"], 16)).encode()
    return bytes(found + text[at:].encode())


# --- as a tree -----------------------------------------------------------------------------------


def tree_of_fields(fields: Sequence[Field], repeated: Set[str]) -> dict[str, Tree]:
    """Return the message as JSON has it. Lists are the `repeated` names, and what stands twice."""
    names = [one.name for one in fields]
    tree: dict[str, Tree] = {}
    for one in fields:
        value = one.value if one.fields is None else tree_of_fields(one.fields, repeated)
        if one.name not in repeated and names.count(one.name) == 1:
            tree[one.name] = value
        else:
            tree.setdefault(one.name, []).extend(value if isinstance(value, list) else [value])
    return tree


def lines_of_fields(
    fields: Sequence[Field], repeated: Set[str], place: Place = ()
) -> Iterator[tuple[Place, int]]:
    """Yield on which line each place of the tree begins."""
    names = [one.name for one in fields]
    seen: dict[str, int] = {}
    for one in fields:
        there: Place = (*place, one.name)
        if one.name in repeated or names.count(one.name) > 1:
            there = (*there, seen.setdefault(one.name, 0))
            seen[one.name] += len(one.value) if isinstance(one.value, list) else 1
        yield there, one.line
        yield from lines_of_fields(one.fields or (), repeated, there)


# --- writing -------------------------------------------------------------------------------------


def rendered(tree: Mapping[str, Tree], indent: str = "") -> str:
    """Return the tree as fields, one a line."""
    return "".join(
        f"{indent}{_field_text(name, value, indent)}\n"
        for name, values in tree.items()
        for value in (values if isinstance(values, list) else [values])
    )


def _field_text(name: str, value: Tree, indent: str) -> str:
    if isinstance(value, dict):
        return f"{name} {{\n{rendered(value, indent + INDENT)}{indent}}}"
    return f"{name}: {_scalar_text(value)}"


def _scalar_text(value: Tree) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, NumberText):
        return str(value)
    if not isinstance(value, str):
        raise invalid("file", "proto", f"{dumped(value)} cannot stand in a text proto.")
    return '"' + "".join(_escaped(one) for one in value) + '"'


def _escaped(char: str) -> str:
    return WRITTEN.get(char) or (f"\\{ord(char):03o}" if ord(char) < 32 else char)


def edited(text: str, before: Tree, after: Tree, repeated: Set[str]) -> str:
    """Return the text with the fields of `after`; where both say the same, not a letter moves."""
    return _edited(text, (0, len(text)), fields_of(text), before, after, repeated, "")


def _edited(
    text: str, span: tuple[int, int], fields: Sequence[Field], before: dict[str, Tree],
    after: dict[str, Tree], repeated: Set[str], indent: str,
) -> str:  # fmt: skip
    out: list[str] = []
    at = span[0]
    pieces = _pieces(text, fields, before, after, repeated, indent)
    for one in fields:
        new = pieces[one.start]
        start = one.start if new else _line_start(text, one.start, at)
        out += [text[at:start], new]
        at = one.end if new else _line_end(text, one.end, span[1])
    added = {key: value for key, value in after.items() if key not in before}
    rest = text[at : span[1]]
    if not added:
        return "".join([*out, rest])
    gap, end = rest[: len(rest.rstrip())], rest[len(rest.rstrip()) :]
    closing = "\n" + indent[len(INDENT) :] if indent else end or "\n"
    return "".join([*out, gap, "\n", rendered(added, indent).rstrip("\n"), closing])


def _pieces(
    text: str, fields: Sequence[Field], before: dict[str, Tree], after: dict[str, Tree],
    repeated: Set[str], indent: str,
) -> dict[int, str]:  # fmt: skip
    """Return what each field becomes, by where it starts; nothing where it is gone."""
    pieces: dict[int, str] = {}
    for name in dict.fromkeys(one.name for one in fields):
        mine = [one for one in fields if one.name == name]
        olds, news = _values_of(before.get(name)), _values_of(after.get(name))
        if same(olds, news) or len(mine) != len(olds):
            kept = same(olds, news)
            lines = [_field_text(name, one, indent) for one in news]
            first = f"\n{indent}".join(lines)
            pieces |= {one.start: text[one.start : one.end] if kept else "" for one in mine}
            if not kept and first:
                pieces[mine[0].start] = first
            continue
        pieces |= _aligned(text, mine, olds, news, repeated, indent)
    return pieces


def _aligned(
    text: str, mine: Sequence[Field], olds: list[Tree], news: list[Tree],
    repeated: Set[str], indent: str,
) -> dict[int, str]:  # fmt: skip
    said = {one.start: [text[one.start : one.end]] for one in mine}
    for step, start, end, first, last in opcodes(olds, news):
        if step == "equal":
            continue
        fresh = news[first:last]
        for at, one in enumerate(mine[start:end]):
            old = olds[start + at]
            said[one.start] = (
                [_changed(text, one, old, fresh[at], repeated, indent)] if at < len(fresh) else []
            )
        new = [_field_text(mine[0].name, one, indent) for one in fresh[end - start :]]
        if new and start == end == 0:
            said[mine[0].start] = [*new, *said[mine[0].start]]
        elif new:
            said[mine[max(start, end) - 1].start] += new
    return {start: f"\n{indent}".join(parts) for start, parts in said.items()}


def _changed(text: str, field: Field, old: Tree, new: Tree, repeated: Set[str], indent: str) -> str:
    if field.fields is None or not isinstance(new, dict) or not isinstance(old, dict):
        return _field_text(field.name, new, indent)
    start, end = field.inside
    inner = indent + INDENT
    body = _edited(text, (start, end), field.fields, old, new, repeated, inner)
    return text[field.start : start] + body + text[end : field.end]


def _values_of(value: Tree) -> list[Tree]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _line_start(text: str, at: int, least: int) -> int:
    while at > least and text[at - 1] in " \t":
        at -= 1
    return at


def _line_end(text: str, at: int, most: int) -> int:
    """After a field that is gone: the rest of its line too, where nothing else stands there."""
    end = at
    while end < most and text[end] in " \t\r":
        end += 1
    return end + 1 if end < most and text[end] == "\n" else at
