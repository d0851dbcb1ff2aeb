"""Due dates of the next weeks: a month grid, and the same as a list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from governance.core.wording import due_tone
from governance.inventory.models import AttestationItem, Waiver
from governance.inventory.queries.reviews import ReviewStanding
from governance.portal import links
from governance.validation.models import Finding

WEEKS = 5


@dataclass(frozen=True, kw_only=True)
class CalendarDay:
    date: date
    count: int
    tone: str
    is_today: bool


@dataclass(frozen=True, kw_only=True)
class Due:
    """One thing with a date: `name` of the model, and `what` of it is due."""

    due_date: date
    name: str
    what: str
    href: str
    is_grave: bool = False
    is_review: bool = False


@dataclass(frozen=True, kw_only=True)
class Deadlines:
    """`late` counts findings that are overdue, `late_reviews` reviews."""

    weeks: Sequence[Sequence[CalendarDay]]
    due: Sequence[Due]
    late: int
    late_reviews: int

    @property
    def first(self) -> date:
        return self.weeks[0][0].date

    @property
    def last(self) -> date:
        return self.weeks[-1][-1].date


def due_finding(finding: Finding) -> Due:
    return Due(
        due_date=finding.due_date,
        name=finding.model.name,
        what=f"finding {finding.label}",
        href=links.validation(finding.version),
        is_grave=finding.severity == "HIGH",
    )


def due_review(one: ReviewStanding) -> Due:
    return Due(
        due_date=one.due_date,
        name=one.model.name,
        what="review",
        href=links.review(one.model),
        is_review=True,
    )


def due_attestation(item: AttestationItem) -> Due:
    return Due(
        due_date=item.campaign.due_date,
        name=item.model.name,
        what="attestation",
        href=links.attest(item.campaign, item.model),
    )


def due_waiver(waiver: Waiver) -> Due:
    return Due(
        due_date=waiver.expires_date,
        name=waiver.model.name,
        what="waiver ends",
        href=links.waiver(waiver),
    )


def deadlines(dues: Iterable[Due], *, today: date) -> Deadlines:
    """Lay out what is due in this week and the four after it; what is late is counted apart."""
    monday = today - timedelta(days=today.weekday())
    ordered = sorted(dues, key=lambda one: one.due_date)
    end = monday + timedelta(weeks=WEEKS)
    days = [monday + timedelta(days=offset) for offset in range(7 * WEEKS)]
    cells = [calendar_day(day, ordered, today=today) for day in days]
    late = [one for one in ordered if one.due_date < today]
    return Deadlines(
        weeks=[cells[start : start + 7] for start in range(0, len(cells), 7)],
        due=[one for one in ordered if today <= one.due_date < end],
        late=sum(1 for one in late if not one.is_review),
        late_reviews=sum(1 for one in late if one.is_review),
    )


def calendar_day(day: date, dues: Sequence[Due], *, today: date) -> CalendarDay:
    due = [one for one in dues if one.due_date == day]
    return CalendarDay(
        date=day,
        count=len(due) if day >= today else 0,
        tone="bad" if any(one.is_grave for one in due) else due_tone(day, today),
        is_today=day == today,
    )
