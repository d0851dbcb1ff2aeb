"""Which models are to be reviewed when, and what reviews came to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator

from governance.accounts.models import User
from governance.accounts.permissions import Permission
from governance.accounts.queries import units_with
from governance.core.instants import Instant, limit_of, today_of
from governance.core.wording import as_date
from governance.inventory.models import Builder, Model, Review
from governance.inventory.queries import record_digest
from governance.inventory.queries.past import Told, told_of
from governance.inventory.queries.reviews import (
    ReviewStanding,
    interval_months,
    longest_until,
    review_standings,
    reviews_of,
)
from governance.portal.pages.lists import ListView
from governance.portal.pages.record_lines import record_lines
from governance.portal.pages.upkeep import no_reviewing

PAGE_SIZE = 50
SOON = timedelta(days=90)


@dataclass(frozen=True, kw_only=True)
class ReviewsPage:
    """`page` holds standings, or reviews where `view` is what is done. `mine` are the models that
    the reader may review; nobody reviews the past. `told` is what is to be said of each.
    """

    instant: Instant | None
    told: Mapping[UUID, Told]
    view: str
    views: Sequence[ListView]
    page: Page[Any]
    mine: frozenset[object]
    total: int


@dataclass(frozen=True, kw_only=True)
class ReviewPage:
    model: Model
    standing: ReviewStanding
    record: Sequence[tuple[str, str]]
    digest: str
    months: int
    latest: date
    earlier: Sequence[Review]
    why_not: str


def reviews_page(
    reader: User, *, view: str, number: str | None, at: datetime, instant: Instant | None = None
) -> ReviewsPage:
    """Read one page of a view. The number of queries depends on neither models nor reviews."""
    today, by = today_of(instant, at=at), limit_of(instant)
    seen = Model.objects.visible_to(reader, at=at)
    stood = seen.standing_at(by) if by else seen.present()
    models = list(stood.select_related("owner", "unit").order_by("name"))
    standings = sorted(review_standings(models, today=today, by=by), key=lambda one: one.due_date)
    made = Review.objects.filter(model__in=seen)
    done = (
        (made.filter(reviewed_at__lte=by) if by else made)
        .select_related("model__owner", "words", "reviewer")
        .order_by("-reviewed_at", "-pk")
    )
    found: dict[str, list[ReviewStanding]] = {"overdue": [], "due": [], "later": []}
    for one in standings:
        found[_view_of(one, today=today)].append(one)
    chosen = view if view in {*found, "done"} else "overdue" if found["overdue"] else "due"
    rows: Any = found.get(chosen, done)
    page = Paginator(rows, PAGE_SIZE).get_page(number)
    return ReviewsPage(
        instant=instant,
        told=told_of([one.model for one in page.object_list], by=by),
        view=chosen,
        views=[
            ListView(key="overdue", label="Overdue", count=len(found["overdue"]), tone="bad"),
            ListView(key="due", label="Due in 90 days", count=len(found["due"]), tone="warn"),
            ListView(key="later", label="Later", count=len(found["later"])),
            ListView(key="done", label="Done", count=done.count()),
        ],
        page=page,
        mine=frozenset() if instant else reviewable(reader, models, at=at),
        total=len(models),
    )


def _view_of(one: ReviewStanding, *, today: date) -> str:
    """What is waived stands among the overdue, so that nobody loses sight of it."""
    if one.due_date < today:
        return "overdue"
    return "due" if one.due_date <= today + SOON else "later"


def reviewable(reader: User, models: Sequence[Model], *, at: datetime) -> frozenset[object]:
    """Return the keys of those of the models that the reader may review, in three queries."""
    units = set(units_with(reader, Permission.REVIEW_RECORD, at=at).values_list("pk", flat=True))
    hands = set(Builder.objects.filter(user=reader).values_list("model_id", flat=True))
    return frozenset(m.pk for m in models if m.unit_id in units and m.pk not in hands)


def review_page(model: Model, *, reader: User, at: datetime) -> ReviewPage:
    """Read the page on which a review is recorded."""
    today = as_date(at)
    return ReviewPage(
        model=model,
        standing=review_standings([model], today=today)[0],
        record=record_lines(model),
        digest=record_digest(model),
        months=interval_months(model.tier),
        latest=longest_until(model, today=today),
        earlier=reviews_of(model),
        why_not=no_reviewing(reader, model, at=at),
    )
