"""Amazon SageMaker: edits in place, the answer of the API, limits, and files that are wrong."""

from __future__ import annotations

import difflib
import json
from dataclasses import replace
from typing import Any

import pytest

from governance.cards.formats import Rule, guess, read_card, write_card
from governance.cards.formats.accounting import account_of, lost
from governance.cards.rules.model_card import Extension, Figure, Metric, ModelCard, Reference
from governance.cards.rules.numbers import Provenance, number
from governance.core.canonical import sha256_hex
from governance.core.errors import InvalidInput
from tests.rules.cards.documents import (
    CLARIFY,
    DOCUMENTS,
    FULL_CARD,
    SAGEMAKER_ANSWER,
    SAGEMAKER_CONTENT,
)

FILES = DOCUMENTS["sagemaker"]
CARD = read_card(FILES["content"]).card
ANSWER = read_card(FILES["answer"]).card
BIAS = read_card(FILES["bias"]).card


def document(data: bytes | str) -> Any:
    return json.loads(data, parse_float=str)


def rewritten(card: ModelCard) -> Any:
    """Return the file; reading it gives the card as it is now."""
    written = write_card(card, "sagemaker")
    assert written.losses == ()
    assert list(lost(account_of(card), account_of(read_card(written.data).card))) == []
    return document(written.data)


# --- what is read --------------------------------------------------------------------------------


def test_numbers_are_as_they_were_written_and_know_their_place() -> None:
    assert [(one.name, one.value.written, one.group) for one in CARD.metrics] == [
        ("loss", "0.2500", "Training metrics"),
        ("auc", "0.90", "User-provided training metrics"),
        ("auc", "0.8570", "Spring / all"),
        ("wer", "20.0 ± 1.2", "Spring / all"),
        ("auc", "1e-5", "Fall / all"),
    ]
    provenance = CARD.metrics[2].value.provenance
    assert provenance.place == "evaluation_details[0].metric_groups[0].metric_data[1].value"
    assert provenance.source.endswith("processing-job/spring")
    assert [one.value.written for one in CARD.quantities] == ["6", "binary_classifier"]


def test_a_custom_detail_that_is_called_as_a_section_is_one() -> None:
    assert CARD.sections["monitoring"] == "Weekly."
    assert [(one.title, one.text) for one in CARD.extensions] == [
        ("Line of business", "Retail banking"),
        ("Fall", "Not yet whole."),
        ("Cost center", "4711"),
    ]


def test_charts_are_kept_whole() -> None:
    places = {one.place for one in CARD.kept}
    group = "/evaluation_details/0/metric_groups"
    assert {f"{group}/0/metric_data/0", f"{group}/0/metric_data/2", f"{group}/1"} <= places
    assert "0.40" in next(one.json for one in CARD.kept if one.place.endswith("data/0"))


def test_the_name_of_the_card_stands_around_the_content_of_an_answer() -> None:
    assert (ANSWER.details.name, ANSWER.details.version) == ("churn-card", "2")
    assert ANSWER.sections["overview"] == "Café"
    found = {(one.line, one.field) for one in read_card(FILES["answer"]).warnings}
    assert {(2, "ModelCardArn"), (5, "Content.newer.a")} <= {
        (line, field if field != "Content.newer" else "Content.newer.a") for line, field in found
    }


def test_a_facet_of_a_bias_report_is_a_slice() -> None:
    assert [(one.type, one.slice, one.value.written) for one in BIAS.metrics] == [
        ("AD", "age=(40, 65]", "-0.1140"),
        ("DPL", "age=(40, 65]", "0.3"),
        ("AD", "age=0", "0.10"),
    ]


# --- edits in place ------------------------------------------------------------------------------


def test_one_value_of_an_evaluation() -> None:
    metrics = list(CARD.metrics)
    metrics[2] = replace(metrics[2], value=replace(metrics[2].value, value="0.9"))
    before, after = document(SAGEMAKER_CONTENT), rewritten(replace(CARD, metrics=tuple(metrics)))
    before["evaluation_details"][0]["metric_groups"][0]["metric_data"][1]["value"] = "0.9"
    assert after == before


def test_charts_stay_where_they_are_when_a_metric_goes_and_another_comes() -> None:
    more = Metric(name="f1", value=number("0.5"), group="Spring / all")
    metrics = (*CARD.metrics[:2], *CARD.metrics[3:], more)
    data = rewritten(replace(CARD, metrics=metrics))["evaluation_details"]
    names = [one["name"] for one in data[0]["metric_groups"][0]["metric_data"]]
    assert names == ["curve", "ready", "wer", "f1"]
    assert [one["name"] for one in data] == ["Spring", "Nothing yet", "Fall"]
    assert data[0]["metadata"] == {"by": "Grace"}


def test_a_hyperparameter_stays_in_its_list() -> None:
    first, second = CARD.quantities
    changed = replace(first, value=replace(first.value, value="8"))
    job = rewritten(replace(CARD, quantities=(changed, second)))["training_details"]
    job = job["training_job_details"]
    assert job["hyper_parameters"] == [
        {"name": "depth", "value": "8"},
        {"name": "none", "value": ""},
    ]
    assert job["user_provided_hyper_parameters"][0]["value"] == "binary_classifier"


def test_what_was_observed_in_an_evaluation_stays_with_it() -> None:
    extensions = tuple(
        replace(one, text="Whole now.") if one.title == "Fall" else one for one in CARD.extensions
    )
    sections = {**CARD.sections, "evaluation": "Worse."}
    card = replace(CARD, extensions=extensions, sections=sections)
    data = rewritten(card)["evaluation_details"]
    assert [one.get("evaluation_observation") for one in data] == ["Worse.", None, "Whole now."]


def test_the_content_of_an_answer_stays_a_text_in_it() -> None:
    details = replace(ANSWER.details, name="other", model_type="Trees")
    after = rewritten(replace(ANSWER, details=details))
    content = document(after.pop("Content"))
    before = {**SAGEMAKER_ANSWER, "ModelCardName": "other"}
    inner = document(str(before.pop("Content")))
    inner["model_overview"]["algorithm_type"] = "Trees"
    assert (after, content) == (before, inner)


def test_an_edit_touches_the_lines_that_it_changes() -> None:
    card = replace(BIAS, metrics=(replace(BIAS.metrics[0], name="Difference"), *BIAS.metrics[1:]))
    after = write_card(card, "sagemaker")
    assert after.losses == ()
    before = json.dumps(document(CLARIFY), indent=2).splitlines()
    lines = difflib.ndiff(before, json.dumps(document(after.data), indent=2).splitlines())
    changed = [line[2:].strip() for line in lines if line[:2] in {"- ", "+ "}]
    assert changed == [
        '"description": "Accuracy Difference (AD)",',
        '"description": "Difference",',
    ]


def test_a_report_to_which_prose_comes_is_a_card() -> None:
    card = replace(BIAS, sections={"task": "Call."})
    written = write_card(card, "sagemaker")
    tree = document(written.data)
    assert tree["intended_uses"] == {"purpose_of_model": "Call."}
    assert tree.keys().isdisjoint({"version", "post_training_bias_metrics"})
    assert account_of(read_card(written.data).card) == account_of(card)


# --- new files -----------------------------------------------------------------------------------


def test_a_value_does_not_stand_without_its_slice_and_its_interval() -> None:
    tree = document(write_card(FULL_CARD, "sagemaker", carry=False).data)
    metric = tree["evaluation_details"][0]["metric_groups"][0]["metric_data"][0]
    assert (metric["value"], metric["type"]) == ("0.857", "number")
    for words in ("slice: age 18-25", "0.85 to 0.86", "95%", "measured: run run-1"):
        assert words in metric["notes"]


def test_groups_that_begin_alike_are_not_made_one() -> None:
    long = "x" * 70
    metrics = tuple(Metric(name="a", value=number(one), group=long + one) for one in "12")
    tree = document(write_card(ModelCard(metrics=metrics), "sagemaker").data)
    groups = tree["evaluation_details"][0]["metric_groups"]
    assert [one["name"] for one in groups] == [long + "1", long + "2"]


def test_a_text_that_is_too_long_is_cut_and_the_whole_of_it_carried() -> None:
    card = ModelCard(sections={"overview": "word " * 1000})
    plain = write_card(card, "sagemaker", carry=False)
    assert [(one.path, one.rule) for one in plain.losses] == [("sections.overview", Rule.SHORTENED)]
    assert len(document(plain.data)["model_overview"]["model_description"]) == 1024
    written = write_card(card, "sagemaker")
    custom = document(written.data)["additional_information"]["custom_details"]
    assert max(len(one) for one in custom.values()) == 1024
    assert read_card(written.data).card.sections == card.sections


def test_what_the_service_would_refuse_is_not_carried() -> None:
    card = ModelCard(sections={"overview": "word " * 30_000})
    written = write_card(card, "sagemaker")
    assert [one.rule for one in written.losses] == [Rule.SHORTENED]
    assert len(written.data.decode()) < 100_000


def test_the_files_of_other_formats_are_left_behind_before_the_fields_are() -> None:
    text = "# Named\n\n## Uses\n\n" + "word " * 10_000
    card = read_card(text.encode(), name="markdown").card
    written = write_card(card, "sagemaker")
    assert {one.rule for one in written.losses} == {Rule.CARRIED}
    assert read_card(written.data).card.sections == card.sections


@pytest.mark.parametrize(("target", "most"), [("sagemaker", 200_000), ("huggingface", 3_200_000)])
def test_pictures_that_are_too_large_are_left_behind_and_in_the_report(
    target: str, most: int
) -> None:
    data = b"GIF89a" + bytes(most)
    figure = Figure(digest=sha256_hex(data), media_type="image/gif", section="evaluation")
    card = replace(FULL_CARD, figures=(figure,), attachments={figure.digest: data})
    written = write_card(card, target)
    left = {one.path for one in written.losses if one.rule is not Rule.CARRIED}
    assert left == {f"figures[0].{key}" for key in ("digest", "media_type", "section")}
    back = read_card(written.data, name=target).card
    assert account_of(back) == account_of(FULL_CARD)


def test_what_was_carried_goes_when_nothing_is_to_be() -> None:
    card = read_card(write_card(FULL_CARD, "sagemaker").data).card
    data = write_card(replace(card, lineage={}), "sagemaker", carry=False).data
    assert b"countersign" not in data
    assert "typed by Ada" in data.decode()


def test_of_a_file_that_was_changed_only_what_it_does_not_say_is_taken() -> None:
    tree = json.loads(write_card(FULL_CARD, "sagemaker").data)
    tree["evaluation_details"][0]["metric_groups"][0]["metric_data"][0]["value"] = 0.1
    reading = read_card(json.dumps(tree).encode())
    assert reading.card.metrics[0].value.written == "0.1"
    assert reading.card.metrics[0].value.provenance.run == ""
    assert reading.card.lineage == FULL_CARD.lineage
    assert any("changed after it was exported" in one.message for one in reading.warnings)


def test_a_new_file_has_nothing_of_the_answer_of_an_api() -> None:
    tree = document(write_card(replace(ANSWER, sources=()), "sagemaker", carry=False).data)
    assert not any(key[0].isupper() for key in tree)
    assert tree["model_overview"]["model_name"] == "churn-card"


def test_links_and_custom_details_of_a_new_file() -> None:
    card = ModelCard(
        references=(Reference(kind="artifact", url="s3://a"), Reference(kind="artifact", url="b")),
        extensions=(Extension(key="x", title="Cost center", text="4711"),),
        metrics=(Metric(name="m", value=number("a third", Provenance(typed_by="A")), note="see"),),
    )
    tree = document(write_card(card, "sagemaker", carry=False).data)
    assert tree["model_overview"]["model_artifact"] == ["s3://a", "b"]
    assert tree["additional_information"]["custom_details"] == {"Cost center": "4711"}
    assert tree["evaluation_details"][0]["metric_groups"][0]["metric_data"] == [
        {"name": "m", "notes": "see; typed by A", "type": "string", "value": "a third"}
    ]


# --- wrong files ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "field", "rule"),
    [
        ('{"$schema": "x", "properties": {"model_overview": {}}}', "file", "schema"),
        (SAGEMAKER_CONTENT.rstrip()[:-1], "file", "json"),
        (json.dumps({"Content": '{"model_overview": '}), "Content", "json"),
        (json.dumps({"Content": '{"model_overview": 1, "model_overview": 2}'}), "Content", "twice"),
        (json.dumps({"Content": '["model_overview"]'}), "Content", "type"),
        (json.dumps({"Content": 5}), "Content", "type"),
        (
            json.dumps({"ModelCard": {"ModelCardContent": "x"}}),
            "ModelCard.ModelCardContent",
            "json",
        ),
    ],
)
def test_it_is_refused_with_the_reason(text: str, field: str, rule: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_card(text.encode(), name=guess(text.encode()))
    first = caught.value.problems[0]
    assert (first.field, first.rule) == (field, rule)


def test_a_notebook_is_no_card() -> None:
    text = json.dumps({"nbformat": 4, "cells": [{"source": ['"model_overview": {}']}]})
    with pytest.raises(InvalidInput):
        guess(text.encode())


@pytest.mark.parametrize(
    "tree",
    [
        {"model_overview": [1]},
        {"model_overview": {"model_artifact": {"a": 1}, "model_name": 5}, "intended_uses": "x"},
        {"training_details": {"training_job_details": {"training_metrics": [1, {"name": "x"}]}}},
        {"training_details": {"training_job_details": {"hyper_parameters": [{"value": "1"}]}}},
        {"evaluation_details": {"name": "x"}},
        {"evaluation_details": [1, {"name": 5, "metric_groups": [{"metric_data": [[]]}]}]},
        {"evaluation_details": [{}, {"datasets": ["x"], "evaluation_observation": "y"}]},
        {"additional_information": {"custom_details": {"": "x", "countersign": "no payload"}}},
        {"additional_information": {"custom_details": ["countersign"], "$id": "x"}},
    ],
)
def test_what_has_another_type_than_it_should_is_kept(tree: dict[str, Any]) -> None:
    data = json.dumps(tree).encode()
    card = read_card(data, name="sagemaker").card
    assert write_card(card, "sagemaker").data == data
    sections = {**card.sections, "caveats": "New."}
    written = write_card(replace(card, sections=sections), "sagemaker")
    assert document(written.data).keys() >= tree.keys()
