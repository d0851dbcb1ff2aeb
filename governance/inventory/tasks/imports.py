"""What runs later: imports that take longer than anybody waits for a page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction

from governance.accounts.models import User
from governance.audit.models import LedgerEntry
from governance.audit.rules import Source, Verb
from governance.core.kept_files import forget_file, kept_file
from governance.core.wording import number
from governance.inventory.actions.imports import import_models
from governance.inventory.rules.imports import JOB, STEPS, Verdict
from governance.inventory.sheets import read_sheet
from governance.jobs.kinds import job
from governance.jobs.running import JobRun


@job(JOB)
def run_import(run: JobRun) -> dict[str, Any]:
    """Import the file, once: an attempt after a crash finds what an earlier one committed."""
    sender = User.objects.get(pk=run.requested_by.partition(":")[2])
    if run.attempts > 1 and (done := written_by(run)):
        return done
    run.step(1, len(STEPS), STEPS[0])
    sheet = read_sheet(kept_file(run.args["file"], sender=sender))
    run.step(2, len(STEPS), STEPS[1])
    with transaction.atomic():
        plan = import_models(
            sheet=sheet,
            seen=run.args["seen"],
            actor=sender,
            at=run.started_at,
            report=telling(run),
        )
        run.hold()
    # A crash here leaves a file that nobody needs, and an attempt that finds all of it done.
    forget_file(sheet.digest, sender=sender)
    return {
        "created": plan.counts[Verdict.CREATED],
        "changed": plan.counts[Verdict.CHANGED],
    }


def telling(run: JobRun) -> Callable[[int, int], None]:
    """Return what is called before each row: it says how far the work is, or ends it."""

    def report(worked_out: int, of: int) -> None:
        run.go_on()
        run.note = f"Preparing row {number(worked_out + 1)} of {number(of)}"

    return report


def written_by(run: JobRun) -> dict[str, Any]:
    """Count what this job wrote, nothing for none: its entries carry the job as their request."""
    entries = LedgerEntry.objects.filter(source=Source.IMPORT, request_id=str(run.id))
    created = entries.filter(verb=Verb.MODEL_CREATED).count()
    others = entries.exclude(verb__in=[Verb.MODEL_CREATED, Verb.IMPORT_APPLIED])
    changed = others.values("stream").distinct().count()
    return {"created": created, "changed": changed} if entries.exists() else {}
