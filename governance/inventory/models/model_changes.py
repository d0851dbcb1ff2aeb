"""Changes of what is live, and what became of them: rows are only added."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Prefetch, Q

from governance.accounts.models import User
from governance.audit.models import DIGEST, Prose
from governance.core.models import Record
from governance.inventory.models.records import Model
from governance.inventory.rules.model_changes import ChangeKind, ChangeOutcome, Fields, Materiality


class ModelChangeQuerySet(models.QuerySet["ModelChange"]):
    def open(self) -> ModelChangeQuerySet:
        """Keep what waits for its review."""
        return self.filter(decision=None)

    def accepted(self) -> ModelChangeQuerySet:
        return self.filter(decision__outcome=ChangeOutcome.ACCEPTED)

    def with_all(self, *, by: datetime | None = None) -> ModelChangeQuerySet:
        """Bring what each rests on along; with `by`, a past moment, as they stood then."""
        rows = self.select_related(
            "model__unit", "model__owner", "content", "reason", "proposed_by"
        )
        if by is None:
            return rows.select_related("decision__comment", "decision__decided_by")
        decided = ChangeDecision.objects.filter(decided_at__lte=by)
        # A row that was prefetched and not found is none, as if it had never been.
        return rows.filter(proposed_at__lte=by).prefetch_related(
            Prefetch("decision", queryset=decided.select_related("comment", "decided_by"))
        )


class ModelChange(Record):
    """What an owner wants to change of a live model. At most one of a model waits for its review.

    `content` is the canonical JSON of what each field of the record says before and after, kept as
    prose as a revision is; None where the record says the same after it, as when the platform
    changes. `kinds` are in the order of ChangeKind. `digest` is of all that its reviewer accepts.
    """

    REF = "model_change"

    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="changes")
    number = models.PositiveIntegerField()
    content = models.ForeignKey(Prose, on_delete=models.PROTECT, related_name="+", null=True)
    kinds: models.JSONField[list[str], list[str]] = models.JSONField()
    materiality = models.CharField(max_length=10, choices=Materiality.choices)
    reason = models.ForeignKey(Prose, on_delete=models.PROTECT, related_name="+")
    digest = models.CharField(max_length=DIGEST)
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()

    objects = ModelChangeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["model", "number"], name="change_once_per_model"),
            models.CheckConstraint(
                condition=Q(materiality__in=Materiality.values), name="change_is_material_or_minor"
            ),
        ]

    def __str__(self) -> str:
        return f"change {self.number} of {self.model.name}"

    @property
    def fields(self) -> Fields | None:
        """What each field says before and after; None once the text was erased."""
        if self.content is None:
            return {}
        found: dict[str, Any] | None
        found = None if self.content.erased_at else json.loads(self.content.text)
        return found

    @property
    def kind_labels(self) -> list[str]:
        return [str(ChangeKind(kind).label) for kind in self.kinds]


class ChangeDecision(Record):
    """What became of a change. `materiality` is as the reviewer sees it; empty unless accepted."""

    REF = "change_decision"

    change = models.OneToOneField(ModelChange, on_delete=models.PROTECT, related_name="decision")
    outcome = models.CharField(max_length=10, choices=ChangeOutcome.choices)
    materiality = models.CharField(max_length=10, choices=Materiality.choices, blank=True)
    comment = models.ForeignKey(Prose, on_delete=models.PROTECT, related_name="+", null=True)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    printed_name = models.ForeignKey(Prose, on_delete=models.PROTECT, related_name="+")
    proof = models.CharField(max_length=20, blank=True)
    decided_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome=ChangeOutcome.ACCEPTED, materiality__in=Materiality.values)
                | Q(outcome__in=(ChangeOutcome.DECLINED, ChangeOutcome.WITHDRAWN), materiality=""),
                name="change_decision_is_whole",
            ),
        ]
