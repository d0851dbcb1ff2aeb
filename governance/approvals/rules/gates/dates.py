"""What counts for a number of days: dated facts, judged on the day that matters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from governance.core.wording import as_date, counted, day


@dataclass(frozen=True, kw_only=True)
class Term:
    """From `since` on something counts, for so many days; without a number for good.

    The last day is counted in.
    """

    since: date
    max_age_days: int | None

    @property
    def until(self) -> date | None:
        return None if self.max_age_days is None else self.since + timedelta(days=self.max_age_days)

    def is_over(self, at: datetime) -> bool:
        return self.until is not None and self.until < as_date(at)

    def ended(self, at: datetime) -> str:
        """A sentence of the end, if there is one: past or to come."""
        if self.until is None:
            return ""
        return f" That counted until {day(self.until)}." if self.is_over(at) else ""


def term(text: str, max_age_days: int | None) -> Term:
    """Return the term of a fact whose time a dossier gives as canonical text."""
    return Term(since=as_date(datetime.fromisoformat(text)), max_age_days=max_age_days)


def at_most_old(max_age_days: int | None) -> str:
    """`, at most 365 days old`, or nothing."""
    return f", at most {counted(max_age_days, 'day')} old" if max_age_days else ""


def limit_of_age(max_age_days: int | None) -> str:
    """The same, where a table has little room: `, ≤ 365 days old`."""
    return f", ≤ {counted(max_age_days, 'day')} old" if max_age_days else ""
