"""Periodic reviews: when the next one is due, who is independent enough, what it must say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from django.db.models import TextChoices

from governance.core.errors import Problem, Refused
from governance.core.wording import day
from governance.inventory.rules.intervals import add_months, months_for

MAX_WORDS = 10_000


class ReviewKind(TextChoices):
    PERIODIC = "PERIODIC", "Periodic review"


class ReviewOutcome(TextChoices):
    NO_CHANGE = "NO_CHANGE", "No change"
    CHANGE_NEEDED = "CHANGE_NEEDED", "Change needed"
    RETIRE = "RETIRE", "To be retired"


class TooClose(Refused):
    """Whoever has ever owned or built a model does not judge it, nor what is asked for it."""

    code = "not_independent"


def review_due(
    *, since: date, tier: int | None, stated: date | None, months: Mapping[int, int]
) -> date:
    """Return when the next review is due: as the last one stated, or after the tier's interval.

    `since` is the day of the last review, or of the model's entry. The earlier of the two counts,
    so that a model whose tier was raised is not left alone for the interval of its old one.
    """
    latest = add_months(since, months_for(tier, months=months))
    return min(stated, latest) if stated else latest


def review_problems(
    *, outcome: str, words: str, next_date: date, today: date, latest: date
) -> Iterable[Problem]:
    if outcome not in ReviewOutcome.values:
        message = "Choose what the review came to."
        yield Problem(field="outcome", rule="choice", message=message)
    yield from words_problems(words, field="words", ask="Say what you looked at and found.")
    if not today < next_date <= latest:
        message = f"Enter a day after {day(today)} and no later than {day(latest)}."
        yield Problem(field="next_review_date", rule="range", message=message)


def words_problems(words: str, *, field: str, ask: str) -> Iterable[Problem]:
    """Check text that is wanted; `ask` says what for."""
    if not words.strip():
        yield Problem(field=field, rule="required", message=ask)
    elif len(words) > MAX_WORDS:
        message = f"Use at most {MAX_WORDS:,} characters."
        yield Problem(field=field, rule="length", message=message)
