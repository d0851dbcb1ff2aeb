"""What runs later: reading measured values and files at their source, and webhooks."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from governance.accounts.models import Unit, User
from governance.accounts.permissions import Permission
from governance.accounts.queries import SystemActor
from governance.inventory.tasks.imports import telling, written_by
from governance.jobs.channels import channel
from governance.jobs.kinds import job
from governance.jobs.recurring import every_minute
from governance.jobs.running import JobRun
from governance.registry.actions.adoptions import adopt_models
from governance.registry.actions.artifacts import (
    CHECK_JOB,
    HASH_JOB,
    READER,
    record_artifact_check,
    record_artifacts,
)
from governance.registry.actions.artifacts import check_artifacts as ask_for_check
from governance.registry.actions.evaluations import record_evaluations
from governance.registry.actions.pulls import JOB
from governance.registry.models import ArtifactCheck, ModelVersion
from governance.registry.queries import live_versions, results_of
from governance.registry.queries.webhooks import CHANNEL, message_to_webhook
from governance.registry.reading import Report, is_readable, read_artifacts
from governance.registry.reading.registered import registered_models
from governance.registry.rules import ArtifactFact, Source, SourceUnreadable, adoptions
from governance.registry.tracking import fetch_measurements

TRACKING = SystemActor(name="tracking", held=frozenset({Permission.EVALUATION_RECORD}))
"""The portal itself, reading from the tracking server that a model names."""

channel(CHANNEL)(message_to_webhook)

CHECK_EVERY = timedelta(days=1)


@job(JOB)
def run(run: JobRun) -> dict[str, Any]:
    """Ask the tracking server, then keep what is new: a second attempt adds nothing twice."""
    version = ModelVersion.objects.with_model().get(pk=run.args["version"])
    run.step(1, 2, "Asking the tracking server")
    fetched = fetch_measurements(
        tracking_uri=version.model.tracking_uri,
        run_id=version.run_id,
        dataset_digest=version.dataset_digest,
    )
    run.step(2, 2, "Keeping what was measured")
    known = {
        (row.metric, row.value, row.measured_at)
        for row in results_of(version)
        if row.source == Source.PULLED
    }
    new = [m for m in fetched if (m.metric, m.value, m.measured_at) not in known]
    if new:
        record_evaluations(
            version=version,
            measurements=new,
            source=Source.PULLED,
            actor=TRACKING,
            at=timezone.now(),
        )
    return {"fetched": len(fetched), "new": len(new)}


@job(HASH_JOB)
def hash_artifacts(run: JobRun) -> dict[str, Any]:
    """Take the digests of a version without any; a second attempt finds them there."""
    version = ModelVersion.objects.with_model().get(pk=run.args["version"])
    if version.artifacts.exists():
        return {"artifacts": version.artifacts.count(), "new": 0}
    found = read_artifacts(version, report=partial(_report, run))
    artifacts = record_artifacts(version=version, found=found, actor=READER, at=timezone.now())
    return {"artifacts": len(artifacts), "new": len(artifacts)}


@job(CHECK_JOB)
def check_artifacts(run: JobRun) -> dict[str, Any]:
    """Compare a version's files with what was registered. A second attempt is a second check."""
    version = ModelVersion.objects.with_model().get(pk=run.args["version"])
    check, why = check_now(version, report=partial(_report, run))
    return {
        "outcome": check.outcome,
        "files": check.files,
        "differences": len(check.differences),
        "why": why,
    }


def check_now(version: ModelVersion, *, report: Report) -> tuple[ArtifactCheck, str]:
    """Read, compare and record; return the check, and why its source could not be read."""
    why = ""
    found: list[ArtifactFact] | None = None
    try:
        found = read_artifacts(version, report=report)
    except SourceUnreadable as error:
        why = error.message
    check = record_artifact_check(version=version, found=found, actor=READER, at=timezone.now())
    return check, why


def _report(run: JobRun, files: int, path: str) -> None:
    # Each step is a write; between two of them the job may go on for a dozen small files.
    if files % 12 == 0:
        run.step(1, 1, f"Reading file {files + 1}, {path[:80]}")


@job(adoptions.JOB)
def adopt(run: JobRun) -> dict[str, Any]:
    """Adopt what was shown, once: an attempt after a crash finds what an earlier one committed."""
    if run.attempts > 1 and (done := written_by(run)):
        return done
    actor = User.objects.get(pk=run.requested_by.partition(":")[2])
    run.step(1, len(adoptions.STEPS), adoptions.STEPS[0])
    found = registered_models(run.args["server"])
    run.step(2, len(adoptions.STEPS), adoptions.STEPS[1])
    with transaction.atomic():
        adoption = adopt_models(
            found=found,
            server=run.args["server"],
            unit=Unit.objects.get(pk=run.args["unit"]),
            seen=run.args["seen"],
            leaving_out=run.args["leaving_out"],
            actor=actor,
            at=run.started_at,
            report=telling(run),
        )
        run.hold()
    return {"created": len(adoption.drafts), "changed": 0}


@every_minute
def check_what_serves(at: datetime) -> None:
    """Queue the day's check of each version that serves and that the portal may read."""
    if not (settings.ARTIFACT_ROOTS or settings.ARTIFACT_BUCKETS or settings.TRACKING_HOSTS):
        return
    for version in live_versions().unchecked_since(at - CHECK_EVERY):
        if is_readable(version):
            ask_for_check(version=version, actor=READER, at=at)
