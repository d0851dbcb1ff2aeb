"""Checkpoints (C2SP `tlog-checkpoint`) and the proofs that rest on them. Pure.

A checkpoint names a tree by origin, size and root. An inclusion proof is a file of the form
`tlog-proof`; a consistency proof has the form in which witnesses take it (`tlog-witness`).
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass

from governance.audit import merkle, notes
from governance.audit.notes import NoteUnusable

PROOF = "c2sp.org/tlog-proof@v1"
MOST_HASHES = 63

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


class NotTheEmptyTree(NoteUnusable):
    """A checkpoint of no entries, with a root that is not that of a tree without leaves."""


class ProofUnusable(Exception):
    """A proof file is malformed, or what it holds does not prove it."""


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """What is signed: `root` is the tree hash over the first `size` entries of the ledger."""

    origin: str
    size: int
    root: bytes
    extensions: Sequence[str] = ()

    def text(self) -> str:
        lines = [self.origin, str(self.size), b64encode(self.root).decode(), *self.extensions]
        return "".join(f"{line}\n" for line in lines)


def is_origin(name: str) -> bool:
    return notes.is_key_name(name)


def parse(text: str) -> Checkpoint:
    """Read the text of a note as a checkpoint. Raises NoteUnusable."""
    lines = text.split("\n")[:-1]
    if len(lines) < 3 or not all(lines) or not _SIZE.fullmatch(lines[1]):
        raise NoteUnusable("The note is no checkpoint: origin, size and root are needed.")
    try:
        root = b64decode(lines[2], validate=True)
    except (binascii.Error, ValueError) as error:
        raise NoteUnusable("The checkpoint's root is not Base64.") from error
    point = Checkpoint(origin=lines[0], size=int(lines[1]), root=root, extensions=tuple(lines[3:]))
    # Printing it anew must give the same text, so a checkpoint has one spelling.
    if len(root) != merkle.SIZE or point.text() != text:
        raise NoteUnusable("The checkpoint's root is no SHA-256.")
    if point.size == 0 and root != merkle.EMPTY:
        raise NotTheEmptyTree("The checkpoint's root is not that of a tree without entries.")
    return point


@dataclass(frozen=True, kw_only=True)
class Inclusion:
    """That an entry is number `index`, counted from 0, in the tree of the checkpoint."""

    index: int
    hashes: Sequence[bytes]
    note: str

    def __str__(self) -> str:
        lines = [PROOF, f"index {self.index}", *map(_line, self.hashes)]
        return "".join(f"{line}\n" for line in lines) + f"\n{self.note}"


@dataclass(frozen=True, kw_only=True)
class Consistency:
    """That the checkpoint's tree begins with all of an earlier one of `old` entries."""

    old: int
    hashes: Sequence[bytes]
    note: str

    def __str__(self) -> str:
        lines = [f"old {self.old}", *map(_line, self.hashes)]
        return "".join(f"{line}\n" for line in lines) + f"\n{self.note}"


def parse_inclusion(text: str) -> Inclusion:
    """Read a `.tlog-proof` file. Raises ProofUnusable; its checkpoint is not yet believed."""
    head, note = _parts(text)
    if head[:1] != [PROOF]:
        raise ProofUnusable(f"The first line is not {PROOF}.")
    rest = head[2:] if len(head) > 1 and head[1].startswith("extra ") else head[1:]
    number = _number(rest[:1], "index")
    return Inclusion(index=number, hashes=[_hash(line) for line in rest[1:]], note=note)


def parse_consistency(text: str) -> Consistency:
    """Read a consistency proof. Raises ProofUnusable; its checkpoint is not yet believed."""
    head, note = _parts(text)
    number = _number(head[:1], "old")
    return Consistency(old=number, hashes=[_hash(line) for line in head[1:]], note=note)


def _parts(text: str) -> tuple[list[str], str]:
    head, separator, note = text.partition("\n\n")
    if not separator:
        raise ProofUnusable("The proof holds no checkpoint.")
    return head.split("\n"), note


def _number(lines: Sequence[str], word: str) -> int:
    name, _, value = "".join(lines).partition(" ")
    if name != word or not _SIZE.fullmatch(value):
        raise ProofUnusable(f"The proof has no line `{word}` with a number.")
    return int(value)


def _hash(line: str) -> bytes:
    try:
        raw = b64decode(line, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ProofUnusable(f"The line {line!r} is no hash.") from error
    if len(raw) != merkle.SIZE or _line(raw) != line:
        raise ProofUnusable(f"The line {line!r} is no hash.")
    return raw


def _line(raw: bytes) -> str:
    return b64encode(raw).decode()
