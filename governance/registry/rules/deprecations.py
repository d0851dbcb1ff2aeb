"""Versions that are to be used no more from a day on."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from email.utils import format_datetime

from governance.core.errors import NotAllowed, Problem, WrongState
from governance.core.typed import is_plain
from governance.core.wording import day

DEPRECATED_TAG = "countersign.deprecated"
"""Shows MLflow's clients the day from which the version is not to be used."""

MAX_REASON = 2000


class AlreadyDeprecated(WrongState):
    code = "already_deprecated"


class NotDeprecated(WrongState):
    code = "not_deprecated"


class NotTheModelsOwner(NotAllowed):
    """Somebody else owns the model."""

    code = "not_the_owner"


def deprecation_problems(*, from_date: date, reason: str, today: date) -> Iterable[Problem]:
    if from_date < today:
        message = f"Enter {day(today)} or a later day: consumers cannot act on a past one."
        yield Problem(field="from_date", rule="future", message=message)
    if not reason.strip():
        message = "Say why, and what to use instead. Consumers read it."
        yield Problem(field="reason", rule="required", message=message)
    if len(reason) > MAX_REASON or not is_plain(reason):
        message = f"Use at most {MAX_REASON} characters, without control characters."
        yield Problem(field="reason", rule="length", message=message)


def notice_headers(*, deprecated_at: datetime, from_date: date) -> dict[str, str]:
    """Return what tells a consumer's program: Deprecation (RFC 9745) and Sunset (RFC 8594).

    Deprecated since it was said, and to be used no more from the start of that day in UTC; the
    second is never before the first (RFC 9745, section 4).
    """
    sunset = datetime.combine(from_date, time(), tzinfo=UTC)
    since = min(deprecated_at, sunset)
    return {
        "Deprecation": f"@{int(since.timestamp())}",
        "Sunset": format_datetime(sunset, usegmt=True),
    }
