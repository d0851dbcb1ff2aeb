"""How dates, numbers and digests are written for people. Pure; every page, mail and PDF uses these.

Records are in UTC and say so. A minus is a true minus (U+2212), a missing value is `n/a`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

MINUS = "\u2212"
MISSING = "n/a"
NAMED = 3
"""How many people a list names before it counts the rest."""
SMALL = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_SIZES = ("B", "kB", "MB", "GB", "TB")


def as_date(value: date | datetime) -> date:
    """The UTC day of a moment, or the day itself."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).date()
    return value


def day(value: date | datetime) -> str:
    """`19 Nov 2026`."""
    d = as_date(value)
    return f"{d.day} {d:%b %Y}"


def full_day(value: date | datetime) -> str:
    """`2 December 2027`, within a sentence."""
    d = as_date(value)
    return f"{d.day} {d:%B %Y}"


def long_day(value: date | datetime) -> str:
    """`Thursday 19 November 2026`, for headings over a day's events."""
    d = as_date(value)
    return f"{d:%A} {d.day} {d:%B %Y}"


def clock(value: datetime) -> str:
    """`10:12:40`; the surrounding text says UTC."""
    return f"{value.astimezone(UTC):%H:%M:%S}"


def moment(value: datetime) -> str:
    """`19 Nov 2026, 10:12:40 UTC`."""
    return f"{day(value)}, {clock(value)} UTC"


def lately(value: datetime, now: datetime) -> str:
    """`Today 08:31`, `Yesterday 19:20`, `12 Nov 10:20`, with the year when it is another one."""
    that, today = as_date(value), as_date(now)
    time = f"{value.astimezone(UTC):%H:%M}"
    if that == today:
        return f"Today {time}"
    if that == today - timedelta(days=1):
        return f"Yesterday {time}"
    year = "" if that.year == today.year else f" {that.year}"
    return f"{that.day} {that:%b}{year} {time}"


def distance(due: date | datetime, today: date | datetime) -> str:
    """How far a due date is: `Today`, `Tomorrow`, `In 5 days`, `17 days late`."""
    days = (as_date(due) - as_date(today)).days
    if days == 0:
        return "Today"
    if days == 1:
        return "Tomorrow"
    return f"In {days} days" if days > 0 else f"{counted(-days, 'day')} late"


def ahead(day: date, today: date) -> str:
    """How far off a day to come is, in its largest unit: `in 12 months`, `in 11 days`, `tomorrow`.

    In whole months from two on, in years from three on; what is left of them is not told.
    """
    days = (day - today).days
    if days <= 1:
        return "tomorrow" if days == 1 else "today"
    months = (day.year - today.year) * 12 + day.month - today.month - (day.day < today.day)
    if months < 2:
        return f"in {counted(days, 'day')}"
    return f"in {counted(months // 12, 'year')}" if months >= 36 else f"in {months} months"


def due_tone(due: date | datetime, today: date | datetime) -> str:
    """The tone of a due date: bad when late, warn within a day, else none."""
    days = (as_date(due) - as_date(today)).days
    return "bad" if days < 0 else "warn" if days <= 1 else "mute"


def age(since: date | datetime, today: date | datetime) -> str:
    """How long something has waited: `today`, `1 day`, `12 days`."""
    days = (as_date(today) - as_date(since)).days
    return "today" if days <= 0 else counted(days, "day")


def number(value: int | float | Decimal | None) -> str:
    """Thousands by comma, a true minus, the precision as given; `n/a` when there is none."""
    if value is None:
        return MISSING
    text = f"{value:,f}" if isinstance(value, Decimal) else f"{value:,}"
    return text.replace("-", MINUS)


def signed(value: int | float | Decimal | None) -> str:
    """A change: `+0.015`, `\u22120.005`, `0`."""
    if value is None:
        return MISSING
    return f"+{number(value)}" if value > 0 else number(value)


def lasting(value: timedelta | None) -> str:
    """How long something took, in its two largest units: `45 s`, `12 min`, `3 h 20 min`, `2 d 4 h`.

    `n/a` when nothing was measured.
    """
    if value is None:
        return MISSING
    seconds = max(round(value.total_seconds()), 0)
    if seconds < 60:
        return f"{seconds} s"
    # Rounded first, so that no part ever reads 60 min or 24 h.
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours = round(minutes / 60)
    if minutes < 24 * 60:
        parts = ((minutes // 60, "h"), (minutes % 60, "min"))
    else:
        parts = ((hours // 24, "d"), (hours % 24, "h"))
    return " ".join(f"{number(count)} {unit}" for count, unit in parts if count)


def percent(value: float | None) -> str:
    """`40 %`, without decimals; `n/a` of nothing."""
    return MISSING if value is None else f"{value:.0f} %"


def counted(count: int, noun: str, plural: str = "") -> str:
    """`1 item`, `5 items`; give the plural where it is not just an s."""
    return f"{number(count)} {noun if count == 1 else plural or noun + 's'}"


def few(count: int) -> str:
    """Small numbers in words, as they stand within a sentence."""
    return SMALL[count] if count < len(SMALL) else str(count)


def size(octets: int) -> str:
    """`512 B`, `61 kB`, `4.2 MB`: powers of 1000, one decimal under ten."""
    value, step = float(octets), 0
    while value >= 1000 and step < len(_SIZES) - 1:
        value, step = value / 1000, step + 1
    text = f"{value:.1f}" if step and value < 10 else f"{value:.0f}"
    return f"{text} {_SIZES[step]}"


def initials(name: str) -> str:
    """At most two letters for the round mark beside a person's name."""
    return "".join(part[0] for part in name.replace("-", " ").split())[:2].upper()


def shortened(digest: str, length: int = 12) -> str:
    """`sha256:1f0401693c2a…`; the whole digest stands behind the copy button."""
    return f"sha256:{digest[:length]}{'…' if length < len(digest) else ''}"


def grouped(digest: str, width: int = 8) -> str:
    """A digest in groups, as it is printed where people compare it by eye."""
    return " ".join(digest[i : i + width] for i in range(0, len(digest), width))


def sentence(value: str) -> str:
    """A stored UPPER_SNAKE value or a slug as words: `HIGH_RISK` gives `High risk`."""
    words = value.replace("_", " ").strip()
    return words[:1].upper() + words[1:].lower()


def capitalized(text: str) -> str:
    """The same with a capital at its start; the rest stays, so that abbreviations do."""
    return text[:1].upper() + text[1:]


def joined(names: Sequence[str], last: str = "and") -> str:
    """`A`, `A and B`, `A, B and C`."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {last} {names[-1]}"


def listed(names: list[str]) -> str:
    """`A, B, C and 2 more`."""
    more = len(names) - NAMED
    shown = ", ".join(names[:NAMED])
    return f"{shown} and {more} more" if more > 0 else shown
