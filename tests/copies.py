"""Ledgers whose checkpoints are copied, and readers of the copies that know files alone."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256

from governance.audit.checkpointing import make_checkpoint
from governance.audit.copying import copy_newest
from governance.audit.models import CheckpointCopy, LedgerCheckpoint
from governance.audit.targets import target_at
from governance.jobs.ledger import post
from tests.ledger_entries import NOON, SOMEBODY, act

CLOCK = "system:clock"
WIDTH = 256


def grow(entries: int = 3, *, minute: int = 10) -> LedgerCheckpoint:
    """Append entries and sign a checkpoint over them."""
    for number in range(entries):
        act("firm", minute=minute, number=number)
    return make_checkpoint(actor=SOMEBODY, at=NOON + timedelta(minutes=minute))


def copy_to(address: str, *, minute: int = 20) -> CheckpointCopy | None:
    at = NOON + timedelta(minutes=minute)
    return copy_newest(target_at(address), post=post, actor=CLOCK, at=at)


def root_from_tiles(read: Callable[[str], bytes], size: int) -> str:
    """Return the tree's root in Base64's bytes as hexadecimal, from the files of a copy alone."""
    hashes = [
        tile[at : at + 32]
        for number in range(-(-size // WIDTH))
        for tile in [read(_path(number, min(WIDTH, size - number * WIDTH)))]
        for at in range(0, len(tile), 32)
    ]
    assert len(hashes) == size
    return _root(hashes).hex()


def _path(number: int, width: int) -> str:
    assert number < 1000
    return f"tile/0/{number:03}" + ("" if width == WIDTH else f".p/{width}")


def _root(hashes: list[bytes]) -> bytes:
    """RFC 6962 §2.1, said as it stands there."""
    if len(hashes) == 1:
        return hashes[0]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    return sha256(b"\x01" + _root(hashes[:split]) + _root(hashes[split:])).digest()


def root_in(note: bytes) -> tuple[int, str]:
    """The size and root that a note states."""
    _, size, root = note.decode().split("\n")[:3]
    return int(size), b64decode(root).hex()
