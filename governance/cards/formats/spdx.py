"""SPDX 3 documents with an AI package, as JSON-LD. Its context is known by name, never fetched."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from governance.cards.formats.guards import json_tree
from governance.cards.formats.json_files import (
    is_unchanged,
    json_bytes,
    kept_notices,
    kept_of,
    sealed,
)
from governance.cards.formats.json_text import json_lines
from governance.cards.formats.named_values import CARRIED
from governance.cards.formats.protocol import (
    PAYLOAD,
    Document,
    Draft,
    Notice,
    Parsed,
    Reason,
)
from governance.cards.formats.spdx_reading import (
    CDX,
    CDX_NAME,
    CDX_VALUE,
    CREATION,
    GRAPH,
    PACKAGE,
    PAIRS,
    TOOL,
    PackageReader,
    id_of,
    type_of,
)
from governance.cards.formats.spdx_writing import (
    CONSUMPTION,
    MOMENT,
    Elements,
    PackageWriter,
    pair_of,
)
from governance.cards.formats.trees import Claims, Place, Tree, dumped, merged, pruned
from governance.cards.rules.model_card import ModelCard
from governance.core.canonical import sha256_hex
from governance.core.errors import InvalidInput, invalid
from governance.core.places import place_of

NAME = "spdx"
CONTEXT = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"
KNOWN = re.compile(r"https?://spdx\.(org|github\.io)/(rdf|spdx-3-model)/v?3\.")
NO_TIME = "1970-01-01T00:00:00Z"
"""When a new document says that it was created, if nobody says when: SPDX demands a time."""

PLUMBING = re.compile(
    r"^/@graph/[0-9]+$|/(@?type|@id|spdxId|creationInfo|from|to|relationshipType)(/[0-9]+)?$"
)
"""Places of what holds a document together, and of elements that are not the card's: kept, and
nothing that a reader has to be told.
"""

PROFILES = ["core", "software", "ai", "dataset", "simpleLicensing", "extension"]


@dataclass(frozen=True, kw_only=True)
class _Found:
    card: ModelCard
    at: Place
    reader: PackageReader
    notices: tuple[tuple[Place, Notice], ...]
    carried: Mapping[str, Any] | None
    unchanged: bool


class Spdx:
    name = NAME
    title = "SPDX 3"
    suffix = ".spdx3.json"
    carries = True
    keeps_source = True
    starts_from = (NAME,)
    reasons = (
        Reason(path="details", why="an AI package has no such field"),
        Reason(path="metrics", why="a metric is a name and a value"),
        Reason(path="parties", why="it knows supplier and originator"),
        Reason(path="references", why="it has its own list of kinds, each with an address"),
        Reason(path="quantities", why="it has hyperparameters, thresholds and energy alone"),
        Reason(path="considerations", why="it has prose on limits alone"),
        Reason(path="figures", why="it has no pictures"),
        Reason(path="lineage", why="it has no field for it"),
        Reason(path="kept", why="it is a field of another format"),
    )

    def certainty(self, document: Document) -> int:
        start = document.text.lstrip()[:1] == "{" and '"@context"' in document.text
        return 95 if start and KNOWN.search(document.text) else 0

    def parse(self, document: Document) -> Parsed:
        found = found_in(json_tree(document.text), document.digest)
        kept = [one for one in kept_of(found.reader.claims, NAME) if one.place != "/@context"]
        inside = [one for one in kept if not PLUMBING.search(one.place)]
        lines = json_lines(document.text) if found.notices or inside else {}
        said = {one.field for _, one in found.notices}
        return Parsed(
            card=replace(found.card, kept=tuple(kept)),
            notices=(
                *(replace(one, line=lines.get(place)) for place, one in found.notices),
                *kept_notices(inside, lines, said),
            ),
            carried=found.carried,
            unchanged=found.unchanged,
            media_type="application/spdx+json",
        )

    def render(self, draft: Draft) -> bytes:
        tree = fresh(draft.card, draft.at) if draft.origin is None else changed(draft)
        if draft.carried is not None:
            tree = with_payload(tree, draft.carried)
        return json_bytes(tree, draft)


def graph_of(tree: Tree) -> dict[Place, dict[str, Tree]]:
    """Return the elements of a document by place; it may be one element without a graph."""
    if not isinstance(tree, dict):
        raise invalid("file", "type", "A document of SPDX 3 is an object.")
    graph = tree.get(GRAPH)
    if isinstance(graph, list):
        return {(GRAPH, at): one for at, one in enumerate(graph) if isinstance(one, dict)}
    return {(): tree}


def found_in(tree: Tree, digest: str) -> _Found:
    graph = graph_of(tree)
    if not KNOWN.search(dumped(tree.get("@context"))):
        raise invalid("@context", "version", "It does not name the context of SPDX 3.")
    packages = [place for place, one in graph.items() if type_of(one) == PACKAGE]
    if not packages:
        raise invalid(GRAPH, "model", f"No element is of the type {PACKAGE}.")
    claims = Claims(tree)
    at = packages[0]
    reader = PackageReader(
        claims=claims,
        at=at,
        digest=digest,
        elements={id_of(one): place for place, one in graph.items() if id_of(one)},
    )
    payload = _payload_in(claims, at)
    card = reader.card()
    others = [(place, _other(claims, place)) for place in packages[1:]]
    return _Found(
        card=card,
        at=at,
        reader=reader,
        notices=(*others, *reader.notices),
        carried=payload,
        unchanged=payload is not None and is_unchanged(payload, without_payload(tree)),
    )


def _other(claims: Claims, place: Place) -> Notice:
    named = claims.peek(*place, "name")
    message = f"{named!r} is a model too; the card is of the first one, and this one stays."
    return Notice(field=place_of(place), message=message)


# --- what is carried -----------------------------------------------------------------------------


def _payload_in(claims: Claims, at: Place) -> Mapping[str, Any] | None:
    for index in claims.items(*at, "extension"):
        payload = _payload(claims.peek(*at, "extension", index))
        if payload is not None:
            claims.take(*at, "extension", index)
            return payload
    return None


def _payload(extension: Tree) -> Mapping[str, Any] | None:
    """What we carry is an extension with a single pair."""
    pairs = extension.get(PAIRS) if isinstance(extension, dict) else None
    pair = pairs[0] if isinstance(pairs, list) and len(pairs) == 1 else None
    if not isinstance(pair, dict) or pair.get(CDX_NAME) != CARRIED:
        return None
    try:
        tree = json_tree(str(pair.get(CDX_VALUE, "")))
    except InvalidInput:
        return None
    return tree if isinstance(tree, dict) and tree.get("format") == PAYLOAD else None


def without_payload(tree: dict[str, Tree]) -> dict[str, Tree]:
    """Return the document without our extension field."""

    def less(element: Tree) -> Tree:
        extensions = element.get("extension") if type_of(element) == PACKAGE else None
        if not isinstance(extensions, list):
            return element
        left = [one for one in extensions if _payload(one) is None]
        rest = {key: one for key, one in element.items() if key != "extension"}
        return {**element, "extension": left} if left else rest

    if isinstance(tree.get(GRAPH), list):
        return {**tree, GRAPH: [less(one) for one in tree[GRAPH]]}
    found: dict[str, Tree] = less(tree)
    return found


def with_payload(tree: dict[str, Tree], carried: Mapping[str, Any]) -> dict[str, Tree]:
    rest = without_payload(tree)
    place = next(at for at, one in graph_of(rest).items() if type_of(one) == PACKAGE)
    element = graph_of(rest)[place]
    pair = pair_of(CARRIED, dumped(sealed(carried, rest)))
    own = {"type": CDX, PAIRS: [pair]}
    new = {**element, "extension": [*element.get("extension", []), own]}
    if not place:
        return new
    graph = [new if (GRAPH, at) == place else one for at, one in enumerate(rest[GRAPH])]
    return {**rest, GRAPH: graph}


# --- writing -------------------------------------------------------------------------------------


def fresh(card: ModelCard, at: str = "") -> dict[str, Tree]:
    """Return a new document of SPDX 3.0.1; `at` counts where the card has no date."""
    dates = (one for one in (card.details.date, at, NO_TIME) if MOMENT.fullmatch(one))
    digest = sha256_hex(card.text().encode())
    name = f"urn:uuid:{uuid.UUID(hex=digest[:32], version=5)}"
    elements = PackageWriter(name, CREATION).elements(card)
    agent, document = f"{name}#{TOOL}", f"{name}#document"
    head: list[Tree] = [
        {
            "type": "CreationInfo",
            "@id": CREATION,
            "specVersion": "3.0.1",
            "created": next(dates),
            "createdBy": [agent],
        },
        {
            "type": "SoftwareAgent",
            "spdxId": agent,
            "creationInfo": CREATION,
            "name": "Countersign",
        },
        {
            "type": "SpdxDocument",
            "spdxId": document,
            "creationInfo": CREATION,
            "profileConformance": PROFILES,
            "rootElement": [name],
        },
    ]
    return {"@context": CONTEXT, GRAPH: [*head, *(pruned(one, {}) for one in elements.values())]}


def changed(draft: Draft) -> dict[str, Tree]:
    """Return the document of the origin, with only what differs changed."""
    document = draft.origin.document if draft.origin else None
    tree = without_payload(json_tree(document.text if document else "{}"))
    found = found_in(tree, document.digest if document else "")
    graph, reader = graph_of(tree), found.reader
    keys = {place: id_of(one) or f"#{place}" for place, one in graph.items()}
    source: Elements = {keys[place]: one for place, one in graph.items()}
    writer = PackageWriter(
        keys[found.at],
        graph[found.at].get("creationInfo", CREATION),
        source,
        reader.parties,
        reader.licenses,
        reader.datasets,
    )
    base, ours = writer.elements(found.card), writer.elements(draft.card)
    for key, one in base.items():
        if type_of(one) != "Relationship":
            ours.setdefault(key, one)
    apart = {
        (keys[place[: len(found.at)]], *place[len(found.at) :])
        for place in reader.claims.apart()
        if place[: len(found.at)] in keys
    }
    # A relationship goes as a whole: what else it says is of no use without its ends.
    left = {key: one for key, one in source.items() if key in ours or key not in base}
    new = pruned(merged(base, ours, left, apart), source)
    new[writer.id] = _with_typed_energy(new[writer.id], source[writer.id])
    return _rebuilt(tree, keys, new)


def _with_typed_energy(package: dict[str, Tree], source: dict[str, Tree]) -> dict[str, Tree]:
    """Readings that the card has no field for may be all that is left of the energy."""
    left, was = package.get(CONSUMPTION), source.get(CONSUMPTION)
    if not isinstance(left, dict) or not isinstance(was, dict) or "type" not in was:
        return package
    return {**package, CONSUMPTION: {"type": was["type"], **left}}


def _rebuilt(tree: dict[str, Tree], keys: Mapping[Place, str], new: Elements) -> dict[str, Tree]:
    added = [one for key, one in new.items() if key not in keys.values()]
    if () in keys:
        root = new[keys[()]]
        if not added:
            return root
        only = {key: one for key, one in root.items() if key != "@context"}
        return {"@context": tree["@context"], GRAPH: [only, *added]}
    graph = [
        new.get(keys[(GRAPH, at)]) if (GRAPH, at) in keys else one
        for at, one in enumerate(tree[GRAPH])
    ]
    return {**tree, GRAPH: [*(one for one in graph if one is not None), *added]}


SPDX = Spdx()
