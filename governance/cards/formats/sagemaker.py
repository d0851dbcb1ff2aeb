"""Amazon SageMaker model cards: the content, an answer of the API around it, evaluation reports."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from governance.cards.formats.guards import json_tree
from governance.cards.formats.json_files import (
    is_unchanged,
    json_bytes,
    kept_notices,
    kept_of,
    sealed,
    tree_of,
)
from governance.cards.formats.json_text import edited_json, json_lines
from governance.cards.formats.protocol import (
    PAYLOAD,
    Document,
    Draft,
    Notice,
    Origin,
    Parsed,
    Reason,
    Rule,
)
from governance.cards.formats.sagemaker_fields import CUSTOM, OVERVIEW, Content, card_of_content
from governance.cards.formats.sagemaker_reports import is_report, metrics_of_report, report_tree
from governance.cards.formats.sagemaker_writing import MOST, content_tree
from governance.cards.formats.trees import Claims, NumberText, Place, Tree, dumped
from governance.cards.rules.model_card import Details, ModelCard
from governance.core.errors import InvalidInput, invalid
from governance.core.places import place_of

NAME = "sagemaker"
JSON = "application/json"
KEYS = (
    "model_overview", "model_package_details", "intended_uses", "business_details",
    "training_details", "evaluation_details", "additional_information",
)  # fmt: skip
ENVELOPES: tuple[Place, ...] = (("Content",), ("ModelCardContent",))
ENVELOPES += (("ModelCard", "ModelCardContent"),)
"""Where the answers of DescribeModelCard and DescribeModelPackage have the content, as text."""

CARD_NAME, CARD_VERSION = "ModelCardName", "ModelCardVersion"
IN_CONTENT = re.compile(rf'\\?"(?:{"|".join(KEYS)})\\?"\s*:')
IN_REPORT = re.compile(r'"(?:metric_groups|(?:pre|post)_training_bias_metrics)"\s*:')
IN_ANSWER = re.compile(r'"(?:Content|ModelCardContent)"\s*:')
CARRIED = re.compile(r"countersign(?: (\d+))?")
MOST_CONTENT = 100_000
"""More characters than that, and the service refuses the content."""


class SageMaker:
    name = NAME
    title = "Amazon SageMaker"
    suffix = ".json"
    carries = True
    keeps_source = True
    starts_from = (NAME,)
    reasons = (
        Reason(path="sections", why="the text is longer than SageMaker allows", rule=Rule.TEXT),
        Reason(path="extensions", why="a custom detail has a name and a text", rule=Rule.TEXT),
        Reason(
            path="metrics",
            why="a metric has a name, a value and notes alone, in a group of an evaluation",
            rule=Rule.TEXT,
        ),
        Reason(path="datasets", why="a data set is an address alone", rule=Rule.TEXT),
        Reason(path="parties", why="there is one creator and one owner, by name", rule=Rule.TEXT),
        Reason(path="figures", why="a card has no pictures"),
    )

    def certainty(self, document: Document) -> int:
        text = document.text
        if not text.lstrip().startswith("{") or '"nbformat"' in text:
            return 0
        if IN_CONTENT.search(text):
            return 92
        return 85 if IN_REPORT.search(text) else 60 if IN_ANSWER.search(text) else 0

    def parse(self, document: Document) -> Parsed:
        opened = _opened(document.text)
        rest = _without_payload(opened.content)
        content = Content(
            claims=Claims(rest, opened.place),
            digest=document.digest,
            lines=_lines(document.text, opened),
        )
        if opened.is_report:
            return _parsed(content, ModelCard(metrics=metrics_of_report(content)), ())
        payload = _payload(opened.content)
        card = card_of_content(content)
        outer = Claims(opened.tree)
        if opened.place:
            outer.take(*opened.place)
            card = replace(card, details=_with_names(card.details, outer))
        kept = kept_of(outer, NAME) if opened.place else ()
        parsed = _parsed(content, card, kept)
        unchanged = payload is not None and is_unchanged(payload, rest)
        return replace(parsed, carried=payload, unchanged=unchanged)

    def render(self, draft: Draft) -> bytes:
        opened = _opened(draft.origin.document.text) if draft.origin else _Opened(tree={})
        if opened.is_report:
            if draft.carried is None and _is_metrics_alone(draft.card):
                tree = tree_of(draft, NAME, lambda card, _: report_tree(card))
                return json_bytes(tree, draft)
            others = tuple(one for one in draft.card.kept if one.format != NAME)
            draft = replace(draft, origin=None, card=replace(draft.card, kept=others))
            opened = _Opened(tree={})
        tree = tree_of(draft, NAME, _fresh(opened), _tree)
        if draft.origin is None:
            # What an answer of the API has around the content is no part of one.
            tree = {key: one for key, one in tree.items() if not key[:1].isupper()}
        content = _without_payload(_at(tree, opened.place))
        if draft.carried is not None:
            content = _carrying(content, draft.carried)
        return json_bytes(_closed(tree, opened, content, draft.origin), draft)


# --- the answer of the API -----------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class _Opened:
    """A file; `place` is where in it the content stands, `text` the content where it is text."""

    tree: Tree
    place: Place = ()
    text: str = ""

    @property
    def content(self) -> Tree:
        return _at(self.tree, self.place)

    @property
    def is_report(self) -> bool:
        return not self.place and is_report(self.tree) and self.tree.keys().isdisjoint(KEYS)


def _opened(text: str) -> _Opened:
    """Return the file with its content as a tree. Raises InvalidInput if it is no card."""
    tree = json_tree(text)
    if not isinstance(tree, dict):
        raise invalid("file", "type", "A card is a JSON object.")
    if "$schema" in tree and isinstance(tree.get("properties"), dict):
        raise invalid("file", "schema", "It is a JSON Schema for cards, and no card.")
    place = next((one for one in ENVELOPES if _at(tree, one) is not None), ())
    if not place or not tree.keys().isdisjoint(KEYS):
        return _Opened(tree=tree)
    inner = _at(tree, place)
    packed = inner if isinstance(inner, str) else ""
    content = _content_of(packed, place) if packed else inner
    if not isinstance(content, dict):
        raise invalid(place_of(place), "type", "The content of a card is a JSON object.")
    return _Opened(tree=_with(tree, place, content), place=place, text=packed)


def _content_of(text: str, place: Place) -> Tree:
    try:
        return json_tree(text)
    except InvalidInput as error:
        first = error.problems[0]
        raise invalid(place_of(place), first.rule, f"Of the text there: {first.message}") from None


def _tree(text: str) -> Tree:
    return _opened(text).tree


def _at(tree: Tree, place: Place) -> Tree:
    for part in place:
        tree = tree.get(part) if isinstance(tree, dict) else None
    return tree


def _with(tree: dict[str, Tree], place: Place, value: Tree) -> dict[str, Tree]:
    key, *rest = place
    return {**tree, str(key): _with(tree[str(key)], tuple(rest), value) if rest else value}


def _closed(tree: Tree, opened: _Opened, content: Tree, origin: Origin | None) -> Tree:
    if not opened.place or origin is None:
        return content
    return _with(tree, opened.place, edited_json(opened.text, content) if opened.text else content)


def _lines(text: str, opened: _Opened) -> Mapping[Place, int]:
    """All of a content that is a text stands on one line of the file."""
    lines = json_lines(text)
    if opened.text:
        line = lines[opened.place]
        inner = json_lines(opened.text)
        lines |= {(*opened.place, *place): line for place in inner}
    return lines


def _with_names(details: Details, outer: Claims) -> Details:
    """The card has a name and a version of its own in the answer, where the content has none."""
    name = details.name or outer.text(CARD_NAME)
    return replace(details, name=name, version=details.version or outer.written(CARD_VERSION))


def _fresh(opened: _Opened) -> Callable[[ModelCard, str], Tree]:
    """Return what writes a card as that file has it: name and version may stand around it."""

    def fresh(card: ModelCard, digest: str) -> Tree:
        tree = content_tree(card, digest)
        if not opened.place:
            return tree
        outer: dict[str, Tree] = {}
        overview = tree.get(OVERVIEW, {})
        for key, inner in ((CARD_NAME, "model_name"), (CARD_VERSION, "model_version")):
            if key in opened.tree and not _at(opened.content, (OVERVIEW, inner)):
                said = overview.pop(inner, "")
                outer |= {key: said} if said else {}
        if not overview:
            tree.pop(OVERVIEW, None)
        head, *rest = opened.place
        return {**outer, str(head): {str(rest[0]): tree} if rest else tree}

    return fresh


# --- reading -------------------------------------------------------------------------------------


def _parsed(content: Content, card: ModelCard, outer: tuple[Any, ...]) -> Parsed:
    kept = (*outer, *kept_of(content.claims, NAME))
    said = {one.field for one in content.notices}
    notices: list[Notice] = [
        one for one in kept_notices(kept, content.lines) if not _is_in(one.field, said)
    ]
    return Parsed(
        card=replace(card, kept=kept),
        notices=(*content.notices, *notices),
        media_type=JSON,
    )


def _is_in(place: str, said: set[str]) -> bool:
    return any(place == one or place.startswith((f"{one}.", f"{one}[")) for one in said)


def _is_metrics_alone(card: ModelCard) -> bool:
    body = card.body()
    return body.keys() <= {"metrics", "kept", "sources"}


# --- what is carried -----------------------------------------------------------------------------


def _chunks(custom: Tree) -> dict[str, str]:
    """Return the custom details that hold what is carried, in their order."""
    found = {
        key: text
        for key, text in (custom.items() if isinstance(custom, dict) else ())
        if CARRIED.fullmatch(key) and isinstance(text, str) and not isinstance(text, NumberText)
    }
    return dict(sorted(found.items(), key=lambda pair: _order(pair[0])))


def _order(key: str) -> int:
    found = CARRIED.fullmatch(key)
    return int(found[1] or 1) if found else 0


def _payload(content: Tree) -> dict[str, Any] | None:
    text = "".join(_chunks(_at(content, CUSTOM)).values())
    if PAYLOAD not in text:
        return None
    try:
        tree = json_tree(text)
    except InvalidInput:
        return None
    return tree if isinstance(tree, dict) and tree.get("format") == PAYLOAD else None


def _without_payload(content: Tree) -> dict[str, Tree]:
    tree: dict[str, Tree] = content
    if _payload(content) is None:
        return tree
    outer, inner = CUSTOM
    gone = _chunks(tree[outer][inner])
    custom = {key: one for key, one in tree[outer][inner].items() if key not in gone}
    more = {key: custom if key == inner else one for key, one in tree[outer].items()}
    more = {key: one for key, one in more.items() if one not in ({}, None)}
    rest = {key: more if key == outer else one for key, one in tree.items()}
    return {key: one for key, one in rest.items() if key != outer or more}


def _carrying(content: dict[str, Tree], carried: Mapping[str, Any]) -> dict[str, Tree]:
    """Put what is carried into custom details, unless the service would refuse the card for it."""
    text = dumped(sealed(carried, content))
    parts = [text[at : at + MOST] for at in range(0, len(text), MOST)]
    names = ["countersign", *(f"countersign {at}" for at in range(2, len(parts) + 1))]
    outer, inner = CUSTOM
    more = dict(content.get(outer, {}))
    custom = {**more.get(inner, {}), **dict(zip(names, parts, strict=True))}
    full = {**content, outer: {**more, inner: custom}}
    return full if len(dumped(full, indent="  ")) <= MOST_CONTENT else content


SAGEMAKER = SageMaker()
