"""What counts as an answer, and what a card's text keeps."""

from __future__ import annotations

import pytest

from governance.cards.rules import (
    BY_KEY,
    SECTIONS,
    Card,
    MeasuredValue,
    gap_problems,
    is_answer,
    read_card,
)
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


@pytest.mark.parametrize("text", ["", " ", "N/A", "n/a.", "TBD", "todo", "-", "…", "?"])
def test_no_answer(text: str) -> None:
    assert not is_answer(text)


@pytest.mark.parametrize("text", ["None known.", "0", "日本語", "No person is affected."])
def test_an_answer(text: str) -> None:
    assert is_answer(text)


def test_measured_values_answer_the_evaluation() -> None:
    empty, measured = Card(sections={}), Card(sections={}, values=(VALUE,))
    assert not empty.says(BY_KEY["evaluation"])
    assert measured.says(BY_KEY["evaluation"])
    assert not measured.says(BY_KEY["evaluation_data"])


def test_gaps_are_the_required_sections_in_order() -> None:
    required = [section.key for section in SECTIONS if section.required]
    assert [problem.field for problem in gap_problems(Card(sections={}))] == required


def test_a_card_reads_back_as_it_was_written() -> None:
    card = Card(
        sections={"task": "Ätsch 🙂\n\n- one"},
        values=(VALUE,),
        lineage={"dataset": {"name": "test", "rows": 500}},
    )
    assert read_card(card.text()) == card
    assert read_card(card.text()).text() == card.text()


def test_empty_sections_leave_no_trace() -> None:
    assert Card(sections={"task": "x", "caveats": ""}).text() == Card(sections={"task": "x"}).text()


def test_line_ends_are_made_alike() -> None:
    assert tidy("a \r\nb\rc\n\n") == "a\nb\nc"
    assert tidy("  indented") == "  indented"
