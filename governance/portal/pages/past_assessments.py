"""What was decided about a model by questionnaire, as it stood at a past moment."""

from __future__ import annotations

from governance.core.instants import Instant
from governance.inventory.models import Model
from governance.inventory.queries.assessments import (
    assessments_of,
    determinations_of,
    newest_rating,
)
from governance.inventory.queries.records import latest_class_assessment
from governance.inventory.queries.revisions import names_at, tier_then
from governance.inventory.queries.tier_overrides import open_override
from governance.portal.pages.assessments import StandingPage, everything_before


def standing_then(model: Model, instant: Instant) -> StandingPage:
    """Gather what stood at a past moment."""
    by = instant.moment
    rating, decided = newest_rating(model, by=by), list(determinations_of(model, by=by))
    return StandingPage(
        instant=instant,
        model_name=names_at([model], by)[model.pk],
        until=rating.override.ends_date if rating and rating.override else None,
        model=model,
        determination=decided[0] if decided else None,
        rating=rating,
        tier=tier_then(rating, by) if rating else None,
        class_rating=latest_class_assessment(model, by=by),
        override=open_override(model, by=by),
        in_force={},
        drafts={},
        past=everything_before(model, list(assessments_of(model, by=by)), decided, by=by),
        why_not="",
        stale="",
        today=instant.day,
    )
