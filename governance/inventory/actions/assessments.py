"""Deciding by questionnaire how risky a model is and which class it has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from governance.accounts.models import User
from governance.accounts.rules import Actor
from governance.audit import actions as audit
from governance.audit.rules import Verb
from governance.core.canonical import canonical
from governance.core.errors import InvalidInput, Problem, invalid
from governance.core.typed import tidy
from governance.inventory.actions.drafts import empty_draft
from governance.inventory.actions.ratings import assessor, kept_with, new_class, new_tier
from governance.inventory.models import (
    AnswerEvidence,
    Assessment,
    Model,
    QuestionnaireVersion,
)
from governance.inventory.queries.assessments import assessment_base
from governance.inventory.queries.known_facts import Sources, known_facts
from governance.inventory.queries.questionnaires import (
    needed_questionnaire,
    scorecard_of,
    tree_of,
)
from governance.inventory.queries.records import locked_model
from governance.inventory.rules.assessments import (
    AssessmentChanged,
    Evidence,
    Matter,
    Purpose,
    assessment_digest,
    kept_answers,
    kept_evidence,
    unanswered,
)
from governance.inventory.rules.causes import class_reason, tier_reason
from governance.inventory.rules.questionnaires import (
    Answers,
    Facts,
    ScorecardResult,
    classify,
    facts_of_scorecard,
    facts_of_tree,
    score,
)


@dataclass(frozen=True, kw_only=True)
class _Basis:
    """What an assessment rests on: by which questionnaire, which answers, what is known.

    `evidence` is what answers rest on; `sources` names the models that facts come from which the
    portal fills in.
    """

    questionnaire: QuestionnaireVersion
    answers: Answers
    facts: Facts
    sources: Sources = field(default_factory=dict)
    evidence: Evidence = field(default_factory=dict)


@transaction.atomic
def assess_tier(
    *,
    model: Model,
    answers: Answers,
    facts: Facts,
    actor: Actor,
    at: datetime,
    base: str | None = None,
    evidence: str = "",
    answer_evidence: Evidence | None = None,
) -> Assessment:
    """Set the tier by the answers to the questionnaire that asks now, and keep all of it.

    `facts` are those that the portal does not know itself. `base` is the digest of what was on
    the screen (queries.assessments.assessment_base). `evidence` is what all of it rests on,
    `answer_evidence` what single answers and facts do. An override of the tier before is over.
    Appends tier.assessed. Raises InvalidInput, with rule `unanswered` for each question that is
    open and `no_tier` where the gate says that this is no model; AssessmentChanged, NotAPerson,
    NoQuestionnaire, PermissionMissing.
    """
    model = locked_model(model)
    person = assessor(model, actor, at=at)
    row = needed_questionnaire(Purpose.TIERING)
    basis = _basis_of_tier(model, row, answers, facts, answer_evidence or {}, at=at)
    _require_base(base, model, basis)
    result = score(scorecard_of(row), basis.answers, facts=basis.facts)
    tier = _tier_in(result)
    assessment, texts = _keep(
        model, basis, facts_of_scorecard(result), evidence=evidence, person=person, at=at
    )
    before = model.tier
    rating = new_tier(model, tier, tier_reason(result), person=person, at=at, assessment=assessment)
    audit.insert_all([rating])
    # Its answers say that this is a model, whatever was determined before.
    model.is_tool, model.updated_at = False, at
    model.save(update_fields=["tier", "tier_until", "tier_after", "is_tool", "updated_at"])
    empty_draft(model, Matter.TIER, person)
    audit.append(
        verb=Verb.TIER_ASSESSED,
        stream=model.stream,
        subject=model.ref,
        actor=actor.ref,
        at=at,
        facts={
            **_facts_of(assessment),
            "before": before,
            "tier": tier,
            "computed_tier": result.computed_tier,
            "raw": result.raw,
            "floors": [floor.id for floor in result.floors],
        },
        records=[model, assessment, *texts, rating, *kept_with(model, actor=actor, at=at)],
    )
    return assessment


@transaction.atomic
def assess_class(
    *,
    model: Model,
    answers: Answers,
    actor: Actor,
    at: datetime,
    base: str | None = None,
    evidence: str = "",
    answer_evidence: Evidence | None = None,
) -> Assessment:
    """Set the class under the EU AI Act by the answers to the questionnaire that asks now.

    A prohibited practice bars every promotion from then on. Appends class.assessed. Raises
    InvalidInput, with rule `unanswered` for each question that the class waits for;
    AssessmentChanged, NotAPerson, NoQuestionnaire, PermissionMissing.
    """
    model = locked_model(model)
    person = assessor(model, actor, at=at)
    row = needed_questionnaire(Purpose.AI_ACT)
    tree = tree_of(row)
    kept = kept_answers(tree, answers)
    rests_on = kept_evidence(tree, answer_evidence or {}, answers=kept, typed={})
    basis = _Basis(questionnaire=row, answers=kept, facts={}, evidence=rests_on)
    _require_base(base, model, basis)
    result = classify(tree, basis.answers)
    if not result.is_complete:
        raise InvalidInput(*unanswered(result.open))
    assessment, texts = _keep(
        model, basis, facts_of_tree(result), evidence=evidence, person=person, at=at
    )
    before = model.ai_act_class
    rating = new_class(
        model, result.outcome.id, class_reason(result), person=person, at=at, assessment=assessment
    )
    audit.insert_all([rating])
    model.updated_at = at
    model.save(update_fields=["ai_act_class", "updated_at"])
    empty_draft(model, Matter.CLASS, person)
    audit.append(
        verb=Verb.CLASS_ASSESSED,
        stream=model.stream,
        subject=model.ref,
        actor=actor.ref,
        at=at,
        facts={**_facts_of(assessment), "before": before, "class": result.outcome.id},
        records=[model, assessment, *texts, rating, *kept_with(model, actor=actor, at=at)],
    )
    return assessment


def _basis_of_tier(
    model: Model,
    row: QuestionnaireVersion,
    answers: Answers,
    facts: Facts,
    evidence: Evidence,
    *,
    at: datetime,
) -> _Basis:
    card = scorecard_of(row)
    known, kept = known_facts(model, card, at=at), kept_answers(card, answers)
    return _Basis(
        questionnaire=row,
        answers=kept,
        facts=card.facts_with(_joined(facts, known.values)),
        sources=known.sources,
        evidence=kept_evidence(card, evidence, answers=kept, typed=facts),
    )


def _joined(typed: Facts, known: Facts) -> Facts:
    """Return all facts, or raise InvalidInput for one that was typed though the portal knows it."""
    if problems := [
        Problem(
            field=f"facts.{key}",
            rule="known_by_portal",
            message=f"{key} follows from the portal's own records; leave it out.",
        )
        for key in typed
        if key in known
    ]:
        raise InvalidInput(*problems)
    return {**typed, **known}


def _require_base(base: str | None, model: Model, basis: _Basis) -> None:
    now = assessment_base(
        model,
        basis.questionnaire,
        basis.answers,
        basis.facts,
        sources=basis.sources,
        evidence=basis.evidence,
    )
    if base is not None and base != now:
        raise AssessmentChanged(
            f"Something that this rests on was changed after you looked: the record of "
            f"{model.name}, the questionnaire, the answers, or what the portal fills in. "
            "Nothing was recorded.",
            subject=model.ref,
            stream=model.stream,
        )


def _tier_in(result: ScorecardResult) -> int:
    if result.unanswered:
        raise InvalidInput(*unanswered(result.unanswered))
    if result.final_tier is None:
        said = (
            "By these answers it is no model, and has no tier. Record the determination; what is "
            "to be promoted all the same is treated as a model."
        )
        raise invalid("answers", "no_tier", said)
    return result.final_tier


def _keep(
    model: Model,
    basis: _Basis,
    result: Mapping[str, Any],
    *,
    evidence: str,
    person: User,
    at: datetime,
) -> tuple[Assessment, list[AnswerEvidence]]:
    """Keep the assessment, and what each answer rests on that says so."""
    if basis.sources:
        result = {**result, "known_from": _refs(basis.sources)}
    texts = {key: audit.write_prose(text) for key, text in basis.evidence.items()}
    assessment = Assessment.objects.create(
        model=model,
        questionnaire=basis.questionnaire,
        answers_text=canonical(basis.answers),
        facts_text=canonical(basis.facts),
        result_text=canonical(result),
        digest=assessment_digest(
            model=model.ref,
            questionnaire=basis.questionnaire.digest,
            answers=basis.answers,
            facts=basis.facts,
            result=result,
            evidence={key: text.digest for key, text in texts.items()},
        ),
        evidence=audit.write_prose(tidy(evidence)) if evidence.strip() else None,
        assessed_by=person,
        assessed_at=at,
    )
    rows = [
        AnswerEvidence(assessment=assessment, asked=key, text=text) for key, text in texts.items()
    ]
    return assessment, AnswerEvidence.objects.bulk_create(rows)


def _refs(sources: Sources) -> dict[str, list[str]]:
    return {key: [f"{Model.REF}:{one}" for one in models] for key, models in sources.items()}


def _facts_of(assessment: Assessment) -> dict[str, Any]:
    return {
        "assessment": assessment.ref,
        "questionnaire": assessment.questionnaire.ref,
        "digest": assessment.digest,
    }
