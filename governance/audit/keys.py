"""The key that signs checkpoints. It never comes out of the database, whose owner must not hold it.

It is a file, or stands in the environment, or stays in a token that PKCS#11 speaks to.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from django.conf import settings

from governance.audit import tokens
from governance.audit.durable import write_secret_once
from governance.audit.notes import Signer, VerifierKey


class KeyUnusable(Exception):
    """The key is absent, or is no Ed25519 key."""


@dataclass(frozen=True)
class LedgerKey:
    """A key that can sign: its 32 public bytes, and what signs."""

    public: bytes
    sign: Signer

    def named(self, origin: str) -> VerifierKey:
        return VerifierKey(origin, self.public)


def signing_key() -> LedgerKey:
    """Return the key in use, making the key file where nothing else is set. Raises KeyUnusable.

    `LEDGER_KEY_PKCS11` comes before `LEDGER_KEY`, the PEM text itself, and that before the file.
    """
    if settings.LEDGER_KEY_PKCS11:
        return _in_token(settings.LEDGER_KEY_PKCS11)
    if settings.LEDGER_KEY:
        return _from_pem(settings.LEDGER_KEY.encode(), "LEDGER_KEY")
    return load_or_make(settings.LEDGER_KEY_FILE)


def known_key() -> LedgerKey:
    """Return the key in use, without making one. Raises KeyUnusable."""
    if settings.LEDGER_KEY_PKCS11 or settings.LEDGER_KEY:
        return signing_key()
    return load(settings.LEDGER_KEY_FILE)


def load(path: Path) -> LedgerKey:
    """Return the key in `path`, read again only when the file is another. Raises KeyUnusable."""
    try:
        found = path.stat()
        return _read(path, found.st_ino, found.st_mtime_ns, found.st_size)
    except OSError as error:
        raise KeyUnusable(f"The ledger key {path} cannot be read: {error}") from error


@lru_cache(maxsize=8)
def _read(path: Path, *_which: int) -> LedgerKey:
    return _from_pem(path.read_bytes(), str(path))


def _from_pem(pem: bytes, where: str) -> LedgerKey:
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError) as error:
        raise KeyUnusable(f"The ledger key {where} cannot be read: {error}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyUnusable(f"The ledger key {where} is not an Ed25519 key.")
    return LedgerKey(key.public_key().public_bytes_raw(), key.sign)


def _in_token(uri: str) -> LedgerKey:
    try:
        return LedgerKey(*tokens.open_key(uri))
    except tokens.TokenUnusable as error:
        raise KeyUnusable(f"The ledger key cannot be used: {error}") from error


def load_or_make(path: Path) -> LedgerKey:
    """Return the key in `path`, making the file (readable by its owner only) if there is none."""
    if not path.exists():
        make(path)
    return load(path)


def make(path: Path) -> None:
    """Put a new key into `path`, unless there is one by then."""
    pem = Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    write_secret_once(path, pem)
