"""Questionnaires: the shipped ones as they say of themselves, and others that are quite unlike."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from governance.core.errors import InvalidInput
from governance.inventory.rules.questionnaires import (
    SCHEMA,
    SHIPPED,
    Missing,
    Scorecard,
    Tree,
    classify,
    facts_from,
    facts_of_tree,
    next_question,
    override_from,
    partial,
    progress,
    read_questionnaire,
    score,
    shipped,
)
from governance.inventory.rules.questionnaires.cases import result_of
from tests.rules.questionnaires import SCORECARD, TREE

INVENTORY = Path(__file__).parents[2] / "governance" / "inventory"
CASES = [(name, case) for name in SHIPPED for case in shipped(name).content["test_cases"]]


def card() -> Scorecard:
    found = read_questionnaire(SCORECARD)
    assert isinstance(found, Scorecard)
    return found


def tree() -> Tree:
    found = read_questionnaire(TREE)
    assert isinstance(found, Tree)
    return found


def tiering() -> Scorecard:
    found = shipped("tiering")
    assert isinstance(found, Scorecard)
    return found


def classifier() -> Tree:
    found = shipped("eu_ai_act_classifier")
    assert isinstance(found, Tree)
    return found


def case(name: str, key: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for there, one in CASES if (there, one["id"]) == (name, key))
    return found


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(("name", "one"), CASES, ids=lambda value: str(value)[:30])
def test_a_worked_case_comes_out_as_its_file_says(name: str, one: dict[str, Any]) -> None:
    found = result_of(shipped(name), one)
    assert {key: found[key] for key in one["expect"]} == one["expect"]


def test_the_shipped_questionnaires_are_whole() -> None:
    assert SHIPPED == ("eu_ai_act_classifier", "tiering")
    assert (len(classifier().questions), len(tiering().questions), len(CASES)) == (77, 13, 34)


# --- nothing of a file stands in the code --------------------------------------------------------


def ids_of_the_files() -> set[str]:
    spec, plan = tiering(), classifier()
    approvers = {*spec.upward.approvers, *spec.downward.approvers}
    rules = {one.id for one in (*spec.floors, *spec.blocks, *spec.scope_rules)}
    results = {rule.result for rule in spec.scope_rules}
    matches = {item.match for track in plan.tracks for item in track.items if "(" in item.match}
    asked = {*spec.questions, *plan.questions, *plan.outcomes}
    fields = {step.into for step in plan.steps if step.into}
    return asked | approvers | rules | results | matches | fields | {one.id for one in spec.facts}


@pytest.mark.parametrize(
    "path",
    sorted(path for path in INVENTORY.rglob("*.py") if "migrations" not in path.parts),
    ids=lambda path: path.name,
)
def test_no_name_of_a_shipped_file_stands_in_the_code(path: Path) -> None:
    text = path.read_text()
    if path.name == "records.py":
        # The class that a model's record keeps is a column's choices, and older than the tree.
        text = re.sub(r"(?s)class AiActClass.*?(?=\nclass )", "", text)
    found = {
        key for key in ids_of_the_files() if re.search(rf"(?<!\w){re.escape(key)}(?!\w)", text)
    }
    assert found == set()


# --- a scorecard of another firm -----------------------------------------------------------------


def test_another_scorecard_has_its_own_tiers_floors_and_blocks() -> None:
    answers = {"Ours": True, "Reach": "public", "Harm": "little", "Vendor": "unknown"}
    found = score(card(), answers)
    assert (found.raw, found.score, found.computed_tier, found.final_tier) == (25, "0.63", 2, 2)
    assert [(one.id, one.hard, one.reason) for one in found.floors] == [
        ("Public", True, "All see it")
    ]
    assert [one.id for one in found.blocks] == ["Nobody"]
    assert [(one.question, one.points, one.weight, one.raw) for one in found.contributions] == [
        ("Reach", 7, 3, 21),
        ("Harm", 0, 5, 0),
        ("Vendor", 2, 2, 4),
    ]
    assert (found.sub_scores, found.groups) == ({"use": 21, "all": 25}, {"use": 21, "origin": 4})


def test_a_missing_answer_blocks_and_what_is_not_needed_is_not_missing() -> None:
    found = score(card(), {"Ours": True, "Reach": "public", "Harm": None})
    assert (found.raw, found.computed_tier, found.final_tier) == (None, None, None)
    assert found.unanswered == ("Harm", "Vendor")
    assert score(card(), {"Ours": False}).unanswered == ("Toy", "Reach", "Harm", "Vendor")
    assert score(card(), {"Ours": False}).scope is None


def test_where_the_gate_ends_it_nothing_is_scored() -> None:
    found = score(card(), {"Ours": False, "Toy": True, "Reach": "public"})
    assert found.scope
    assert (found.scope.result, found.raw, found.final_tier) == ("toy", None, None)
    assert (found.unanswered, found.floors, found.blocks) == ((), (), ())


COMPLETE = {"Ours": True, "Reach": "nobody", "Harm": "much", "Vendor": "known"}
SENIOR = {"approvers": ["mrm_function", "senior_management"], "rationale": "Capped", "days": 30}
OVERRIDES = [
    (3, {}, [], "no_change"),
    (1, SENIOR, [], ""),
    (4, SENIOR, [], ""),
    (4, SENIOR | {"days": None}, [], "max_days"),
    (4, SENIOR | {"days": 0}, [], "max_days"),
    (4, SENIOR | {"days": 366}, [], "max_days"),
    (4, SENIOR | {"rationale": " "}, [], "rationale_required"),
    (4, SENIOR | {"approvers": ["mrm_function"]}, [], "approvers"),
    (4, SENIOR, [("feeds_tier", 2)], ""),
    (4, SENIOR, [("eu_ai_act_class", "high_risk")], "max_steps not_past"),
    (3, SENIOR, [("eu_ai_act_class", "high_risk")], "not_past"),
    (3, SENIOR, [("critical_operation", True)], ""),
]


@pytest.mark.parametrize(("to_tier", "rest", "facts", "refused_by"), OVERRIDES)
def test_an_override_is_judged_as_the_file_says(
    to_tier: int, rest: dict[str, Any], facts: list[tuple[str, Any]], refused_by: str
) -> None:
    answers = case("tiering", "TC13")["answers"]
    override = override_from({"to_tier": to_tier, **rest})
    found = score(tiering(), answers, facts=dict(facts), override=override)
    assert found.override
    assert [one.rule for one in found.override.reasons] == refused_by.split()
    assert found.final_tier == (found.floored_tier if refused_by else to_tier)


def test_another_file_allows_other_overrides() -> None:
    up = score(card(), COMPLETE, override=override_from({"to_tier": 1, "approvers": ["chief"]}))
    assert up.override
    assert [one.rule for one in up.override.reasons] == ["allowed"]
    down = override_from({"to_tier": 3, "approvers": ["chief"], "days": 9})
    assert score(card(), COMPLETE, override=down).final_tier == 3
    with pytest.raises(InvalidInput, match=r"no Tier 4\. Tiers are 1, 2, 3"):
        score(card(), COMPLETE, override=override_from({"to_tier": 4}))
    ended = score(card(), {"Ours": False, "Toy": True}, override=down)
    assert ended.override
    assert [one.rule for one in ended.override.reasons] == ["no_tier"]


def test_the_result_so_far_tells_what_can_still_come_out_and_why() -> None:
    none = partial(card(), {})
    assert (none.raw, none.lowest_raw, none.highest_raw) == (0, 2, 40)
    assert (none.tiers, none.may_end, none.floors) == ((1, 2, 3), True, ())
    some = partial(card(), {"Ours": True, "Reach": "public"})
    assert (some.raw, some.lowest_raw, some.highest_raw) == (21, 23, 40)
    assert (some.tiers, some.may_end) == ((1, 2), False)
    assert [one.id for one in some.floors] == ["Public"]
    assert some.unanswered == ("Harm", "Vendor")
    ended = partial(card(), {"Ours": False, "Toy": True})
    assert (ended.tiers, ended.may_end, ended.unanswered) == ((), True, ())


def test_a_scorecard_asks_one_question_after_the_other() -> None:
    answers: dict[str, Any] = {}
    asked = []
    given = {"Ours": True, "Reach": "staff", "Harm": None, "Vendor": "known"}
    while question := next_question(card(), answers):
        asked.append(question.id)
        answers[question.id] = given[question.id] if question.id not in answers else "much"
    # Of our own tools nobody needs to know whether they are toys.
    assert asked == ["Ours", "Toy"][:1] + ["Reach", "Harm", "Vendor", "Harm"]
    found = progress(card(), {"Ours": True, "Reach": "staff"})
    assert (found.answered, found.reached) == (2, 4)


WRONG = [
    ({"Vendr": "known"}, {}, "answers.Vendr", "known"),
    ({"Vendor": "strange"}, {}, "answers.Vendor", "option"),
    ({"Vendor": True}, {}, "answers.Vendor", "type"),
    ({"Ours": "yes"}, {}, "answers.Ours", "type"),
    ({"Ours": 1}, {}, "answers.Ours", "type"),
    ({}, {"users": True}, "facts.users", "type"),
    ({}, {"users": -1}, "facts.users", "type"),
    ({}, {"users": "5"}, "facts.users", "type"),
    ({}, {"contract": "torn"}, "facts.contract", "type"),
    ({}, {"law": 1}, "facts.law", "type"),
    ({}, {"laws": True}, "facts.laws", "known"),
]


@pytest.mark.parametrize(("answers", "facts", "field", "rule"), WRONG)
def test_what_cannot_be_an_answer_is_refused_by_name(
    answers: dict[str, Any], facts: dict[str, Any], field: str, rule: str
) -> None:
    for work in (score, partial):
        with pytest.raises(InvalidInput) as refused:
            work(card(), answers, facts=facts)
        assert [(one.field, one.rule) for one in refused.value.problems] == [(field, rule)]


# --- trees ---------------------------------------------------------------------------------------


def test_another_tree_runs_by_its_own_plan() -> None:
    no = Missing.ASSUME_NO
    wet = facts_of_tree(classify(tree(), {"Flood": True}, missing=no))
    assert (wet["outcome"], wet["found"], wet["way"]) == ("CAREFUL", ["water"], None)
    assert [(one["what"], one["from"], one["placed_before"]) for one in wet["obligations"]] == [
        ("Mop", "2025-05-05", "2024-01-01"),
        ("Bring a lamp", "2026-01-01", None),
    ]
    shut = facts_of_tree(classify(tree(), {"Locked": True}, missing=no))
    assert (shut["outcome"], shut["way"], shut["path"], shut["assumed_no"]) == (
        "SHUT",
        "SHUT",
        [{"question": "Locked", "answer": True}, {"question": "Key", "answer": False}],
        ["Key"],
    )


def test_what_is_missing_is_open_in_use_and_null_is_always_open() -> None:
    found = classify(tree(), {"Locked": False, "Fire": True})
    assert (found.outcome.id, found.open) == ("WAIT", ("Stove", "Flood", "Smoke"))
    null = classify(tree(), {"Flood": None}, missing=Missing.ASSUME_NO)
    assert (null.outcome.id, null.open, null.is_complete) == ("WAIT", ("Flood",), False)
    walk = classify(tree(), {})
    assert (walk.outcome.id, walk.fields["way"], walk.open) == ("WAIT", "WAIT", ("Locked",))


def test_a_tree_asks_only_what_is_reached_in_the_order_of_the_file() -> None:
    asked = []
    answers: dict[str, Any] = {}
    while question := next_question(classifier(), answers):
        asked.append(question.id)
        answers[question.id] = question.id in {"Q_AI", "Q_NEXUS", "Q_A5B"}
    order = list(classifier().questions)
    assert asked[0] == "Q_AI"
    assert sorted(asked, key=order.index) == asked
    assert {"Q_A5B_FRAUD", "Q_PROF", "Q_D_A", "Q_G1"} <= set(asked)
    assert not {"Q_A1A_X", "Q_D_HARM", "Q_G2", "Q_FOSS"} & set(asked)
    found = progress(classifier(), answers)
    assert found.answered == found.reached == len(asked)
    assert progress(classifier(), {"Q_AI": True}).answered == 1


def test_an_answer_that_no_tree_asks_for_is_refused() -> None:
    with pytest.raises(InvalidInput) as refused:
        classify(tree(), {"Fire": "true", "Ghosts": False})
    assert [(one.field, one.rule) for one in refused.value.problems] == [
        ("answers.Fire", "type"),
        ("answers.Ghosts", "known"),
    ]


# --- dates, and from one to the other ------------------------------------------------------------

DATES = [
    ({}, {("Art. 4; Art. 113", "2025-02-02", None)}),
    ({"Q_A5B": True, "Q_PROF": True}, {("Art. 26; Art. 113", "2027-12-02", None)}),
    (
        {"Q_AX1": True, "Q_AX1_SC": True, "Q_AX1_TP": True, "Q_AX1_SEC": True},
        {("Art. 26; Art. 113", "2028-08-02", None)},
    ),
    (
        {"Q_T2": True},
        {
            ("Art. 50(2); Art. 113", "2026-08-02", None),
            ("Art. 50(2); Art. 111(4)", "2026-12-02", "2026-08-02"),
        },
    ),
    ({"Q_P_A": True}, {("Art. 5(1)(a)-(h); Art. 113", "2025-02-02", None)}),
    ({"Q_P_BB": True}, {("Art. 5(1)(ba) and (bb); Art. 113 as amended", "2026-12-02", None)}),
    ({"Q_A3A": True, "Q_D_A": True}, {("Art. 6(4); Art. 113", "2027-12-02", None)}),
    ({"Q_G1": True, "Q_G2": True}, {("Art. 55(1); Art. 113", "2025-08-02", None)}),
]


@pytest.mark.parametrize(("yes", "expected"), DATES)
def test_what_follows_has_its_date_and_its_text(
    yes: dict[str, bool], expected: set[tuple[str, str, str | None]]
) -> None:
    answers = {"Q_AI": True, "Q_NEXUS": True, **yes}
    found = facts_of_tree(classify(classifier(), answers, missing=Missing.ASSUME_NO))
    dated = {(one["citation"], one["from"], one["placed_before"]) for one in found["obligations"]}
    assert expected <= dated
    banned = {one["from"] for one in found["obligations"] if "5(1)" in one["citation"]}
    assert len(banned) <= 1


def test_every_outcome_but_an_open_one_gives_the_scorecard_its_fact() -> None:
    fact = next(one for one in tiering().facts if one.taken_from)
    assert fact.taken_from
    of_models = {"gpai", "open"}
    kinds = {one.kind for one in classifier().outcomes.values()} - of_models
    assert kinds == set(fact.taken_from.classes)
    assert set(fact.taken_from.outcomes) <= set(classifier().outcomes)


@pytest.mark.parametrize(
    ("yes", "value"),
    [
        ("Q_AI Q_NEXUS Q_P_C", "prohibited"),
        ("Q_AI Q_NEXUS Q_AX1 Q_AX1_SELF Q_AX1_TP", "high_risk"),
        ("Q_AI Q_NEXUS Q_A3A Q_D_A", "not_high_risk_derogation"),
        ("Q_AI", "out_of_scope"),
        ("", "none"),
    ],
)
def test_the_class_is_taken_over(yes: str, value: str) -> None:
    answers = dict.fromkeys(yes.split(), True)
    found = classify(classifier(), answers, missing=Missing.ASSUME_NO)
    assert facts_from(tiering(), found) == {"eu_ai_act_class": value}
    assert facts_from(tiering(), classify(classifier(), {})) == {}
    assert facts_from(card(), found) == {}


# --- the documentation ---------------------------------------------------------------------------

DOCS = (Path(__file__).parents[2] / "docs" / "questionnaires.md").read_text()


def keys_of_schema(part: Any) -> set[str]:
    if isinstance(part, list):
        return {key for inner in part for key in keys_of_schema(inner)}
    if not isinstance(part, dict):
        return set()
    inner = {key for value in part.values() for key in keys_of_schema(value)}
    return inner | set(part.get("properties", ()))


@pytest.mark.parametrize("word", sorted(keys_of_schema(SCHEMA)))
def test_the_documentation_names_every_key(word: str) -> None:
    assert re.search(rf"`'?([\w.]+\.)?{word}\b", DOCS), word


def test_the_examples_of_the_documentation_are_valid() -> None:
    blocks = re.findall(r"^    # yaml.*?(?=\n\n)", DOCS, re.DOTALL | re.MULTILINE)
    read = [
        read_questionnaire("\n".join(line[4:] for line in block.splitlines())) for block in blocks
    ]
    assert [one.id for one in read] == ["bought-tools", "chat"]
