"""What formats that are JSON share: what is kept, edits in place, the seal of an extension."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from governance.cards.formats.contents import bytes_of
from governance.cards.formats.guards import json_tree
from governance.cards.formats.json_text import edited_json
from governance.cards.formats.protocol import Draft
from governance.cards.formats.trees import (
    Claims,
    Tree,
    at_pointer,
    dumped,
    merged,
    pointer,
    put,
)
from governance.cards.rules.model_card import Kept, ModelCard
from governance.core.canonical import sha256_hex
from governance.core.errors import invalid

INDENT = "  "
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


def tree_of(draft: Draft, name: str, fresh: Callable[[ModelCard, str], Tree]) -> Tree:
    """Return the document for the card: that of its origin with only the differences changed.

    `fresh` writes a card at the places where `parse` reads it. It is told the digest of the origin,
    so that what stood together there, by the places of its numbers, stands together again.
    """
    origin = draft.origin
    if origin is not None and origin.format == name:
        digest = origin.document.digest
        base, ours = fresh(origin.parsed.card, digest), fresh(draft.card, digest)
        return merged(base, ours, json_tree(origin.document.text))
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


def seal_of(rest: Tree) -> str:
    """Return the digest of a document without its extension field."""
    return sha256_hex(dumped(rest).encode())


def sealed(payload: Mapping[str, Any], rest: Tree) -> dict[str, Any]:
    """Return the payload for an extension field; `of` tells later whether the rest has changed."""
    return {**payload, "of": seal_of(rest)}


def is_unchanged(payload: Mapping[str, Any], rest: Tree) -> bool:
    return payload.get("of") == seal_of(rest)
