"""Which model takes what from which: rows are added, and ended once."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import F, Q

from governance.audit.models import Prose
from governance.core.models import Record
from governance.inventory.models.records import Model


class DependencyQuerySet(models.QuerySet["Dependency"]):
    def current(self, *, by: datetime | None = None) -> DependencyQuerySet:
        """Keep what holds now, or held at a past moment."""
        if by is None:
            return self.filter(ended_at=None)
        return self.filter(Q(ended_at=None) | Q(ended_at__gt=by), added_at__lte=by)

    def with_models(self) -> DependencyQuerySet:
        return self.select_related("flows", "feeder__owner", "consumer__owner")


class Dependency(Record):
    """That one model feeds another, with what, from a day on. It is never edited, only ended."""

    REF = "dependency"

    feeder = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="feeding")
    consumer = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="fed_by")
    flows = models.ForeignKey(Prose, on_delete=models.PROTECT, related_name="+")
    since_date = models.DateField()
    added_by = models.CharField(max_length=60)
    added_at = models.DateTimeField()
    ended_by = models.CharField(max_length=60, blank=True)
    ended_at = models.DateTimeField(null=True)

    objects = DependencyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["feeder", "consumer"],
                condition=Q(ended_at=None),
                name="one_dependency_at_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(feeder=F("consumer")), name="no_model_feeds_itself"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.feeder} feeds {self.consumer}"
