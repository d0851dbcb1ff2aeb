"""Reading the queue."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Q

from governance.jobs.models import Job
from governance.jobs.rules import JobNotFound, JobState


def job_of(*, job_id: UUID, requested_by: str) -> Job:
    """Return the job if that reference asked for it. Raises JobNotFound."""
    job = Job.objects.requested_by(requested_by).filter(pk=job_id).first()
    if job is None:
        raise JobNotFound("There is no such job.")
    return job


def left_waiting(*, at: datetime, since: datetime) -> list[UUID]:
    """Return jobs queued since before then, or held by a worker that went silent."""
    queued = Q(state=JobState.QUEUED, created_at__lt=since) | Q(state=JobState.RUNNING)
    return list(Job.objects.ready(at=at).filter(queued).values_list("pk", flat=True))
