"""Signed notes as C2SP `signed-note` has them, and cosignatures (`tlog-cosignature`). Pure."""

from __future__ import annotations

import binascii
import re
import unicodedata
from base64 import b64decode, b64encode
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

DASH = "\u2014"
ED25519 = b"\x01"
COSIGNATURE = b"\x04"
LARGEST = 1 << 20
"""Characters of a note. The format asks verifiers for a limit."""
MOST_SIGNATURES = 64
LATEST_TIME = 2**63 - 1

_KEY_NAME = re.compile(r"[^\s+]+")

Signer: TypeAlias = Callable[[bytes], bytes]
"""Returns the Ed25519 signature over the bytes."""


class NoteUnusable(Exception):
    """The note is malformed, or is not signed by a key that the reader trusts."""


@dataclass(frozen=True)
class VerifierKey:
    """What it takes to check a signature: the name it is bound to, and the public key.

    `kind` is ED25519 for a ledger's own signatures, COSIGNATURE for those of a witness.
    """

    name: str
    public: bytes
    kind: bytes = ED25519

    @property
    def id(self) -> bytes:
        return sha256(self.name.encode() + b"\n" + self.kind + self.public).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{b64encode(self.kind + self.public).decode()}"


@dataclass(frozen=True)
class Signature:
    """One signature line. `raw` is what follows the four bytes of the key's identifier."""

    name: str
    key_id: bytes
    raw: bytes

    def __str__(self) -> str:
        return f"{DASH} {self.name} {b64encode(self.key_id + self.raw).decode()}\n"

    def is_of(self, key: VerifierKey) -> bool:
        return (self.name, self.key_id) == (key.name, key.id)

    @property
    def time(self) -> int:
        """When a witness says that it cosigned, in seconds of POSIX time."""
        return int.from_bytes(self.raw[:8], "big")


@dataclass(frozen=True)
class Note:
    text: str
    signatures: Sequence[Signature]

    def __str__(self) -> str:
        return f"{self.text}\n{''.join(map(str, self.signatures))}"


def is_key_name(name: str) -> bool:
    return bool(_KEY_NAME.fullmatch(name)) and name.isprintable()


def parse_key(text: str) -> VerifierKey:
    """Read a verifier key, `name+id+key`. Raises NoteUnusable."""
    try:
        name, key_id, encoded = text.strip().split("+", 2)
        raw = _bytes(encoded)
    except ValueError as error:
        raise NoteUnusable("The verifier key is not of the form name+id+key.") from error
    key = VerifierKey(name, raw[1:], raw[:1])
    is_known = raw[:1] in (ED25519, COSIGNATURE) and len(raw) == 33 and is_key_name(name)
    if not is_known or key.id.hex() != key_id:
        raise NoteUnusable("The verifier key's identifier does not belong to it.")
    return key


def sign(text: str, key: VerifierKey, signer: Signer) -> Signature:
    """Sign a note's text, which ends in a line feed."""
    return Signature(key.name, key.id, signer(text.encode()))


def cosign(text: str, key: VerifierKey, signer: Signer, *, time: int) -> Signature:
    """Sign as a witness that saw this checkpoint, and none that contradicts it, at that time."""
    stamp = time.to_bytes(8, "big")
    return Signature(key.name, key.id, stamp + signer(_cosigned(text, time)))


def _cosigned(text: str, time: int) -> bytes:
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def parse(note: str) -> Note:
    """Take a note apart, believing nothing yet. Raises NoteUnusable for what is no note."""
    if len(note) > LARGEST:
        raise NoteUnusable("The note is larger than a note may be.")
    if any(unicodedata.category(c) == "Cc" and c != "\n" for c in note):
        raise NoteUnusable("The note holds control characters.")
    text, separator, lines = note.rpartition("\n\n")
    if not separator or not lines.endswith("\n"):
        raise NoteUnusable("The note has no signature.")
    return Note(f"{text}\n", parse_signatures(lines))


def parse_signatures(lines: str) -> list[Signature]:
    """Read signature lines, each ending in a line feed. Raises NoteUnusable."""
    rows = lines[:-1].split("\n")
    if len(rows) > MOST_SIGNATURES:
        raise NoteUnusable(f"The note has more than {MOST_SIGNATURES} signatures.")
    return [_signature(row) for row in rows]


def open_note(note: str, keys: Collection[VerifierKey]) -> Note:
    """Return the note, once a key of `keys` has signed it and none of them wrongly.

    Signatures of other keys are ignored. Raises NoteUnusable.
    """
    opened = parse(note)
    if not verified(opened, keys):
        known = ", ".join(sorted(map(str, keys))) or "none"
        raise NoteUnusable(f"The note is not signed by a trusted key ({known}).")
    return opened


def verified(note: Note, keys: Collection[VerifierKey]) -> list[VerifierKey]:
    """Return those of `keys` that signed. Raises NoteUnusable for a false signature of one."""
    found = []
    for signature in note.signatures:
        for key in (key for key in keys if signature.is_of(key)):
            if not is_valid(note.text, signature, key):
                raise NoteUnusable(f"The signature by {key.name} does not belong to the note.")
            found.append(key)
    return found


def is_valid(text: str, signature: Signature, key: VerifierKey) -> bool:
    """Tell whether the key made this signature over this text."""
    signed, raw = text.encode(), signature.raw
    if key.kind == COSIGNATURE:
        if len(raw) != 72 or signature.time > LATEST_TIME:
            return False
        signed, raw = _cosigned(text, signature.time), raw[8:]
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(raw, signed)
    except (InvalidSignature, ValueError):
        return False
    return True


def _signature(line: str) -> Signature:
    dash, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    try:
        raw = _bytes(encoded)
    except ValueError as error:
        raise NoteUnusable(f"The line {line!r} is no signature.") from error
    if dash != DASH or not is_key_name(name) or len(raw) <= 4:
        raise NoteUnusable(f"The line {line!r} is no signature.")
    return Signature(name, raw[:4], raw[4:])


def _bytes(encoded: str) -> bytes:
    """Decode Base64. Raises ValueError; one spelling of each value is enough."""
    try:
        raw = b64decode(encoded, validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from error
    if b64encode(raw).decode() != encoded:
        raise ValueError("another spelling of the same bytes")
    return raw
