"""Our own JSON: `countersign.card/2`, and `countersign.card/1`, which is read and written as 2."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import jsonschema

from governance.cards.formats.form import form_errors
from governance.cards.formats.frame import packed, unpacked
from governance.cards.formats.guards import json_tree
from governance.cards.formats.protocol import Document, Draft, Notice, Parsed, Reason
from governance.cards.formats.trees import (
    NumberText,
    Place,
    Tree,
    at_pointer,
    dumped,
    pointer,
    put,
)
from governance.cards.rules.completeness import section_problems
from governance.cards.rules.first import FORMAT as FIRST
from governance.cards.rules.first import FirstCard, MeasuredValue
from governance.cards.rules.model_card import (
    FORMAT,
    Kept,
    card_of_body,
    from_first,
)
from governance.core.canonical import MAX_INTEGER
from governance.core.errors import InvalidInput, Problem, invalid
from governance.core.places import place_of

NAME = "countersign"
FAMILY = "countersign.card/"


class Countersign:
    name = NAME
    title = "Countersign"
    suffix = ".json"
    carries = False
    keeps_source = False
    starts_from: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()

    def certainty(self, document: Document) -> int:
        return 100 if FAMILY in document.text[:4000] and document.text.lstrip()[:1] == "{" else 0

    def parse(self, document: Document) -> Parsed:
        tree = json_tree(document.text)
        if not isinstance(tree, dict):
            raise invalid("file", "type", "A card is a JSON object.")
        named = tree.get("format")
        if named == FIRST:
            return Parsed(card=from_first(_first(tree)), media_type="application/json")
        if named != FORMAT:
            message = f"The format is {named!r}; {FORMAT} and {FIRST} can be read."
            raise invalid("format", "format", message)
        return _second(tree)

    def render(self, draft: Draft) -> bytes:
        card = draft.card
        own = tuple(one for one in card.kept if one.format == NAME)
        others = tuple(one for one in card.kept if one.format != NAME)
        body: Tree = {"format": FORMAT, **replace(card, kept=others).body()}
        if card.attachments:
            body["attachments"] = packed(card.attachments)
        for one in own:
            body = put(body, at_pointer(one.place), json_tree(one.json))
        return (dumped(body, indent="  ") + "\n").encode()


def _first(tree: dict[str, Tree]) -> FirstCard:
    problems: list[Problem] = []
    body = _plain(tree, (), problems)
    sections, values = body.get("sections"), body.get("values", [])
    if not isinstance(sections, dict) or not all(isinstance(v, str) for v in sections.values()):
        raise invalid("sections", "type", "Sections are texts by their key.")
    problems += section_problems(sections)
    if problems:
        raise InvalidInput(*problems)
    try:
        measured = tuple(MeasuredValue(**value) for value in values)
    except TypeError as error:
        raise invalid("values", "type", f"A measured value is not whole: {error}.") from None
    lineage = body.get("lineage", {})
    if not isinstance(lineage, dict) or any(
        not isinstance(text, str) for one in measured for text in vars(one).values()
    ):
        raise invalid("values", "type", "Measured values are texts, and lineage is an object.")
    return FirstCard(sections=sections, values=measured, lineage=lineage)


def _second(tree: dict[str, Tree]) -> Parsed:
    unknown = list(_unknown(tree))
    for place, _ in unknown:
        _drop(tree, place)
    problems: list[Problem] = []
    body = _plain(tree, (), problems)
    attachments = body.pop("attachments", {})
    if not isinstance(attachments, dict):
        raise invalid("attachments", "type", "Attachments are base64 by digest.")
    problems += [
        Problem(field=place_of(e.absolute_path), rule=str(e.validator), message=f"{_said(e)}.")
        for e in form_errors(body)
    ]
    if problems:
        raise InvalidInput(*problems[:20])
    kept = [Kept(format=NAME, place=pointer(place), json=dumped(one)) for place, one in unknown]
    if "$id" in body:
        kept.append(Kept(format=NAME, place="/$id", json=dumped(body.pop("$id"))))
    card = card_of_body(body, unpacked(attachments))
    return Parsed(
        card=replace(card, kept=(*card.kept, *kept)),
        notices=tuple(_notices(unknown)),
        media_type="application/json",
    )


def _said(error: jsonschema.ValidationError) -> str:
    return error.message if len(error.message) < 300 else error.message[:300] + "…"


def _unknown(tree: dict[str, Tree]) -> Iterator[tuple[Place, Tree]]:
    known_body = {key: one for key, one in tree.items() if key != "attachments"}
    for error in form_errors(known_body):
        if error.validator == "additionalProperties" and isinstance(error.instance, dict):
            known = error.schema["properties"] if isinstance(error.schema, Mapping) else ()
            for key in (key for key in error.instance if key not in known):
                yield (*error.absolute_path, key), error.instance[key]


def _notices(unknown: list[tuple[Place, Tree]]) -> Iterator[Notice]:
    for place, _ in unknown:
        yield Notice(
            field=place_of(place), message="The card has no such field; it is kept as it is."
        )


def _drop(body: Any, place: Place) -> None:
    *way, last = place
    for part in way:
        body = body[part]
    del body[last]


def _plain(tree: Tree, place: Place, problems: list[Problem]) -> Any:
    """Turn the numbers of a file into integers; a card has no floats."""
    if isinstance(tree, dict):
        if any(not key.isascii() for key in tree):
            problems.append(_problem(place, "characters", "Keys are ASCII."))
        return {key: _plain(one, (*place, key), problems) for key, one in tree.items()}
    if isinstance(tree, list):
        return [_plain(one, (*place, index), problems) for index, one in enumerate(tree)]
    if isinstance(tree, NumberText):
        if tree.lstrip("-").isdigit() and len(tree) < 17 and abs(int(tree)) <= MAX_INTEGER:
            return int(tree)
        problems.append(_problem(place, "number", f'Write the number as text: "{tree}".'))
    return tree


def _problem(place: Place, rule: str, message: str) -> Problem:
    return Problem(field=place_of(place), rule=rule, message=message)


COUNTERSIGN = Countersign()
