"""Why a result is what it is, in sentences: for pages, for the record, and for packs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from governance.inventory.rules.questionnaires import (
    Answers,
    Facts,
    Scorecard,
    ScorecardResult,
    TreeResult,
)
from governance.inventory.rules.questionnaires.scorecards import Condition, Floor

YES_OR_NO = {True: "yes", False: "no"}


def tier_reason(result: ScorecardResult) -> str:
    """Say what gave the tier: the sum, and the floor that made it stricter if one did."""
    return " ".join([_titled(result.scorecard.content), *tier_causes(result)])


def tier_causes(result: ScorecardResult) -> Iterator[str]:
    card, computed, final = result.scorecard, result.computed_tier, result.floored_tier
    if computed is None or final is None:
        return
    yield f"{result.raw} of {card.max_raw} points give {tier_words(card, computed)}."
    strictest = [floor for floor in result.floors if floor.tier == final]
    if final < computed:
        reasons = "; ".join(f"{floor.reason} ({floor.id})" for floor in strictest)
        yield f"A floor makes it {tier_words(card, final)}: {reasons}."
    elif result.floors:
        names = ", ".join(floor.id for floor in result.floors)
        yield f"No floor makes it stricter, though {names} applies."


def class_reason(result: TreeResult) -> str:
    """Say which outcome the answers led to, by which articles, and what held."""
    outcome = result.outcome
    cited = f" ({outcome.citation})" if outcome.citation else ""
    found = [
        f"{key}: {', '.join(value)}."
        for key, value in result.fields.items()
        if isinstance(value, tuple) and value
    ]
    return " ".join([_titled(result.tree.content), f"{outcome.label}{cited}.", *found])


def tier_words(card: Scorecard, tier: int) -> str:
    """`Tier 2 (High)`, by the name that the questionnaire has for it."""
    name = card.name_of(tier)
    return f"Tier {tier} ({name})" if name else f"Tier {tier}"


def floor_cause(card: Scorecard, floor: Floor, answers: Answers, facts: Facts) -> str:
    """Say which answers and facts let the floor hold."""
    return " and ".join(_holding(card, floor.when, answers, facts))


def _holding(card: Scorecard, when: Condition, answers: Answers, facts: Facts) -> Iterator[str]:
    yield from (f"{key} is “{answer_words(card, key, answers.get(key))}”" for key in when.answers)
    yield from (f"{key.replace('_', ' ')} is {said(facts.get(key))}" for key in when.facts)


def answer_words(card: Scorecard, key: str, answer: Any) -> str:
    """The label of the chosen option, or yes or no."""
    option = card.questions[key].option(answer)
    return option.label if option else said(answer)


def said(value: Any) -> str:
    """A value as people write it: `yes`, `high risk`, `2`."""
    if isinstance(value, bool):
        return YES_OR_NO[value]
    return str(value).replace("_", " ") if value is not None else "open"


def _titled(content: Mapping[str, Any]) -> str:
    spec = content["spec"]
    return f"{spec['title']} {spec['version']}:"
