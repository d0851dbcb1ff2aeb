"""Dates that come round every so many months."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from datetime import date, timedelta

LONGEST_MONTHS = 120


def add_months(day: date, months: int) -> date:
    """Return the same day so many months later, or the last of the month where it is shorter."""
    year, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + year, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def for_tier(tier: int | None, numbers: Mapping[int, int]) -> int:
    """Return the number of the tier; of one that is not named, and of none, the smallest."""
    smallest = min(numbers.values())
    return smallest if tier is None else numbers.get(tier, smallest)


def months_for(tier: int | None, *, months: Mapping[int, int]) -> int:
    """Return the interval of the tier, as `for_tier` does."""
    return for_tier(tier, months)


def latest_start(today: date, months: int) -> date:
    """Return the last day from which so many months are over: `add_months(day, months) < today`."""
    day = add_months(today, -months)
    while add_months(day, months) >= today:
        day -= timedelta(days=1)
    return day
