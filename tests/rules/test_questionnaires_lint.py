"""Every rule of the lint: one thing spoilt in a good file is refused, where it is and by name."""

from __future__ import annotations

import json
from typing import Any

import pytest

from governance.core.errors import InvalidInput
from governance.inventory.rules.questionnaires import (
    MAX_TEXT,
    questionnaire_from,
    read_questionnaire,
    read_submission,
)
from tests.rules.questionnaires import GONE, SCORECARD, TREE, changed

RULE = {"id": "More", "floor": 1, "hard": True, "reason": "More"}
ENDING = {"id": "End", "when": {}, "result": "no", "continue_scoring": False}
SPOILT_SCORECARDS = [
    # its form
    ("spec", GONE, "spec", "required"),
    ("spec.kind", "poem", "spec.kind", "enum"),
    ("spec.id", "Vendor Tools", "spec.id", "pattern"),
    ("spec.owner", "me", "spec.owner", "additionalProperties"),
    ("questions.1.weight", GONE, "questions[1].weight", "required"),
    ("questions.1.weight", "0.5", "questions[1].weight", "type"),
    ("questions.1.weight", 0, "questions[1].weight", "minimum"),
    ("questions.1.options.1.points", -1, "questions[1].options[1].points", "minimum"),
    ("questions.1.options.1.value", False, "questions[1].options[1].value", "type"),
    ("questions.1.options.1.color", "x", "questions[1].options[1].color", "additionalProperties"),
    ("scope_gate.evaluate", "all", "scope_gate.evaluate", "const"),
    ("scope_gate.rules.0.when.Toy", "yes", "scope_gate.rules[0].when.Toy", "type"),
    ("scoring.missing_answer", "worst", "scoring.missing_answer", "const"),
    ("blocks.0.when", {}, "blocks[0].when", "minProperties"),
    ("manual_override.downward.not_past", "the sky", "manual_override.downward.not_past", "enum"),
    ("manual_override.downward.not_past", GONE, "manual_override.downward.not_past", "required"),
    (
        "manual_override.downward.forbidden_if",
        "a hard floor would be breached",
        "manual_override.downward.forbidden_if",
        "additionalProperties",
    ),
    ("test_cases", [], "test_cases", "minItems"),
    ("test_cases.0.expect.mood", "good", "test_cases[0].expect.mood", "additionalProperties"),
    (True, "x", "True", "key"),
    ("spec.title", "half \ud800", "text", "characters"),
    # names
    ("questions.2.id", "Reach", "questions[2].id", "unique"),
    ("questions.2.id", "Ours", "questions[2].id", "unique"),
    ("facts.0.id", "Reach", "facts[0].id", "unique"),
    ("floor_rules.rules.1.id", "Public", "floor_rules.rules[1].id", "unique"),
    ("blocks.0.id", "Own", "blocks[0].id", "unique"),
    ("test_cases.1.id", "one", "test_cases[1].id", "unique"),
    ("questions.0.options.1.value", "nobody", "questions[0].options[1].value", "unique"),
    # the gate
    ("scope_gate.rules.1.when", {"Theirs": True}, "scope_gate.rules[1].when.Theirs", "known"),
    ("scope_gate.rules.1.when", {}, "scope_gate.rules[1].when", "reachable"),
    ("scope_gate.rules.2.when", {"Toy": True}, "scope_gate.rules[2].when", "total"),
    ("scope_gate.rules", [ENDING], "scope_gate.rules", "continues"),
    # facts
    ("facts.0.default", True, "facts[0].default", "type"),
    ("facts.0.default", -1, "facts[0].default", "type"),
    ("facts.1.default", "torn", "facts[1].default", "type"),
    ("facts.2.default", 0, "facts[2].default", "type"),
    ("facts.1.values", GONE, "facts[1].values", "enum"),
    ("facts.0.values", ["a"], "facts[0].values", "enum"),
    ("facts.2.minimum", 0, "facts[2].minimum", "integer"),
    ("facts.2.taken_from.outcomes.SHUT", "yes", "facts[2].taken_from.outcomes.SHUT", "type"),
    ("facts.2.taken_from.classes.free", 1, "facts[2].taken_from.classes.free", "type"),
    ("facts.2.known_as", "users", "facts[2].known_as", "once"),
    # groups and sums
    ("scoring.sub_scores.use.groups", ["sue"], "scoring.sub_scores.use.groups[0]", "known"),
    ("scoring.sub_scores.all", GONE, "questions[2].group", "known"),
    ("scoring.sub_scores.use.max_raw", 35, "scoring.sub_scores.use.max_raw", "sum"),
    ("scoring.max_raw", 100, "scoring.max_raw", "sum"),
    ("scoring.sum_of_weights", 100, "scoring.sum_of_weights", "sum"),
    ("questions.0.options.2.points", 8, "scoring.max_raw", "sum"),
    ("scoring.display_score.maximum", 2, "scoring.display_score.maximum", "sum"),
    (
        "scoring.display_score",
        {"divide_by": 3, "maximum": 13},
        "scoring.display_score.divide_by",
        "exact",
    ),
    # thresholds
    ("thresholds.tiers.2.min_raw", 1, "thresholds.tiers[2].min_raw", "total"),
    ("thresholds.tiers.1.min_raw", 30, "thresholds.tiers[1].min_raw", "order"),
    ("thresholds.tiers.0.min_raw", 41, "thresholds.tiers[0].min_raw", "reachable"),
    ("thresholds.tiers.1.tier", 3, "thresholds.tiers[1].tier", "order"),
    ("thresholds.tiers.0.tier", 2, "thresholds.tiers[0].tier", "order"),
    # floors and blocks
    (
        "floor_rules.rules.3",
        RULE | {"when": {"answers": {"Rich": ["public"]}}},
        "floor_rules.rules[3].when.answers.Rich",
        "known",
    ),
    (
        "floor_rules.rules.0.when.answers.Reach",
        ["public", "mars"],
        "floor_rules.rules[0].when.answers.Reach[1]",
        "option",
    ),
    (
        "blocks.0.when.answers.Ours",
        [1],
        "blocks[0].when.answers.Ours[0]",
        "option",
    ),
    ("blocks.0.when.facts", {"user": [0]}, "blocks[0].when.facts.user", "known"),
    ("blocks.0.when.facts.users", [False], "blocks[0].when.facts.users[0]", "value"),
    ("floor_rules.rules.0.floor", 4, "floor_rules.rules[0].floor", "known"),
    # override and controls
    ("manual_override.downward.approvers", ["b"], "manual_override.downward.approver", "once"),
    ("manual_override.downward.approver", GONE, "manual_override.downward.approvers", "required"),
    ("manual_override.upward.not_past", "any_floor", "manual_override.upward.not_past", "downward"),
    ("tier_controls.tiers.2.tier", 4, "tier_controls.tiers[2].tier", "known"),
    ("tier_controls.tiers.2.tier", 1, "tier_controls.tiers[2].tier", "unique"),
    ("tier_controls.tiers.2", GONE, "tier_controls.tiers", "total"),
    # its own cases
    ("test_cases.0.expect.final_tier", 2, "test_cases[0].expect.final_tier", "case"),
    ("test_cases.2.expect.override", "accepted", "test_cases[2].expect.override", "case"),
    ("test_cases.0.answers.Harm", "some", "test_cases[0].answers.Harm", "option"),
    ("test_cases.0.facts", {"mood": 1}, "test_cases[0].facts.mood", "known"),
    ("test_cases.2.override", {"to_tier": "3"}, "test_cases[2].override.to_tier", "type"),
    ("test_cases.2.override", {"to_tier": 9}, "test_cases[2].override.to_tier", "known"),
]

NODE = {"id": "Loop", "text": "Again?", "yes": {"goto": "Locked"}, "no": {"goto": "END"}}
DUTY = {"what": "Sing", "from": "2026-01-01", "citation": ""}
SPOILT_TREES = [
    # its form
    ("tracks.0.nodes", GONE, "tracks[0].nodes", "required"),
    ("tracks.0.items", [{"id": "A", "text": "A"}], "tracks[0]", "not"),
    ("tracks.1.items.1.match", GONE, "tracks[1].items[1].match", "required"),
    ("tracks.3.items.0.match", "x", "tracks[3].items[0]", "not"),
    ("tracks.0.nodes.0.yes", {}, "tracks[0].nodes[0].yes", "minProperties"),
    (
        "tracks.0.nodes.0.yes",
        {"goto": "Key", "outcome": "SHUT"},
        "tracks[0].nodes[0].yes",
        "maxProperties",
    ),
    ("plan.steps.3.when.dangers", "some", "plan.steps[3].when.dangers", "enum"),
    ("outcomes.0.obligations", GONE, "outcomes[0].obligations", "required"),
    # names
    ("tracks.3.items.0.id", "Stove", "tracks[3].items[0].id", "unique"),
    ("tracks.2.id", "dangers", "tracks[2].id", "unique"),
    ("outcomes.2.id", "SHUT", "outcomes[2].id", "unique"),
    # walks
    ("tracks.0.start", "Window", "tracks[0].start", "known"),
    ("tracks.0.nodes.0.yes.goto", "Window", "tracks[0].nodes[0].yes.goto", "known"),
    ("tracks.0.nodes.1.no.outcome", "AJAR", "tracks[0].nodes[1].no.outcome", "known"),
    ("tracks.0.nodes.1.yes.goto", "Locked", "tracks[0].nodes[1].yes.goto", "cycle"),
    ("tracks.0.nodes.1.yes.goto", "Key", "tracks[0].nodes[1].yes.goto", "cycle"),
    ("tracks.0.nodes.2", NODE, "tracks[0].nodes[2].id", "reachable"),
    ("tracks.0.nodes.1.id", "END", "tracks[0].nodes[1].id", "reserved"),
    # the plan
    ("plan.incomplete", "LATER", "plan.incomplete", "known"),
    ("plan.steps.2.track", "dangers", "plan.steps[2].track", "unique"),
    ("plan.steps.2.track", "walls", "plan.steps[2].track", "known"),
    ("plan.steps.3", GONE, "tracks[3].id", "used"),
    ("plan.steps.2.when", {"night": "any"}, "plan.steps[2].when.night", "known"),
    ("plan.steps.2.when.dangers", ["ice"], "plan.steps[2].when.dangers[0]", "known"),
    ("plan.steps.0.into", "found", "plan.steps[1].into", "unique"),
    ("plan.steps.0.into", "open", "plan.steps[0].into", "reserved"),
    ("plan.steps.3.into", "dark", "plan.steps[3].into", "mode"),
    ("plan.steps.0.ends_run", "match", "plan.steps[0].ends_run", "mode"),
    ("plan.steps.1.ends_run", "outcome", "plan.steps[1].ends_run", "mode"),
    ("plan.steps.1.ends_run", "match", "plan.steps[1].outcome", "ends_run"),
    ("plan.steps.1.outcome", "SHUT", "plan.steps[1].outcome", "ends_run"),
    ("plan.outcome.4.when", {"night": "any"}, "plan.outcome[4].when", "total"),
    ("plan.outcome.1.when", GONE, "plan.outcome[1]", "reachable"),
    ("plan.outcome.1.outcome", "AJAR", "plan.outcome[1].outcome", "known"),
    ("plan.outcome.1.when", {"walls": "any"}, "plan.outcome[1].when.walls", "known"),
    # duties
    ("outcomes.1.also", ["song"], "outcomes[1].also[0]", "known"),
    ("duties.lamp.0.from", "2026-02-30", "duties.lamp[0].from", "date"),
    (
        "outcomes.1.obligations.0.when",
        {"seen": ["x"]},
        "outcomes[1].obligations[0].when.seen",
        "known",
    ),
    (
        "outcomes.0.obligations.0",
        DUTY | {"when": {"found": ["ice"]}},
        "outcomes[0].obligations[0].when.found[0]",
        "known",
    ),
    # its own cases
    ("test_cases.0.expect.outcome", "SHUT", "test_cases[0].expect.outcome", "case"),
    ("test_cases.3.expect.found", ["smoke", "fire"], "test_cases[3].expect.found", "case"),
    ("test_cases.0.expect.flags", [], "test_cases[0].expect.flags", "known"),
    ("test_cases.0.answers", {"Fires": True}, "test_cases[0].answers.Fires", "known"),
    ("spec.missing_answer.worked_cases", "open", "test_cases[0].expect.outcome", "case"),
]


def refusal(content: Any) -> InvalidInput:
    with pytest.raises(InvalidInput) as refused:
        questionnaire_from(content)
    return refused.value


@pytest.mark.parametrize(
    ("text", "place", "value", "field", "rule"),
    [(SCORECARD, *row) for row in SPOILT_SCORECARDS] + [(TREE, *row) for row in SPOILT_TREES],
    ids=[str(row[2]) for row in SPOILT_SCORECARDS + SPOILT_TREES],
)
def test_what_is_spoilt_is_refused_where_it_is_and_by_its_rule(
    text: str, place: Any, value: Any, field: str, rule: str
) -> None:
    content = changed(text, place, value) if place is not True else changed(text, "x", value)
    if place is True:
        content[True] = content.pop("x")
    found = refusal(content).problems
    assert (field, rule) in {(one.field, one.rule) for one in found}
    assert all(len(one.message) > 8 and one.message.endswith((".", "?")) for one in found)


def test_a_case_that_fails_is_named_with_what_differs() -> None:
    found = refusal(changed(SCORECARD, "test_cases.0.expect.raw", 37))
    assert found.message == "The case one gives raw 38; it expects 37."


def test_a_schema_problem_says_what_would_satisfy_it() -> None:
    assert (
        "A whole number, 1 or more."
        in refusal(changed(SCORECARD, "questions.0.weight", "x")).message
    )


TEXTS = [
    ("spec: [", "yaml"),
    ("spec: &a {kind: tree}\nother: *a", "yaml"),
    ("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]", "yaml"),
    ("spec: 1\nspec: 2", "yaml"),
    ("spec: !!python/object/apply:os.system [ls]", "yaml"),
    ("a: " + "9" * 5000, "yaml"),
    ("[" * 5000, "depth"),
    ("#" * (MAX_TEXT + 1), "length"),
    ("", "type"),
    ("- just\n- a list", "type"),
    ("spec: 5", "type"),
    ("yes: 1\nspec: {kind: tree}", "key"),
]


@pytest.mark.parametrize(("text", "rule"), TEXTS, ids=[text[:12] for text, _ in TEXTS])
def test_a_text_that_is_no_questionnaire_is_refused_clearly(text: str, rule: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_questionnaire(text)
    assert rule in {one.rule for one in refused.value.problems}


SUBMISSIONS = [
    ("[", "text", "json"),
    ("[1]", "text", "type"),
    ('{"answers": {}, "answers": {}}', "text", "json"),
    ("[" * 100_000, "text", "depth"),
    (" " * 300_000, "text", "length"),
    ("{}", "answers", "required"),
    ('{"answers": null}', "answers", "type"),
    ('{"answers": [], "facts": 3}', "facts", "type"),
    ('{"answers": {}, "fact": {}}', "fact", "known"),
    ('{"answers": {}, "override": {}}', "override.to_tier", "type"),
    ('{"answers": {}, "override": {"to_tier": true}}', "override.to_tier", "type"),
    (
        '{"answers": {}, "override": {"to_tier": 1, "approvers": "me"}}',
        "override.approvers",
        "type",
    ),
    ('{"answers": {}, "override": {"to_tier": 1, "rationale": 5}}', "override.rationale", "type"),
    ('{"answers": {}, "override": {"to_tier": 1, "days": 1.5}}', "override.days", "type"),
    ('{"answers": {}, "override": {"to_tier": 1, "why": ""}}', "override.why", "known"),
]


@pytest.mark.parametrize(
    ("text", "field", "rule"), SUBMISSIONS, ids=[t[:40] for t, *_ in SUBMISSIONS]
)
def test_answers_that_are_none_are_refused_where_they_are_wrong(
    text: str, field: str, rule: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_submission(text)
    assert (field, rule) in {(one.field, one.rule) for one in refused.value.problems}


def test_answers_alone_are_enough() -> None:
    found = read_submission('{"answers": {"a": null}, "facts": null, "override": null}')
    assert (found.answers, found.facts, found.override) == ({"a": None}, {}, None)


def test_a_worked_case_may_be_given_as_it_stands_in_its_file() -> None:
    case = {"id": "A", "name": "One", "note": "?", "answers": {"a": True}, "expect": {"raw": 1}}
    assert read_submission(json.dumps(case)).answers == {"a": True}
