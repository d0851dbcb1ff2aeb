"""What formats that are JSON share: what is kept, edits in place, the seal of an extension."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

from governance.cards.formats.contents import bytes_of
from governance.cards.formats.guards import json_tree
from governance.cards.formats.json_text import edited_json
from governance.cards.formats.protocol import Draft, Notice
from governance.cards.formats.trees import (
    Claims,
    Place,
    Tree,
    at_pointer,
    dumped,
    merged,
    place_at,
    pointer,
    put,
)
from governance.cards.rules.model_card import Kept, ModelCard
from governance.core.canonical import sha256_hex
from governance.core.errors import invalid
from governance.core.places import place_of

INDENT = "  "
EMPTY = frozenset({'""', "{}", "[]", "null"})
MOST_KEPT = 10_000
"""As the schema of the card says."""


def kept_of(claims: Claims, name: str) -> tuple[Kept, ...]:
    """Return what of a document was not claimed, each part with its place.

    Raises InvalidInput where that is more than a card can keep.
    """
    rest = list(claims.rest())
    if len(rest) > MOST_KEPT:
        message = f"It has {len(rest):,} parts beside the card; at most {MOST_KEPT:,} are kept."
        raise invalid("file", "length", message)
    return tuple(
        Kept(format=name, place=pointer(place), json=dumped(value)) for place, value in rest
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
        source, kept = read(origin.document.text), origin.parsed.card.kept
        apart = {place_at(source, one.place) for one in kept if one.format == name}
        return merged(base, ours, source, apart)
    tree = fresh(draft.card, "")
    for one in draft.card.kept:
        # Deeper in, the place may by now be that of another item.
        if one.format == name and one.place.count("/") == 1:
            tree = put(tree, at_pointer(one.place), json_tree(one.json))
    return tree


def json_bytes(tree: Tree, draft: Draft) -> bytes:
    """Return the file: that of its origin, in which only what differs is written anew."""
    if draft.origin is None:
        return (dumped(tree, indent=INDENT) + "\n").encode()
    document = draft.origin.document
    return bytes_of(edited_json(document.text, tree), document)


KEPT = "The card has no field for what stands here; it is kept as it is."


def kept_notices(
    kept: Iterable[Kept], lines: Mapping[Place, int], said: Collection[str] = ()
) -> Iterator[Notice]:
    """Say of each part that has no field in the card where it stands.

    Not of what is inside of the fields `said`, of which more was said already.
    """
    for one in _kept_notices(kept, lines):
        if not any(f"{one.field}.".startswith(f"{place}.") for place in said):
            yield one


def _kept_notices(kept: Iterable[Kept], lines: Mapping[Place, int]) -> Iterator[Notice]:
    at = {pointer(place): (place, line) for place, line in lines.items()}
    for one in kept:
        if one.json in EMPTY:
            continue
        place, line = at.get(one.place, (at_pointer(one.place), None))
        yield Notice(
            field=place_of(place),
            line=line,
            message=KEPT,
        )


def seal_of(rest: Tree) -> str:
    """Return the digest of a document without its extension field."""
    return sha256_hex(dumped(rest).encode())


def sealed(payload: Mapping[str, Any], rest: Tree) -> dict[str, Any]:
    """Return the payload for an extension field; `of` tells later whether the rest has changed."""
    return {**payload, "of": seal_of(rest)}


def is_unchanged(payload: Mapping[str, Any], rest: Tree) -> bool:
    return payload.get("of") == seal_of(rest)
