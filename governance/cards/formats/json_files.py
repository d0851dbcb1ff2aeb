"""What formats that are JSON share: what is kept, edits in place, the seal of an extension."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from governance.cards.formats.contents import bytes_of
from governance.cards.formats.guards import json_tree
from governance.cards.formats.protocol import Draft, Notice
from governance.cards.formats.trees import (
    Claims,
    Place,
    Tree,
    at_pointer,
    dumped,
    indent_of,
    merged,
    pointer,
    put,
)
from governance.cards.rules.model_card import Kept, ModelCard
from governance.core.canonical import sha256_hex
from governance.core.places import place_of

INDENT = "  "
EMPTY = frozenset({'""', "{}", "[]", "null"})
TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],\n]|[^\s{}\[\],:"]+')


def kept_of(claims: Claims, name: str) -> tuple[Kept, ...]:
    """Return what of a document was not claimed, each part with its place."""
    return tuple(
        Kept(format=name, place=pointer(place), json=dumped(value))
        for place, value in claims.rest()
    )


def tree_of(
    draft: Draft,
    name: str,
    fresh: Callable[[ModelCard, str], Tree],
    read: Callable[[str], Tree] = json_tree,
) -> Tree:
    """Return the document for the card: that of its origin with only the differences changed.

    `fresh` writes a card at the places where `parse` reads it. It is told the digest of the origin,
    so that what stood together there, by the places of its numbers, stands together again. `read`
    gives the tree of the text of the origin, as `parse` sees it.
    """
    origin = draft.origin
    if origin is not None and origin.format == name:
        digest = origin.document.digest
        base, ours = fresh(origin.parsed.card, digest), fresh(draft.card, digest)
        gaps = {one.place for one in origin.parsed.card.kept if one.format == name}
        return merged(base, ours, read(origin.document.text), gaps)
    tree = fresh(draft.card, "")
    for one in draft.card.kept:
        # Deeper in, the place may by now be that of another item.
        if one.format == name and one.place.count("/") == 1:
            tree = put(tree, at_pointer(one.place), json_tree(one.json))
    return tree


def json_bytes(tree: Tree, draft: Draft) -> bytes:
    """Return the file, indented, escaped and ended as its origin is."""
    if draft.origin is None:
        return (dumped(tree, indent=INDENT) + "\n").encode()
    document = draft.origin.document
    text = json_text(tree, document.text)
    return bytes_of(text + document.text[len(document.text.rstrip()) :], document)


def json_text(tree: Tree, like: str) -> str:
    """Return the JSON of a tree, indented and escaped as another JSON text is."""
    text = dumped(tree, indent=indent_of(like))
    if like.isascii() and "\\u" in like:
        text = "".join(one if one.isascii() else json.dumps(one)[1:-1] for one in text)
    return text.replace("\n", "\r\n") if "\r\n" in like else text


def json_lines(text: str) -> dict[Place, int]:
    """Return on which line of a JSON text each key and each item stands."""
    lines: dict[Place, int] = {}
    way: list[str | int] = []
    line = 1
    for token in TOKEN.finditer(text):
        said = token[0]
        if said == "\n":
            line += 1
        elif said in "{[":
            if way and isinstance(way[-1], int):
                lines.setdefault(tuple(way), line)
            way.append(0 if said == "[" else "")
        elif said in "}]":
            way.pop()
        elif said == ",":
            way[-1] = way[-1] + 1 if isinstance(way[-1], int) else ""
        elif way and way[-1] == "" and said[0] == '"':
            way[-1] = json.loads(said)
            lines[tuple(way)] = line
        elif way and isinstance(way[-1], int):
            lines.setdefault(tuple(way), line)
    return lines


def kept_notices(kept: Iterable[Kept], lines: Mapping[Place, int]) -> Iterator[Notice]:
    """Say of each part that has no field in the card where it stands."""
    at = {pointer(place): (place, line) for place, line in lines.items()}
    for one in kept:
        if one.json in EMPTY:
            continue
        place, line = at.get(one.place, (at_pointer(one.place), None))
        yield Notice(
            field=place_of(place),
            line=line,
            message="The card has no field for what stands here; it is kept as it is.",
        )


def seal_of(rest: Tree) -> str:
    """Return the digest of a document without its extension field."""
    return sha256_hex(dumped(rest).encode())


def sealed(payload: Mapping[str, Any], rest: Tree) -> dict[str, Any]:
    """Return the payload for an extension field; `of` tells later whether the rest has changed."""
    return {**payload, "of": seal_of(rest)}


def is_unchanged(payload: Mapping[str, Any], rest: Tree) -> bool:
    return payload.get("of") == seal_of(rest)
