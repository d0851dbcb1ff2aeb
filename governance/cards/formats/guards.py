"""What every file of a card has to pass before anything in it is believed. Nothing is fetched."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from governance.cards.formats.protocol import Document, Notice
from governance.cards.formats.trees import NumberText, Tree
from governance.core.canonical import sha256_hex
from governance.core.errors import InvalidInput, invalid

MAX_BYTES = 16 * 1024 * 1024
MAX_DEPTH = 100
MAX_NODES = 500_000
BOM = "\ufeff"
DIRECTION = dict.fromkeys("\u202a\u202b\u202d\u202e\u2066\u2067\u2068", "")
CONTROLS = {chr(code) for code in range(32)} - {"\t", "\n", "\r", "\f"}


def document_of(data: bytes, filename: str = "") -> Document:
    """Return the file as text that can be read. Raises InvalidInput, naming the rule and line."""
    if len(data) > MAX_BYTES:
        # Who reads no more than shows that it is too long, cannot say how long it is.
        size = f"{len(data) / 1024 / 1024:.1f}" if len(data) > MAX_BYTES + 1 else "more"
        message = (
            f"A card file has at most {MAX_BYTES // 1024 // 1024} MiB; this one has {size}. "
            "Take the pictures out of it, then read it again."
        )
        raise invalid("file", "length", message)
    text = _text_of(data)
    notices = []
    if text.startswith(BOM):
        text = text.removeprefix(BOM)
        notices.append(_notice(1, "The file begins with a byte order mark; it is kept."))
    if not text.strip():
        raise invalid("file", "empty", "The file says nothing.")
    notices += _odd_characters(text)
    return Document(
        data=data,
        text=text,
        digest=sha256_hex(data),
        filename=filename,
        notices=tuple(notices),
    )


def _text_of(data: bytes) -> str:
    if b"\x00" in data:
        line = data[: data.index(b"\x00")].count(b"\n") + 1
        raise invalid("file", "characters", f"Line {line} holds a NUL; a card is text in UTF-8.")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        message = f"Line {line} is not UTF-8: {error.reason}. Save the file as UTF-8."
        raise invalid("file", "encoding", message) from None


def _odd_characters(text: str) -> Iterable[Notice]:
    """Tell of characters that make a text look other than it is; they are kept."""
    for found, said in (
        (DIRECTION.keys(), "a character that turns the direction of reading"),
        (CONTROLS, "a control character"),
    ):
        places = [place for place in (text.find(char) for char in found) if place >= 0]
        if places:
            yield _notice(text.count("\n", 0, min(places)) + 1, f"There is {said}; it is kept.")


def _notice(line: int, message: str) -> Notice:
    return Notice(field="file", line=line, message=message)


# --- JSON ----------------------------------------------------------------------------------------


def json_tree(text: str) -> Tree:
    """Return the JSON as a tree in which numbers are as they were written.

    Refuses what JSON does not define: NaN, a key twice, a lone half of a character pair.
    """
    try:
        tree: Tree = json.loads(
            text,
            parse_float=NumberText,
            parse_int=NumberText,
            parse_constant=_no_constant,
            object_pairs_hook=_no_key_twice,
        )
        checked_size(tree)
    except RecursionError:
        raise _too_deep() from None
    except json.JSONDecodeError as error:
        message = f"Line {error.lineno}, column {error.colno} is not JSON: {error.msg}."
        raise invalid("file", "json", message) from None
    return tree


def _no_constant(name: str) -> Any:
    raise invalid("file", "number", f"{name} is no number in JSON.")


def _no_key_twice(pairs: list[tuple[str, Tree]]) -> dict[str, Tree]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise invalid(twice, "twice", f"The key {twice!r} stands twice; say which one counts.")
    return found


def checked_size(tree: Tree) -> None:
    """Refuse what is nested too deeply or has too many parts. Raises InvalidInput."""
    nodes = 0
    level: list[Tree] = [tree]
    for _ in range(MAX_DEPTH):
        nodes += len(level)
        if nodes > MAX_NODES:
            raise invalid("file", "length", f"A card has at most {MAX_NODES:,} fields.")
        level = [inner for one in level for inner in _inside(one)]
        if not level:
            return
    raise _too_deep()


def _inside(tree: Tree) -> Iterable[Tree]:
    if isinstance(tree, dict):
        for key in tree:
            checked_text(key)
        return tree.values()
    if isinstance(tree, list):
        return tree
    if isinstance(tree, str):
        checked_text(tree)
    return ()


def checked_text(text: str) -> None:
    """Refuse what an escape can hide in a text: a NUL, half a character. Raises InvalidInput."""
    try:
        text.encode()
    except UnicodeEncodeError:
        message = "A text holds half of a character pair; write the whole character."
        raise invalid("file", "characters", message) from None
    if "\x00" in text:
        raise invalid("file", "characters", "A text holds a NUL; a card is text.")


def _too_deep() -> InvalidInput:
    return invalid("file", "depth", f"No card is nested deeper than {MAX_DEPTH} levels.")


# --- XML -----------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class XmlFile:
    """Elements are named `{namespace}name`; `lines` says where each begins.

    `starts` and `ends` are the bytes of the file at which its first and its last tag begin; where
    the first is the only one, that it ends there.
    """

    root: Element
    lines: dict[Element, int]
    starts: dict[Element, int]
    ends: dict[Element, int]


def xml_file(data: bytes) -> XmlFile:
    """Return the elements of an XML file; comments and processing instructions are left out.

    Refuses every DOCTYPE, so that no entity and no outer file is ever looked at.
    """
    parser = expat.ParserCreate(namespace_separator="}")
    builder = TreeBuilder()
    lines: dict[Element, int] = {}
    starts: dict[Element, int] = {}
    ends: dict[Element, int] = {}
    depth = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_DEPTH:
            raise _too_deep()
        if len(lines) > MAX_NODES:
            raise invalid("file", "length", f"A card has at most {MAX_NODES:,} fields.")
        named = {_qualified(key): value for key, value in attributes.items()}
        element = builder.start(_qualified(name), named)
        lines[element] = parser.CurrentLineNumber
        starts[element] = parser.CurrentByteIndex

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        ends[builder.end(_qualified(name))] = parser.CurrentByteIndex

    parser.XmlDeclHandler = _only_utf8
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = _no_doctype
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        message = f"Line {error.lineno}, column {error.offset} is not XML: {error}."
        raise invalid("file", "xml", message) from None
    return XmlFile(root=builder.close(), lines=lines, starts=starts, ends=ends)


def _qualified(name: str) -> str:
    return "{" + name if "}" in name else name


def _only_utf8(_version: str, encoding: str | None, _standalone: int) -> None:
    if encoding is not None and encoding.lower() not in {"utf-8", "utf8"}:
        message = f"The file says that it is {encoding}. Save it as UTF-8, and let it say so."
        raise invalid("file", "encoding", message)


def _no_doctype(*_: Any) -> None:
    message = "A DOCTYPE, and with it any entity, is not read. Save the file without it."
    raise invalid("file", "doctype", message)
