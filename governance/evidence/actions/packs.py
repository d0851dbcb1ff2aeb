"""Asking for a pack, filing one, and taking one away."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from secrets import token_hex
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
from governance.core.pdf import unasked
from governance.evidence import verify_pack
from governance.evidence.actions.collecting import anchor_of, size_of
from governance.evidence.actions.making import make_pack
from governance.evidence.formats import Form
from governance.evidence.models import Pack, PackDownload, PackModel
from governance.evidence.queries.packs import pack_by_id, pack_file
from governance.evidence.queries.scopes import models_in
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
from governance.evidence.rules.scopes import OF_ONE, PackScope
from governance.jobs.actions import enqueue
from governance.jobs.models import Job

LONGEST_HOLDER, LONGEST_REASON = 200, 300

logger = logging.getLogger(__name__)


def request_pack(*, scope: PackScope, actor: Actor, at: datetime) -> Job:
    """Queue the building of an evidence pack; while the same is being built, return that job.

    Raises ScopeUnseen for a scope that holds what the actor may not see; PermissionMissing.
    """
    units = {model.unit for model in models_in(scope, actor=actor, at=at)}
    for unit in sorted(units, key=lambda unit: unit.path):
        require(actor, Permission.PACK_BUILD, unit=unit, at=at)
    key = f"{scope.digest}:{actor.ref}"
    return enqueue(kind=JOB, args={"scope": scope.text()}, actor=actor, at=at, key=key)


def build_pack(
    *,
    scope: PackScope,
    by: str,
    at: datetime,
    report: Report,
    job: UUID | None = None,
    go_on: Callable[[], None] = unasked,
    hold: Callable[[], None] = unasked,
    checkpoint: str = "",
    since: Sequence[str] = (),
) -> Pack:
    """Make a pack and file it, and sign a checkpoint that covers it.

    Appends pack.built to the stream `evidence`, and checkpoint.made; no model's changes.

    `by` is the reference of who asked, whose permission was checked when they did. `checkpoint` is
    the signed note that the pack is to rest on, `since` earlier ones from which a proof goes along.
    `go_on` is asked while the work lasts, `hold` in the transaction that files it; what either
    raises stops the work, and nothing is filed. Raises EvidenceBroken, CheckpointBehind,
    CheckpointUnknown, SealUnusable, core.pdf.PdfUnavailable, core.pdf.PdfTooLarge; then nothing is
    filed either.
    """
    anchor = anchor_of(checkpoint) if checkpoint else None
    sizes = [size_of(note) for note in since]
    _clear_after(job)
    files = make_pack(scope, by=by, at=at, report=report, go_on=go_on, anchor=anchor, since=sizes)
    begin(report, 5)
    pack = _file(files, scope=scope, by=by, at=at, job=job, hold=hold)
    sign_ledger(by=by, at=at)
    return pack


def _clear_after(job: UUID | None) -> None:
    """Remove what a worker left that died before it filed this job's pack.

    An attempt that is late and still at it cannot file what it made: it has lost its job.
    """
    for folder in Path(settings.PACK_DIR).glob(f"{job}-*") if job else ():
        shutil.rmtree(folder, ignore_errors=True)


def sign_ledger(*, by: str, at: datetime) -> None:
    """Have a checkpoint cover what goes out, and of a pack that it went out.

    A crash before it leaves the pack without one, until the next is signed in a few minutes. What
    keeps the signer from signing keeps nobody from having the pack.
    """
    try:
        make_checkpoint(actor=by, at=at)
    except (SignerRefuses, MemoryUnusable, KeyUnusable):
        logger.exception("evidence was taken, and no checkpoint covers it")


def _file(
    files: PackFiles,
    *,
    scope: PackScope,
    by: str,
    at: datetime,
    job: UUID | None,
    hold: Callable[[], None],
) -> Pack:
    folder = f"{job or uuid4()}-{token_hex(4)}"
    # A crash before the commit leaves a folder that no row names; it holds nothing secret that
    # the database does not, is never shown, and goes with the job's next attempt.
    with _kept_if_filed(settings.PACK_DIR / folder) as place:
        write_files(files, folder=place)
        with transaction.atomic():
            hold()
            pack = _insert(files, scope=scope, folder=folder, by=by, at=at, job=job)
            members = _insert_members(pack, scope)
            append(
                verb=Verb.PACK_BUILT,
                stream=STREAM,
                subject=pack.ref,
                actor=by,
                at=at,
                facts=_facts(pack, scope),
                records=[pack, *members],
            )
    return pack


def _insert(
    files: PackFiles, *, scope: PackScope, folder: str, by: str, at: datetime, job: UUID | None
) -> Pack:
    return Pack.objects.create(
        model_id=scope.model_ids[0] if scope.kind in OF_ONE else None,
        kind=scope.kind,
        scope=scope.text(),
        streams=",".join(scope.streams),
        content_digest=files.content_digest,
        file_digest=files.file_digest,
        folder=folder,
        pdf_size=len(files.pdf),
        evidence_size=len(files.evidence),
        pages=files.pages,
        entries=files.entries,
        head=files.head,
        seal=files.seal.fingerprint,
        seal_holder=files.seal.holder[:LONGEST_HOLDER],
        seal_is_self_made=files.seal.is_self_made,
        timestamped_at=files.seal.timestamped_at,
        timestamp_missing=files.seal.missing[:LONGEST_REASON],
        built_by=by,
        built_at=at,
        job=job,
    )


def _insert_members(pack: Pack, scope: PackScope) -> Sequence[PackModel]:
    if scope.kind in OF_ONE:
        return []
    members = [PackModel(pack=pack, model_id=key) for key in scope.model_ids]
    return PackModel.objects.bulk_create(members)


def _facts(pack: Pack, scope: PackScope) -> dict[str, object]:
    facts: dict[str, object] = {
        "kind": pack.kind,
        "scope_sha256": scope.digest,
        "content_sha256": pack.content_digest,
        "file_sha256": pack.file_digest,
        "pages": pack.pages,
        "entries": pack.entries,
        "seal_sha256": pack.seal,
    }
    if scope.kind in OF_ONE:
        facts |= {"model": scope.models[0], "head": pack.head}
    return facts | ({"frameworks": list(scope.frameworks)} if scope.frameworks else {})


@contextmanager
def _kept_if_filed(folder: Path) -> Iterator[Path]:
    """Remove the folder and its draft unless the pack in it was filed."""
    is_filed = False
    try:
        yield folder
        is_filed = True
    finally:
        if not is_filed:
            for place in (folder, _draft_of(folder)):
                shutil.rmtree(place, ignore_errors=True)


def _draft_of(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.part")


def write_files(files: PackFiles, *, folder: Path) -> None:
    """Write PDF, evidence and verifier into a new folder: all of them or, after a crash, none."""
    draft = _draft_of(folder)
    draft.mkdir(parents=True)
    (draft / f"{reference(files.content_digest)}.pdf").write_bytes(files.pdf)
    (draft / EVIDENCE_NAME).write_bytes(files.evidence)
    shutil.copyfile(verify_pack.__file__, draft / VERIFIER_NAME)
    draft.rename(folder)


@transaction.atomic
def take_away(*, pack_id: UUID, name: str, actor: Actor, at: datetime) -> Path:
    """Put on record that somebody takes a file of a pack away, and return where it lies.

    Appends pack.downloaded to the stream `evidence`. Raises PackNotFound, PackFileMissing; then
    nothing is on record.
    """
    pack = pack_by_id(pack_id, actor=actor, at=at)
    path = pack_file(pack, name)
    _note_download(pack, name, actor=actor, at=at)
    return path


def take_form_away(*, pack_id: UUID, form: Form, actor: Actor, at: datetime) -> tuple[str, bytes]:
    """The same of the evidence in a form that other tools read: return its name and its bytes.

    They are made of the evidence as it was filed. Appends pack.downloaded to the stream
    `evidence`. Raises PackNotFound, PackFileMissing.
    """
    pack = pack_by_id(pack_id, actor=actor, at=at)
    data = form.make(pack_file(pack, EVIDENCE_NAME).read_bytes())
    name = f"{pack.reference}.{form.ending}"
    _note_download(pack, name, actor=actor, at=at)
    return name, data


@transaction.atomic
def _note_download(pack: Pack, name: str, *, actor: Actor, at: datetime) -> None:
    row = PackDownload.objects.create(
        pack=pack, name=name, downloaded_by=actor.ref, downloaded_at=at
    )
    append(
        verb=Verb.PACK_DOWNLOADED,
        stream=STREAM,
        subject=pack.ref,
        actor=actor.ref,
        at=at,
        facts={"file": name, "content_sha256": pack.content_digest},
        records=[row],
    )
