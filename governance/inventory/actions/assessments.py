"""Deciding by questionnaire: whether it is a model, how risky, and which class it has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from governance.accounts.models import User
from governance.accounts.rules import Actor
from governance.audit import actions as audit
from governance.audit.rules import Verb
from governance.core.canonical import canonical, digest
from governance.core.errors import InvalidInput, Problem, invalid
from governance.core.typed import tidy
from governance.core.wording import as_date, day
from governance.inventory.actions.ratings import assessor, kept_with, new_class, new_tier
from governance.inventory.actions.scopes import scope_anew
from governance.inventory.models import (
    AnswerDraft,
    Assessment,
    Determination,
    Model,
    QuestionnaireVersion,
)
from governance.inventory.queries.assessments import assessment_base, known_facts
from governance.inventory.queries.questionnaires import (
    needed_questionnaire,
    scorecard_of,
    tree_of,
)
from governance.inventory.queries.records import locked_model
from governance.inventory.rules import ScopeCause
from governance.inventory.rules.assessments import (
    AssessmentChanged,
    Matter,
    Purpose,
    kept_answers,
    unanswered,
)
from governance.inventory.rules.causes import class_reason, tier_reason
from governance.inventory.rules.questionnaires import (
    Answers,
    Facts,
    Scorecard,
    ScorecardResult,
    classify,
    facts_of_scorecard,
    facts_of_tree,
    score,
)
from governance.inventory.rules.questionnaires.scorecards import ScopeRule


@dataclass(frozen=True, kw_only=True)
class _Basis:
    """What an assessment rests on: by which questionnaire, which answers, what is known."""

    questionnaire: QuestionnaireVersion
    answers: Answers
    facts: Facts


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
) -> Assessment:
    """Set the tier by the answers to the questionnaire that asks now, and keep all of it.

    `facts` are those that the portal does not know itself. `base` is the digest of what was on
    the screen (queries.assessments.assessment_base). An override of the tier before is over.
    Appends tier.assessed. Raises InvalidInput, with rule `unanswered` for each question that is
    open and `no_tier` where the gate says that this is no model; AssessmentChanged, NotAPerson,
    NoQuestionnaire, PermissionMissing.
    """
    model = locked_model(model)
    person = assessor(model, actor, at=at)
    row = needed_questionnaire(Purpose.TIERING)
    card = scorecard_of(row)
    basis = _Basis(
        questionnaire=row,
        answers=kept_answers(card, answers),
        facts=card.facts_with(_joined(facts, known_facts(model, card))),
    )
    _require_base(base, model, basis)
    result = score(card, basis.answers, facts=basis.facts)
    tier = _tier_in(result)
    assessment = _keep(
        model, basis, facts_of_scorecard(result), evidence=evidence, person=person, at=at
    )
    before = model.tier
    rating = new_tier(model, tier, tier_reason(result), person=person, at=at, assessment=assessment)
    audit.insert_all([rating])
    model.updated_at = at
    model.save(update_fields=["tier", "tier_until", "tier_after", "updated_at"])
    _empty_draft(model, Matter.TIER, person)
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
        records=[model, assessment, rating, *kept_with(model, actor=actor, at=at)],
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
    basis = _Basis(questionnaire=row, answers=kept_answers(tree, answers), facts={})
    _require_base(base, model, basis)
    result = classify(tree, basis.answers)
    if not result.is_complete:
        raise InvalidInput(*unanswered(result.open))
    assessment = _keep(model, basis, facts_of_tree(result), evidence=evidence, person=person, at=at)
    before = model.ai_act_class
    rating = new_class(
        model, result.outcome.id, class_reason(result), person=person, at=at, assessment=assessment
    )
    audit.insert_all([rating])
    model.updated_at = at
    model.save(update_fields=["ai_act_class", "updated_at"])
    _empty_draft(model, Matter.CLASS, person)
    audit.append(
        verb=Verb.CLASS_ASSESSED,
        stream=model.stream,
        subject=model.ref,
        actor=actor.ref,
        at=at,
        facts={**_facts_of(assessment), "before": before, "class": result.outcome.id},
        records=[model, assessment, rating, *kept_with(model, actor=actor, at=at)],
    )
    return assessment


@transaction.atomic
def determine(
    *,
    model: Model,
    answers: Answers,
    reasons: str,
    next_review_date: date | None,
    actor: Actor,
    at: datetime,
) -> Determination:
    """Decide whether this is a model, by the gate of the questionnaire that asks for tiers.

    It changes neither tier nor class. Appends model.determined. Raises InvalidInput, with rule
    `no_gate` where the questionnaire has none; NotAPerson, NoQuestionnaire, PermissionMissing.
    """
    model = locked_model(model)
    person = assessor(model, actor, at=at)
    row = needed_questionnaire(Purpose.TIERING)
    card = scorecard_of(row)
    scope = _scope_of(card, answers)
    review = _review_date(reasons, next_review_date, today=as_date(at))
    decided = Determination.objects.create(
        model=model,
        questionnaire=row,
        answers_text=canonical(kept_answers(card, answers)),
        result=scope.result,
        rule=scope.id,
        reasons=audit.write_prose(tidy(reasons)),
        reviewer=person,
        decided_at=at,
        next_review_date=review,
    )
    _empty_draft(model, Matter.DETERMINATION, person)
    audit.append(
        verb=Verb.MODEL_DETERMINED,
        stream=model.stream,
        subject=model.ref,
        actor=actor.ref,
        at=at,
        facts={
            "determination": decided.ref,
            "questionnaire": row.ref,
            "result": decided.result,
            "rule": decided.rule,
            "next_review_date": review,
        },
        records=[decided, *scope_anew(model, at=at, cause=ScopeCause.ASSESSMENT)],
    )
    return decided


def keep_answers(
    *,
    model: Model,
    matter: Matter,
    questionnaire: QuestionnaireVersion,
    answers: Mapping[str, Any],
    facts: Mapping[str, Any],
    actor: User,
    at: datetime,
) -> None:
    """Keep what a person answered so far, for nobody but them.

    A note and no act: nothing is appended, and the assessment that follows keeps the answers. The
    caller has checked that the model may be seen and the answers can be.
    """
    AnswerDraft.objects.update_or_create(
        model=model,
        person=actor,
        matter=matter,
        defaults={
            "questionnaire": questionnaire,
            "answers_text": canonical(answers),
            "facts_text": canonical(facts),
            "changed_at": at,
        },
    )


def _empty_draft(model: Model, matter: Matter, person: User) -> None:
    drafts = AnswerDraft.objects.filter(model=model, person=person, matter=matter)
    drafts.update(answers_text="{}", facts_text="{}")


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
    now = assessment_base(model, basis.questionnaire, basis.answers, basis.facts)
    if base is not None and base != now:
        raise AssessmentChanged(
            f"Something that this rests on was changed after you looked: the record of "
            f"{model.name}, the questionnaire, or the answers. Nothing was recorded.",
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
) -> Assessment:
    return Assessment.objects.create(
        model=model,
        questionnaire=basis.questionnaire,
        answers_text=canonical(basis.answers),
        facts_text=canonical(basis.facts),
        result_text=canonical(result),
        digest=digest(
            {
                "model": model.ref,
                "questionnaire": basis.questionnaire.digest,
                "answers": basis.answers,
                "facts": basis.facts,
                "result": result,
            }
        ),
        evidence=audit.write_prose(tidy(evidence)) if evidence.strip() else None,
        assessed_by=person,
        assessed_at=at,
    )


def _facts_of(assessment: Assessment) -> dict[str, Any]:
    return {
        "assessment": assessment.ref,
        "questionnaire": assessment.questionnaire.ref,
        "digest": assessment.digest,
    }


def _scope_of(card: Scorecard, answers: Answers) -> ScopeRule:
    """Return the rule of the gate that applies to answers to its questions, and to no others."""
    if not card.gate:
        raise invalid(
            "answers", "no_gate", "This questionnaire does not ask whether it is a model."
        )
    gate = {question.id for question in card.gate}
    if problems := [
        Problem(field=f"answers.{key}", rule="known", message=f"The gate asks no question {key}.")
        for key in answers
        if key not in gate
    ]:
        raise InvalidInput(*problems)
    result = score(card, answers)
    if result.scope is None:
        raise InvalidInput(*unanswered([key for key in result.unanswered if key in gate]))
    return result.scope


def _review_date(reasons: str, next_review_date: date | None, *, today: date) -> date:
    problems = []
    if not reasons.strip():
        message = "Say what this rests on."
        problems.append(Problem(field="reasons", rule="required", message=message))
    if next_review_date is None or next_review_date <= today:
        message = f"Say when it is looked at again: a day after {day(today)}."
        problems.append(Problem(field="next_review_date", rule="range", message=message))
    if problems or next_review_date is None:
        raise InvalidInput(*problems)
    return next_review_date
