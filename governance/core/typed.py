"""Text that people typed: made alike, and checked before it is kept."""

from __future__ import annotations


def tidy(text: str) -> str:
    """Return the text with the line ends of every browser made alike, so equal texts are equal."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(line.rstrip() for line in lines).strip("\n")


def is_plain(text: str) -> bool:
    """No NUL and no other control but tab and line break, no lone half of a character pair."""
    return not any(
        (char < " " and char not in "\t\n") or 0xD800 <= ord(char) <= 0xDFFF for char in text
    )
