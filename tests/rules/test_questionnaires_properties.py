"""What holds of the shipped questionnaires whatever is answered."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from governance.inventory.rules.questionnaires import (
    Missing,
    Override,
    Scorecard,
    Tree,
    classify,
    next_question,
    partial,
    progress,
    score,
    shipped,
)
from governance.inventory.rules.questionnaires.scorecards import Block, Floor

CARD, TREE = shipped("tiering"), shipped("eu_ai_act_classifier")
assert isinstance(CARD, Scorecard)
assert isinstance(TREE, Tree)

ANSWERS = st.fixed_dictionaries(
    {
        key: st.sampled_from([option.value for option in question.options] or [True, False])
        for key, question in CARD.questions.items()
    }
)
FACTS = st.fixed_dictionaries(
    {},
    optional={
        fact.id: st.booleans()
        if fact.type == "boolean"
        else st.integers(fact.minimum, fact.maximum)
        if fact.type == "integer"
        else st.sampled_from(fact.values)
        for fact in CARD.facts
    },
)
OVERRIDES = st.builds(
    Override,
    to_tier=st.integers(1, 4),
    approvers=st.frozensets(st.sampled_from(["mrm_function", "senior_management", "owner"])),
    rationale=st.sampled_from(["", "Capped"]),
    days=st.none() | st.integers(-1, 400),
)
YES_OR_NO = st.dictionaries(st.sampled_from(sorted(TREE.questions)), st.booleans() | st.none())
IN_SCOPE = {
    "Q_AI": True, "Q_NEXUS": True,
    "Q_MIL": False, "Q_SCI": False, "Q_PRE": False, "Q_PERS": False,
}  # fmt: skip
PROHIBITED = next(track for track in TREE.tracks if track.id == "prohibited").items


def names(rules: Iterable[Floor | Block]) -> set[str]:
    return {rule.id for rule in rules}


@given(ANSWERS, FACTS)
def test_a_floor_never_loosens_a_tier(answers: dict[str, Any], facts: dict[str, Any]) -> None:
    found = score(CARD, answers, facts=facts)
    if found.final_tier is None:
        assert found.scope
        assert not found.scope.continues
        return
    assert found.computed_tier is not None
    assert found.final_tier == min([found.computed_tier, *(one.tier for one in found.floors)])
    assert found.raw == sum(found.sub_scores.values()) == sum(found.groups.values())


@given(ANSWERS, FACTS, OVERRIDES)
def test_no_override_passes_a_hard_floor(
    answers: dict[str, Any], facts: dict[str, Any], override: Override
) -> None:
    found = score(CARD, answers, facts=facts, override=override)
    assert found.override
    before = found.floored_tier
    if not found.override.accepted:
        assert found.final_tier == before
        return
    assert before is not None
    assert found.final_tier == override.to_tier != before
    assert all(override.to_tier <= floor.tier for floor in found.floors if floor.hard)
    if override.to_tier > before:
        assert override.to_tier - before <= CARD.downward.max_steps
        assert set(CARD.downward.approvers) <= override.approvers
        assert 1 <= (override.days or 0) <= (CARD.downward.max_days or 0)


@given(ANSWERS, FACTS, st.data())
def test_the_result_so_far_never_excludes_what_comes_out(
    answers: dict[str, Any], facts: dict[str, Any], data: st.DataObject
) -> None:
    known = data.draw(st.sets(st.sampled_from(sorted(answers))))
    some = partial(CARD, {key: answers[key] for key in known}, facts=facts)
    found = score(CARD, answers, facts=facts)
    if found.final_tier is None or found.raw is None:
        assert some.may_end
        return
    assert found.final_tier in some.tiers
    assert some.raw <= some.lowest_raw <= found.raw <= some.highest_raw
    fired, certain = names(found.floors), names(some.floors)
    assert certain <= fired <= certain | names(some.possible_floors)
    assert names(some.blocks) <= names(found.blocks)
    whole = partial(CARD, answers, facts=facts)
    assert (whole.tiers, whole.unanswered) == ((found.final_tier,), ())


@given(ANSWERS, st.data())
def test_without_every_answer_there_is_no_tier(
    answers: dict[str, Any], data: st.DataObject
) -> None:
    left_out = data.draw(st.sampled_from([question.id for question in CARD.scored]))
    found = score(CARD, {key: value for key, value in answers.items() if key != left_out})
    assert (found.raw, found.computed_tier, found.final_tier) == (None, None, None)
    assert found.unanswered == ((left_out,) if found.scope and found.scope.continues else ())


@given(YES_OR_NO, st.sampled_from(PROHIBITED), st.sampled_from(Missing))
def test_a_prohibited_practice_is_one_whatever_else_is_answered(
    answers: dict[str, Any], item: Any, missing: Missing
) -> None:
    spared = {one.question.id: False for one in item.exceptions}
    answered = answers | IN_SCOPE | {item.question.id: True} | spared
    found = classify(TREE, answered, missing=missing)
    assert found.outcome.id == "PROHIBITED"
    assert item.match in (found.fields["matched"] or ())


@given(YES_OR_NO)
def test_a_reading_as_no_is_an_answer_of_no(answers: dict[str, Any]) -> None:
    assumed = classify(TREE, answers, missing=Missing.ASSUME_NO)
    answered = classify(TREE, answers | dict.fromkeys(assumed.assumed_no, False))
    assert (answered.outcome, answered.fields) == (assumed.outcome, assumed.fields)
    assert (
        answered.open
        == assumed.open
        == tuple(one.question for one in assumed.path if answers.get(one.question, False) is None)
    )


@given(YES_OR_NO, st.data())
def test_asked_one_by_one_it_comes_to_the_end_and_needs_each_answer(
    answers: dict[str, Any], data: st.DataObject
) -> None:
    given_answers: dict[str, Any] = {}
    while question := next_question(TREE, given_answers):
        assert question.id not in given_answers
        given_answers[question.id] = bool(answers.get(question.id, question.id in IN_SCOPE))
    found = classify(TREE, given_answers)
    assert (found.open, found.assumed_no) == ((), ())
    assert progress(TREE, given_answers).answered == len(found.path)
    left_out = data.draw(st.sampled_from(sorted({one.question for one in found.path})))
    less = classify(TREE, {key: v for key, v in given_answers.items() if key != left_out})
    # What ended the run before it was asked, or beside it, stands.
    ended = {step.outcome for step in TREE.steps} | {
        value for track in TREE.tracks[:1] for node in track.nodes.values()
        for value in (node.yes.outcome, node.no.outcome)
    }  # fmt: skip
    assert not less.is_complete or less.outcome.id in ended
    assert left_out in less.open
