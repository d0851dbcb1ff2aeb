"""Checkpoints: signed notes over the heads of all streams. See docs/ledger-format.md §5.

In the manner of C2SP signed-note and tlog-checkpoint, with the heads as extension lines.
"""

from __future__ import annotations

import binascii
import json
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from governance.audit import merkle
from governance.core.canonical import canonical, timestamp

SUFFIX = "/heads"
ED25519 = b"\x01"
DASH = "\u2014"

_ORIGIN = re.compile(r"[^\s+]+")
_SIZE = re.compile(r"0|[1-9][0-9]*")
_TIME = re.compile(r"at \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
_DIGEST = re.compile(r"[0-9a-f]{64}")


class CheckpointUnusable(Exception):
    """The note is malformed, contradicts itself, or is not signed by the key."""


@dataclass(frozen=True)
class Head:
    """The number and hash of a stream's last entry."""

    seq: int
    hash: str


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    origin: str
    at: str
    heads: Mapping[str, Head]

    def root(self) -> bytes:
        return merkle.root([leaf.encode() for leaf in self.leaves()])

    def leaves(self) -> list[str]:
        return [canonical([name, h.seq, h.hash]) for name, h in sorted(self.heads.items())]

    def text(self) -> str:
        """The signed part of the note."""
        root = b64encode(self.root()).decode()
        lines = [self.origin, str(len(self.heads)), root, f"at {self.at}", *self.leaves()]
        return "".join(f"{line}\n" for line in lines)


@dataclass(frozen=True)
class VerifierKey:
    """What it takes to check a signature: the name it is bound to and the public key."""

    name: str
    public: bytes

    @property
    def id(self) -> bytes:
        return sha256(self.name.encode() + b"\n" + ED25519 + self.public).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{b64encode(ED25519 + self.public).decode()}"


def origin_of(ledger: str) -> str:
    """The name under which the heads of `ledger` are signed. Raises ValueError for a bad name."""
    if not _ORIGIN.fullmatch(ledger):
        raise ValueError(
            f"LEDGER_ORIGIN {ledger!r}: a name without spaces and plus signs is needed"
        )
    return ledger + SUFFIX


def checkpoint(*, origin: str, at: datetime, heads: Mapping[str, Head]) -> Checkpoint:
    return Checkpoint(origin=origin, at=timestamp(at), heads=heads)


def verifier_key(origin: str, key: Ed25519PrivateKey) -> VerifierKey:
    return VerifierKey(origin, key.public_key().public_bytes_raw())


def parse_key(text: str) -> VerifierKey:
    """Read `name+id+key`. Raises CheckpointUnusable."""
    try:
        name, key_id, encoded = text.strip().split("+", 2)
        raw = b64decode(encoded, validate=True)
    except (ValueError, binascii.Error) as error:
        raise CheckpointUnusable("The verifier key is not of the form name+id+key.") from error
    key = VerifierKey(name, raw[1:])
    if raw[:1] != ED25519 or len(raw) != 33 or key.id.hex() != key_id:
        raise CheckpointUnusable("The verifier key's identifier does not belong to it.")
    return key


def sign(point: Checkpoint, key: Ed25519PrivateKey) -> str:
    """Return the whole note."""
    text = point.text()
    key_id = verifier_key(point.origin, key).id
    signature = b64encode(key_id + key.sign(text.encode())).decode()
    return f"{text}\n{DASH} {point.origin} {signature}\n"


def open_note(note: str, key: VerifierKey) -> Checkpoint:
    """Return the checkpoint in `note`, once `key` has verified it and it is wholly well formed.

    Raises CheckpointUnusable.
    """
    text, separator, signatures = note.rpartition("\n\n")
    if not separator or not signatures.endswith("\n"):
        raise CheckpointUnusable("The checkpoint has no signature.")
    text += "\n"
    _verify(text, signatures, key)
    return _parse(text)


def _verify(text: str, signatures: str, key: VerifierKey) -> None:
    prefix = f"{DASH} {key.name} "
    ours = [line for line in signatures[:-1].split("\n") if line.startswith(prefix)]
    if not any(_is_signature(line.removeprefix(prefix), text, key) for line in ours):
        raise CheckpointUnusable(f"The checkpoint is not signed by the key {key}.")


def _is_signature(encoded: str, text: str, key: VerifierKey) -> bool:
    try:
        raw = b64decode(encoded, validate=True)
        Ed25519PublicKey.from_public_bytes(key.public).verify(raw[4:], text.encode())
    except (binascii.Error, ValueError, InvalidSignature):
        return False
    # A verifier ignores signatures under key IDs that it does not know. Base64 can spell the same
    # bytes in several ways; one is enough.
    return raw[:4] == key.id and b64encode(raw).decode() == encoded


def _parse(text: str) -> Checkpoint:
    lines = text.split("\n")[:-1]
    if len(lines) < 4 or not _SIZE.fullmatch(lines[1]) or not _TIME.fullmatch(lines[3]):
        raise CheckpointUnusable("The checkpoint lacks its origin, size, root or time.")
    heads = dict(_parse_leaf(line) for line in lines[4:])
    point = Checkpoint(origin=lines[0], at=lines[3].removeprefix("at "), heads=heads)
    # Printing it anew must give the same text: that checks size, root, order and spelling at once.
    if point.text() != text:
        raise CheckpointUnusable("The checkpoint's size, root or order is not that of its heads.")
    return point


def _parse_leaf(line: str) -> tuple[str, Head]:
    try:
        name, seq, head = json.loads(line)
    except (ValueError, TypeError) as error:
        raise CheckpointUnusable(f"The line {line!r} is no stream head.") from error
    well_typed = isinstance(name, str) and isinstance(seq, int) and isinstance(head, str)
    if not well_typed or not _DIGEST.fullmatch(head):
        raise CheckpointUnusable(f"The line {line!r} is no stream head.")
    return name, Head(seq, head)
