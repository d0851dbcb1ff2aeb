"""A past moment that somebody asks for: a day, which means its end, or a time with its zone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime

from governance.core.canonical import timestamp
from governance.core.errors import InvalidInput, Problem
from governance.core.typed import moment_of
from governance.core.wording import as_date
from governance.core.wording import day as day_words
from governance.core.wording import moment as moment_words

AS_OF = "as_of"
DAY_LENGTH = len("2026-11-19")
SHAPE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T|\Z)")
"""fromisoformat reads weeks as well, and days without dashes."""


@dataclass(frozen=True)
class Instant:
    """`text` is as it stands in an address; of today, `moment` is no later than now."""

    text: str
    moment: datetime

    @property
    def is_day(self) -> bool:
        return len(self.text) == DAY_LENGTH

    @property
    def day(self) -> date:
        return as_date(self.moment)

    def __str__(self) -> str:
        return day_words(self.day) if self.is_day else moment_words(self.moment)

    @property
    def when(self) -> str:
        """The same in a sentence."""
        return f"at the end of {self}, UTC" if self.is_day else f"at {self}"

    @property
    def on(self) -> str:
        """The same after a name."""
        return f"on {self}" if self.is_day else f"at {self}"


def limit_of(instant: Instant | None) -> datetime | None:
    """Return the moment by which rows have to have been there; None of the present, for all."""
    return instant.moment if instant else None


def today_of(instant: Instant | None, *, at: datetime) -> date:
    """Return the day by which dates are judged: that of the moment asked for, or today."""
    return instant.day if instant else as_date(at)


def instant_asked(text: str, *, at: datetime) -> Instant | None:
    """Return the past moment that is asked for; None for the present.

    Raises InvalidInput: showing the present instead would pass it off for the past.
    """
    if not text:
        return None
    moment = moment_of(text) if SHAPE.match(text) else None
    if moment is None:
        raise _refused(
            "date",
            f"“{text[:40]}” is no day and no moment: enter one such as 2026-11-19, or "
            "2026-11-19T10:12Z.",
        )
    latest = as_date(moment) > as_date(at) if len(text) == DAY_LENGTH else moment > at
    if latest:
        raise _refused(
            "past", f"{text} is still to come: enter a day up to {as_date(at).isoformat()}."
        )
    if len(text) == DAY_LENGTH:
        return Instant(text=text, moment=min(moment, at))
    return Instant(text=timestamp(moment), moment=moment)


def _refused(rule: str, message: str) -> InvalidInput:
    return InvalidInput(
        Problem(field=AS_OF, rule=rule, message=message), field=AS_OF, field_rule=rule
    )
