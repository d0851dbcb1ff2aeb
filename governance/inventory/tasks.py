"""What runs later: imports that take longer than anybody waits for a page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.utils import timezone

from governance.accounts.models import User
from governance.audit.models import LedgerEntry
from governance.audit.rules import Source, Verb
from governance.inventory.actions.imports import import_models
from governance.inventory.files import forget_file, kept_file
from governance.inventory.rules.imports import JOB, STEPS
from governance.inventory.sheets import read_sheet
from governance.jobs.actions import keep
from governance.jobs.kinds import job
from governance.jobs.rules import LEASE, JobGone, WorkerStopping
from governance.jobs.running import JobRun

ROWS_BETWEEN = 50


@job(JOB)
def run_import(run: JobRun) -> dict[str, Any]:
    """Import the file, once: an attempt after a crash finds what an earlier one committed."""
    sender = User.objects.get(pk=run.requested_by.partition(":")[2])
    if run.attempts > 1 and (done := _done_by(run)):
        return done
    run.step(1, len(STEPS), STEPS[0])
    sheet = read_sheet(kept_file(run.args["file"], sender=sender))
    run.step(2, len(STEPS), STEPS[1])
    with transaction.atomic():
        import_models(
            sheet=sheet,
            seen=run.args["seen"],
            actor=sender,
            at=run.started_at,
            report=stopping(run),
        )
        hold(run)
    # A crash here leaves a file that nobody needs, and an attempt that finds all of it done.
    forget_file(sheet.digest, sender=sender)
    return _done_by(run)


def stopping(run: JobRun) -> Callable[[int, int], None]:
    """Return what ends the work between two rows when the job is canceled or the worker stops."""

    def report(written: int, of: int) -> None:
        if written % ROWS_BETWEEN:
            return
        if run.stopping():
            raise WorkerStopping
        if run.gone.is_set():
            raise JobGone

    return report


def hold(run: JobRun) -> None:
    """Commit a fresh lease together with the rows; roll both back if another worker has the job.

    On SQLite the long transaction holds the only write lock, so no sign of life was recorded
    while it wrote. Raises JobGone.
    """
    keep(attempt=run.attempt, until=timezone.now() + LEASE)


def _done_by(run: JobRun) -> dict[str, Any]:
    """Count what this job wrote: its entries carry the job as their request."""
    entries = LedgerEntry.objects.filter(source=Source.IMPORT, request_id=str(run.id))
    created = entries.filter(verb=Verb.MODEL_CREATED).count()
    changed = entries.exclude(verb=Verb.MODEL_CREATED).values("stream").distinct().count()
    return {"created": created, "changed": changed} if created or changed else {}
