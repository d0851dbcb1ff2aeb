"""Files that are on the disk when a call returns, and whole after a crash."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def write_whole(path: Path, data: bytes) -> None:
    """Replace the file. A crash leaves the old one or the new one, and a draft nobody reads."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    with draft.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def write_secret_once(path: Path, data: bytes) -> None:
    """Put the secret into a file that its owner alone may read, unless there is one by then."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(descriptor)
    # A link appears whole or not at all, and of two processes the first one's file stays. A crash
    # before this line leaves a draft that nobody reads.
    with suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Keep every other process and thread of this machine out that asks for the same file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_suffix(".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
