"""Reads of reviews: the last one, when the next is due, and who may not record it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.conf import settings

from governance.accounts.models import User
from governance.core.wording import as_date
from governance.inventory.models import Builder, Model, Review, Waiver
from governance.inventory.queries.past import tiers_said
from governance.inventory.rules.intervals import add_months, months_for
from governance.inventory.rules.reviews import TooClose, review_due
from governance.inventory.rules.waivers import WaiverKind


@dataclass(frozen=True, kw_only=True)
class ReviewStanding:
    """When a model is to be reviewed next. `waived_until` is set while a waiver of that holds."""

    model: Model
    last: Review | None
    due_date: date
    tier: int | None
    waived_until: date | None = None

    def is_overdue(self, today: date) -> bool:
        """Tell whether the day has passed and no waiver holds."""
        return self.due_date < today and self.waived_until is None


def interval_months(tier: int | None) -> int:
    """Return the interval that the firm has chosen for models of the tier."""
    return months_for(tier, months=settings.REVIEW_MONTHS)


def longest_until(model: Model, *, today: date) -> date:
    """Return the last day that a review made today may state for the next one."""
    return add_months(today, interval_months(model.tier))


def review_standings(
    models: Sequence[Model], *, today: date, by: datetime | None = None
) -> list[ReviewStanding]:
    """Say of each model when it is to be reviewed next, in two queries, in their order.

    With `by`, a past moment, by what was on record then, in one query more.
    """
    made = Review.objects.filter(model__in=models)
    last = _newest(made.filter(reviewed_at__lte=by) if by else made)
    waived = waived_reviews(models, today=today, by=by)
    tiers = tiers_said(models, by=by)
    return [
        ReviewStanding(
            model=model,
            last=(review := last.get(model.pk)),
            due_date=review_due(
                since=as_date(review.reviewed_at if review else model.created_at),
                tier=tiers[model.pk],
                stated=review.next_review_date if review else None,
                months=settings.REVIEW_MONTHS,
            ),
            tier=tiers[model.pk],
            waived_until=waived.get(model.pk),
        )
        for model in models
    ]


def _newest(reviews: Iterable[Review]) -> dict[UUID, Review]:
    """The newest review of each model."""
    ordered = sorted(reviews, key=lambda review: (review.reviewed_at, review.pk))
    return {review.model_id: review for review in ordered}


def waived_reviews(
    models: Iterable[Model], *, today: date, by: datetime | None = None
) -> dict[UUID, date]:
    """Return until when a waiver lets an overdue review be, by model."""
    held = Waiver.objects.in_force(today, by=by)
    rows = held.filter(model__in=models, kind=WaiverKind.OVERDUE_REVIEW)
    return dict(rows.order_by("expires_date").values_list("model_id", "expires_date"))


def reviews_of(model: Model) -> list[Review]:
    """Return every review of the model, newest first."""
    rows = Review.objects.filter(model=model).select_related("words", "reviewer")
    return list(rows.order_by("-reviewed_at", "-pk"))


def hands_in(model: Model, person: User) -> list[Builder]:
    """Return what the person has ever been to the model: its owner, its developer, or nothing."""
    return list(Builder.objects.filter(model=model, user=person).order_by("since"))


def require_distance(model: Model, person: User, what: str) -> None:
    """Raise TooClose for whoever has ever owned or built the model; `what` they cannot do."""
    hands = hands_in(model, person)
    if hands:
        been = " and ".join(row.get_capacity_display().lower() for row in hands)
        raise TooClose(
            f"{person.name} is or was {been} of {model.name}, so cannot {what}.",
            subject=model.ref,
            stream=model.stream,
            grounds=[row.ref for row in hands],
        )
