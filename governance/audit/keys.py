"""The key that signs checkpoints: a file outside the database, whose owner must not hold it."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)


class KeyUnusable(Exception):
    """The key file is absent or holds no Ed25519 key."""


def load(path: Path) -> Ed25519PrivateKey:
    """Return the key in `path`, read again only when the file is another. Raises KeyUnusable."""
    try:
        found = path.stat()
        return _read(path, found.st_ino, found.st_mtime_ns, found.st_size)
    except (OSError, ValueError, TypeError) as error:
        raise KeyUnusable(f"The ledger key {path} cannot be read: {error}") from error


@lru_cache(maxsize=8)
def _read(path: Path, *_which: int) -> Ed25519PrivateKey:
    key = load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyUnusable(f"The ledger key {path} is not an Ed25519 key.")
    return key


def load_or_make(path: Path) -> Ed25519PrivateKey:
    """Return the key in `path`, making the file (readable by its owner only) if there is none."""
    if not path.exists():
        _make(path)
    return load(path)


def _make(path: Path) -> None:
    pem = Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(descriptor)
    # A link appears whole or not at all, and of two processes the first one's key stays. A crash
    # before this line leaves a draft that nobody reads.
    with suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()
