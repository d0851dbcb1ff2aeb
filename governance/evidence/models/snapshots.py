"""Coverage as it was counted on a day: rows are only added, and only where something changed."""

from __future__ import annotations

import json
from datetime import datetime

from django.db import models
from django.db.models import Exists, OuterRef, Q

from governance.accounts.rules import Actor
from governance.core.models import Record
from governance.inventory.models import Model


class CoverageSnapshotQuerySet(models.QuerySet["CoverageSnapshot"]):
    def visible_to(self, actor: Actor, *, at: datetime) -> CoverageSnapshotQuerySet:
        """Keep what is of the firm, and of the models that the actor may know of."""
        seen = Model.objects.visible_to(actor, at=at)
        return self.filter(Q(model=None) | Q(model__in=seen))

    def newest_at(self, moment: datetime) -> CoverageSnapshotQuerySet:
        """Keep of each model and framework the last one that had been taken by that moment."""
        later = CoverageSnapshot.objects.filter(
            framework=OuterRef("framework"),
            subject=OuterRef("subject"),
            taken_at__lte=moment,
            taken_at__gt=OuterRef("taken_at"),
        )
        return self.filter(~Exists(later), taken_at__lte=moment)


class CoverageSnapshot(Record):
    """What was counted of one framework for one model; without one, for the firm.

    `states_text` is canonical JSON: the state of each requirement by its id. `subject` is the
    model's reference, or `firm`.
    """

    REF = "coverage_snapshot"

    subject = models.CharField(max_length=60)
    model = models.ForeignKey(
        Model, on_delete=models.PROTECT, related_name="coverage_snapshots", null=True
    )
    framework = models.CharField(max_length=62)
    version = models.CharField(max_length=60)
    states_text = models.TextField()
    complete = models.PositiveIntegerField()
    partial = models.PositiveIntegerField()
    none = models.PositiveIntegerField()
    not_applicable = models.PositiveIntegerField()
    unknown = models.PositiveIntegerField()
    taken_at = models.DateTimeField()

    objects = CoverageSnapshotQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "framework", "taken_at"], name="coverage_counted_once_at_a_time"
            ),
        ]

    @property
    def states(self) -> dict[str, str]:
        return dict(json.loads(self.states_text))
