"""How dates, numbers and digests read."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from governance.core import wording

NOW = datetime(2026, 11, 19, 10, 12, 40, tzinfo=UTC)


def test_dates_and_moments_are_in_utc_and_say_so() -> None:
    in_berlin = datetime(2026, 11, 20, 0, 30, tzinfo=timezone(timedelta(hours=1)))
    assert wording.day(date(2026, 11, 2)) == "2 Nov 2026"
    assert wording.long_day(NOW) == "Thursday 19 November 2026"
    assert wording.moment(NOW) == "19 Nov 2026, 10:12:40 UTC"
    assert wording.moment(in_berlin) == "19 Nov 2026, 23:30:00 UTC"


@pytest.mark.parametrize(
    ("days", "said", "tone"),
    [
        (-17, "17 days late", "bad"),
        (-1, "1 day late", "bad"),
        (0, "Today", "warn"),
        (1, "Tomorrow", "warn"),
        (2, "In 2 days", "mute"),
        (13, "In 13 days", "mute"),
    ],
)
def test_a_due_date_gives_its_distance(days: int, said: str, tone: str) -> None:
    due = NOW.date() + timedelta(days=days)
    assert wording.distance(due, NOW) == said
    assert wording.due_tone(due, NOW) == tone


@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("2026-11-19", "today"),
        ("2026-11-20", "tomorrow"),
        ("2026-12-02", "in 13 days"),
        ("2027-01-18", "in 60 days"),
        ("2027-01-19", "in 2 months"),
        ("2027-12-02", "in 12 months"),
        ("2028-08-02", "in 20 months"),
        ("2030-08-02", "in 3 years"),
    ],
)
def test_a_day_to_come_is_said_in_its_largest_unit(day: str, said: str) -> None:
    assert wording.ahead(date.fromisoformat(day), NOW.date()) == said


@pytest.mark.parametrize(
    ("names", "said"),
    [((), ""), (("A",), "A"), (("A", "B"), "A and B"), (("A", "B", "C"), "A, B and C")],
)
def test_names_are_joined_as_in_a_sentence(names: tuple[str, ...], said: str) -> None:
    assert wording.joined(names) == said


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (NOW - timedelta(hours=2), "Today 08:12"),
        (NOW - timedelta(days=1), "Yesterday 10:12"),
        (NOW - timedelta(days=7), "12 Nov 10:12"),
        (NOW - timedelta(days=365), "19 Nov 2025 10:12"),
    ],
)
def test_what_was_lately_is_said_as_people_do(at: datetime, said: str) -> None:
    assert wording.lately(at, NOW) == said


@pytest.mark.parametrize(
    ("value", "plain", "change"),
    [
        (240118, "240,118", "+240,118"),
        (Decimal("0.015"), "0.015", "+0.015"),
        (Decimal("-0.0050"), "−0.0050", "−0.0050"),
        (Decimal("0.000"), "0.000", "0.000"),
        (0, "0", "0"),
        (None, "n/a", "n/a"),
    ],
)
def test_numbers_keep_precision_and_have_a_true_minus(
    value: int | Decimal | None, plain: str, change: str
) -> None:
    assert wording.number(value) == plain
    assert wording.signed(value) == change


@pytest.mark.parametrize(
    ("octets", "said"),
    [(0, "0 B"), (512, "512 B"), (61_000, "61 kB"), (4_200_000, "4.2 MB"), (22 * 10**6, "22 MB")],
)
def test_sizes(octets: int, said: str) -> None:
    assert wording.size(octets) == said


def test_people_digests_and_words() -> None:
    assert wording.initials("Mei-Lin Chen") == "ML"
    assert wording.initials("Tomasz Zieliński") == "TZ"
    assert wording.shortened("1f0401693c2a77", 8) == "sha256:1f040169…"
    assert wording.grouped("0123456789abcdef") == "01234567 89abcdef"
    assert wording.sentence("RETURNED_FOR_CHANGES") == "Returned for changes"
    assert wording.counted(1, "item") == "1 item"
    assert wording.counted(1200, "entry", "entries") == "1,200 entries"
    assert wording.age(NOW - timedelta(days=3), NOW) == "3 days"
    assert wording.age(NOW, NOW) == "today"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "n/a"),
        (timedelta(0), "0 s"),
        (timedelta(seconds=59.4), "59 s"),
        (timedelta(seconds=59.6), "1 min"),
        (timedelta(minutes=59, seconds=45), "1 h"),
        (timedelta(hours=3, minutes=20), "3 h 20 min"),
        (timedelta(hours=23, minutes=59, seconds=50), "1 d"),
        (timedelta(days=2, hours=4), "2 d 4 h"),
        (timedelta(days=1200), "1,200 d"),
    ],
)
def test_how_long_something_took(value: timedelta | None, text: str) -> None:
    assert wording.lasting(value) == text


def test_a_share_of_nothing_is_not_zero_percent() -> None:
    assert [wording.percent(value) for value in (None, 0.0, 66.7)] == ["n/a", "0 %", "67 %"]
