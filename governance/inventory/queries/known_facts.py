"""What the portal knows of a model that a questionnaire asks for beside its answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from governance.inventory.models import ClassAssessment, Model
from governance.inventory.queries.dependencies import strictest_consumers
from governance.inventory.queries.questionnaires import questionnaire_in_force, tree_of
from governance.inventory.rules.assessments import KnownAs, Purpose
from governance.inventory.rules.questionnaires import (
    Facts,
    Scorecard,
    Tree,
    TreeResult,
    facts_from,
)

Sources = Mapping[str, Sequence[UUID]]
"""The models that a value comes from, by fact."""


@dataclass(frozen=True, kw_only=True)
class KnownFacts:
    """Facts that nobody types, and where they come from."""

    values: Facts = field(default_factory=dict)
    sources: Sources = field(default_factory=dict)


def known_facts(model: Model, card: Scorecard, *, at: datetime) -> KnownFacts:
    """Return what the portal knows of the model by what the file says of each fact.

    What is taken from the class under the EU AI Act follows the class in force; what the file
    calls by a name of `KnownAs` follows the portal's records. Of what neither tells, the default.
    """
    defaults = {fact.id: fact.default for fact in card.facts if fact.taken_from}
    told = _from_consumers(model, card, at=at)
    values = {**defaults, **_from_class(model, card), **told.values}
    return KnownFacts(values=values, sources=told.sources)


def _from_consumers(model: Model, card: Scorecard, *, at: datetime) -> KnownFacts:
    asking = [fact for fact in card.facts if fact.known_as == KnownAs.CONSUMER_TIER]
    if not asking:
        return KnownFacts()
    tier, consumers = strictest_consumers(model, at=at)
    return KnownFacts(
        values={fact.id: fact.default if tier is None else tier for fact in asking},
        sources={fact.id: consumers for fact in asking if consumers},
    )


def _from_class(model: Model, card: Scorecard) -> Facts:
    """What follows from the class in force, by the questionnaire that gave it or that asks now."""
    if not model.ai_act_class or not any(fact.taken_from for fact in card.facts):
        return {}
    tree = _tree_behind(model)
    if tree is None or model.ai_act_class not in tree.outcomes:
        return {}
    outcome = tree.outcomes[model.ai_act_class]
    return facts_from(card, TreeResult(tree=tree, outcome=outcome, fields={}, path=()))


def _tree_behind(model: Model) -> Tree | None:
    newest = (
        ClassAssessment.objects.filter(model=model)
        .select_related("assessment__questionnaire")
        .order_by("-assessed_at")
        .first()
    )
    if newest is not None and newest.assessment is not None:
        return tree_of(newest.assessment.questionnaire)
    row = questionnaire_in_force(Purpose.AI_ACT)
    return tree_of(row) if row else None
