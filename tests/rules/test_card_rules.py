"""What counts as an answer, what a tier asks for, and what a card's text keeps."""

from __future__ import annotations

import pytest

from governance.cards.rules.completeness import (
    Expected,
    answered,
    gap_problems,
    is_answer,
    says,
)
from governance.cards.rules.first import FirstCard, MeasuredValue
from governance.cards.rules.model_card import Metric, ModelCard, Party, card_of_text, from_first
from governance.cards.rules.numbers import Provenance, ProvenanceKind, number
from governance.cards.rules.sections import BY_KEY, SECTIONS
from governance.core.typed import tidy

VALUE = MeasuredValue(
    metric="accuracy",
    slice="",
    value="0.8225",
    source="TAG",
    dataset="d1",
    run_id="r1",
    result="evaluation:1",
    received_at="2026-11-19T10:12:40.000000Z",
)
FIRST = FirstCard(
    sections={"task": "Ätsch 🙂\n\n- one", "caveats": ""},
    values=(VALUE,),
    lineage={"dataset": {"name": "test", "rows": 500}},
)
ALWAYS = {
    *("task", "intended_use", "out_of_scope", "training_data", "evaluation_data", "evaluation"),
    *("known_failures", "fairness"),
}
AGENTS = {"prompts", "agent_evaluations", "hallucination", "injection"}


@pytest.mark.parametrize("text", ["", " ", "N/A", "n/a.", "TBD", "todo", "-", "…", "?"])
def test_no_answer(text: str) -> None:
    assert not is_answer(text)


@pytest.mark.parametrize("text", ["None known.", "0", "日本語", "No person is affected."])
def test_an_answer(text: str) -> None:
    assert is_answer(text)


def test_facts_answer_a_section_too() -> None:
    empty = ModelCard()
    measured = ModelCard(metrics=(Metric(type="auc", value=number("0.9")),))
    assert not says(empty, BY_KEY["evaluation"])
    assert says(measured, BY_KEY["evaluation"])
    assert not says(measured, BY_KEY["evaluation_data"])
    assert says(ModelCard(parties=(Party(name="Desk"),)), BY_KEY["contacts"])


@pytest.mark.parametrize(
    ("tier", "agent", "more"),
    [
        (None, False, set()),
        (4, False, set()),
        (3, False, set()),
        (2, False, {"human_oversight", "monitoring"}),
        (1, False, {"human_oversight", "monitoring", "upstream", "ethics"}),
        (4, True, AGENTS),
        (1, True, AGENTS | {"human_oversight", "monitoring", "upstream", "ethics", "red_team"}),
    ],
)
def test_what_tier_and_kind_ask_for(tier: int | None, agent: bool, more: set[str]) -> None:
    expected = Expected(tier=tier, agent=agent)
    assert {section.key for section in expected.needed()} == ALWAYS | more


def test_gaps_are_the_needed_sections_in_order() -> None:
    expected = Expected(tier=1)
    needed = [section.key for section in SECTIONS if expected.needs(section)]
    assert [problem.field for problem in gap_problems(ModelCard(), expected)] == needed


def test_an_agents_sections_are_offered_to_agents_and_where_something_stands_there() -> None:
    plain, agent = Expected(), Expected(agent=True)
    wrote = ModelCard(sections={"prompts": "Be brief."})
    assert "prompts" not in {s.key for s in plain.offered(ModelCard())}
    assert "prompts" in {s.key for s in plain.offered(wrote)}
    assert "prompts" in {s.key for s in agent.offered(ModelCard())}


def test_what_is_answered_is_told_in_the_order_of_reading() -> None:
    card = ModelCard(sections={"caveats": "None known.", "task": "Whom to call.", "users": "n/a"})
    assert answered(card) == ("task", "caveats")


def test_a_card_of_the_first_form_stays_readable() -> None:
    card = card_of_text(FIRST.text())
    assert card == from_first(FIRST)
    assert card.sections == {"task": "Ätsch 🙂\n\n- one"}
    assert card.lineage == FIRST.lineage
    (metric,) = card.metrics
    assert metric.value.value == "0.8225"
    assert metric.value.provenance == Provenance(
        run="r1",
        dataset="d1",
        evaluation="evaluation:1",
        source="TAG",
        at="2026-11-19T10:12:40.000000Z",
    )
    assert metric.value.provenance.kind == ProvenanceKind.MEASURED


def test_a_card_reads_back_as_it_was_written() -> None:
    card = from_first(FIRST)
    assert card_of_text(card.text()) == card
    assert card_of_text(card.text()).text() == card.text()


def test_line_ends_are_made_alike() -> None:
    assert tidy("a \r\nb\rc\n\n") == "a\nb\nc"
    assert tidy("  indented") == "  indented"
