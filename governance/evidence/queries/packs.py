"""Which packs there are, and where their files lie."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db.models import Q

from governance.accounts.rules import Actor
from governance.evidence.models import Pack, PackDownload, PackModel
from governance.evidence.rules.packs import (
    EVIDENCE_NAME,
    VERIFIER_NAME,
    PackFileMissing,
    PackNotFound,
)
from governance.inventory.models import Model


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


def packs_of_models(models: Sequence[Model], actor: Actor, *, at: datetime) -> int:
    """Count the packs that the actor may see and that one of these models stands in."""
    among = PackModel.objects.filter(model__in=models).values("pack")
    seen = Pack.objects.visible_to(actor, at=at)
    return seen.filter(Q(model__in=models) | Q(pk__in=among)).count()


def models_of_pack(pack: Pack) -> list[Model]:
    """Return the models of a pack by name, as they are called now."""
    return list(Model.objects.filter(pk__in=pack.of.model_ids).order_by("name", "pk"))


def downloads_of(pack: Pack, *, limit: int = 100) -> list[PackDownload]:
    """Return who took files of it away, newest first."""
    return list(pack.downloads.order_by("-downloaded_at", "-id")[:limit])


def names_on_disk(pack: Pack) -> frozenset[str]:
    """Return the names of the files of the pack that lie where they were filed."""
    folder = Path(settings.PACK_DIR) / pack.folder
    return frozenset(path.name for path in folder.glob("*") if path.is_file())


def pack_file(pack: Pack, name: str) -> Path:
    """Return where a file of the pack lies. Raises PackFileMissing."""
    path = Path(settings.PACK_DIR) / pack.folder / name
    if name not in {pack.pdf_name, EVIDENCE_NAME, VERIFIER_NAME} or not path.is_file():
        raise PackFileMissing(
            f"{name} of {pack.reference} is not there. The record of the pack stands, with the "
            "digests of its files; whoever has a copy can check it against them."
        )
    return path
