"""Text that people typed: made alike, and checked before it is kept."""

from __future__ import annotations

from datetime import UTC, date, datetime, time


def tidy(text: str) -> str:
    """Return the text with the line ends of every browser made alike, so equal texts are equal."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(line.rstrip() for line in lines).strip("\n")


def is_plain(text: str) -> bool:
    """No NUL and no other control but tab and line break, no lone half of a character pair."""
    return not any(
        (char < " " and char not in "\t\n") or 0xD800 <= ord(char) <= 0xDFFF for char in text
    )


def count_of(text: str) -> int | None:
    """Return the number of at most eight digits that was typed; None of anything else."""
    return int(text) if text.isdecimal() and text.isascii() and len(text) < 9 else None


def moment_of(text: str) -> datetime | None:
    """Return the moment that was typed; of a date, its last one in UTC. None of anything else.

    A time without a zone is none: it would be another moment to another reader.
    """
    try:
        if len(text) == len("2026-11-19"):
            return datetime.combine(date.fromisoformat(text), time.max, tzinfo=UTC)
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None
