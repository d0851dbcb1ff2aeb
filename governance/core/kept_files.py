"""Files between looking and importing: kept for who sent them, a few and for a few days."""

from __future__ import annotations

import re
import time
from pathlib import Path

from django.conf import settings

from governance.core.canonical import sha256_hex
from governance.core.errors import NotFound
from governance.core.models import Record

KEPT_FILES = 5
KEPT_SECONDS = 7 * 24 * 3600
_DIGEST = re.compile(r"[0-9a-f]{64}")


class FileGone(NotFound):
    """The file that was sent is no longer kept, or is somebody else's."""

    code = "import_file_gone"


def keep_file(data: bytes, *, sender: Record) -> str:
    """Keep the file and return its SHA-256, by which its sender finds it again."""
    digest, folder = sha256_hex(data), _folder(sender)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = folder / f"{digest}.part"
    draft.write_bytes(data)
    # A crash here leaves a draft that the next sweep of the folder takes away.
    draft.rename(folder / digest)
    _sweep(folder)
    return digest


def kept_file(digest: str, *, sender: Record) -> bytes:
    """Return the file that this person sent. Raises FileGone."""
    path = _folder(sender) / digest
    if not _DIGEST.fullmatch(digest) or not path.is_file():
        raise FileGone("This file is no longer kept here. Send it again.")
    return path.read_bytes()


def forget_file(digest: str, *, sender: Record) -> None:
    if _DIGEST.fullmatch(digest):
        (_folder(sender) / digest).unlink(missing_ok=True)


def files_kept(sender: Record) -> list[Path]:
    """Return all that is kept for this person."""
    folder = _folder(sender)
    return sorted(folder.iterdir()) if folder.is_dir() else []


def forget_files(sender: Record) -> None:
    for path in files_kept(sender):
        path.unlink(missing_ok=True)


def _folder(sender: Record) -> Path:
    return Path(settings.VAR_DIR) / "imports" / str(sender.pk)


def _sweep(folder: Path) -> None:
    """Keep the newest few, and nothing that is older than some days."""
    files = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for place, path in enumerate(files):
        if place >= KEPT_FILES or path.stat().st_mtime < time.time() - KEPT_SECONDS:
            path.unlink(missing_ok=True)
