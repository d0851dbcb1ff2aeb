"""Cards of Google's Model Card Toolkit: JSON 0.0.1 and 0.0.2, and the text proto."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from governance.cards.formats.contents import bytes_of
from governance.cards.formats.guards import json_tree
from governance.cards.formats.json_files import (
    json_bytes,
    kept_notices,
    kept_of,
    tree_of,
)
from governance.cards.formats.json_text import json_lines
from governance.cards.formats.mct_fields import (
    DETAILS,
    FIRST,
    PARAMETERS,
    SECOND,
    Found,
    card_of_tree,
)
from governance.cards.formats.mct_writing import tree_of_card
from governance.cards.formats.protocol import Document, Draft, Parsed, Reason, Rule
from governance.cards.formats.text_proto import (
    edited,
    fields_of,
    lines_of_fields,
    tree_of_fields,
)
from governance.cards.formats.trees import Claims, Place, Tree
from governance.cards.rules.model_card import ModelCard
from governance.core.errors import invalid

NAME = "mct"
SCHEMA = "https://modelcards.withgoogle.com/v{}/model_card.schema.json"
JSON, PROTO = "application/json", "text/x-protobuf"
SECTIONS = r"model_details|model_parameters|quantitative_analysis|considerations"
PROTO_START = re.compile(rf"(?:\s|#[^\n]*\n)*(?:{SECTIONS})\s*:?\s*[{{<]")
JSON_KEY = re.compile(r'"(?:model_details|model_parameters|quantitative_analysis)"\s*:')
JSON_VERSION = re.compile(r'"schema_version"\s*:\s*"[^"]*"')
REPEATED = frozenset(
    (
        *("owners", "licenses", "references", "citations", "data", "input_format_map"),
        *("output_format_map", "sensitive_data", "collection", "performance_metrics", "users"),
        *("use_cases", "limitations", "tradeoffs", "ethical_considerations"),
    )
)
WHY = "the Toolkit has no field for it"


class ModelCardToolkit:
    name = NAME
    title = "Model Card Toolkit"
    suffix = ".json"
    carries = False
    keeps_source = True
    starts_from = (NAME,)
    reasons = (
        *(
            Reason(path=path, why=WHY, rule=Rule.TEXT)
            for path in (
                *("details", "sections", "extensions", "quantities", "lineage", "kept"),
                *("licenses", "references", "considerations"),
            )
        ),
        Reason(path="parties", why="an owner has a name and a contact alone", rule=Rule.TEXT),
        Reason(path="datasets", why="a data set of the Toolkit has no such field", rule=Rule.TEXT),
        Reason(
            path="metrics",
            why="a metric has a type, a value, a slice and an interval alone",
            rule=Rule.TEXT,
        ),
        Reason(
            path="figures",
            why="a picture has a name and its bytes alone, and stands with data or metrics",
            rule=Rule.TEXT,
        ),
    )

    def certainty(self, document: Document) -> int:
        text = document.text
        if PROTO_START.match(text):
            return 95
        if not text.lstrip().startswith("{") or '"nbformat"' in text:
            return 0
        if JSON_KEY.search(text):
            return 90
        return 70 if '"considerations"' in text and JSON_VERSION.search(text) else 0

    def parse(self, document: Document) -> Parsed:
        tree = _tree(document.text)
        version = _version(tree)
        found = Found(claims=Claims(tree), digest=document.digest, lines=_lines(document.text))
        card = card_of_tree(found)
        kept = kept_of(found.claims, NAME)
        said = {one.field for one in found.notices}
        _notice_id(found, tree, version)
        others = kept_notices(kept, found.lines, said)
        return Parsed(
            card=replace(card, kept=kept),
            notices=(*found.notices, *others),
            media_type=PROTO if _is_proto(document.text) else JSON,
        )

    def render(self, draft: Draft) -> bytes:
        origin = draft.origin
        if origin is None:
            tree = tree_of(draft, NAME, _fresh(SECOND))
            return json_bytes({"schema_version": SECOND, **tree}, draft)
        text = origin.document.text
        source = _tree(text)
        tree = tree_of(draft, NAME, _fresh(_version(source), origin.parsed.card), _tree)
        if _is_proto(text):
            return bytes_of(edited(text, source, tree, REPEATED), origin.document)
        return json_bytes(tree, draft)


def _fresh(version: str, known: ModelCard | None = None) -> Callable[[ModelCard, str], Tree]:
    """Return what writes a card in that version; places in the file do not matter to it."""
    return lambda card, _: tree_of_card(card, version, NAME, known)


def _is_proto(text: str) -> bool:
    return not text.lstrip().startswith("{")


def _tree(text: str) -> dict[str, Tree]:
    if _is_proto(text):
        return tree_of_fields(fields_of(text), REPEATED)
    tree = json_tree(text)
    if not isinstance(tree, dict):
        raise invalid("file", "type", "A card is a JSON object.")
    if "$schema" in tree and isinstance(tree.get("properties"), dict):
        raise invalid("file", "schema", "It is a JSON Schema for cards, and no card.")
    return tree


def _lines(text: str) -> dict[Place, int]:
    if _is_proto(text):
        return dict(lines_of_fields(fields_of(text), REPEATED))
    return json_lines(text)


def _version(tree: dict[str, Tree]) -> str:
    """Return the version of the schema, by its name or by what only 0.0.1 has.

    Raises InvalidInput for any other: its fields may mean something else.
    """
    named = tree.get("schema_version")
    if named is not None:
        if named not in (FIRST, SECOND):
            message = f"The version of the schema is {named!r}; {FIRST} and {SECOND} can be read."
            raise invalid("schema_version", "version", message)
        return str(named)
    details, parameters = (
        one if isinstance(one, dict) else {} for one in (tree.get(DETAILS), tree.get(PARAMETERS))
    )
    first = isinstance(details.get("license"), str) or isinstance(parameters.get("data"), dict)
    return FIRST if first else SECOND


def _notice_id(found: Found, tree: dict[str, Tree], version: str) -> None:
    if "$id" in tree and tree["$id"] != SCHEMA.format(version):
        message = f"It is not the address of the schema {version} of the Toolkit; it is kept."
        found.notice(message, "$id")


MCT = ModelCardToolkit()
