"""Independent review: what is being written, what was signed, and what was found."""

from __future__ import annotations

import json
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.db import models
from django.db.models import Case, Q, Value, When

from governance.accounts.models import User
from governance.accounts.rules import Role
from governance.audit.models import Prose
from governance.core.models import Record
from governance.inventory.models import Model
from governance.registry.models import ModelVersion
from governance.validation.rules import (
    FindingDraft,
    Opinion,
    Severity,
    State,
    ValidationRecord,
)


class Validation(Record):
    """One validator's work on one version: a draft until it is signed, then closed for good.

    `edit_count` counts the saves, so that an old form cannot overwrite a newer text.
    """

    REF = "validation"

    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="validations")
    validator = models.ForeignKey(User, on_delete=models.PROTECT, related_name="validations")
    scope = models.TextField(blank=True)
    opinion = models.CharField(max_length=20, choices=Opinion.choices, blank=True)
    summary = models.TextField(blank=True)
    findings_drafted: models.JSONField[Any, Any] = models.JSONField(default=list)
    state = models.CharField(max_length=8, choices=State.choices, default=State.DRAFT)
    edit_count = models.PositiveIntegerField(default=0)
    begun_at = models.DateTimeField()
    edited_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["version", "validator"],
                condition=Q(state="DRAFT"),
                name="one_open_validation_per_validator",
            ),
            models.CheckConstraint(
                condition=Q(state__in=State.values), name="validation_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(opinion="") | Q(opinion__in=Opinion.values),
                name="validation_opinion_is_known",
            ),
        ]

    def __str__(self) -> str:
        return f"validation of {self.version}"

    @property
    def record(self) -> ValidationRecord:
        """What was written so far."""
        return ValidationRecord(
            scope=self.scope,
            opinion=self.opinion,
            summary=self.summary,
            findings=tuple(_finding_draft(item) for item in self.findings_drafted),
        )


def _finding_draft(item: dict[str, Any]) -> FindingDraft:
    due = item["due_date"]
    return FindingDraft(**(item | {"due_date": date.fromisoformat(due) if due else None}))


class Report(Record):
    """A signed validation. `text` is canonical and `digest`, its SHA-256, is what was signed.

    Name and role of the signer are those of that moment (21 CFR 11.50).
    """

    REF = "report"

    validation = models.OneToOneField(Validation, on_delete=models.PROTECT, related_name="report")
    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="reports")
    number = models.PositiveIntegerField()
    text = models.TextField()
    digest = models.CharField(max_length=64)
    opinion = models.CharField(max_length=20, choices=Opinion.choices)
    meaning = models.CharField(max_length=300)
    signed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    signed_name = models.ForeignKey(Prose, on_delete=models.PROTECT, related_name="+")
    signed_role = models.CharField(max_length=20, choices=Role.choices)
    signed_with = models.CharField(max_length=12)
    signed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "number"], name="report_once_per_version"),
            models.CheckConstraint(
                condition=Q(opinion__in=Opinion.values), name="report_opinion_is_known"
            ),
            models.CheckConstraint(
                condition=Q(signed_role__in=Role.values), name="report_role_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"validation report {self.number} of {self.version}"

    @cached_property
    def body(self) -> dict[str, Any]:
        """The parsed text: scope, opinion, summary, findings and meaning, as signed."""
        body: dict[str, Any] = json.loads(self.text)
        return body


class FindingQuerySet(models.QuerySet["Finding"]):
    def open(self) -> FindingQuerySet:
        return self.filter(closed_at=None)

    def open_at(self, moment: datetime) -> FindingQuerySet:
        """Keep what was found by that moment and not closed yet."""
        return self.filter(Q(closed_at=None) | Q(closed_at__gt=moment), opened_at__lte=moment)

    def worst_first(self) -> FindingQuerySet:
        """By severity, then by due date."""
        ranks = [When(severity=value, then=Value(i)) for i, value in enumerate(Severity.values)]
        return self.order_by(Case(*ranks), "due_date", "number")

    def with_people(self) -> FindingQuerySet:
        return self.select_related("owner", "opened_by", "closed_by", "closing_reason", "version")


class Finding(Record):
    """Something found in a version that has to be dealt with. Numbered per model, never deleted.

    Opened by a report, or (without one) raised on its own. Without `opened_by` the portal itself
    raised it, from what it measured.
    """

    REF = "finding"

    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="findings")
    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="findings")
    report = models.ForeignKey(
        Report, on_delete=models.PROTECT, related_name="findings", null=True, blank=True
    )
    number = models.PositiveIntegerField()
    severity = models.CharField(max_length=8, choices=Severity.choices)
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    remediation = models.TextField(blank=True)
    owner = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="findings", null=True, blank=True
    )
    due_date = models.DateField()
    opened_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    opened_at = models.DateTimeField()
    closed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    closed_at = models.DateTimeField(null=True, blank=True)
    closing_reason = models.ForeignKey(
        Prose, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )

    objects = FindingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["model", "number"], name="finding_number_once_per_model"
            ),
            models.CheckConstraint(
                condition=Q(severity__in=Severity.values), name="finding_severity_is_known"
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None, closed_by=None, closing_reason=None)
                | Q(closed_at__isnull=False, closed_by__isnull=False, closing_reason__isnull=False),
                name="finding_closed_by_somebody_for_a_reason",
            ),
        ]
        indexes = [
            models.Index(
                fields=["model", "due_date"],
                condition=Q(closed_at=None),
                name="open_finding_by_due_date",
            )
        ]

    def __str__(self) -> str:
        return f"{self.label} {self.title}"

    def was_open_at(self, moment: datetime) -> bool:
        return self.opened_at <= moment and (self.closed_at is None or self.closed_at > moment)

    @property
    def label(self) -> str:
        """How people call it, such as F-0007; unique within the model."""
        return f"F-{self.number:04d}"
