"""CycloneDX bills of materials with a model card, 1.5 to 1.7, in JSON and in XML."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from governance.cards.formats.cyclonedx_reading import PROPERTIES, ComponentReader, models_in
from governance.cards.formats.cyclonedx_writing import ComponentWriter
from governance.cards.formats.cyclonedx_xml import CYCLONEDX_XML
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
from governance.cards.formats.trees import (
    Claims,
    Place,
    Tree,
    at_pointer,
    dumped,
    merged,
    place_at,
    pointer,
    pruned,
    put,
)
from governance.cards.formats.xml_text import XmlText
from governance.cards.rules.model_card import ModelCard
from governance.core.errors import InvalidInput, invalid
from governance.core.places import place_of

NAME = "cyclonedx"
VERSIONS = ("1.5", "1.6", "1.7")
FRESH = "1.6"
MARKS = ("bomFormat", "specVersion", "$schema")
EMPTY = ("[]", "{}")
"""What says nothing is not kept apart; it stays in the file until something takes its place."""

SCHEMA = "http://cyclonedx.org/schema/bom-{}.schema.json"
NAMESPACE = "http://cyclonedx.org/schema/bom/"
MEDIA_TYPE = "application/vnd.cyclonedx+{}"


@dataclass(frozen=True, kw_only=True)
class _Found:
    """The model of a bill of materials: where it stands, what it says, and what we carried."""

    card: ModelCard
    at: Place
    claims: Claims
    notices: tuple[tuple[Place, Notice], ...]
    carried: Mapping[str, Any] | None = None
    unchanged: bool = True


class CycloneDx:
    name = NAME
    title = "CycloneDX"
    suffix = ".cdx.json"
    carries = True
    keeps_source = True
    starts_from = (NAME,)
    reasons = (
        Reason(path="details", why="the component has no such field"),
        Reason(path="metrics", why="a performance metric has no such field"),
        Reason(
            path="metrics.value.provenance",
            why="a performance metric does not say where it was measured",
        ),
        Reason(path="parties", why="it knows supplier, manufacturer, author and publisher"),
        Reason(path="references", why="it has its own list of kinds, each with an address"),
        Reason(path="quantities", why="it has figures of energy alone, each with its provider"),
        Reason(path="considerations", why="it has fields for ethics and fairness alone"),
        Reason(path="figures", why="it has pictures of the evaluation alone, with their bytes"),
        Reason(path="lineage", why="it has no field for it"),
        Reason(path="kept", why="it is a field of another format"),
    )

    def certainty(self, document: Document) -> int:
        start = document.text.lstrip()[:1]
        if start == "<":
            return 100 if NAMESPACE in document.text[:4000] else 0
        is_json = start == "{" and re.search(r'"bomFormat"\s*:\s*"CycloneDX"', document.text)
        return 100 if is_json else 0

    def parse(self, document: Document) -> Parsed:
        xml = xml_of(document)
        tree = bill_of(xml.tree if xml else json_tree(document.text), xml)
        found = found_in(tree, document.digest)
        kept = [
            one
            for one in kept_of(found.claims, NAME)
            if one.place[1:] not in MARKS and one.json not in EMPTY
        ]
        here = f"{pointer(found.at)}/"
        inside = [k for k in kept if k.place.startswith(here) and not k.place.endswith("/bom-ref")]
        places = [place for place, _ in found.notices]
        lines = lines_of(document, xml, [*places, *(place_at(tree, one.place) for one in inside)])
        said = {one.field for _, one in found.notices}
        return Parsed(
            card=replace(found.card, kept=tuple(kept)),
            notices=(
                *(replace(one, line=lines.get(place)) for place, one in found.notices),
                *kept_notices(inside, lines, said),
            ),
            carried=found.carried,
            unchanged=found.unchanged,
            media_type=MEDIA_TYPE.format("xml" if xml else "json"),
        )

    def render(self, draft: Draft) -> bytes:
        if draft.origin is None:
            return json_bytes(fresh(draft), draft)
        document = draft.origin.document
        if (xml := xml_of(document)) is not None:
            return _changed_xml(xml, draft)
        tree = changed(bill_of(json_tree(document.text)), draft)
        if draft.carried is not None:
            tree = with_payload(tree, models_in(tree)[0], draft.carried)
        return json_bytes(tree, draft)


def xml_of(document: Document) -> XmlText | None:
    is_xml = document.text.lstrip().startswith("<")
    return XmlText(document.data, CYCLONEDX_XML) if is_xml else None


def lines_of(
    document: Document, xml: XmlText | None, places: Iterable[Place]
) -> Mapping[Place, int]:
    """Return on which lines these places stand, as far as they are found."""
    wanted = list(places)
    if xml is not None:
        found = ((place, xml.line_at(place)) for place in wanted)
        return {place: line for place, line in found if line is not None}
    return json_lines(document.text) if wanted else {}


def bill_of(tree: Tree, xml: XmlText | None = None) -> dict[str, Tree]:
    """Return the tree as a bill of materials of a version that is known."""
    if not isinstance(tree, dict):
        raise invalid("file", "type", "A bill of materials is an object.")
    if xml is not None:
        if xml.root.name != "bom" or not xml.namespace.startswith(NAMESPACE):
            raise invalid("file", "type", "A bill of materials is an element named bom.")
        tree = {"specVersion": xml.namespace.removeprefix(NAMESPACE), **tree}
    version = tree.get("specVersion")
    if version not in VERSIONS:
        known = ", ".join(VERSIONS)
        message = f"The version of CycloneDX is {version!r}; {known} can be read."
        raise invalid("specVersion", "version", message)
    bill: dict[str, Tree] = tree
    return bill


def found_in(tree: dict[str, Tree], digest: str) -> _Found:
    """Read the model; the first of several, with a notice that names the others."""
    places = models_in(tree)
    if not places:
        message = "No component has a modelCard or is of the type machine-learning-model."
        raise invalid("components", "model", message)
    claims = Claims(tree)
    reader = ComponentReader(claims=claims, at=places[0], digest=digest)
    payload = _payload_in(claims, places[0])
    card = reader.card()
    others = [(place, _other(claims, place)) for place in places[1:]]
    return _Found(
        card=card,
        at=places[0],
        claims=claims,
        notices=(*others, *reader.notices),
        carried=payload,
        unchanged=payload is not None and is_unchanged(payload, without_payload(tree, places[0])),
    )


def _other(claims: Claims, place: Place) -> Notice:
    named = claims.peek(*place, "name")
    message = f"{named!r} is a model too; the card is of the first one, and this one stays."
    return Notice(field=place_of(place), message=message)


# --- what is carried -----------------------------------------------------------------------------


def _payload_in(claims: Claims, at: Place) -> Mapping[str, Any] | None:
    for index in claims.items(*at, *PROPERTIES):
        place = (*at, *PROPERTIES, index)
        payload = _payload(claims.peek(*place))
        if payload is not None:
            claims.take(*place)
            return payload
    return None


def _payload(pair: Tree) -> Mapping[str, Any] | None:
    if not isinstance(pair, dict) or pair.get("name") != CARRIED:
        return None
    try:
        tree = json_tree(str(pair.get("value", "")))
    except InvalidInput:
        return None
    return tree if isinstance(tree, dict) and tree.get("format") == PAYLOAD else None


def without_payload(tree: dict[str, Tree], at: Place) -> dict[str, Tree]:
    """Return the tree without our extension field, and without what was there for it alone."""
    card = Claims(tree).peek(*at, "modelCard")
    pairs = card.get("properties") if isinstance(card, dict) else None
    if not isinstance(pairs, list):
        return tree
    left = {**card, "properties": [one for one in pairs if _payload(one) is None]}
    if not left["properties"]:
        del left["properties"]
    place = (*at, "modelCard")
    rest: dict[str, Tree] = _put(tree, place, left) if left else _dropped(tree, place)
    return rest


def with_payload(tree: dict[str, Tree], at: Place, carried: Mapping[str, Any]) -> dict[str, Tree]:
    rest = without_payload(tree, at)
    card = Claims(rest).peek(*at, "modelCard") or {}
    pair = {"name": CARRIED, "value": dumped(sealed(carried, rest))}
    card = {**card, "properties": [*card.get("properties", []), pair]}
    return _put(rest, (*at, "modelCard"), card)


def _put(tree: dict[str, Tree], place: Place, value: Tree) -> dict[str, Tree]:
    found: dict[str, Tree] = put(tree, [str(part) for part in place], value)
    return found


def _dropped(tree: Tree, place: Place) -> Tree:
    head, *rest = place
    if isinstance(tree, list):
        return [_dropped(one, tuple(rest)) if at == head else one for at, one in enumerate(tree)]
    if not rest:
        return {key: one for key, one in tree.items() if key != head}
    return {**tree, head: _dropped(tree[head], tuple(rest))}


# --- writing -------------------------------------------------------------------------------------


def fresh(draft: Draft) -> dict[str, Tree]:
    """Return a new bill of materials; what was kept of an earlier one is put back where it fits."""
    component = pruned(ComponentWriter(FRESH).component(draft.card), {})
    tree: dict[str, Tree] = {
        "$schema": SCHEMA.format(FRESH),
        "bomFormat": "CycloneDX",
        "specVersion": FRESH,
    }
    for one in draft.card.kept:
        if one.format == NAME and one.place == "/serialNumber":
            tree = put(tree, at_pointer(one.place), json_tree(one.json))
    tree["components"] = [component]
    at = ("components", 0)
    return with_payload(tree, at, draft.carried) if draft.carried is not None else tree


def changed(tree: dict[str, Tree], draft: Draft) -> dict[str, Tree]:
    """Return the bill of materials of the origin, with only what differs changed."""
    at = models_in(tree)[0]
    source = without_payload(tree, at)
    found = found_in(source, draft.origin.document.digest if draft.origin else "")
    component = Claims(source).peek(*found.at)
    writer = ComponentWriter(source["specVersion"], component)
    apart = found.claims.apart()
    base, ours = writer.component(found.card), writer.component(draft.card)
    new = pruned(merged(base, ours, component, apart, found.at), component)
    return _put(source, found.at, new)


def _changed_xml(xml: XmlText, draft: Draft) -> bytes:
    data = xml.edited(_as_xml(changed(bill_of(xml.tree, xml), draft)))
    if draft.carried is None:
        return data
    # The seal is over what XML could say of it.
    xml = XmlText(data, CYCLONEDX_XML)
    tree = bill_of(xml.tree, xml)
    return xml.edited(_as_xml(with_payload(tree, models_in(tree)[0], draft.carried)))


def _as_xml(tree: dict[str, Tree]) -> dict[str, Tree]:
    return {key: one for key, one in tree.items() if key != "specVersion"}


CYCLONEDX = CycloneDx()
