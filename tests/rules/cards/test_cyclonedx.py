"""Bills of materials: by the schemas of CycloneDX, in both syntaxes, changed where they differ."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import pytest
from cyclonedx.model.bom import Bom
from cyclonedx.schema import OutputFormat, SchemaVersion
from cyclonedx.validation import make_schemabased_validator
from hypothesis import given
from hypothesis import strategies as st

from governance.cards.formats import Rule, guess, read_card, write_card
from governance.cards.formats.accounting import account_of, lost
from governance.cards.rules.model_card import (
    Dataset,
    Extension,
    License,
    Metric,
    ModelCard,
    Party,
    Quantity,
    Reference,
)
from governance.cards.rules.numbers import number
from governance.core.errors import InvalidInput
from tests.rules.cards.bills import BILL, CARD_XML, CYCLONEDX, MODEL
from tests.rules.cards.documents import DOCUMENTS, FULL_CARD

NAME = "cyclonedx"
VERSIONS = {"1.5": SchemaVersion.V1_5, "1.6": SchemaVersion.V1_6, "1.7": SchemaVersion.V1_7}
VALID = {
    "json-1.6": ("1.6", OutputFormat.JSON),
    "one-line-1.5": ("1.5", OutputFormat.JSON),
    "json-1.7-crlf": ("1.7", OutputFormat.JSON),
    "xml-least": ("1.5", OutputFormat.XML),
}
CHANGES: dict[str, Callable[[ModelCard], ModelCard]] = {
    "version": lambda card: replace(card, details=replace(card.details, version="15")),
    "section": lambda card: with_section(card, "human_oversight", "A <clerk> & a lead.\n\nBoth."),
    "list": lambda card: with_section(card, "intended_use", "- Loans\n- Cards\n- More"),
    "metric": lambda card: replace(card, metrics=(*card.metrics, AUC)),
    "no-metrics": lambda card: replace(card, metrics=()),
    "license": lambda card: replace(card, licenses=(License(id="apache-2.0"), License(id="own"))),
    "party": lambda card: replace(card, parties=(*card.parties, BOB, BANK)),
    "reference": lambda card: replace(card, references=(CODE,)),
    "dataset": lambda card: replace(card, datasets=(*card.datasets, DATA)),
    "no-datasets": lambda card: replace(card, datasets=()),
    "empty": lambda card: ModelCard(sources=card.sources, attachments=card.attachments),
}
AUC = Metric(type="auc", value=number("0.91"), slice="old")
BOB = Party(name="Bob", role="author")
BANK = Party(name="Bank", role="manufacturer", contact="x@example.org")
CODE = Reference(kind="vcs", title="Here", url="https://example.org/new")
DATA = Dataset(role="training", name="New", id="n1", rows=number("12"), sensitive=("age",))


def with_section(card: ModelCard, key: str, text: str) -> ModelCard:
    return replace(card, sections={**card.sections, key: text})


def assert_valid(data: bytes, version: str, syntax: OutputFormat) -> None:
    validator = make_schemabased_validator(syntax, VERSIONS[version])
    error = validator.validate_str(data.decode())
    assert error is None, str(error)[:2000]


def changed_lines(before: bytes, after: bytes) -> tuple[list[str], list[str]]:
    lines = list(difflib.ndiff(before.decode().splitlines(), after.decode().splitlines()))
    gone = [line[2:].strip() for line in lines if line.startswith("- ")]
    return gone, [line[2:].strip() for line in lines if line.startswith("+ ")]


# --- what other code says of what we write -------------------------------------------------------


@pytest.mark.parametrize(("name", "key"), [(n, k) for n in DOCUMENTS for k in DOCUMENTS[n]])
def test_a_new_bill_is_valid(name: str, key: str) -> None:
    card = read_card(DOCUMENTS[name][key], name=name).card
    fresh = replace(card, sources=(), attachments={})
    for carry in (True, False):
        assert_valid(write_card(fresh, NAME, carry=carry).data, "1.6", OutputFormat.JSON)


@pytest.mark.parametrize("key", VALID)
@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("carry", [True, False])
def test_a_changed_bill_is_as_valid_as_before(key: str, change: str, carry: bool) -> None:
    version, syntax = VALID[key]
    assert_valid(CYCLONEDX[key], version, syntax)
    card = CHANGES[change](read_card(CYCLONEDX[key]).card)
    assert_valid(write_card(card, NAME, carry=carry).data, version, syntax)


def test_the_library_reads_what_we_write() -> None:
    tree = json.loads(write_card(FULL_CARD, NAME).data)
    bom = Bom.from_json(tree)  # type: ignore[attr-defined]
    (component,) = bom.components
    assert (component.name, component.version) == ("PD scorecard", "14")
    assert component.description == FULL_CARD.sections["overview"]
    assert {one.id for one in component.licenses} == {"Apache-2.0", "MIT"}


# --- reading -------------------------------------------------------------------------------------


def test_both_syntaxes_say_the_same() -> None:
    card = read_card(CYCLONEDX["json-1.6"]).card
    xml = write_card(replace(card, sources=(), attachments=card.attachments), NAME).data
    assert account_of(read_card(xml).card)["sections"] == account_of(card)["sections"]
    from_xml = read_card(CYCLONEDX["xml-1.7"]).card
    assert from_xml.details.name == card.details.name
    assert from_xml.sections["overview"] == "It estimates default < 1 year."
    assert from_xml.sections["intended_use"] == "- Loans\n- Limits"
    assert from_xml.licenses == (License(id="MIT OR Apache-2.0"),)
    assert from_xml.datasets[0] == Dataset(id="loans", name="Loans of ten years")
    assert from_xml.datasets[1].sensitive == ("age",)
    assert from_xml.quantities[0].value.written == "0.40"
    assert from_xml.metrics[0].value.provenance.place.endswith("performanceMetrics[0].value")


def test_what_the_card_of_a_bill_says() -> None:
    card = read_card(CYCLONEDX["json-1.6"]).card
    assert card.parties == (
        Party(name="Bank", role="supplier"),
        Party(name="Ada", role="author", contact="ada@example.org"),
    )
    assert card.details.base_models == ("older",)
    assert [one.name for one in card.quantities] == [
        f"{activity} {what}"
        for activity in ("training", "training (2)", "inference")
        for what in ("energy", "CO2 equivalent")
    ]
    assert card.attachments[card.figures[0].digest] == b"\x89PN"
    kept = {one.place for one in card.kept}
    assert "/components/1/modelCard/quantitativeAnalysis/performanceMetrics/0" in kept
    assert "/components/1/modelCard/modelParameters/datasets/2" in kept
    assert "/components/3" in kept


@pytest.mark.parametrize("key", ["json-1.6", "xml-1.7"])
def test_warnings_name_line_and_field(key: str) -> None:
    warnings = {one.field: one.line for one in read_card(CYCLONEDX[key]).warnings}
    field = "components[1].modelCard.quantitativeAnalysis.performanceMetrics"
    said = {place: at for place, at in warnings.items() if place.startswith(field)}
    (at,) = said.values()
    text = CYCLONEDX[key].decode().splitlines()[(at or 0) - 1 :]
    assert "no value" in " ".join(text[:4])
    at = warnings["components[1].modelCard.modelParameters.approach"] or 0
    assert "approach" in CYCLONEDX[key].decode().splitlines()[at - 1]
    assert not [place for place in warnings if not place.startswith("components[")]


def test_of_several_models_the_first_with_a_card_is_read_and_the_others_stay() -> None:
    reading = read_card(CYCLONEDX["json-1.6"])
    (other,) = [one for one in reading.warnings if "is a model too" in one.message]
    assert (other.field, "'challenger'" in other.message) == ("components[3]", True)
    written = write_card(CHANGES["version"](reading.card), NAME).data
    assert json.loads(written)["components"][3] == BILL["components"][3]  # type: ignore[index]


def test_a_model_may_be_what_the_bill_is_about_or_a_part_of_it() -> None:
    card = read_card(CYCLONEDX["one-line-1.5"]).card
    assert card.details.name == "inner"
    main = {**BILL, "metadata": {"component": MODEL}, "components": []}
    assert read_card(json.dumps(main).encode()).card.details.name == "pd-scorecard"


# --- writing -------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", CYCLONEDX)
@pytest.mark.parametrize("change", [one for one in CHANGES if one not in {"empty"}])
def test_a_change_comes_back_and_what_it_does_not_concern_stays(key: str, change: str) -> None:
    reading = read_card(CYCLONEDX[key])
    card = CHANGES[change](reading.card)
    written = write_card(card, NAME)
    assert {one.rule for one in written.losses} <= {Rule.CARRIED, Rule.DROPPED}
    back = read_card(written.data)
    assert back.format == NAME
    assert not [one for one in back.warnings if "extension" in one.field]
    kept = {(one.place, one.json) for one in reading.card.kept}
    gone = {place for place, _ in kept - {(one.place, one.json) for one in back.card.kept}}
    if change not in {"no-metrics", "no-datasets", "license", "reference"}:
        assert gone == set()
        assert list(lost(account_of(card), account_of(back.card))) == []


@pytest.mark.parametrize(
    ("change", "gone", "new"),
    [
        ("version", ["<c:version>14</c:version>"], ["<c:version>15</c:version>"]),
        (
            "list",
            ["<c:useCase>Limits</c:useCase>"],
            ["<c:useCase>Cards</c:useCase>", "<c:useCase>More</c:useCase>"],
        ),
        (
            "metric",
            [],
            [
                "<c:performanceMetric>",
                "<c:type>auc</c:type>",
                "<c:value>0.91</c:value>",
                "<c:slice>old</c:slice>",
                "</c:performanceMetric>",
            ],
        ),
        (
            "section",
            [],
            [
                '<c:property name="countersign:section:human_oversight">'
                "A &lt;clerk&gt; &amp; a lead.",
                "",
                "Both.</c:property>",
            ],
        ),
    ],
)
def test_only_what_differs_changes_in_xml(change: str, gone: list[str], new: list[str]) -> None:
    data = CYCLONEDX["xml-1.7"]
    after = write_card(CHANGES[change](read_card(data).card), NAME, carry=False).data
    assert changed_lines(data, after) == (gone, new)
    ElementTree.fromstring(after)


def test_only_what_differs_changes_in_json() -> None:
    data = CYCLONEDX["json-1.7-crlf"]
    after = write_card(CHANGES["version"](read_card(data).card), NAME, carry=False).data
    assert changed_lines(data, after) == (['"version": "14",'], ['"version": "15",'])
    after = write_card(CHANGES["metric"](read_card(data).card), NAME, carry=False).data
    assert after.count(b"\r\n") == after.count(b"\n")


def test_energy_keeps_its_provider() -> None:
    card = read_card(CYCLONEDX["json-1.6"]).card
    first = replace(card.quantities[0], value=number("3.10"))
    other = Quantity(section="environment", name="design energy", value=number("1"), unit="kWh")
    written = write_card(
        replace(card, quantities=(first, *card.quantities[1:], other)), NAME, carry=False
    )
    assert {one.path for one in written.losses} == {
        f"quantities[6].{key}" for key in ("section", "name", "value.value", "unit")
    }
    assert b'"value": 3.10' in written.data
    said: Any = json.loads(written.data)["components"][1]["modelCard"]["considerations"]
    used = said["environmentalConsiderations"]["energyConsumptions"]
    assert [len(one["energyProviders"]) for one in used] == [1, 1, 1]


def test_xml_leaves_out_what_it_cannot_say_and_the_report_tells() -> None:
    card = with_section(read_card(CYCLONEDX["xml-1.7"]).card, "monitoring", "a\x0cb")
    plain = write_card(card, NAME, carry=False)
    assert [(one.path, one.says) for one in plain.losses] == [("sections.monitoring", "a b")]
    assert read_card(write_card(card, NAME).data).card.sections["monitoring"] == "a\x0cb"


XML_TEXT = st.text(st.sampled_from("ab<>&\"' \n\t\r]é🚧\u2028"), min_size=1, max_size=8).filter(
    str.strip
)


@given(st.lists(XML_TEXT, min_size=1, max_size=4), XML_TEXT, XML_TEXT)
def test_any_text_comes_through_xml(uses: list[str], name: str, kind: str) -> None:
    card = read_card(CYCLONEDX["xml-1.7"]).card
    card = replace(
        with_section(card, "intended_use", "\n".join(f"- {one}" for one in uses)),
        details=replace(card.details, name=name, inputs=(kind, name), languages=(kind,)),
        references=(Reference(kind="vcs", url=kind, title=name),),
        extensions=(Extension(key="own", title=kind, text=name),),
    )
    written = write_card(card, NAME, carry=False)
    assert written.losses == ()
    assert list(lost(account_of(card), account_of(read_card(written.data).card))) == []


# --- wrong files ---------------------------------------------------------------------------------

BOMB = '<!DOCTYPE bom [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
OUTSIDE = '<!DOCTYPE bom SYSTEM "file:///etc/passwd">'


@pytest.mark.parametrize(
    ("data", "field", "rule"),
    [
        (CARD_XML.replace("<!-- Made by hand. -->", BOMB), "file", "doctype"),
        (CARD_XML.replace("<!-- Made by hand. -->", OUTSIDE), "file", "doctype"),
        (CARD_XML.replace("</c:bom>", ""), "file", "xml"),
        (CARD_XML.replace("/1.7", "/1.4"), "specVersion", "version"),
        (CARD_XML.replace("c:bom", "c:bill"), "file", "type"),
        (CARD_XML.replace('"UTF-8"', '"ISO-8859-1"'), "file", "encoding"),
        (json.dumps({**BILL, "specVersion": "2.0"}), "specVersion", "version"),
        (json.dumps({**BILL, "components": []}), "components", "model"),
        (json.dumps({**BILL, "components": {"a": 1}, "metadata": []}), "components", "model"),
    ],
)
def test_a_wrong_bill_is_refused_whole(data: str, field: str, rule: str) -> None:
    assert guess(data.encode()) == NAME
    with pytest.raises(InvalidInput) as caught:
        read_card(data.encode())
    first = caught.value.problems[0]
    assert (first.field, first.rule) == (field, rule)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("ab\n", max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text("xy"), inner, max_size=2),
    max_leaves=4,
)


@given(st.data())
def test_a_model_with_anything_in_its_fields_comes_back(data: Any) -> None:
    """Whatever stands where a list or a text should, the file and an edit of it are whole."""
    keys = data.draw(st.lists(st.sampled_from(sorted(MODEL)), unique=True))
    model = {**MODEL, **{key: data.draw(JSON) for key in keys if key not in {"type"}}}
    card = data.draw(st.sampled_from(sorted(MODEL["modelCard"])))  # type: ignore[call-overload]
    model["modelCard"] = {**MODEL["modelCard"], card: data.draw(JSON)}  # type: ignore[dict-item]
    file = json.dumps({**BILL, "components": [model]}).encode()
    reading = read_card(file)
    assert write_card(reading.card, NAME).data == file
    changed = with_section(reading.card, "monitoring", "Weekly.")
    assert account_of(read_card(write_card(changed, NAME).data).card) == account_of(changed)
