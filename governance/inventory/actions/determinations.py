"""Deciding whether a thing is a model at all, by the gate of the questionnaire for tiers."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from governance.accounts.rules import Actor
from governance.audit import actions as audit
from governance.audit.rules import Verb
from governance.core.canonical import canonical
from governance.core.errors import InvalidInput, Problem, invalid
from governance.core.models import Record
from governance.core.typed import tidy
from governance.core.wording import as_date, day
from governance.inventory.actions.drafts import empty_draft
from governance.inventory.actions.ratings import assessor
from governance.inventory.actions.revisions import write_revision
from governance.inventory.actions.scopes import scope_anew
from governance.inventory.models import Determination, Model
from governance.inventory.queries.questionnaires import needed_questionnaire, scorecard_of
from governance.inventory.queries.records import locked_model
from governance.inventory.rules import ScopeCause
from governance.inventory.rules.assessments import Matter, Purpose, kept_answers, unanswered
from governance.inventory.rules.questionnaires import Answers, Scorecard, score
from governance.inventory.rules.questionnaires.scorecards import ScopeRule


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

    It changes neither tier nor class. By a rule of the gate that ends scoring it is a tool, whose
    record needs no tier and of which no version moves (`NotAModel`), until it is determined anew
    or its tier is assessed. Appends model.determined. Raises InvalidInput, with rule
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
    empty_draft(model, Matter.DETERMINATION, person)
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
        records=[
            decided,
            *_kept_as(model, is_tool=not scope.continues, actor=actor, at=at),
            *scope_anew(model, at=at, cause=ScopeCause.ASSESSMENT),
        ],
    )
    return decided


def _kept_as(model: Model, *, is_tool: bool, actor: Actor, at: datetime) -> list[Record]:
    """Say on the record whether it is a tool; in a revision where it lacks other things by that."""
    if model.is_tool == is_tool:
        return []
    before = model.gaps
    model.is_tool, model.updated_at = is_tool, at
    model.save(update_fields=["is_tool", "updated_at"])
    if model.gaps == before:
        return [model]
    return [model, write_revision(model, actor=actor, at=at)]


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
