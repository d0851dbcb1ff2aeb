"""Changes of a draft: what is typed is marked as typed, and what was measured stays."""

from __future__ import annotations

from dataclasses import replace

import pytest

from governance.cards.rules.editing import (
    DataRow,
    NumberRow,
    SectionEdit,
    card_of_draft,
    contradicted,
    draft_parts,
)
from governance.cards.rules.model_card import (
    Dataset,
    Figure,
    Interval,
    Metric,
    ModelCard,
    Quantity,
)
from governance.cards.rules.numbers import Provenance, ProvenanceKind, number
from governance.cards.rules.revisions import claim_problems

RUN = Provenance(run="r1", evaluation="evaluation:1")
FILE = Provenance(file="f" * 64, place="/metrics/0")
ME = "user:00000000-0000-0000-0000-000000000001"
MEASURED = Metric(type="auc", value=number("0.857", RUN))
CLAIMED = Metric(
    type="f1",
    slice="young",
    value=number("0.7 ± 0.1", FILE),
    interval=Interval(lower=number("0.6", FILE), upper=number("0.8", FILE)),
    dataset=Dataset(id="adult"),
)
CARD = ModelCard(sections={"evaluation": "Fine."}, metrics=(MEASURED, CLAIMED))
AS_IT_STANDS = NumberRow(name="f1", slice="young", value="0.7 ± 0.1", lower="0.6", upper="0.8")


def edit(*rows: NumberRow, **more: object) -> SectionEdit:
    return SectionEdit(key="evaluation", text="Fine.", metrics=rows, **more)  # type: ignore[arg-type]


def test_a_number_given_as_it_stands_keeps_where_it_comes_from() -> None:
    assert edit(AS_IT_STANDS).on(CARD, by=ME).metrics == (MEASURED, CLAIMED)


def test_another_number_is_typed_by_who_typed_it() -> None:
    changed = edit(replace(AS_IT_STANDS, value="0.75")).on(CARD, by=ME).metrics[1]
    assert changed.value.provenance == Provenance(typed_by=ME)
    assert changed.value.value == "0.75"
    assert changed.interval == Interval(
        lower=number("0.6", Provenance(typed_by=ME)), upper=number("0.8", Provenance(typed_by=ME))
    )


def test_no_rows_take_claims_away_and_leave_what_was_measured() -> None:
    assert edit().on(CARD, by=ME).metrics == (MEASURED,)


def test_a_measured_value_takes_a_comment_and_nothing_else() -> None:
    noted = edit(AS_IT_STANDS, notes={"auc|": "On the test set."}).on(CARD, by=ME).metrics[0]
    assert noted == replace(MEASURED, note="On the test set.")


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        (NumberRow(name="AUC", value="0.99"), "measured"),
        (NumberRow(name="", value="0.5"), "required"),
        (NumberRow(name="recall", value=""), "required"),
        (NumberRow(name="recall", value="1", lower="low"), "number"),
        (NumberRow(name="recall", value="1", note="x" * 2_001), "length"),
    ],
)
def test_what_a_row_cannot_say(row: NumberRow, rule: str) -> None:
    problems = list(edit(row).problems(CARD))
    assert [(p.field, p.rule) for p in problems] == [("metrics", rule)]
    assert "Row 1" in problems[0].message


def test_one_measure_of_a_group_stands_once() -> None:
    row = NumberRow(name="recall", value="1")
    assert [p.rule for p in edit(row, row).problems(CARD)] == ["unique"]


def test_figures_of_another_section_stay() -> None:
    here = Figure(digest="a" * 64, section="fairness")
    there = Figure(digest="b" * 64, section="monitoring")
    card = replace(CARD, figures=(there,))
    change = SectionEdit(key="fairness", text="", figures=(here,))
    assert change.on(card, by=ME).figures == (there, here)


def test_quantities_belong_to_their_section() -> None:
    other = Quantity(section="environment", name="energy", value=number("3", FILE), unit="kWh")
    card = replace(CARD, quantities=(other,))
    change = SectionEdit(
        key="latency_cost",
        text="",
        quantities=(NumberRow(name="p99", value="180", unit="ms"),),
    )
    kept, typed = change.on(card, by=ME).quantities
    assert kept == other
    assert (typed.section, typed.value.provenance.kind) == ("latency_cost", ProvenanceKind.TYPED)


def test_a_data_set_keeps_what_the_table_does_not_show() -> None:
    known = Dataset(
        role="training", name="adult", url="https://example.org", rows=number("5", FILE)
    )
    card = replace(CARD, datasets=(known, Dataset(role="evaluation", name="late")))
    change = SectionEdit(
        key="training_data",
        text="",
        datasets=(DataRow(name="adult", origin="Census", rows="5"), DataRow(name="new", rows="7")),
    )
    other, adult, new = change.on(card, by=ME).datasets
    assert other.name == "late"
    assert adult == replace(known, origin="Census")
    assert new.rows == number("7", Provenance(typed_by=ME))


def test_a_data_set_of_no_role_is_shown_with_training_and_stands_once() -> None:
    card = replace(CARD, datasets=(Dataset(name="adult"),))
    change = SectionEdit(
        key="training_data", text="", datasets=(DataRow(name="adult", origin="Census"),)
    )
    assert change.on(card, by=ME).datasets == (Dataset(name="adult", origin="Census"),)


def test_a_draft_keeps_nothing_that_the_registry_fills_in() -> None:
    card = replace(CARD, metrics=(replace(MEASURED, note="Mind."), CLAIMED), lineage={"run": "r"})
    parts = draft_parts(card)
    assert "lineage" not in parts
    assert [one["type"] for one in parts["metrics"]] == ["f1"]
    again = card_of_draft(card.sections, parts, values=(MEASURED,), lineage={"run": "r"})
    assert again == card


def test_a_claim_of_what_was_measured_since_is_named() -> None:
    claim = Metric(type="auc", value=number("0.99", Provenance(typed_by=ME)))
    card = replace(CARD, metrics=(MEASURED, claim))
    assert contradicted(card) == [(claim, MEASURED)]
    (problem,) = claim_problems(card)
    assert (problem.field, problem.rule) == ("evaluation", "measured")
    assert "0.99" in problem.message
