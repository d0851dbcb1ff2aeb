"""Due dates of the next weeks: a month grid, and the same as a list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from governance.core.wording import due_tone
from governance.validation.models import Finding

WEEKS = 5


@dataclass(frozen=True, kw_only=True)
class CalendarDay:
    date: date
    count: int
    tone: str
    is_today: bool


@dataclass(frozen=True, kw_only=True)
class Deadlines:
    weeks: Sequence[Sequence[CalendarDay]]
    due: Sequence[Finding]
    late: int

    @property
    def first(self) -> date:
        return self.weeks[0][0].date

    @property
    def last(self) -> date:
        return self.weeks[-1][-1].date


def deadlines(findings: Iterable[Finding], *, today: date) -> Deadlines:
    """Lay out what is due in this week and the four after it; what is late is counted apart."""
    monday = today - timedelta(days=today.weekday())
    ordered = sorted(findings, key=lambda finding: finding.due_date)
    end = monday + timedelta(weeks=WEEKS)
    days = [monday + timedelta(days=offset) for offset in range(7 * WEEKS)]
    cells = [calendar_day(day, ordered, today=today) for day in days]
    return Deadlines(
        weeks=[cells[start : start + 7] for start in range(0, len(cells), 7)],
        due=[finding for finding in ordered if today <= finding.due_date < end],
        late=sum(1 for finding in ordered if finding.due_date < today),
    )


def calendar_day(day: date, findings: Sequence[Finding], *, today: date) -> CalendarDay:
    due = [finding for finding in findings if finding.due_date == day]
    high = any(finding.severity == "HIGH" for finding in due)
    return CalendarDay(
        date=day,
        count=len(due) if day >= today else 0,
        tone="bad" if high else due_tone(day, today),
        is_today=day == today,
    )
