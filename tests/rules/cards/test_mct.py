"""The Model Card Toolkit: edits in place, versions, and files that are wrong."""

from __future__ import annotations

import base64
import difflib
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.cards.formats import guess, read_card, write_card
from governance.cards.formats.accounting import account_of, lost
from governance.cards.formats.mct import REPEATED
from governance.cards.formats.text_proto import edited, fields_of, rendered, tree_of_fields
from governance.cards.rules.codec import encoded
from governance.cards.rules.model_card import Consideration, License, ModelCard
from governance.cards.rules.numbers import number
from governance.core.canonical import sha256_hex
from governance.core.errors import InvalidInput
from tests.rules.cards.documents import (
    DOCUMENTS,
    FULL_CARD,
    PICTURE,
    TOOLKIT_FIRST,
    TOOLKIT_PROTO,
    TOOLKIT_SECOND,
)

FILES = DOCUMENTS["mct"]
SECOND = read_card(FILES["second"]).card
FIRST = read_card(FILES["first"]).card
PROTO = read_card(FILES["proto"]).card


def changed(before: str, card: ModelCard) -> tuple[list[str], list[str]]:
    """Return the lines that went and came; reading the file gives the card as it is now."""
    written = write_card(card, "mct")
    assert written.losses == ()
    assert list(lost(account_of(card), account_of(read_card(written.data).card))) == []
    lines = list(difflib.ndiff(before.splitlines(), written.data.decode().splitlines()))
    gone, new = ([one[2:].strip() for one in lines if one.startswith(f"{sign} ")] for sign in "-+")
    return gone, new


def document(data: bytes) -> Any:
    return json.loads(data, parse_float=str)


# --- what is read --------------------------------------------------------------------------------


def test_numbers_are_as_they_were_written() -> None:
    assert [one.value.written for one in FIRST.metrics] == ["0.4100000001", "1e-5"]
    interval = encoded(FIRST.metrics[1])["interval"]
    assert {key: one["value"] for key, one in interval.items()} == {
        "lower": "0.40",
        "upper": "0.420",
    }
    assert FIRST.metrics[0].value.provenance.place == (
        "quantitative_analysis.performance_metrics[0].value"
    )
    assert SECOND.metrics[1].value.value == ""


def test_a_picture_is_a_figure_by_the_digest_of_its_bytes() -> None:
    data = base64.b64decode(PICTURE)
    first = SECOND.figures[0]
    assert (first.digest, first.media_type) == (sha256_hex(data), "image/png")
    assert SECOND.attachments[first.digest] == data
    assert [(one.name, one.section) for one in SECOND.figures] == [
        ("Winter", "training_data"),
        ("Summer", "evaluation_data"),
        ("All", "evaluation"),
    ]
    assert PICTURE not in SECOND.text()


def test_a_text_proto_is_read_with_its_escapes_and_its_parts_joined() -> None:
    assert PROTO.sections["overview"] == 'It tells how "high" the waves are.\nété'
    assert [one.name for one in PROTO.parties] == ["Ada", "Grace"]
    assert PROTO.datasets[0].sensitive == ("position", "crew")
    assert PROTO.sections["known_failures"] == "- Ice\n- Shoals"
    places = {one.place for one in PROTO.kept}
    assert places == {"/model_details/version"}


@pytest.mark.parametrize(
    ("key", "line", "field"),
    [
        ("second", 13, "model_details.newer_field"),
        ("second", 24, "model_parameters.data[0].graphics.collection[1].image"),
        ("second", 37, "quantitative_analysis.performance_metrics[1]"),
        ("first", 14, "model_parameters.data.train.sensitive"),
        ("proto", 11, "model_details.version"),
    ],
)
def test_what_has_no_field_is_kept_with_its_line(key: str, line: int, field: str) -> None:
    found = [(one.line, one.field) for one in read_card(FILES[key]).warnings]
    assert (line, field) in found, found


# --- edits in place ------------------------------------------------------------------------------


def test_one_value_of_a_file_in_0_0_2() -> None:
    metric = replace(SECOND.metrics[0], value=number("0.5"))
    card = replace(SECOND, metrics=(metric, *SECOND.metrics[1:]))
    before, after = document(FILES["second"]), document(write_card(card, "mct").data)
    before["quantitative_analysis"]["performance_metrics"][0]["value"] = "0.5"
    assert after == before


def test_one_value_of_a_file_in_0_0_1_stays_a_number() -> None:
    metric = replace(FIRST.metrics[0], value=number("0.50"))
    card = replace(FIRST, metrics=(metric, FIRST.metrics[1]))
    gone, new = changed(TOOLKIT_FIRST, card)
    assert new == ['{"type": "rmse", "value": 0.50, "threshold": 0.5},']
    assert not any("Caf" in one for one in (*gone, *new))


def test_an_item_that_is_kept_stays_where_it_is_when_its_neighbors_change() -> None:
    card = replace(SECOND, metrics=SECOND.metrics[1:], sections={**SECOND.sections, "users": "All"})
    after = document(write_card(card, "mct").data)
    metrics = after["quantitative_analysis"]["performance_metrics"]
    assert [one["type"] for one in metrics] == ["no value", "rmse"]
    limits = [one["description"] for one in after["considerations"]["limitations"]]
    assert limits == ["Ice", "", "Shoals"]
    assert after["considerations"]["users"] == [{"description": "All"}]


def test_a_picture_that_is_gone_is_taken_out_and_the_others_stay() -> None:
    card = replace(SECOND, figures=SECOND.figures[1:])
    written = write_card(card, "mct")
    assert written.losses == ()
    data = document(written.data)["model_parameters"]["data"]
    assert [one["name"] for one in data[0]["graphics"]["collection"]] == ["Gone"]
    assert data[0]["graphics"]["description"] == "By month"


def test_a_text_proto_keeps_its_comments_and_its_syntax() -> None:
    details = replace(PROTO.details, name='Sea "state"')
    limits = "- Ice\n- Shoals\n- Wrecks"
    card = replace(PROTO, details=details, sections={**PROTO.sections, "known_failures": limits})
    gone, new = changed(TOOLKIT_PROTO, card)
    assert gone == ['name: "Sea state"   # as on the bridge']
    assert new == [
        'name: "Sea \\"state\\""   # as on the bridge',
        "limitations {",
        'description: "Wrecks"',
        "}",
    ]


def test_a_field_of_a_text_proto_goes_and_another_comes() -> None:
    card = replace(
        PROTO,
        parties=PROTO.parties[:1],
        licenses=(License(id="mit"),),
        considerations=(Consideration(section="ethics", name="None", mitigation="Ask"),),
    )
    gone, new = changed(TOOLKIT_PROTO, card)
    assert gone == ["owners: <", 'name: "Grace";', ">"]
    assert [one for one in new if ":" in one] == [
        'identifier: "mit"',
        'name: "None"',
        'mitigation_strategy: "Ask"',
    ]


@pytest.mark.parametrize("key", ["second", "first", "proto"])
def test_a_card_that_lost_all_its_fields_is_still_a_file(key: str) -> None:
    card = read_card(FILES[key]).card
    bare = ModelCard(sources=card.sources, attachments=card.attachments, kept=card.kept)
    assert read_card(write_card(bare, "mct").data).format == "mct"


# --- new files -----------------------------------------------------------------------------------


def test_a_new_file_is_json_of_0_0_2_and_says_the_rest_in_words() -> None:
    tree = document(write_card(FULL_CARD, "mct").data)
    assert tree["schema_version"] == "0.0.2"
    assert tree["quantitative_analysis"]["performance_metrics"][0] == {
        "type": "auc",
        "value": "0.857",
        "slice": "age 18-25",
        "confidence_interval": {"lower_bound": "0.85", "upper_bound": "0.86"},
    }
    words = tree["model_details"]["documentation"]
    assert "Nobody attacked it." in words
    assert "typed by Ada" in words


def test_pictures_go_along_to_a_new_file() -> None:
    card = replace(SECOND, sources=())
    back = read_card(write_card(card, "mct").data).card
    assert back.figures == SECOND.figures
    assert {one.digest for one in back.figures} <= back.attachments.keys()


# --- wrong files ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "field", "rule"),
    [
        (TOOLKIT_SECOND.replace("0.0.2", "0.0.3", 1), "schema_version", "version"),
        ('{"schema_version": 2, "model_details": {}}', "schema_version", "version"),
        ('{"$schema": "x", "properties": {"model_details": {}}}', "file", "schema"),
        (TOOLKIT_SECOND.rstrip()[:-1], "file", "json"),
        (TOOLKIT_PROTO.rstrip()[:-1], "file", "proto"),
        ('model_details { name: "a', "file", "proto"),
        ('model_details { name "a" }', "file", "proto"),
        ("model_details { name: [ }", "file", "proto"),
        ("model_details { name: SOME_NAME }", "file", "proto"),
        ('model_details { name: "\\377" }', "file", "encoding"),
        ('model_details { name: "\\000" }', "file", "characters"),
        ("model_details {" * 200, "file", "depth"),
    ],
)
def test_it_is_refused_with_the_reason(text: str, field: str, rule: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_card(text.encode(), name=guess(text.encode()))
    first = caught.value.problems[0]
    assert (first.field, first.rule) == (field, rule)
    assert first.message


def test_a_line_that_is_no_proto_is_named() -> None:
    with pytest.raises(InvalidInput, match="Line 3 "):
        read_card(b'model_details {\n  name: "a"\n  version ?\n}\n')


def test_a_wrong_id_is_a_warning_and_kept() -> None:
    text = TOOLKIT_SECOND.replace("{", '{"$id": "https://example.org/other",', 1)
    reading = read_card(text.encode())
    assert ("$id", 1) in {(one.field, one.line) for one in reading.warnings}
    assert write_card(reading.card, "mct").data == text.encode()


@pytest.mark.parametrize(
    "image", ["file:///etc/passwd", "https://example.org/x.png", "PHNjcmlwdD4=", "", "é"]
)
def test_what_is_no_picture_is_kept_as_text(image: str) -> None:
    graphics = {"collection": [{"name": "x", "image": image}]}
    text = json.dumps({"model_details": {"name": "n"}, "quantitative_analysis": {
        "graphics": graphics}})  # fmt: skip
    card = read_card(text.encode(), name="mct").card
    assert card.figures == ()
    assert json.dumps(image, ensure_ascii=False) in card.kept[0].json


@pytest.mark.parametrize(
    "tree",
    [
        {"model_details": [1]},
        {"model_details": {"owners": {"name": "x"}, "version": "2", "licenses": "mit"}},
        {"model_details": {"owners": [1, None, "x", []], "references": [None, {}, {"a": 1}]}},
        {"model_parameters": {"data": "x", "input_format_map": [{"key": "a"}]}},
        {"quantitative_analysis": {"performance_metrics": [1, "x", {"value": []}], "graphics": 1}},
        {"model_details": {}, "considerations": {"users": "x", "use_cases": [[], {"b": 1}]}},
    ],
)
def test_what_has_another_type_than_it_should_is_kept_and_said(tree: dict[str, Any]) -> None:
    data = json.dumps(tree).encode()
    reading = read_card(data, name="mct")
    assert reading.warnings
    written = write_card(replace(reading.card, sources=reading.card.sources), "mct")
    assert (written.data, written.losses) == (data, ())


# --- text proto ----------------------------------------------------------------------------------


def test_a_proto_is_rendered_as_it_is_read() -> None:
    tree = tree_of_fields(fields_of(TOOLKIT_PROTO), REPEATED)
    assert tree_of_fields(fields_of(rendered(tree)), REPEATED) == tree
    assert edited(TOOLKIT_PROTO, tree, tree, REPEATED) == TOOLKIT_PROTO


@pytest.mark.parametrize("text", ['a\\b"c', "\t\n\r\x07", "é🚧ر", "'"])
def test_any_text_stands_in_a_proto(text: str) -> None:
    tree = {"name": text}
    assert tree_of_fields(fields_of(rendered(tree)), frozenset()) == tree


WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=4)
MESSAGES = st.recursive(
    st.fixed_dictionaries({}, optional={"a": WORDS, "r": st.lists(WORDS, min_size=1, max_size=3)}),
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "a": WORDS,
            "b": inner,
            "r": st.lists(WORDS, min_size=1, max_size=3),
            "s": st.lists(inner, min_size=1, max_size=3),
        },
    ),
    max_leaves=6,
)


@given(MESSAGES, MESSAGES, st.booleans())
def test_any_edit_of_a_proto_is_made_and_no_other(one: Any, two: Any, joined: bool) -> None:
    text = rendered(one)
    if joined:
        text = " ".join(line.strip() + "," * line.endswith(('"', "}")) for line in text.split("\n"))
    repeated = frozenset("rs")
    assert tree_of_fields(fields_of(text), repeated) == one
    after = edited(text, one, two, repeated)
    assert tree_of_fields(fields_of(after), repeated) == two
    assert edited(text, one, one, repeated) == text
