"""What can be done with a job: ask for it, cancel it, claim it, report on it, end it.

Every write by a running attempt names that attempt. Whoever lost the job, because it was canceled
or because a lease ran out and another worker took over, changes nothing and is told so.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from django.db import IntegrityError, connection, transaction

from governance.core.canonical import admit
from governance.core.holding import hold
from governance.jobs import broker
from governance.jobs.kinds import handler, patient_kinds
from governance.jobs.models import Job, JobQuerySet
from governance.jobs.rules import (
    MAX_ATTEMPTS,
    JobEnded,
    JobGone,
    JobNotFound,
    JobState,
    NotYours,
    Requester,
)


def enqueue(
    *, kind: str, args: Mapping[str, Any], actor: Requester, at: datetime, key: str = ""
) -> Job:
    """Put a job in the queue, in the caller's transaction, and return it.

    With a `key`, asking again while such a job is open returns that one, so a double click starts
    nothing twice. Raises UnknownKind; NotCanonical when `args` is not plain JSON.
    """
    handler(kind)
    if key and (standing := _open(kind=kind, key=key)):
        return standing
    try:
        with transaction.atomic():
            job = Job.objects.create(
                kind=kind, key=key, args=admit(args), requested_by=actor.ref, created_at=at
            )
    except IntegrityError:
        # Lost the race for the key; whoever won has committed, or this insert would still wait.
        if standing := _open(kind=kind, key=key):
            return standing
        raise
    # A crash between commit and send leaves a queued row, which the next sweep sends.
    transaction.on_commit(partial(broker.send, job_id=job.pk))
    return job


def _open(*, kind: str, key: str) -> Job | None:
    return Job.objects.open().filter(kind=kind, key=key).first()


def cancel(*, job_id: UUID, actor: Requester, at: datetime) -> Job:
    """Cancel an open job. A running one stops at its next step and keeps nothing it has not filed.

    Raises JobNotFound, NotYours, JobEnded.
    """
    with transaction.atomic():
        job = Job.objects.select_for_update().filter(pk=job_id).first()
        if job is None:
            raise JobNotFound("There is no such job.")
        if job.requested_by != actor.ref:
            raise NotYours("Only who asked for a job may cancel it.")
        if not job.is_open:
            raise JobEnded(f"This job is over: {job.get_state_display().lower()}.")
        job.state, job.finished_at, job.lease_until = JobState.CANCELED, at, None
        job.save(update_fields=["state", "finished_at", "lease_until"])
    return job


def claim(*, worker: str, at: datetime, lease: timedelta, job_id: UUID | None = None) -> Job | None:
    """Give one ready job (or that one, if it is ready) to a worker; None when nothing is ready.

    Two workers never get the same job: on PostgreSQL a row under somebody's lock is skipped, on
    SQLite the whole transaction holds the write lock from its begin. Of a patient kind none is
    given while another of its kind runs.
    """
    if not _ready(at, job_id).exists():
        return None
    with transaction.atomic():
        skip = connection.features.has_select_for_update_skip_locked
        for job in _ready(at, job_id).select_for_update(skip_locked=skip)[: MAX_ATTEMPTS + 1]:
            if job.attempts >= MAX_ATTEMPTS:
                _give_up(job, at=at)
            elif not _has_to_wait(job, at=at):
                return _begin(job, worker=worker, at=at, lease=lease)
    return None


def _has_to_wait(job: Job, *, at: datetime) -> bool:
    """Tell whether another of its kind runs, where only one at a time may."""
    if job.kind not in patient_kinds():
        return False
    # Two workers that claim two of them at once would each find none running.
    hold([f"jobs:{job.kind}"])
    return Job.objects.running(at=at).filter(kind=job.kind).exists()


def _ready(at: datetime, job_id: UUID | None) -> JobQuerySet:
    ready = Job.objects.ready(at=at)
    return ready.filter(pk=job_id) if job_id else ready


def _begin(job: Job, *, worker: str, at: datetime, lease: timedelta) -> Job:
    job.state, job.worker, job.attempt = JobState.RUNNING, worker, uuid4()
    job.attempts += 1
    job.started_at, job.lease_until = at, at + lease
    job.step, job.steps, job.words, job.progress = 0, 0, "", []
    job.save()
    return job


def _give_up(job: Job, *, at: datetime) -> None:
    job.state, job.finished_at, job.lease_until = JobState.FAILED, at, None
    job.error = (
        f"The worker stopped without a word {job.attempts} times while it ran this job, so it is "
        "not tried again. The machine may have run out of memory."
    )
    job.save()


def keep(*, attempt: UUID, until: datetime, note: str = "") -> None:
    """Extend the lease of a running attempt, and say how far it is. Raises JobGone."""
    _change(attempt, lease_until=until, **({"words": note} if note else {}))


def report(*, attempt: UUID, step: int, steps: int, words: str, at: datetime) -> None:
    """Record that the attempt begins step `step` of `steps`, or how far it is in that step.

    Raises JobGone.
    """
    with transaction.atomic():
        job = (
            Job.objects.select_for_update().filter(attempt=attempt, state=JobState.RUNNING).first()
        )
        if job is None:
            raise JobGone
        begun = [row for row in job.progress if row["step"] == step]
        since = begun[0]["at"] if begun else at.isoformat()
        job.step, job.steps, job.words = step, steps, words
        before = [row for row in job.progress if row["step"] != step]
        job.progress = [*before, {"step": step, "words": words, "at": since}]
        job.save(update_fields=["step", "steps", "words", "progress"])


def complete(*, attempt: UUID, result: Mapping[str, Any], at: datetime) -> None:
    """End the job with its result. Raises JobGone; NotCanonical when it is not plain JSON."""
    _change(attempt, state=JobState.DONE, result=admit(result), finished_at=at, lease_until=None)


def fail(*, attempt: UUID, error: str, at: datetime, reference: str = "") -> None:
    """End the job with what went wrong. `reference` finds the traceback. Raises JobGone."""
    _change(
        attempt,
        state=JobState.FAILED,
        error=error,
        error_reference=reference,
        finished_at=at,
        lease_until=None,
    )


def release(*, attempt: UUID) -> None:
    """Put the job back in the queue because its worker shuts down. Raises JobGone.

    The attempt does not count: a restart is no fault of the job.
    """
    with transaction.atomic():
        job = (
            Job.objects.select_for_update().filter(attempt=attempt, state=JobState.RUNNING).first()
        )
        if job is None:
            raise JobGone
        job.state, job.attempt, job.lease_until = JobState.QUEUED, None, None
        job.attempts -= 1
        job.save(update_fields=["state", "attempt", "lease_until", "attempts"])


def _change(attempt: UUID, **fields: Any) -> None:
    if not Job.objects.filter(attempt=attempt, state=JobState.RUNNING).update(**fields):
        raise JobGone
