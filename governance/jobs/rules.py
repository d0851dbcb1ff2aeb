"""The states of a job, the times that bound it, and the refusals."""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol

from django.db.models import TextChoices

from governance.core.errors import NotFound, Refused, WrongState

LEASE = timedelta(seconds=30)
"""How long a claim holds without a sign of life; a killed worker's job is free again after it."""

BEATS_PER_LEASE = 4
"""A worker may miss three signs of life in a row before its job is given to another."""

MAX_ATTEMPTS = 3
"""A job that takes its worker down each time must not do so for ever."""

SWEEP_SECONDS = 60.0
POLL_SECONDS = 0.5


class JobState(TextChoices):
    QUEUED = "QUEUED", "Queued"
    RUNNING = "RUNNING", "Running"
    DONE = "DONE", "Done"
    FAILED = "FAILED", "Failed"
    CANCELED = "CANCELED", "Canceled"


OPEN_STATES = (JobState.QUEUED, JobState.RUNNING)


class Requester(Protocol):
    """Whoever asks for a job: anything with a stable reference."""

    @property
    def ref(self) -> str: ...


class JobNotFound(NotFound):
    code = "job_not_found"


class UnknownKind(NotFound):
    code = "unknown_job_kind"


class NotYours(Refused):
    """Somebody else's job; only who asked for it may cancel it."""

    code = "job_not_yours"


class JobEnded(WrongState):
    """The job is over, so there is nothing to cancel."""

    code = "job_ended"


class JobGone(Exception):
    """The running attempt no longer holds its job: it was canceled or given to another worker."""


class WorkerStopping(Exception):
    """The worker is shutting down; the job goes back to the queue and starts again elsewhere."""
