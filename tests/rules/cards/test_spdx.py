"""Documents of SPDX 3: by the model of SPDX itself, changed where they differ, nothing fetched."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import spdx_python_model
from hypothesis import given
from hypothesis import strategies as st

from governance.cards.formats import Rule, guess, read_card, write_card
from governance.cards.formats.accounting import account_of, lost
from governance.cards.rules.model_card import (
    Dataset,
    Details,
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
from tests.rules.cards.documents import DOCUMENTS, FULL_CARD
from tests.rules.cards.spdx_documents import BASE, DOCUMENT, GRAPH, MODEL, SPDX

NAME = "spdx"
CARD = read_card(SPDX["graph"]).card
DATA = Dataset(role="training", name="New", id=f"{BASE}/new", rows=number("12"), recency="2025")
CHANGES: dict[str, Callable[[ModelCard], ModelCard]] = {
    "version": lambda card: replace(card, details=replace(card.details, version="15")),
    "overview": lambda card: with_section(card, "overview", "It ranks."),
    "section": lambda card: with_section(card, "human_oversight", "A clerk."),
    "metric": lambda card: replace(
        card, metrics=(*card.metrics, Metric(type="ks", value=number("0.4")))
    ),
    "quantity": lambda card: replace(
        card,
        quantities=(
            *card.quantities,
            Quantity(
                section="environment", name="training energy (2)", value=number("1"), unit="MJ"
            ),
        ),
    ),
    "license": lambda card: replace(card, licenses=(License(id="apache-2.0"), License(id="own"))),
    "party": lambda card: replace(
        card, parties=(Party(role="supplier", name="Bob", contact="bob@example.org"),)
    ),
    "reference": lambda card: replace(
        card, references=(Reference(kind="homepage", url="https://example.org/home"),)
    ),
    "dataset": lambda card: replace(card, datasets=(*card.datasets, DATA)),
    "renamed": lambda card: replace(
        card, datasets=tuple(replace(one, name=f"{one.name}!") for one in card.datasets)
    ),
    "no-datasets": lambda card: replace(card, datasets=()),
    "extension": lambda card: replace(
        card,
        extensions=(Extension(key="x", title="Safety risk assessment", text="high"),),
    ),
    "empty": lambda card: ModelCard(sources=card.sources, attachments=card.attachments),
}


def with_section(card: ModelCard, key: str, text: str) -> ModelCard:
    return replace(card, sections={**card.sections, key: text})


def read_by_spdx(data: bytes) -> list[Any]:
    """Return the objects; the model of SPDX refuses unknown fields, wrong values and missing ones,
    these when it writes.
    """
    model, found = spdx_python_model.load_data(json.loads(data))
    model.JSONLDSerializer().serialize_data(found)
    return list(found.foreach())


def packages(found: list[Any]) -> list[Any]:
    return [one for one in found if type(one).__name__ == "ai_AIPackage"]


def changed_lines(before: bytes, after: bytes) -> tuple[list[str], list[str]]:
    lines = list(difflib.ndiff(before.decode().splitlines(), after.decode().splitlines()))
    gone = [line[2:].strip() for line in lines if line.startswith("- ")]
    return gone, [line[2:].strip() for line in lines if line.startswith("+ ")]


@pytest.mark.parametrize(("name", "key"), [(n, k) for n in DOCUMENTS for k in DOCUMENTS[n]])
def test_a_new_document_is_valid(name: str, key: str) -> None:
    card = read_card(DOCUMENTS[name][key], name=name).card
    fresh = replace(card, sources=(), attachments={})
    for carry in (True, False):
        assert packages(read_by_spdx(write_card(fresh, NAME, carry=carry).data))


def test_a_new_document_says_what_the_card_says() -> None:
    found = read_by_spdx(write_card(FULL_CARD, NAME).data)
    (package,) = packages(found)
    assert (package.name, package.software_packageVersion) == ("PD scorecard", "14")
    assert package.ai_informationAboutApplication == FULL_CARD.sections["intended_use"]
    assert {one.key: one.value for one in package.ai_metric} == {
        "auc": "0.857",
        "wer": "20.0 ± 1.2",
    }
    relations = [one for one in found if type(one).__name__ == "Relationship"]
    related = {one.relationshipType.rpartition("/")[2] for one in relations}
    assert related == {"trainedOn", "testedOn", "hasDeclaredLicense"}


@pytest.mark.parametrize("key", SPDX)
@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("carry", [True, False])
def test_a_changed_document_is_as_valid_as_before(key: str, change: str, carry: bool) -> None:
    read_by_spdx(SPDX[key])
    read_by_spdx(write_card(CHANGES[change](read_card(SPDX[key]).card), NAME, carry=carry).data)


def test_what_the_card_of_a_document_says() -> None:
    assert CARD.sections["overview"] == "It estimates default."
    assert CARD.details.model_type == "scorecard; logistic regression"
    assert CARD.parties == (
        Party(role="supplier", name="Ada", contact="ada@example.org"),
        Party(role="originator", name=f"{BASE}/firm"),
        Party(role="originator", name="https://example.org/elsewhere"),
    )
    assert CARD.licenses == (License(id="MIT"),)
    assert [(one.role, one.name) for one in CARD.datasets] == [
        ("training and evaluation", "Loans"),
        ("evaluation", "Fourth quarter"),
    ]
    assert CARD.datasets[0].filters == "- No staff.\n- No doubles."
    assert {one.name: one.value.written for one in CARD.quantities} == {
        "C": "1e-3",
        "solver": "lbfgs",
        "auc": "0.75",
        "training energy": "2.5",
    }
    assert {one.title: one.text for one in CARD.extensions}["Safety risk assessment"] == "low"
    places = {one.place for one in CARD.kept}
    assert {"/@graph/11", "/@graph/12", "/@graph/13", "/@graph/7/dataset_datasetSize"} <= places


def test_warnings_name_line_and_field() -> None:
    lines = SPDX["graph"].decode().splitlines()
    said = {one.field: one for one in read_card(SPDX["graph"]).warnings}
    assert list(said)[:2] == ["@graph[13]", "@graph[5].ai_metric[1]"]
    assert "'challenger' is a model too" in said["@graph[13]"].message
    at = said["@graph[5].ai_metric[1]"].line or 0
    assert '"key": "none"' in " ".join(lines[at - 1 : at + 3])
    kept = [one for key, one in said.items() if key.endswith("software_primaryPurpose")]
    assert ["software_primaryPurpose" in lines[(one.line or 0) - 1] for one in kept] == [True]
    # What holds the document together needs no word.
    assert not [key for key in said if key.endswith(("creationInfo", "spdxId", "type"))]


@pytest.mark.parametrize(
    ("date", "at", "created"),
    [
        ("", "", "1970-01-01T00:00:00Z"),
        ("", "2026-03-02T12:00:00Z", "2026-03-02T12:00:00Z"),
        ("2025-01-01T00:00:00Z", "2026-03-02T12:00:00Z", "2025-01-01T00:00:00Z"),
    ],
)
def test_a_new_document_says_when_the_card_was_written(date: str, at: str, created: str) -> None:
    card = ModelCard(details=Details(name="PD", date=date), sections={"task": "Text."})
    graph = json.loads(write_card(card, "spdx", at=at).data)["@graph"]
    assert [one["created"] for one in graph if one["type"] == "CreationInfo"] == [created]


@pytest.mark.parametrize("key", SPDX)
@pytest.mark.parametrize("change", [one for one in CHANGES if one != "empty"])
def test_a_change_comes_back_and_what_it_does_not_concern_stays(key: str, change: str) -> None:
    reading = read_card(SPDX[key])
    card = CHANGES[change](reading.card)
    written = write_card(card, NAME)
    assert {one.rule for one in written.losses} <= {Rule.CARRIED}
    back = read_card(written.data)
    assert not [one for one in back.warnings if "Countersign" in one.field]
    assert list(lost(account_of(card), account_of(back.card))) == []
    ids = {one.get("spdxId") for one in GRAPH}
    if key == "graph":
        after = json.loads(written.data)["@graph"]
        gone = ids - {one.get("spdxId") for one in after}
        assert len(gone) == (2 if change == "no-datasets" else 0)


@pytest.mark.parametrize(
    ("change", "gone", "new"),
    [
        (
            "version",
            ['"software_packageVersion": "14",'],
            ['"software_packageVersion": "15",'],
        ),
        (
            "overview",
            ['"comment": "It estimates default.",'],
            ['"comment": "It ranks.",'],
        ),
        (
            "renamed",
            ['"name": "Fourth quarter",', '"name": "Loans",'],
            ['"name": "Fourth quarter!",', '"name": "Loans!",'],
        ),
    ],
)
def test_only_what_differs_changes(change: str, gone: list[str], new: list[str]) -> None:
    written = write_card(CHANGES[change](CARD), NAME)
    assert written.losses == ()
    assert changed_lines(SPDX["graph"], written.data) == (gone, new)


def test_nothing_is_left_of_an_element_without_its_type() -> None:
    tree = json.loads(SPDX["graph"])
    for one in tree["@graph"]:
        if one["type"] == "Relationship":
            one["externalRef"] = [{"type": "ExternalRef", "comment": "As agreed."}]
    model = next(one for one in tree["@graph"] if one["type"] == "ai_AIPackage")
    readings = model["ai_energyConsumption"]["ai_trainingEnergyConsumption"]
    other = {"type": readings[0]["type"], "comment": "Not metered."}
    readings.append(other)
    card = read_card(json.dumps(tree).encode()).card
    written = write_card(CHANGES["empty"](card), NAME, carry=False)
    graph = json.loads(written.data)["@graph"]
    assert all("type" in one for one in graph)
    related = {one["relationshipType"] for one in graph if one.get("from") == MODEL["spdxId"]}
    assert related == {"hasConcludedLicense"}
    (left,) = (one["ai_energyConsumption"] for one in graph if "ai_energyConsumption" in one)
    assert left == {"type": "ai_EnergyConsumption", "ai_trainingEnergyConsumption": [other]}


@pytest.mark.parametrize(
    ("tree", "field", "rule"),
    [
        ({**DOCUMENT, "@graph": [one for one in GRAPH if "AI" not in str(one["type"])]},
         "@graph", "model"),
        ({**DOCUMENT, "@graph": {}}, "@graph", "model"),
        ({**DOCUMENT, "@graph": [1, None, "x"]}, "@graph", "model"),
        ({**DOCUMENT, "@context": "urn:other"}, "@context", "version"),
    ],
)  # fmt: skip
def test_a_wrong_document_is_refused_whole(tree: dict[str, Any], field: str, rule: str) -> None:
    data = json.dumps(tree).encode()
    if rule != "version":
        assert guess(data) == NAME
    with pytest.raises(InvalidInput) as caught:
        read_card(data, name=NAME)
    first = caught.value.problems[0]
    assert (first.field, first.rule) == (field, rule)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("ab\n", max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text("xy"), inner, max_size=2),
    max_leaves=4,
)


@given(st.data())
def test_a_model_with_anything_in_its_fields_comes_back(data: Any) -> None:
    keys = data.draw(st.lists(st.sampled_from(sorted(MODEL)), unique=True))
    model = {**MODEL, **{key: data.draw(JSON) for key in keys if key not in {"type", "spdxId"}}}
    others = [{**one, "to": data.draw(JSON)} if "to" in one else one for one in GRAPH[6:]]
    file = json.dumps({**DOCUMENT, "@graph": [*GRAPH[:5], model, *others]}).encode()
    reading = read_card(file)
    assert write_card(reading.card, NAME).data == file
    changed = with_section(reading.card, "monitoring", "Weekly.")
    back = read_card(write_card(changed, NAME).data).card
    assert list(lost(account_of(changed), account_of(back))) == []
