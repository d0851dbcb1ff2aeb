"""What is a past moment, and what is refused as none."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from governance.core.errors import InvalidInput
from governance.core.instants import instant_asked

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


def test_nothing_is_the_present() -> None:
    assert instant_asked("", at=NOW) is None


@pytest.mark.parametrize(
    ("text", "moment", "words", "when"),
    [
        (
            "2026-11-19",
            datetime(2026, 11, 19, 23, 59, 59, 999999, UTC),
            "19 Nov 2026",
            "at the end of 19 Nov 2026, UTC",
        ),
        ("2026-11-28", NOW, "28 Nov 2026", "at the end of 28 Nov 2026, UTC"),
        (
            "2026-11-19T10:12Z",
            datetime(2026, 11, 19, 10, 12, tzinfo=UTC),
            "19 Nov 2026, 10:12:00 UTC",
            "at 19 Nov 2026, 10:12:00 UTC",
        ),
        (
            "2026-11-19T10:12:40.000001+01:00",
            datetime(2026, 11, 19, 9, 12, 40, 1, UTC),
            "19 Nov 2026, 09:12:40 UTC",
            "at 19 Nov 2026, 09:12:40 UTC",
        ),
        (
            "2026-11-28T12:00Z",
            NOW,
            "28 Nov 2026, 12:00:00 UTC",
            "at 28 Nov 2026, 12:00:00 UTC",
        ),
    ],
)
def test_a_day_is_its_end_and_a_time_itself(
    text: str, moment: datetime, words: str, when: str
) -> None:
    instant = instant_asked(text, at=NOW)
    assert instant is not None
    assert (instant.moment, str(instant), instant.when) == (moment, words, when)
    again = instant_asked(instant.text, at=NOW)
    assert again == instant


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("yesterday", "date"),
        ("2026-02-30", "date"),
        ("20261119", "date"),
        ("2026-W10-1", "date"),
        ("2026-W10-1T10:00Z", "date"),
        ("2026-11-19 10:12Z", "date"),
        ("2026-11-19T10:12", "date"),
        ("2026-11-19T25:00Z", "date"),
        ("2026-11-19\n", "date"),
        ("٢٠٢٦-11-19", "date"),
        ("0001-01-01T00:00+14:00", "date"),
        ("2026-11-29", "past"),
        ("2026-11-28T12:00:00.000001Z", "past"),
        ("9999-12-31", "past"),
    ],
)
def test_what_is_none_is_refused_with_field_and_rule(text: str, rule: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        instant_asked(text, at=NOW)
    (problem,) = refused.value.problems
    assert (problem.field, problem.rule) == ("as_of", rule)
