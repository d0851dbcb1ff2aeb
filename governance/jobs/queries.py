"""Reading the queue."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Q

from governance.jobs.kinds import patient_kinds
from governance.jobs.models import Job
from governance.jobs.rules import JobNotFound, JobState


def job_of(*, job_id: UUID, requested_by: str) -> Job:
    """Return the job if that reference asked for it. Raises JobNotFound."""
    job = Job.objects.requested_by(requested_by).filter(pk=job_id).first()
    if job is None:
        raise JobNotFound("There is no such job.")
    return job


def left_waiting(*, at: datetime, since: datetime) -> list[UUID]:
    """Return jobs queued since before then, or held by a worker that went silent.

    Of each patient kind the first alone: those behind it could not begin.
    """
    queued = Q(state=JobState.QUEUED, created_at__lt=since) | Q(state=JobState.RUNNING)
    ready = Job.objects.ready(at=at).filter(queued)
    others = ready.exclude(kind__in=patient_kinds()).values_list("pk", flat=True)
    firsts = (ready.filter(kind=kind).first() for kind in sorted(patient_kinds()))
    return [*others, *(job.pk for job in firsts if job)]


def next_behind(job_id: UUID, *, at: datetime) -> UUID | None:
    """Return the job that waited for this one to end, if it is of a patient kind."""
    ended = Job.objects.filter(pk=job_id, kind__in=patient_kinds()).first()
    if ended is None or ended.is_open:
        return None
    following = Job.objects.ready(at=at).filter(kind=ended.kind).first()
    return following.pk if following else None
