"""Questionnaires as they were published, and answers on their way."""

from __future__ import annotations

import json
from typing import Any

from django.db import models
from django.db.models import Q

from governance.accounts.models import User
from governance.core.models import Record
from governance.inventory.models.records import Model
from governance.inventory.rules.assessments import Matter, Purpose


class QuestionnaireVersion(Record):
    """One published version of a questionnaire; it never changes.

    The one of the highest number for its purpose is asked from now on. What was decided by an
    earlier one keeps that one.
    """

    REF = "questionnaire"

    purpose = models.CharField(max_length=10, choices=Purpose.choices)
    number = models.PositiveIntegerField()
    key = models.CharField(max_length=62)
    version = models.CharField(max_length=30)
    title = models.TextField()
    kind = models.CharField(max_length=10)
    text = models.TextField()
    content_text = models.TextField()
    digest = models.CharField(max_length=64)
    published_by = models.CharField(max_length=60)
    published_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["purpose", "number"], name="questionnaire_number_once_per_purpose"
            ),
            models.UniqueConstraint(
                fields=["key", "version"], name="questionnaire_version_once_per_key"
            ),
            models.CheckConstraint(
                condition=Q(purpose__in=Purpose.values), name="questionnaire_purpose_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} {self.version}"


class AnswerDraft(Record):
    """What one person has answered so far about one model.

    A note that nobody else reads, and no act of anybody: the assessment that follows keeps the
    answers.
    """

    REF = "answer_draft"

    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="answer_drafts")
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    matter = models.CharField(max_length=15, choices=Matter.choices)
    questionnaire = models.ForeignKey(
        QuestionnaireVersion, on_delete=models.PROTECT, related_name="+"
    )
    answers_text = models.TextField(default="{}")
    facts_text = models.TextField(default="{}")
    evidence_text = models.TextField(default="{}")
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["model", "person", "matter"], name="one_answer_draft_per_matter"
            ),
        ]

    @property
    def answers(self) -> dict[str, Any]:
        return dict(json.loads(self.answers_text))

    @property
    def facts(self) -> dict[str, Any]:
        return dict(json.loads(self.facts_text))

    @property
    def evidence(self) -> dict[str, str]:
        return dict(json.loads(self.evidence_text))
