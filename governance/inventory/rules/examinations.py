"""Examinations: for what time who may read which models, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import TextChoices

from governance.core.errors import NotFound, Problem, Refused, WrongState
from governance.core.wording import counted
from governance.inventory.rules.attestations import MAX_TITLE
from governance.inventory.rules.reviews import words_problems

LONGEST_DAYS = 366
"""For how long an examination may be open at most, extensions included."""


class ExaminationState(TextChoices):
    """Derived from rows and the moment, and kept nowhere."""

    TO_COME = "TO_COME", "Not begun"
    OPEN = "OPEN", "Open"
    OVER = "OVER", "Over"
    ENDED = "ENDED", "Ended early"


class ExaminationNotFound(NotFound):
    code = "examination_not_found"


class ExaminationOver(WrongState):
    """Its time has run out, or somebody has ended it."""

    code = "examination_over"


class ExaminationNotOpen(WrongState):
    """It has not begun, or is over: nobody reads or asks in it."""

    code = "examination_not_open"


class UnfitExaminer(Refused):
    """Whoever holds or held a role in the firm does not examine it, nor two things at a time."""

    code = "unfit_examiner"


def examination_state(
    *, starts_at: datetime, ends_at: datetime, ended_at: datetime | None, at: datetime
) -> ExaminationState:
    """Say how an examination stands; `ends_at` is with what it was extended by."""
    if ended_at is not None and ended_at <= at:
        return ExaminationState.ENDED
    if ends_at <= at:
        return ExaminationState.OVER
    return ExaminationState.OPEN if starts_at <= at else ExaminationState.TO_COME


def examination_problems(
    *,
    title: str,
    authority: str,
    starts_at: datetime,
    ends_at: datetime,
    examiners: int,
    models: int,
    at: datetime,
) -> Iterable[Problem]:
    if not title.strip():
        message = "Give the examination a title."
        yield Problem(field="title", rule="required", message=message)
    elif len(title.strip()) > MAX_TITLE:
        message = f"Use at most {MAX_TITLE} characters for the title."
        yield Problem(field="title", rule="length", message=message)
    ask = "Say who examines, and under what authority."
    yield from words_problems(authority, field="authority", ask=ask)
    if not examiners:
        message = "Name at least one account to examine with."
        yield Problem(field="examiners", rule="required", message=message)
    if not models:
        message = "Choose at least one model."
        yield Problem(field="models", rule="required", message=message)
    yield from end_problems(starts_at=starts_at, after=starts_at, ends_at=ends_at, at=at)


def end_problems(
    *, starts_at: datetime, after: datetime, ends_at: datetime, at: datetime
) -> Iterable[Problem]:
    """Check an end: after `after`, not past, and not too long after the start."""
    if ends_at <= max(after, at):
        message = "Enter an end that is still to come, after the start and after any end before."
        yield Problem(field="ends_at", rule="after_start", message=message)
    elif ends_at - starts_at > timedelta(days=LONGEST_DAYS):
        message = f"An examination is open for at most {counted(LONGEST_DAYS, 'day')}."
        yield Problem(field="ends_at", rule="longest", message=message)


def overlap(one: tuple[datetime, datetime], other: tuple[datetime, datetime]) -> bool:
    """Tell whether two stretches of time, each with its start and its end, share a moment."""
    return one[0] < other[1] and other[0] < one[1]
