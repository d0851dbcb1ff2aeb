"""What was decided about a model's risk and its class, by whom and why: rows are only added."""

from __future__ import annotations

import json
from typing import Any

from django.db import models
from django.db.models import Q

from governance.accounts.models import User
from governance.accounts.rules import Role
from governance.audit.models import Prose
from governance.core.models import Record
from governance.inventory.models.questionnaires import QuestionnaireVersion
from governance.inventory.models.records import Model
from governance.inventory.rules import AiActClass, Tier


class Assessment(Record):
    """The answers to a questionnaire about a model, and what they came to.

    `facts` are what was known beside the answers; `result` is everything that was worked out.
    """

    REF = "assessment"

    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="assessments")
    questionnaire = models.ForeignKey(
        QuestionnaireVersion, on_delete=models.PROTECT, related_name="assessments"
    )
    answers_text = models.TextField()
    facts_text = models.TextField()
    result_text = models.TextField()
    digest = models.CharField(max_length=64)
    evidence = models.ForeignKey(Prose, on_delete=models.PROTECT, related_name="+", null=True)
    assessed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    assessed_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["model", "assessed_at"], name="assessment_by_model")]

    @property
    def answers(self) -> dict[str, Any]:
        return dict(json.loads(self.answers_text))

    @property
    def facts(self) -> dict[str, Any]:
        return dict(json.loads(self.facts_text))

    @property
    def result(self) -> dict[str, Any]:
        return dict(json.loads(self.result_text))


class AnswerEvidence(Record):
    """What one answer of an assessment rests on: a text, or the address of one.

    `asked` is a question of the file, or a fact with `fact:` before its name.
    """

    REF = "answer_evidence"

    assessment = models.ForeignKey(
        Assessment, on_delete=models.PROTECT, related_name="answer_evidence"
    )
    asked = models.CharField(max_length=70)
    text = models.ForeignKey(Prose, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["assessment", "asked"], name="answer_evidence_once_per_answer"
            ),
        ]


class Determination(Record):
    """That somebody decided whether a thing is a model, by which rule of the gate, and why."""

    REF = "determination"

    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="determinations")
    questionnaire = models.ForeignKey(
        QuestionnaireVersion, on_delete=models.PROTECT, related_name="determinations"
    )
    answers_text = models.TextField()
    result = models.CharField(max_length=60)
    rule = models.CharField(max_length=60)
    reasons = models.ForeignKey(Prose, on_delete=models.PROTECT, related_name="+")
    reviewer = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()
    next_review_date = models.DateField()

    class Meta:
        indexes = [models.Index(fields=["model", "decided_at"], name="determination_by_model")]

    @property
    def answers(self) -> dict[str, Any]:
        return dict(json.loads(self.answers_text))


class TierOverride(Record):
    """That somebody asked for another tier than an assessment gave, why, and until when.

    In force once somebody approved it for each of those whom the questionnaire names.
    """

    REF = "tier_override"

    assessment = models.ForeignKey(
        Assessment, on_delete=models.PROTECT, related_name="tier_overrides"
    )
    to_tier = models.PositiveSmallIntegerField(choices=Tier.choices)
    rationale = models.ForeignKey(Prose, on_delete=models.PROTECT, related_name="+")
    ends_date = models.DateField(null=True)
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(to_tier__in=Tier.values), name="overridden_tier_is_known"
            ),
        ]


class TierOverrideApproval(Record):
    """That a person approved an override, for which of those whom the questionnaire names."""

    REF = "tier_override_approval"

    override = models.ForeignKey(TierOverride, on_delete=models.PROTECT, related_name="approvals")
    approver = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    printed_name = models.ForeignKey(Prose, on_delete=models.PROTECT, related_name="+")
    capacity = models.CharField(max_length=60)
    role = models.CharField(max_length=20, choices=Role.choices)
    override_digest = models.CharField(max_length=64)
    proof = models.CharField(max_length=20)
    approved_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["override", "approver"], name="tier_override_approved_once_per_person"
            ),
            models.UniqueConstraint(
                fields=["override", "capacity"], name="tier_override_approved_once_per_capacity"
            ),
            models.CheckConstraint(
                condition=Q(role__in=Role.values), name="tier_override_role_is_known"
            ),
        ]


class TierAssessment(Record):
    """That a tier was set, and why: by hand, or by an assessment and an override of it."""

    REF = "tier_assessment"

    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="tier_assessments")
    tier = models.PositiveSmallIntegerField(choices=Tier.choices)
    reason = models.ForeignKey(Prose, on_delete=models.PROTECT, related_name="+")
    assessed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    assessed_at = models.DateTimeField()
    assessment = models.ForeignKey(
        Assessment, on_delete=models.PROTECT, related_name="+", null=True, editable=False
    )
    override = models.ForeignKey(
        TierOverride, on_delete=models.PROTECT, related_name="+", null=True, editable=False
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(tier__in=Tier.values), name="assessed_tier_is_known"
            ),
        ]


class ClassAssessment(Record):
    """That the class under the EU AI Act was set, and why: by hand, or by an assessment."""

    REF = "class_assessment"

    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="class_assessments")
    ai_act_class = models.CharField(max_length=30, choices=AiActClass.choices)
    reason = models.ForeignKey(Prose, on_delete=models.PROTECT, related_name="+")
    assessed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    assessed_at = models.DateTimeField()
    assessment = models.ForeignKey(
        Assessment, on_delete=models.PROTECT, related_name="+", null=True, editable=False
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ai_act_class__in=AiActClass.values),
                name="assessed_ai_act_class_is_known",
            ),
        ]
