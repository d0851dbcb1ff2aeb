"""Comparing the files of a version with what was registered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from governance.core.errors import NotAllowed, WrongState
from governance.registry.rules.registrations import ArtifactFact


class SourceUnreadable(WrongState):
    """The files of the version cannot be read where its source says that they lie."""

    code = "source_unreadable"


class ArtifactsKnown(WrongState):
    """The version has digests already; they never change."""

    code = "artifacts_known"


class ArtifactsUnknown(WrongState):
    """No digest is on record to compare with."""

    code = "artifacts_unknown"


class NotThePortal(NotAllowed):
    """Only the portal itself says what it has read."""

    code = "not_the_portal"


@dataclass(frozen=True, kw_only=True)
class ArtifactDifference:
    """A file that is not as registered. An empty digest: not there, or never registered."""

    path: str
    expected: str
    found: str


def artifact_differences(
    expected: Iterable[ArtifactFact], found: Iterable[ArtifactFact]
) -> list[ArtifactDifference]:
    """Compare by content, file by file, in the order of their paths.

    A file that nobody registered is a difference too: a model's folder can hold code that runs.
    """
    known = {fact.path: fact.sha256 for fact in expected}
    there = {fact.path: fact.sha256 for fact in found}
    return [
        ArtifactDifference(path=path, expected=known.get(path, ""), found=there.get(path, ""))
        for path in sorted(known.keys() | there.keys())
        if known.get(path) != there.get(path)
    ]
