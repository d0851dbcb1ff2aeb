"""What one reading may take, and the digest of what it reads."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from django.conf import settings

from governance.core.wording import counted, size
from governance.registry.rules import ArtifactFact, SourceUnreadable, is_artifact_path

CHUNK = 1024 * 1024
MOST_SECONDS = 2 * 60 * 60
MOST_FOLDERS_DEEP = 40

Report = Callable[[int, str], None]
"""Told how many files are read and which comes next. May raise to stop the work."""


@dataclass
class Budget:
    """Counts files, bytes and time of one reading. Each method raises SourceUnreadable beyond."""

    report: Report
    files: int = 0
    octets: int = 0
    began: float = field(default_factory=time.monotonic)

    def fact(self, path: str, chunks: Iterable[bytes]) -> ArtifactFact:
        """Read one file to its end and return its digest; nothing of it is kept."""
        self._begin(path)
        sha256, length = hashlib.sha256(), 0
        for chunk in chunks:
            sha256.update(chunk)
            length += len(chunk)
            self._took(len(chunk))
        return ArtifactFact(path=path, sha256=sha256.hexdigest(), size=length)

    def enter(self, depth: int) -> None:
        if depth > MOST_FOLDERS_DEEP:
            raise SourceUnreadable(f"Its folders lie more than {MOST_FOLDERS_DEEP} deep.")

    def _begin(self, path: str) -> None:
        if not is_artifact_path(path):
            raise SourceUnreadable("It holds a file whose name cannot be kept.")
        if self.files >= settings.ARTIFACT_MAX_FILES:
            most = counted(settings.ARTIFACT_MAX_FILES, "file")
            raise SourceUnreadable(f"It holds more than {most} (ARTIFACT_MAX_FILES).")
        self.report(self.files, path)
        self.files += 1

    def _took(self, octets: int) -> None:
        self.octets += octets
        if self.octets > settings.ARTIFACT_MAX_BYTES:
            most = size(settings.ARTIFACT_MAX_BYTES)
            raise SourceUnreadable(f"It holds more than {most} (ARTIFACT_MAX_BYTES).")
        if time.monotonic() - self.began > MOST_SECONDS:
            raise SourceUnreadable("Reading it took more than two hours.")
