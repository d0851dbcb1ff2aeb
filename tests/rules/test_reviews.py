"""Dates that come round, and how reviews, attestations and waivers stand on a day. No database."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st

from governance import settings
from governance.core import environment
from governance.inventory.rules.attestations import (
    CampaignState,
    ItemState,
    campaign_state,
    item_state,
)
from governance.inventory.rules.intervals import add_months, latest_start, months_for
from governance.inventory.rules.reviews import review_due
from governance.inventory.rules.waivers import WaiverState, waiver_state

MONTHS = {1: 12, 2: 24, 3: 36}
TODAY = date(2026, 3, 2)
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
days = st.dates(min_value=date(1990, 1, 1), max_value=date(2090, 12, 31))


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        (date(2026, 3, 2), 12, date(2027, 3, 2)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
    ],
)
def test_a_month_later_is_the_same_day_or_the_last(day: date, months: int, then: date) -> None:
    assert add_months(day, months) == then


@given(today=days, months=st.integers(1, 120))
def test_the_last_day_whose_interval_is_over_is_the_last(today: date, months: int) -> None:
    start = latest_start(today, months)
    assert add_months(start, months) < today
    assert add_months(start + timedelta(days=1), months) >= today


@pytest.mark.parametrize(("tier", "months"), [(1, 12), (2, 24), (3, 36), (4, 12), (None, 12)])
def test_a_tier_that_is_not_named_has_the_shortest_interval(tier: int | None, months: int) -> None:
    assert months_for(tier, months=MONTHS) == months


def _months() -> dict[int, int]:
    return environment.by_tier(
        settings.env, "REVIEW_MONTHS", "1:12,2:24,3:36", of="months", most=120
    )


def test_the_intervals_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _months() == MONTHS
    monkeypatch.setenv("REVIEW_MONTHS", "1:6, 2:12,4:60")
    assert _months() == {1: 6, 2: 12, 4: 60}


@pytest.mark.parametrize("said", ["", "12", "1:", "1:x", "1:12;2:24", "1:12,1:24", "1:0", "1:121"])
def test_an_interval_that_makes_no_sense_stops_the_portal(
    monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    monkeypatch.setenv("REVIEW_MONTHS", said)
    with pytest.raises(ImproperlyConfigured, match="REVIEW_MONTHS"):
        _months()


def test_the_earlier_of_stated_date_and_interval_counts() -> None:
    def due(tier: int, stated: date | None) -> date:
        return review_due(since=TODAY, tier=tier, stated=stated, months=MONTHS)

    assert due(3, None) == date(2029, 3, 2)
    assert due(3, date(2027, 1, 1)) == date(2027, 1, 1)
    assert due(1, date(2029, 3, 2)) == date(2027, 3, 2)  # the tier was raised since


@pytest.mark.parametrize(
    ("approved", "is_ended", "starts", "expires", "state"),
    [
        (None, False, TODAY, TODAY, WaiverState.REQUESTED),
        (None, False, YESTERDAY, YESTERDAY, WaiverState.UNDECIDED),
        (None, True, TODAY, TODAY, WaiverState.WITHDRAWN),
        (False, False, TODAY, TODAY, WaiverState.REFUSED),
        (True, False, TOMORROW, TOMORROW, WaiverState.TO_COME),
        (True, False, YESTERDAY, TOMORROW, WaiverState.IN_FORCE),
        (True, False, TODAY, TODAY, WaiverState.IN_FORCE),  # through its last day
        (True, True, TODAY, TODAY, WaiverState.ENDED),
        (True, False, YESTERDAY, YESTERDAY, WaiverState.EXPIRED),
    ],
)
def test_how_a_waiver_stands_is_told_from_rows_and_the_day(
    approved: bool | None, is_ended: bool, starts: date, expires: date, state: WaiverState
) -> None:
    found = waiver_state(
        approved=approved, is_ended=is_ended, starts=starts, expires=expires, today=TODAY
    )
    assert found == state


@pytest.mark.parametrize(
    ("newest", "is_removed", "is_over", "due", "state"),
    [
        (None, False, False, TODAY, ItemState.WAITS),
        (None, False, False, YESTERDAY, ItemState.OVERDUE),
        (None, False, True, TODAY, ItemState.LEFT_OUT),
        (None, True, False, YESTERDAY, ItemState.REMOVED),
        ("NOT_ACCURATE", False, False, TODAY, ItemState.TO_CORRECT),
        ("NOT_ACCURATE", False, False, YESTERDAY, ItemState.OVERDUE),
        ("ACCURATE", False, False, YESTERDAY, ItemState.ATTESTED),
        ("WITH_REMARKS", True, True, YESTERDAY, ItemState.ATTESTED),
    ],
)
def test_how_one_model_stands_in_a_campaign(
    newest: str | None, is_removed: bool, is_over: bool, due: date, state: ItemState
) -> None:
    found = item_state(
        newest=newest, is_removed=is_removed, is_over=is_over, due_date=due, today=TODAY
    )
    assert found == state


@pytest.mark.parametrize(
    ("is_over", "due", "waiting", "state"),
    [
        (False, TODAY, 1, CampaignState.OPEN),
        (False, YESTERDAY, 1, CampaignState.OVERDUE),
        (True, YESTERDAY, 1, CampaignState.ENDED),
        (False, YESTERDAY, 0, CampaignState.COMPLETE),
        (True, TODAY, 0, CampaignState.COMPLETE),
    ],
)
def test_how_a_campaign_stands(
    is_over: bool, due: date, waiting: int, state: CampaignState
) -> None:
    found = campaign_state(is_over=is_over, due_date=due, waiting=waiting, today=TODAY)
    assert found == state
