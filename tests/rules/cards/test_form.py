"""The published schema and the dataclasses say the same; numbers are never floats."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from typing import Any

import jsonschema
import pytest

from governance.cards.formats.form import SCHEMA, form_problems
from governance.cards.rules import model_card, numbers
from governance.cards.rules.model_card import ModelCard, card_of_body
from governance.cards.rules.numbers import Provenance, ProvenanceKind, number
from governance.cards.rules.sections import SECTIONS
from tests.rules.cards.documents import FULL_CARD

CLASSES = [
    one
    for module in (model_card, numbers)
    for one in vars(module).values()
    if isinstance(one, type) and is_dataclass(one) and one.__module__ == module.__name__
]


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$id"] == "urn:countersign:card:2"


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_the_schema_has_every_field(cls: Any) -> None:
    form = SCHEMA if cls is ModelCard else SCHEMA["$defs"][cls.__name__]
    own = {"$id", "format"} if cls is ModelCard else set()
    assert set(form["properties"]) == {one.name for one in fields(cls)} | own
    assert form["additionalProperties"] is False


def test_the_schema_has_every_section_with_its_question() -> None:
    said = SCHEMA["properties"]["sections"]["properties"]
    assert [(key, one["title"], one["description"]) for key, one in said.items()] == [
        (section.key, section.title, section.ask) for section in SECTIONS
    ]


def test_a_card_is_what_its_text_says() -> None:
    body = json.loads(FULL_CARD.text())
    assert form_problems(body) == []
    assert card_of_body(body, {}) == FULL_CARD
    assert card_of_body(body, {}).text() == FULL_CARD.text()


def test_the_text_holds_no_float() -> None:
    def numbers_in(value: Any) -> list[float]:
        if isinstance(value, dict):
            return [one for inner in value.values() for one in numbers_in(inner)]
        if isinstance(value, list):
            return [one for inner in value for one in numbers_in(inner)]
        return [value] if isinstance(value, float) else []

    assert numbers_in(json.loads(FULL_CARD.text())) == []


def test_what_a_file_claims_of_its_numbers_is_its_claim() -> None:
    card = model_card.as_imported(FULL_CARD, file="f" * 64)
    assert [one.value.provenance.words() for one in card.metrics] == [
        f"imported: the file (measured: run run-1, data set {'ab' * 32})",
        "imported: the file (typed by Ada)",
    ]
    assert (card.sections, card.lineage) == (FULL_CARD.sections, FULL_CARD.lineage)
    assert model_card.as_imported(card, file="0" * 64) == card


@pytest.mark.parametrize(
    ("written", "value", "text"),
    [
        ("0.90", "0.90", ""),
        ("-3", "-3", ""),
        ("20.0 ± 1.2", "20.0", "20.0 ± 1.2"),
        ("20.0 +/- 1.2", "20.0", "20.0 +/- 1.2"),
        ("1e-5", "0.00001", "1e-5"),
        ("+.5", "0.5", "+.5"),
        ("85%", "", "85%"),
        ("about a third", "", "about a third"),
        ("1,234", "", "1,234"),
        ("NaN", "", "NaN"),
        ("1e999", "", "1e999"),
        ("9" * 200, "9" * 200, ""),
        ("٣", "", "٣"),
    ],
)
def test_a_number_keeps_how_it_was_written(written: str, value: str, text: str) -> None:
    found = number(written)
    assert (found.value, found.text, found.written) == (value, text, written)


@pytest.mark.parametrize(
    ("provenance", "kind", "words"),
    [
        (Provenance(run="r"), ProvenanceKind.MEASURED, "measured: run r"),
        (Provenance(typed_by="Ada"), ProvenanceKind.TYPED, "typed by Ada"),
        (Provenance(file="f", place="a[0]"), ProvenanceKind.IMPORTED, "imported: a[0]"),
        (Provenance(), ProvenanceKind.UNKNOWN, "not said"),
    ],
)
def test_a_number_says_where_it_is_from(
    provenance: Provenance, kind: ProvenanceKind, words: str
) -> None:
    assert (provenance.kind, provenance.words()) == (kind, words)
