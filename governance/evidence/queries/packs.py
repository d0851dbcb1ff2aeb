"""Which packs there are, and where their files lie."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.conf import settings

from governance.accounts.rules import Actor
from governance.evidence.models import Pack
from governance.evidence.rules.packs import (
    EVIDENCE_NAME,
    VERIFIER_NAME,
    PackFileMissing,
    PackNotFound,
)


def pack_by_id(pack_id: UUID, *, actor: Actor, at: datetime) -> Pack:
    """Return the pack, or raise PackNotFound: absent and invisible look alike."""
    pack = (
        Pack.objects.visible_to(actor, at=at)
        .select_related("model__unit")
        .filter(pk=pack_id)
        .first()
    )
    if pack is None:
        raise PackNotFound("There is no such evidence pack.")
    return pack


def pack_of_job(job_id: UUID) -> Pack | None:
    return Pack.objects.filter(job=job_id).first()


def recent_packs(actor: Actor, *, at: datetime, limit: int = 50) -> list[Pack]:
    return list(Pack.objects.visible_to(actor, at=at).newest_first()[:limit])


def pack_file(pack: Pack, name: str) -> Path:
    """Return where a file of the pack lies. Raises PackFileMissing."""
    path = Path(settings.PACK_DIR) / pack.folder / name
    if name not in {pack.pdf_name, EVIDENCE_NAME, VERIFIER_NAME} or not path.is_file():
        raise PackFileMissing(f"{pack.reference} has no file {name}.")
    return path
