"""Asking for a pack, and filing one."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction

from governance.accounts.permissions import Permission, require
from governance.accounts.rules import Actor
from governance.audit.actions import append
from governance.audit.checkpointing import make_checkpoint
from governance.audit.keys import KeyUnusable
from governance.audit.rules import Verb
from governance.audit.signer import MemoryUnusable, SignerRefuses
from governance.evidence import verify_pack
from governance.evidence.actions.collecting import anchor_of, size_of
from governance.evidence.actions.making import make_pack
from governance.evidence.models import Pack
from governance.evidence.rules.packs import (
    EVIDENCE_NAME,
    JOB,
    STREAM,
    VERIFIER_NAME,
    PackFiles,
    Report,
    begin,
    reference,
)
from governance.inventory.models import Model
from governance.jobs.actions import enqueue
from governance.jobs.models import Job

logger = logging.getLogger(__name__)


def request_pack(*, model: Model, actor: Actor, at: datetime) -> Job:
    """Queue the building of an evidence pack; while one is being built, return that job.

    Raises PermissionMissing.
    """
    require(actor, Permission.PACK_BUILD, unit=model.unit, at=at)
    args = {"model": str(model.pk)}
    return enqueue(kind=JOB, args=args, actor=actor, at=at, key=f"{model.pk}:{actor.ref}")


def build_pack(
    *,
    model: Model,
    by: str,
    at: datetime,
    report: Report,
    job: UUID | None = None,
    checkpoint: str = "",
    since: Sequence[str] = (),
) -> Pack:
    """Make a pack and file it, and sign a checkpoint that covers it.

    Appends pack.built to the stream `evidence`, and checkpoint.made; no model's changes.

    `by` is the reference of who asked, whose permission was checked when they did. `checkpoint` is
    the signed note that the pack is to rest on, `since` earlier ones from which a proof goes along.
    Raises EvidenceBroken, CheckpointBehind, CheckpointUnknown, core.pdf.PdfUnavailable,
    core.pdf.PdfTooLarge; then nothing is filed.
    """
    anchor = anchor_of(checkpoint) if checkpoint else None
    sizes = [size_of(note) for note in since]
    files = make_pack(model, by=by, at=at, report=report, anchor=anchor, since=sizes)
    begin(report, 4)
    pack = _file(files, model=model, by=by, at=at, job=job)
    _sign_ledger(by=by, at=at)
    return pack


def _sign_ledger(*, by: str, at: datetime) -> None:
    """Have a checkpoint cover what goes out, and that it went out.

    A crash before it leaves the pack without one, until the next is signed in a few minutes. What
    keeps the signer from signing keeps nobody from having the pack.
    """
    try:
        make_checkpoint(actor=by, at=at)
    except (SignerRefuses, MemoryUnusable, KeyUnusable):
        logger.exception("a pack was built, and no checkpoint covers it")


def _file(files: PackFiles, *, model: Model, by: str, at: datetime, job: UUID | None) -> Pack:
    folder = str(uuid4())
    # A crash before the commit leaves a folder that no row names; it holds nothing secret that
    # the database does not, and is never shown.
    write_files(files, folder=settings.PACK_DIR / folder)
    with transaction.atomic():
        pack = Pack.objects.create(
            model=model,
            content_digest=files.content_digest,
            file_digest=files.file_digest,
            folder=folder,
            pdf_size=len(files.pdf),
            evidence_size=len(files.evidence),
            pages=files.pages,
            entries=files.entries,
            head=files.head,
            built_by=by,
            built_at=at,
            job=job,
        )
        append(
            verb=Verb.PACK_BUILT,
            stream=STREAM,
            subject=pack.ref,
            actor=by,
            at=at,
            facts={
                "model": model.ref,
                "content_sha256": pack.content_digest,
                "file_sha256": pack.file_digest,
                "pages": pack.pages,
                "entries": pack.entries,
                "head": pack.head,
            },
            records=[pack],
        )
    return pack


def write_files(files: PackFiles, *, folder: Path) -> None:
    """Write PDF, evidence and verifier into a new folder: all of them or, after a crash, none."""
    draft = folder.with_name(f"{folder.name}.part")
    draft.mkdir(parents=True)
    (draft / f"{reference(files.content_digest)}.pdf").write_bytes(files.pdf)
    (draft / EVIDENCE_NAME).write_bytes(files.evidence)
    shutil.copyfile(verify_pack.__file__, draft / VERIFIER_NAME)
    draft.rename(folder)
