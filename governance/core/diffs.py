"""Two texts side by side: which lines went, which came, and which words changed within them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

CONTEXT = 1
SHORT = 72
"""As many characters as two values have together that are shown on one line."""
WORDS = re.compile(r"\s+|\d+(?:[.,]\d+)+|\w+|[^\w\s]")
"""Words, numbers as a whole, marks, and the white space between."""
MAX_WORK = 20_000_000
"""Half a second at worst. The comparison takes cubic time: of two texts of 50,000 characters that
are made for it, hours, on every page that shows them."""

Opcode = tuple[str, int, int, int, int]


@dataclass(frozen=True)
class Piece:
    """A run of words within a line. `kind` is "del", "ins" or "" for what stayed."""

    text: str
    kind: str = ""


@dataclass(frozen=True)
class Line:
    """One line of a diff. `kind` is "del", "ins" or "" for what both texts say."""

    kind: str
    pieces: Sequence[Piece]


def diff_lines(before: str, after: str) -> list[Line]:
    """Compare line by line, and word by word where a line was rewritten.

    Of what is the same, only the lines next to a change are given.
    """
    old, new = before.splitlines(), after.splitlines()
    found: list[Line] = []
    for tag, i1, i2, j1, j2 in _opcodes(old, new):
        if tag == "equal":
            found += [
                Line("", [Piece(text)]) for text in _near(old[i1:i2], i1 == 0, i2 == len(old))
            ]
        else:
            found += _rewritten("\n".join(old[i1:i2]), "\n".join(new[j1:j2]))
    return found


def _near(same: list[str], is_start: bool, is_end: bool) -> list[str]:
    """Keep the lines of an unchanged stretch that touch a change."""
    head = [] if is_start else same[:CONTEXT]
    tail = [] if is_end else same[len(head) :][-CONTEXT:]
    return [text for text in head + tail if text.strip()]


def _rewritten(before: str, after: str) -> Iterator[Line]:
    gone, come = diff_words(before, after)
    if before.strip():
        yield Line("del", gone)
    if after.strip():
        yield Line("ins", come)


def diff_words(before: str, after: str) -> tuple[list[Piece], list[Piece]]:
    """Return both texts in pieces, the changed words marked. A full rewrite marks nothing."""
    old, new = WORDS.findall(before), WORDS.findall(after)
    steps = _opcodes(old, new)
    same = sum(i2 - i1 for tag, i1, i2, _, _ in steps if tag == "equal")
    if not (before and after) or 2 * same < 0.3 * (len(old) + len(new)):
        return [Piece(before)], [Piece(after)]
    gone, come = [], []
    for tag, i1, i2, j1, j2 in steps:
        if i1 < i2:
            gone.append(Piece("".join(old[i1:i2]), "" if tag == "equal" else "del"))
        if j1 < j2:
            come.append(Piece("".join(new[j1:j2]), "" if tag == "equal" else "ins"))
    return gone, come


def diff_value(name: str, before: str, after: str) -> list[Line]:
    """Return a fact with its name: on one line when it is short, else its two texts by words."""
    named = [Piece(f"{name}: ")] if name else []
    if not before or not after:
        return [Line("ins" if after else "del", [*named, Piece(before or after)])]
    if len(before) + len(after) <= SHORT:
        return [Line("", [*named, Piece(before, "del"), Piece(" → "), Piece(after, "ins")])]
    gone, come = diff_words(before, after)
    return [Line("del", [*named, *gone]), Line("ins", [*named, *come])]


def _opcodes(old: Sequence[str], new: Sequence[str]) -> list[Opcode]:
    """Return difflib's steps; between what both begin and end with, too much differs as a whole."""
    head = _shared(old, new)
    tail = _shared(old[head:][::-1], new[head:][::-1])
    gone, come = old[head : len(old) - tail], new[head : len(new) - tail]
    steps: list[Opcode] = [("replace", 0, len(gone), 0, len(come))]
    if _work(gone, come) <= MAX_WORK:
        steps = list(SequenceMatcher(None, gone, come, autojunk=False).get_opcodes())
    found = [(tag, i1 + head, i2 + head, j1 + head, j2 + head) for tag, i1, i2, j1, j2 in steps]
    if head:
        found.insert(0, ("equal", 0, head, 0, head))
    if tail:
        found.append(("equal", len(old) - tail, len(old), len(new) - tail, len(new)))
    return found


def _shared(old: Sequence[str], new: Sequence[str]) -> int:
    """Return with how many items both begin."""
    differing = (i for i, (one, other) in enumerate(zip(old, new, strict=False)) if one != other)
    return next(differing, min(len(old), len(new)))


def _work(old: Sequence[str], new: Sequence[str]) -> int:
    """Return a bound of the comparison's steps: pairs alike, once for each match it may find."""
    counts = Counter(new)
    return sum(counts[item] for item in old) * min(len(old), len(new))
