"""Retiring a model: what must be said of it, and what stands against it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from governance.accounts.rules import kept_until
from governance.core.errors import Problem, Refused, WrongState
from governance.core.typed import is_plain

MAX_REASON = 2_000


class ModelRetired(WrongState):
    """The model is retired: its record is frozen, and no version of it goes anywhere."""

    code = "model_retired"


class ModelNotRetired(WrongState):
    code = "model_not_retired"


class StillConsumed(Refused):
    """Models that are not retired themselves still take something from it."""

    code = "model_consumed"


def earliest_end(today: date, years: int) -> date:
    """Return the day until which a record is kept at least; of 29 February, the day after."""
    return kept_until(today, years)


def reason_problems(reason: str) -> Iterable[Problem]:
    if not reason.strip():
        yield Problem(field="reason", rule="required", message="Say why. It is kept on record.")
    elif len(reason) > MAX_REASON or not is_plain(reason):
        message = f"Use at most {MAX_REASON} characters, and no control character."
        yield Problem(field="reason", rule="length", message=message)


def retention_problems(end: date, *, today: date, years: int) -> Iterable[Problem]:
    """Check until when a retired record is to be kept; the firm says for how long at least."""
    if end <= today:
        message = "Enter a day after today."
        yield Problem(field="retention_end_date", rule="future", message=message)
    elif end < (earliest := earliest_end(today, years)):
        message = f"The firm keeps records for {years} years: enter {earliest} or a later day."
        yield Problem(field="retention_end_date", rule="retention", message=message)
