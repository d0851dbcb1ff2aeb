"""Until when a retired record is kept."""

from __future__ import annotations

from datetime import date

import pytest

from governance.inventory.rules.retirements import (
    earliest_end,
    reason_problems,
    retention_problems,
)

TODAY = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("end", "rules"),
    [
        (date(2025, 1, 1), ["future"]),
        (TODAY, ["future"]),
        (date(2036, 3, 1), ["retention"]),
        (date(2036, 3, 2), []),
    ],
)
def test_the_firm_says_for_how_long_at_least(end: date, rules: list[str]) -> None:
    assert [one.rule for one in retention_problems(end, today=TODAY, years=10)] == rules


@pytest.mark.parametrize(
    ("years", "end"), [(4, date(2032, 2, 29)), (5, date(2033, 3, 1)), (72, date(2100, 3, 1))]
)
def test_a_leap_day_is_kept_to_its_end(years: int, end: date) -> None:
    assert earliest_end(date(2028, 2, 29), years) == end


@pytest.mark.parametrize(
    ("reason", "rules"),
    [("Replaced.", []), (" ", ["required"]), ("r" * 2001, ["length"]), ("\x00", ["length"])],
)
def test_why_is_said(reason: str, rules: list[str]) -> None:
    assert [one.rule for one in reason_problems(reason)] == rules
