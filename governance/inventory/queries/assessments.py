"""What was answered about models, what is known of them beside that, and what counts now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from governance.accounts.models import User
from governance.accounts.rules import Role
from governance.core.canonical import digest
from governance.inventory.models import (
    AnswerDraft,
    Assessment,
    ClassAssessment,
    Determination,
    Model,
    QuestionnaireVersion,
    TierAssessment,
)
from governance.inventory.queries.questionnaires import questionnaire_in_force, tree_of
from governance.inventory.queries.records import record_digest
from governance.inventory.rules.assessments import AssessmentNotFound, Matter, Purpose
from governance.inventory.rules.questionnaires import (
    Answers,
    Facts,
    Scorecard,
    Tree,
    TreeResult,
    facts_from,
)


def approver_roles() -> dict[str, tuple[Role, ...]]:
    """Which roles stand for an approver that a questionnaire names (TIER_APPROVERS)."""
    return {
        name: tuple(Role(role) for role in roles) for name, roles in settings.TIER_APPROVERS.items()
    }


def known_facts(model: Model, card: Scorecard) -> Facts:
    """Return the facts that the portal knows of a model, which nobody types.

    A fact that the questionnaire takes from the class under the EU AI Act follows the class in
    force; of a model that has none it is the default.
    """
    known = {fact.id: fact.default for fact in card.facts if fact.taken_from}
    known |= _from_class(model, card)
    # A fact that rests on other records of the portal, such as the tier of what a model feeds,
    # is added here, by the name that a questionnaire has for it.
    return known


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


def assessment_base(
    model: Model, questionnaire: QuestionnaireVersion, answers: Answers, facts: Facts
) -> str:
    """Return the digest of all that an assessment rests on: who confirms it sends it back.

    Where the record, the questionnaire, the answers or a fact changed meanwhile it is another.
    """
    return digest(
        {
            "record": record_digest(model),
            "questionnaire": questionnaire.digest,
            "answers": answers,
            "facts": facts,
        }
    )


def assessments_of(model: Model) -> QuerySet[Assessment]:
    """Return every assessment of the model, newest first."""
    return (
        Assessment.objects.filter(model=model)
        .select_related("questionnaire", "assessed_by", "evidence")
        .order_by("-assessed_at", "pk")
    )


def assessment_by_id(model: Model, assessment_id: UUID) -> Assessment:
    """Return one of the model's assessments, or raise AssessmentNotFound."""
    row = assessments_of(model).filter(pk=assessment_id).select_related("model").first()
    if row is None:
        raise AssessmentNotFound("The model has no such assessment.")
    return row


def determinations_of(model: Model) -> QuerySet[Determination]:
    """Return every determination of the model, newest first."""
    return (
        Determination.objects.filter(model=model)
        .select_related("questionnaire", "reviewer", "reasons")
        .order_by("-decided_at", "pk")
    )


def latest_determination(model: Model) -> Determination | None:
    return determinations_of(model).first()


def newest_rating(model: Model) -> TierAssessment | None:
    """Return what set the tier last, with the assessment and the override behind it."""
    return (
        TierAssessment.objects.filter(model=model)
        .select_related("assessment__questionnaire", "override", "reason", "assessed_by")
        .order_by("-assessed_at", "pk")
        .first()
    )


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What somebody answered so far. `is_begun` says whether anything was kept for them."""

    questionnaire: QuestionnaireVersion
    answers: Mapping[str, Any]
    facts: Mapping[str, Any]
    is_begun: bool


def draft_of(
    model: Model, matter: Matter, *, questionnaire: QuestionnaireVersion, person: User
) -> Draft:
    """Return the person's answers so far, or those of the last time to begin with.

    Answers to a questionnaire that was superseded since begin anew: its questions may be others.
    """
    kept = AnswerDraft.objects.filter(
        model=model, person=person, matter=matter, questionnaire=questionnaire
    ).first()
    if kept is not None and (kept.answers or kept.facts):
        return Draft(
            questionnaire=questionnaire, answers=kept.answers, facts=kept.facts, is_begun=True
        )
    return Draft(questionnaire=questionnaire, answers={}, facts={}, is_begun=False)
