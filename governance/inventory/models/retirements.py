"""That a model was retired, and that it came back: rows are only added."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from governance.audit.models import Prose
from governance.core.models import Record
from governance.inventory.models.records import Model


class RetirementQuerySet(models.QuerySet["Retirement"]):
    def standing(self) -> RetirementQuerySet:
        """Keep those of models that have not come back since."""
        return self.filter(end=None)


class Retirement(Record):
    """That a model went out of use: why, what took its place, and until when its record is kept."""

    REF = "retirement"

    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="retirements")
    reason = models.ForeignKey(Prose, on_delete=models.PROTECT, related_name="+")
    replacement = models.ForeignKey(
        Model, on_delete=models.PROTECT, related_name="replaces", null=True
    )
    retention_end_date = models.DateField()
    retired_by = models.CharField(max_length=60)
    retired_at = models.DateTimeField()

    objects = RetirementQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(replacement=None) | ~Q(replacement=F("model")),
                name="no_model_replaces_itself",
            ),
        ]


class RetirementEnd(Record):
    """That a retired model came back into use, and why."""

    REF = "retirement_end"

    retirement = models.OneToOneField(Retirement, on_delete=models.PROTECT, related_name="end")
    reason = models.ForeignKey(Prose, on_delete=models.PROTECT, related_name="+")
    returned_by = models.CharField(max_length=60)
    returned_at = models.DateTimeField()
