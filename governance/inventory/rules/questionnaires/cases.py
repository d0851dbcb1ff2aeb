"""The worked cases of a file: one that does not do what it says of itself is refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from governance.core.errors import InvalidInput, Problem
from governance.core.places import place_of, problem
from governance.inventory.rules.questionnaires.facts import facts_of_scorecard, facts_of_tree
from governance.inventory.rules.questionnaires.overrides import override_from
from governance.inventory.rules.questionnaires.scorecards import Scorecard
from governance.inventory.rules.questionnaires.scoring import score
from governance.inventory.rules.questionnaires.trees import Tree
from governance.inventory.rules.questionnaires.walking import classify


def case_problems(questionnaire: Scorecard | Tree) -> Iterator[Problem]:
    """Say where a worked case comes out otherwise than the file says."""
    for index, case in enumerate(questionnaire.content["test_cases"]):
        place = ("test_cases", index)
        try:
            found = result_of(questionnaire, case)
        except InvalidInput as refused:
            for one in refused.problems:
                said = f"The case {case['id']} cannot be worked out. {one.message}"
                yield Problem(field=f"{place_of(place)}.{one.field}", rule=one.rule, message=said)
            continue
        for key, stated in case["expect"].items():
            if key not in found:
                said = f"A result has no {key}."
                yield problem((*place, "expect", key), "known", said)
            elif found[key] != stated:
                said = f"The case {case['id']} gives {key} {found[key]!r}; it expects {stated!r}."
                yield problem((*place, "expect", key), "case", said)


def result_of(questionnaire: Scorecard | Tree, case: Mapping[str, Any]) -> dict[str, Any]:
    """Work a case out as its file says of worked cases. Raises InvalidInput."""
    answers = case["answers"]
    if isinstance(questionnaire, Tree):
        missing = questionnaire.worked_cases
        return facts_of_tree(classify(questionnaire, answers, missing=missing))
    override = override_from(case["override"]) if "override" in case else None
    facts = case.get("facts", {})
    return facts_of_scorecard(score(questionnaire, answers, facts=facts, override=override))
