"""Answers on their way: a note of one person about one model, and no act."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from governance.accounts.models import User
from governance.core.canonical import canonical
from governance.inventory.models import AnswerDraft, Model, QuestionnaireVersion
from governance.inventory.rules.assessments import Evidence, Matter


def keep_answers(
    *,
    model: Model,
    matter: Matter,
    questionnaire: QuestionnaireVersion,
    answers: Mapping[str, Any],
    facts: Mapping[str, Any],
    evidence: Evidence | None = None,
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
            "evidence_text": canonical(evidence or {}),
            "changed_at": at,
        },
    )


def empty_draft(model: Model, matter: Matter, person: User) -> None:
    drafts = AnswerDraft.objects.filter(model=model, person=person, matter=matter)
    drafts.update(answers_text="{}", facts_text="{}", evidence_text="{}")
