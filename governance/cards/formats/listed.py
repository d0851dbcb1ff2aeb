"""Lists of texts as the prose of a section, and back."""

from __future__ import annotations

from collections.abc import Sequence

MARK, INDENT = "- ", "  "


def listed(texts: Sequence[str]) -> str:
    """Return the texts as a Markdown list; a single one as it is."""
    if len(texts) == 1 and _items(texts[0]) is None:
        return texts[0]
    return "\n".join(MARK + one.replace("\n", f"\n{INDENT}") for one in texts)


def items_of(text: str) -> list[str]:
    """Return what `listed` was given; a text that is anything but such a list is one item."""
    if not text:
        return []
    found = _items(text)
    return [text] if found is None else found


def _items(text: str) -> list[str] | None:
    items: list[list[str]] = []
    for line in text.split("\n"):
        if line.startswith(MARK):
            items.append([line.removeprefix(MARK)])
        elif items and line.startswith(INDENT):
            items[-1].append(line.removeprefix(INDENT))
        else:
            return None
    texts = ["\n".join(lines) for lines in items]
    one_is_prose = len(texts) == 1 and _items(texts[0]) is None
    return None if one_is_prose or not all(texts) else texts
