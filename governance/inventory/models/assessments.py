"""What was decided about a model's risk and its class, by whom and why: rows are only added."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from governance.accounts.models import User
from governance.audit.models import Prose
from governance.core.models import Record
from governance.inventory.models.records import Model
from governance.inventory.rules import AiActClass, Tier


class TierAssessment(Record):
    """That somebody set the tier, and why."""

    REF = "tier_assessment"

    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="tier_assessments")
    tier = models.PositiveSmallIntegerField(choices=Tier.choices)
    reason = models.ForeignKey(Prose, on_delete=models.PROTECT, related_name="+")
    assessed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    assessed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(tier__in=Tier.values), name="assessed_tier_is_known"
            ),
        ]


class ClassAssessment(Record):
    """That somebody set the class under the EU AI Act, and why."""

    REF = "class_assessment"

    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="class_assessments")
    ai_act_class = models.CharField(max_length=30, choices=AiActClass.choices)
    reason = models.ForeignKey(Prose, on_delete=models.PROTECT, related_name="+")
    assessed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    assessed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ai_act_class__in=AiActClass.values),
                name="assessed_ai_act_class_is_known",
            ),
        ]
