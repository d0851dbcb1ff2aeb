"""Results as plain facts: for programs, for worked cases, for another questionnaire."""

from __future__ import annotations

from typing import Any

from governance.core.errors import Problem
from governance.inventory.rules.questionnaires.scorecards import FactValue, Scorecard
from governance.inventory.rules.questionnaires.scoring import ScorecardResult
from governance.inventory.rules.questionnaires.trees import Tree
from governance.inventory.rules.questionnaires.walking import Obligation, TreeResult

TREE_FIELDS = (
    "questionnaire", "outcome", "label", "class", "citation", "applies_from", "then",
    "obligations", "path", "open", "assumed_no",
)  # fmt: skip
"""What stands in the facts of every tree; no field of a plan has such a name."""


def facts_of_scorecard(found: ScorecardResult) -> dict[str, Any]:
    """`raw`, tiers and `score` are None where there is no tier; `open` says what it waits for."""
    card, scope, verdict = found.scorecard, found.scope, found.override
    return {
        "questionnaire": _header(card),
        "scope": scope.result if scope else None,
        "scope_rule": scope.id if scope else None,
        "scope_note": scope.note if scope else None,
        "raw": found.raw,
        "max_raw": card.max_raw,
        "score": found.score,
        "sub_scores": dict(found.sub_scores),
        "groups": dict(found.groups),
        "contributions": [
            {
                "question": one.question,
                "value": one.value,
                "points": one.points,
                "weight": one.weight,
                "raw": one.raw,
            }
            for one in found.contributions
        ],
        "computed_tier": found.computed_tier,
        "floors": [floor.id for floor in found.floors],
        "floor_reasons": [
            {"id": one.id, "floor": one.tier, "hard": one.hard, "reason": one.reason}
            for one in found.floors
        ],
        "final_tier": found.final_tier,
        "blocked_by": [block.id for block in found.blocks],
        "block_reasons": [
            {"id": one.id, "effect": one.effect, "reason": one.reason} for one in found.blocks
        ],
        "override": verdict.word if verdict else None,
        "override_reasons": [_problem(one) for one in verdict.reasons] if verdict else [],
        "open": list(found.unanswered),
        "assumed_no": [],
    }


def facts_of_tree(found: TreeResult) -> dict[str, Any]:
    """The fields that the plan names stand beside the outcome."""
    outcome = found.outcome
    return {
        "questionnaire": _header(found.tree),
        "outcome": outcome.id,
        "label": outcome.label,
        "class": outcome.kind,
        "citation": outcome.citation,
        "applies_from": outcome.applies_from,
        "then": list(outcome.then),
        **{
            key: list(value) if isinstance(value, tuple) else value
            for key, value in found.fields.items()
        },
        "obligations": [_obligation(one) for one in found.obligations],
        "path": [{"question": one.question, "answer": one.answer} for one in found.path],
        "open": list(found.open),
        "assumed_no": list(found.assumed_no),
    }


def facts_from(scorecard: Scorecard, found: TreeResult) -> dict[str, FactValue]:
    """Return the facts of the scorecard that follow from the tree's result, as its file says.

    An outcome that the file names counts before its class. Where neither is named, such as of an
    incomplete result, nothing follows.
    """
    taken: dict[str, FactValue] = {}
    for fact in scorecard.facts:
        origin = fact.taken_from
        if origin is None or origin.questionnaire != found.tree.id:
            continue
        if found.outcome.id in origin.outcomes:
            taken[fact.id] = origin.outcomes[found.outcome.id]
        elif found.outcome.kind in origin.classes:
            taken[fact.id] = origin.classes[found.outcome.kind]
    return taken


def _header(questionnaire: Scorecard | Tree) -> dict[str, str]:
    return {
        "id": questionnaire.id,
        "version": questionnaire.version,
        "title": questionnaire.title,
        "kind": questionnaire.content["spec"]["kind"],
    }


def _problem(one: Problem) -> dict[str, str]:
    return {"field": one.field, "rule": one.rule, "message": one.message}


def _obligation(one: Obligation) -> dict[str, Any]:
    duty = one.duty
    return {
        "what": duty.what,
        "from": duty.from_date,
        "citation": duty.citation,
        "placed_before": duty.placed_before or None,
        "placed_from": duty.placed_from or None,
        "note": duty.note or None,
        "outcome": one.outcome,
    }
