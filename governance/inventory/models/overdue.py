"""When a review is overdue, as a condition on models that the database judges."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from django.apps import apps
from django.conf import settings
from django.db.models import Exists, OuterRef, Q, Subquery
from django.db.models.lookups import LessThan

from governance.inventory.rules.intervals import latest_start, months_for
from governance.inventory.rules.waivers import WaiverKind


def review_is_overdue(today: date) -> Q:
    """Return the condition that a model should have been reviewed by that day, and that no waiver
    of that holds. It says of many what `rules.reviews.review_due` says of one.

    What was removed is not reviewed any more.
    """
    # By name: these tables point to that of the models, whose querysets ask this.
    reviews = apps.get_model("inventory", "Review")._default_manager.filter(model=OuterRef("pk"))
    newest = reviews.order_by("-reviewed_at", "-pk")
    stated = Q(LessThan(Subquery(newest.values("next_review_date")[:1]), today))
    waivers = apps.get_model("inventory", "Waiver").objects.in_force(today)
    waived = waivers.filter(kind=WaiverKind.OVERDUE_REVIEW, model=OuterRef("pk"))
    return Q(removed_at=None) & (_interval_is_over(today) | stated) & Q(~Exists(waived))


def _interval_is_over(today: date) -> Q:
    months: dict[int, int] = settings.REVIEW_MONTHS
    over = (Q(tier=None) | ~Q(tier__in=list(months))) & _quiet(
        today, months_for(None, months=months)
    )
    for tier, interval in months.items():
        over |= Q(tier=tier) & _quiet(today, interval)
    return over


def _quiet(today: date, months: int) -> Q:
    """Neither entered nor reviewed within the interval that ends that day."""
    before = datetime.combine(latest_start(today, months), time.max, tzinfo=UTC)
    reviews = apps.get_model("inventory", "Review")._default_manager
    since = reviews.filter(model=OuterRef("pk"), reviewed_at__gt=before)
    return Q(created_at__lte=before) & Q(~Exists(since))
