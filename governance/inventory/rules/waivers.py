"""Waivers: what is let off for a time, by whom, and what keeps the risk down meanwhile."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from django.db.models import TextChoices

from governance.core.errors import NotAllowed, NotFound, Problem, WrongState
from governance.core.wording import counted, day
from governance.inventory.rules.reviews import words_problems

SOON_DAYS = 30
"""A waiver in force that ends within so many days is shown as expiring."""


class WaiverKind(TextChoices):
    WEAK_PERFORMANCE = "WEAK_PERFORMANCE", "Weak performance that is not mitigated"
    OUTSIDE_PURPOSE = "OUTSIDE_PURPOSE", "Use outside the intended purpose"
    BEFORE_VALIDATION = "BEFORE_VALIDATION", "Use before validation"
    OVERDUE_REVIEW = "OVERDUE_REVIEW", "Overdue review"
    OTHER = "OTHER", "Other"


class WaiverState(TextChoices):
    """Derived from rows and the day, and kept nowhere."""

    REQUESTED = "REQUESTED", "Waits for a decision"
    UNDECIDED = "UNDECIDED", "Never decided"
    WITHDRAWN = "WITHDRAWN", "Withdrawn"
    REFUSED = "REFUSED", "Refused"
    TO_COME = "TO_COME", "Approved, not begun"
    IN_FORCE = "IN_FORCE", "In force"
    ENDED = "ENDED", "Ended early"
    EXPIRED = "EXPIRED", "Expired"


class WaiverNotFound(NotFound):
    code = "waiver_not_found"


class WaiverDecided(WrongState):
    code = "waiver_decided"


class WaiverOver(WrongState):
    """Its time is over, or somebody has ended it."""

    code = "waiver_over"


class NotYourWaiver(NotAllowed):
    code = "not_your_waiver"


def waiver_state(
    *, approved: bool | None, is_ended: bool, starts: date, expires: date, today: date
) -> WaiverState:
    """Say how a waiver stands; `approved` is None while nobody has decided. It holds through its
    last day.
    """
    if approved is None:
        if is_ended:
            return WaiverState.WITHDRAWN
        return WaiverState.UNDECIDED if expires < today else WaiverState.REQUESTED
    if not approved:
        return WaiverState.REFUSED
    if is_ended:
        return WaiverState.ENDED
    if expires < today:
        return WaiverState.EXPIRED
    return WaiverState.TO_COME if today < starts else WaiverState.IN_FORCE


def waiver_problems(
    *,
    kind: str,
    waived: str,
    reason: str,
    control: str,
    starts: date,
    expires: date,
    today: date,
    longest_days: int,
) -> Iterable[Problem]:
    if kind not in WaiverKind.values:
        yield Problem(field="kind", rule="choice", message="Choose what kind of waiver it is.")
    yield from words_problems(waived, field="waived", ask="Say what is let off.")
    yield from words_problems(reason, field="reason", ask="Say why it must be let off.")
    yield from words_problems(
        control, field="control", ask="Say what keeps the risk down meanwhile."
    )
    if starts < today:
        message = f"Enter {day(today)} or a later day: nothing is waived for the past."
        yield Problem(field="starts_date", rule="range", message=message)
    latest = starts + timedelta(days=longest_days)
    if not starts <= expires <= latest:
        message = (
            f"Enter a day from {day(starts)} to {day(latest)}: a waiver lasts at most "
            f"{counted(longest_days, 'day')}."
        )
        yield Problem(field="expires_date", rule="range", message=message)
