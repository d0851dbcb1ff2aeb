"""What is copied to a target, and how it ends. A target knows nothing of jobs, rows or retries."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeAlias, runtime_checkable

from governance.audit import checkpoints, notes
from governance.audit.checkpoints import Checkpoint
from governance.audit.notes import NoteUnusable, VerifierKey
from governance.audit.targets.layout import File
from governance.core.errors import DomainError

LONGEST_ERROR = 300


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes


Post: TypeAlias = Callable[[str, Mapping[str, str], bytes], Reply]
"""Sends these headers and this body to that address. Raises TargetFails when nobody answers."""


class AddressWrong(Exception):
    """An address of LEDGER_TARGETS that breaks the rule which this says."""


class TargetFails(DomainError):
    """The target could not be reached or did not take the copy; it is tried again."""

    code = "target_fails"


class Contradicted(DomainError):
    """The target holds what cannot be of the same ledger. Nothing was written there.

    `rule` is one of SAID; `facts` say what was found, and may stand in an entry. They are the same
    as long as it holds the same, or each attempt would be an alarm of its own.
    """

    code = "target_contradicts"

    def __init__(self, rule: str, **facts: Any) -> None:
        super().__init__(SAID[rule], rule=rule, **facts)


SAID = {
    "other_tree": "It holds a checkpoint that we signed, of a tree that is not this ledger's.",
    "ahead": "It holds a checkpoint of more entries than this ledger has.",
    "not_ours": "It holds a checkpoint of this ledger that none of its keys signed.",
    "other_file": "It holds a part of the tree that is not this ledger's.",
}


@dataclass(frozen=True, kw_only=True)
class Copied:
    """What a target gave for the copy.

    `was_empty`: it held no checkpoint of this ledger before.
    """

    receipt: str
    was_empty: bool = False


@dataclass(frozen=True, kw_only=True)
class Shipment:
    """A checkpoint on its way to one target.

    `note` has the cosignatures that witnesses gave so far, `signed` has the ledger's own
    signatures alone. `grown` is how many entries have their place by now, `copied` the size of the
    newest copy that the target is known to have. `place` is a folder of its own for an origin that
    was begun after a fork, whose tree shares no files with the one before.

    Of the tree: `root_at` gives the root of as many entries, `consistency` the proof from an
    earlier size, `files` what a target lacks that holds all for an earlier size, the checkpoint
    last. They read as they are asked.
    """

    point: Checkpoint
    note: str
    signed: str
    keys: Sequence[VerifierKey]
    at: datetime
    post: Post
    grown: int
    root_at: Callable[[int], bytes]
    consistency: Callable[[int], list[bytes]]
    files: Callable[[int], Iterator[File]]
    copied: int = 0
    place: str = ""

    def held(self, note: bytes | None) -> int:
        """Return of how many entries a checkpoint is that the target holds, 0 if it holds none.

        Raises Contradicted unless one of our keys signed it and this ledger begins with its tree;
        TargetFails for one of another ledger.
        """
        if note is None:
            return 0
        point = self._opened(note)
        facts = {"held_size": point.size, "held_root": point.root.hex()}
        if point.size > self.grown:
            raise Contradicted("ahead", **facts)
        if self.root_at(point.size) != point.root:
            raise Contradicted("other_tree", **facts)
        return point.size

    def _opened(self, note: bytes) -> Checkpoint:
        try:
            text = note.decode()
            origin = text.partition("\n")[0]
            if notes.is_key_name(origin) and origin != self.point.origin:
                raise TargetFails(f"It holds the checkpoint of another ledger, {origin[:100]}.")
            return checkpoints.parse(notes.open_note(text, self.keys).text)
        except (UnicodeDecodeError, NoteUnusable) as error:
            raise Contradicted("not_ours") from error

    def compare(self, file: File, there: bytes) -> None:
        """Raise Contradicted if what is there under the file's name is not of this ledger.

        A checkpoint may have been written before a crash, with fewer cosignatures than now.
        """
        if file.is_tile and there != file.data:
            raise Contradicted("other_file", file=file.path)
        if not file.is_tile:
            self.held(there)


class Target(Protocol):
    """One place where checkpoints are copied to.

    `name` is how rows, pages and the log call it, and holds neither a person's address nor a
    secret. `is_store`: it keeps the tree's files, and its checkpoint gets later cosignatures.
    `pause` is how long after one copy it gets none.
    """

    @property
    def name(self) -> str: ...

    @property
    def is_store(self) -> bool: ...

    @property
    def pause(self) -> timedelta: ...

    def copy(self, shipment: Shipment) -> Copied:
        """Have the target keep the checkpoint. Raises TargetFails, Contradicted."""
        ...


@runtime_checkable
class Store(Protocol):
    """A target that can be asked what it holds."""

    @property
    def name(self) -> str: ...

    def checkpoint(self, place: str) -> bytes | None:
        """Return the checkpoint in that folder of it, or None. Raises TargetFails."""
        ...


_USER = re.compile(r"://[^/@\s]*@")


def plain(text: str) -> str:
    """One line for people, without the user names and passwords of addresses in it."""
    return " ".join(_USER.sub("://", text).split())[:LONGEST_ERROR]
