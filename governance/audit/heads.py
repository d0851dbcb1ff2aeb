"""The heads of all streams at one moment, as the ledger commits to them. Pure.

Every checkpoint's last entry holds the root over them, so that "this stream has exactly n entries"
is signed. The checkpoints of the first form listed the heads in the note itself; such notes are
no longer made, and still read (docs/ledger-format.md §8).
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from governance.audit import merkle, notes
from governance.audit.notes import NoteUnusable, VerifierKey
from governance.core.canonical import canonical

SUFFIX = "/heads"

_SIZE = re.compile(r"0|[1-9][0-9]*")
_TIME = re.compile(r"at \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
_DIGEST = re.compile(r"[0-9a-f]{64}")


class Head(NamedTuple):
    """The number and hash of a stream's last entry."""

    seq: int
    hash: str


Heads = Mapping[str, Head]


def leaf(name: str, head: Head) -> str:
    return canonical([name, head.seq, head.hash])


def leaves(heads: Heads) -> list[str]:
    """The canonical text of each head, sorted by the names of the streams."""
    return [leaf(name, head) for name, head in sorted(heads.items())]


def root(heads: Heads) -> bytes:
    return merkle.root(line.encode() for line in leaves(heads))


@dataclass(frozen=True, kw_only=True)
class HeadsNote:
    """A checkpoint of the first form."""

    origin: str
    at: str
    heads: Heads

    def text(self) -> str:
        lines = [self.origin, str(len(self.heads)), b64encode(root(self.heads)).decode()]
        return "".join(f"{line}\n" for line in [*lines, f"at {self.at}", *leaves(self.heads)])


def is_heads_note(note: str) -> bool:
    """Tell a checkpoint of the first form by its origin."""
    return note.partition("\n")[0].endswith(SUFFIX)


def open_heads(note: str, keys: Collection[VerifierKey]) -> HeadsNote:
    """Return the heads in `note`, once one of `keys` has verified it and it is well formed.

    Raises NoteUnusable.
    """
    origin = note.partition("\n")[0]
    named = [VerifierKey(origin, key.public) for key in keys]
    return _parse(notes.open_note(note, named).text)


def _parse(text: str) -> HeadsNote:
    lines = text.split("\n")[:-1]
    if len(lines) < 4 or not _SIZE.fullmatch(lines[1]) or not _TIME.fullmatch(lines[3]):
        raise NoteUnusable("The checkpoint lacks its origin, size, root or time.")
    heads = dict(_parse_leaf(line) for line in lines[4:])
    point = HeadsNote(origin=lines[0], at=lines[3].removeprefix("at "), heads=heads)
    # Printing it anew must give the same text: that checks size, root, order and spelling at once.
    if point.text() != text:
        raise NoteUnusable("The checkpoint's size, root or order is not that of its heads.")
    return point


def _parse_leaf(line: str) -> tuple[str, Head]:
    try:
        name, seq, head = json.loads(line)
    except (ValueError, TypeError) as error:
        raise NoteUnusable(f"The line {line!r} is no stream head.") from error
    well_typed = isinstance(name, str) and isinstance(seq, int) and isinstance(head, str)
    if not well_typed or not _DIGEST.fullmatch(head):
        raise NoteUnusable(f"The line {line!r} is no stream head.")
    return name, Head(seq, head)
