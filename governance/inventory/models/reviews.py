"""That somebody independent reviewed a model: rows are only added."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from governance.accounts.models import User
from governance.audit.models import DIGEST, Prose
from governance.core.models import Record
from governance.inventory.models.records import Model
from governance.inventory.rules.reviews import ReviewKind, ReviewOutcome


class Review(Record):
    """What a review came to. `record_digest` is of the record that was on the reviewer's screen.

    `tier` is the one that set the interval then; None where the model had none.
    """

    REF = "review"

    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="reviews")
    kind = models.CharField(max_length=12, choices=ReviewKind.choices)
    outcome = models.CharField(max_length=15, choices=ReviewOutcome.choices)
    words = models.ForeignKey(Prose, on_delete=models.PROTECT, related_name="+")
    reviewer = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    reviewed_at = models.DateTimeField()
    record_digest = models.CharField(max_length=DIGEST)
    tier = models.PositiveSmallIntegerField(null=True)
    next_review_date = models.DateField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=ReviewKind.values), name="review_kind_is_known"
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=ReviewOutcome.values), name="review_outcome_is_known"
            ),
        ]
        indexes = [models.Index(fields=["model", "reviewed_at"], name="review_by_model")]
