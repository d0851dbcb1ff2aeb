"""What a version is made of, whether its files are still those, and what consumers are told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from governance.accounts.models import User
from governance.accounts.permissions import Permission, may
from governance.portal.pages.may import why_not
from governance.registry.models import (
    Artifact,
    ArtifactCheck,
    BundlePart,
    Deprecation,
    ModelVersion,
)
from governance.registry.queries import deprecation_of, has_served, latest_artifact_check
from governance.registry.reading import is_readable
from governance.registry.rules import ArtifactOrigin, CheckOutcome

TONES = {
    CheckOutcome.MATCH: ("ok", "check"),
    CheckOutcome.MISMATCH: ("bad", "cross"),
    CheckOutcome.UNREADABLE: ("warn", "alert"),
}


@dataclass(frozen=True, kw_only=True)
class FileRow:
    """One file: as registered, and as it was read last where that differs."""

    path: str
    size: int | None
    sha256: str
    found: str = ""
    is_missing: bool = False
    is_unknown: bool = False

    @property
    def is_other(self) -> bool:
        return bool(self.found) or self.is_missing


@dataclass(frozen=True, kw_only=True)
class Contents:
    files: Sequence[FileRow]
    is_computed: bool
    parts: Sequence[BundlePart]
    check: ArtifactCheck | None
    can_check: bool
    no_check: str

    @property
    def mark(self) -> tuple[str, str]:
        """Tone and icon of the last check."""
        return TONES[CheckOutcome(self.check.outcome)] if self.check else ("mute", "ring")


@dataclass(frozen=True, kw_only=True)
class Notice:
    """The label and the deprecation, and whether this reader may change them."""

    deprecation: Deprecation | None
    can_deprecate: bool
    can_label: bool


def contents_of(version: ModelVersion, *, reader: User, at: datetime) -> Contents:
    check = latest_artifact_check(version)
    artifacts = list(version.artifacts.order_by("path"))
    no_check = no_check_because(version, reader=reader, at=at)
    return Contents(
        files=file_rows(artifacts, check),
        is_computed=any(row.origin == ArtifactOrigin.COMPUTED for row in artifacts),
        parts=list(version.parts.order_by("kind", "name")),
        check=check,
        can_check=not no_check,
        no_check=no_check,
    )


def no_check_because(version: ModelVersion, *, reader: User, at: datetime) -> str:
    """Return why the files cannot be checked now, by this reader, or nothing."""
    if not is_readable(version):
        return "The portal’s operator lists what it may read; this source is not among it."
    unit = version.model.unit
    return why_not(reader, Permission.ARTIFACT_CHECK, "Checking the files", unit=unit, at=at)


def file_rows(artifacts: Sequence[Artifact], check: ArtifactCheck | None) -> list[FileRow]:
    """List the files as registered, then those that nobody registered."""
    other = {one["path"]: one for one in check.differences} if check else {}
    rows = [
        FileRow(
            path=row.path,
            size=row.size,
            sha256=row.sha256,
            found=other.get(row.path, {}).get("found", ""),
            is_missing=row.path in other and not other[row.path]["found"],
        )
        for row in artifacts
    ]
    unknown = (one for one in other.values() if not one["expected"])
    return rows + [
        FileRow(path=one["path"], size=None, sha256="", found=one["found"], is_unknown=True)
        for one in unknown
    ]


def notice_of(version: ModelVersion, *, reader: User, at: datetime) -> Notice:
    model = version.model
    is_owner = model.owner is None or not model.owner.is_active or model.owner_id == reader.pk
    is_free = not version.label or not has_served(version)
    return Notice(
        deprecation=deprecation_of(version),
        can_deprecate=is_owner and may(reader, Permission.MODEL_EDIT, unit=model.unit, at=at),
        can_label=is_free and may(reader, Permission.VERSION_REGISTER, unit=model.unit, at=at),
    )
