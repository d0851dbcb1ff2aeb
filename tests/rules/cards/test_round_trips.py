"""Every format against every other: what a file says comes back, or is in the report."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from governance.cards.formats import FORMATS, Rule, guess, read_card, write_card
from governance.cards.formats.accounting import account_of, lost, size, texts_of
from governance.cards.formats.form import form_problems
from governance.cards.rules.model_card import ModelCard
from governance.core.places import place_of
from tests.rules.cards import table
from tests.rules.cards.documents import ALL, DOCUMENTS, FIRST_CARD, FULL_CARD

TARGETS = sorted(FORMATS)
FILES = pytest.mark.parametrize(("name", "key"), ALL, ids=lambda value: str(value))


def bare(card: ModelCard) -> ModelCard:
    return replace(card, sources=(), attachments={})


def test_the_table_in_the_docs_is_what_it_says() -> None:
    text = table.DOCS.read_text()
    assert table.with_table(text) == text, "python -m tests.rules.cards.table writes it anew"


@pytest.mark.parametrize("name", TARGETS)
def test_no_format_loses_its_own_fields(name: str) -> None:
    count = table.trips(name, name)
    assert (count["reported"], count["lost"]) == (0, 0)


def test_each_format_has_documents_of_its_own() -> None:
    assert set(DOCUMENTS) == set(FORMATS)


@FILES
def test_the_format_is_guessed(name: str, key: str) -> None:
    assert guess(DOCUMENTS[name][key], f"card{FORMATS[name].suffix}") == name


@FILES
def test_a_file_comes_back_as_it_was(name: str, key: str) -> None:
    data = DOCUMENTS[name][key]
    written = write_card(read_card(data, name=name).card, name)
    assert written.losses == ()
    if FORMATS[name].keeps_source:
        assert written.data == data
    else:
        assert json.loads(written.data) == json.loads(data)


@FILES
def test_a_file_comes_back_after_a_detour_through_our_own_json(name: str, key: str) -> None:
    card = read_card(DOCUMENTS[name][key], name=name).card
    ours = write_card(card, "countersign")
    assert ours.losses == ()
    back = read_card(ours.data).card
    assert back == card
    assert write_card(back, name).data == write_card(card, name).data


@FILES
@pytest.mark.parametrize("target", TARGETS)
def test_what_is_not_in_the_other_file_is_in_the_report(name: str, key: str, target: str) -> None:
    card = read_card(DOCUMENTS[name][key], name=name).card
    assert_accounted(card, target)


@pytest.mark.parametrize("target", TARGETS)
def test_every_field_of_a_full_card_is_accounted_for(target: str) -> None:
    assert_accounted(FULL_CARD, target)


def assert_accounted(card: ModelCard, target: str) -> None:
    """Reading the file again without what it carries shows what it holds itself."""
    written = write_card(card, target, carry=False)
    ours = account_of(card)
    back = account_of(read_card(written.data, name=target).card)
    missing = {place_of(one.place) for one in lost(ours, back)}
    assert missing == {one.path for one in written.losses}
    assert written.kept == size(ours) - len(missing)
    words = [written.data.decode(), *texts_of(read_card(written.data, name=target).card.body())]
    text = " ".join(" ".join(words).replace("\\|", "|").split())
    for loss in written.losses:
        assert loss.why
        if loss.rule is Rule.TEXT and not loss.path.endswith("section"):
            assert loss.says.rstrip("…") in text, loss


@FILES
@pytest.mark.parametrize("target", [name for name in TARGETS if FORMATS[name].carries])
def test_a_file_comes_back_after_a_detour_through_a_format_with_extensions(
    name: str, key: str, target: str
) -> None:
    card = read_card(DOCUMENTS[name][key], name=name).card
    written = write_card(card, target)
    assert {one.rule for one in written.losses} <= {Rule.CARRIED}
    back = read_card(written.data, name=target).card
    assert account_of(back) == account_of(card)
    if written.losses and FORMATS[name].keeps_source:
        assert write_card(back, name).data == DOCUMENTS[name][key]


@pytest.mark.parametrize("target", [name for name in TARGETS if FORMATS[name].carries])
def test_a_full_card_comes_back_from_a_format_with_extensions(target: str) -> None:
    written = write_card(FULL_CARD, target)
    assert {one.rule for one in written.losses} == {Rule.CARRIED}
    back = bare(read_card(written.data, name=target).card)
    assert account_of(back) == account_of(FULL_CARD)
    # An extension that has a title may come back by another key, and a number with its place.
    alike = replace(back, extensions=FULL_CARD.extensions, datasets=FULL_CARD.datasets)
    assert alike == FULL_CARD


def test_a_card_of_the_first_form_keeps_all_it_says() -> None:
    reading = read_card(FIRST_CARD.text().encode())
    card = reading.card
    assert card.sections == FIRST_CARD.sections
    assert card.lineage == FIRST_CARD.lineage
    assert card.metrics[0].value.provenance.words() == (
        f"measured: run run-1, data set {'ab' * 32}, evaluation result:1"
    )
    assert form_problems(card.body()) == []
    assert bare(read_card(write_card(card, "countersign").data).card) == bare(card)
