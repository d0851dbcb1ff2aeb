"""Running one claimed job to its end: the same for the local worker and for Celery."""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import DatabaseError, connection
from django.utils import timezone

from governance.audit.origin import origin
from governance.audit.rules import Source
from governance.core.errors import DomainError
from governance.jobs import actions
from governance.jobs.kinds import handler
from governance.jobs.models import Job
from governance.jobs.rules import BEATS_PER_LEASE, LEASE, JobGone, WorkerStopping

logger = logging.getLogger(__name__)


def never() -> bool:
    return False


@dataclass
class JobRun:
    """One attempt at a job, as its handler sees it.

    `started_at` is the time the handler's work is dated with. `attempts` is 1 the first time.
    `note` is how far a long step is; whoever watches sees it with the next sign of life.
    """

    id: UUID
    kind: str
    args: dict[str, Any]
    requested_by: str
    attempt: UUID
    attempts: int
    started_at: datetime
    stopping: Callable[[], bool] = never
    gone: threading.Event = field(default_factory=threading.Event)
    note: str = ""

    def step(self, number: int, of: int, words: str) -> None:
        """Say what begins now. Raises JobGone or WorkerStopping when the work must not go on."""
        self.go_on()
        self.note = ""
        actions.report(attempt=self.attempt, step=number, steps=of, words=words, at=timezone.now())

    def go_on(self) -> None:
        """Raise JobGone or WorkerStopping when the work must not go on; cheap enough for a loop."""
        if self.stopping():
            raise WorkerStopping
        if self.gone.is_set():
            raise JobGone

    def hold(self) -> None:
        """Commit a fresh lease together with the work of a transaction. Raises JobGone.

        On SQLite a long transaction holds the only write lock, so no sign of life was recorded
        while it lasted. Who took the job over meanwhile keeps it: this rolls the work back.
        """
        actions.keep(attempt=self.attempt, until=timezone.now() + LEASE)


def run_job(
    *,
    worker: str,
    job_id: UUID | None = None,
    lease: timedelta = LEASE,
    stopping: Callable[[], bool] = never,
) -> bool:
    """Claim one ready job and run it to its end; tell whether there was one.

    What the handler raises ends the job as failed: a refusal of the domain in its own words,
    anything else under a reference that finds the traceback in the log.
    """
    job = actions.claim(worker=worker, at=timezone.now(), lease=lease, job_id=job_id)
    if job is None:
        return False
    run = _as_run(job, stopping)
    # Canceled or taken over: the row says what became of it, and this attempt has no say in it.
    with suppress(JobGone), _kept_alive(run, lease):
        _attempt(run)
    return True


def _as_run(job: Job, stopping: Callable[[], bool]) -> JobRun:
    if job.attempt is None or job.started_at is None:
        raise JobGone
    return JobRun(
        id=job.pk,
        kind=job.kind,
        args=job.args,
        requested_by=job.requested_by,
        attempt=job.attempt,
        attempts=job.attempts,
        started_at=job.started_at,
        stopping=stopping,
    )


def _attempt(run: JobRun) -> None:
    try:
        with origin(Source.JOB, str(run.id)):
            result = handler(run.kind)(run)
    except JobGone:
        raise
    except WorkerStopping:
        actions.release(attempt=run.attempt)
    except DomainError as refusal:
        actions.fail(attempt=run.attempt, error=refusal.message, at=timezone.now())
    except Exception:  # noqa: BLE001  whatever a handler does, its job must not stay open
        _fail_unexpected(run)
    else:
        actions.complete(attempt=run.attempt, result=result, at=timezone.now())


def _fail_unexpected(run: JobRun) -> None:
    reference = secrets.token_hex(4)
    logger.exception("job %s (%s) failed, reference %s", run.id, run.kind, reference)
    actions.fail(
        attempt=run.attempt,
        error="Something went wrong on the server. Nothing was filed.",
        reference=reference,
        at=timezone.now(),
    )


@contextmanager
def _kept_alive(run: JobRun, lease: timedelta) -> Iterator[None]:
    """Extend the lease from a thread of its own, so that one long step does not lose the job."""
    over = threading.Event()
    keeper = threading.Thread(target=_beat, args=(run, lease, over), name="lease", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        over.set()
        keeper.join()


def _beat(run: JobRun, lease: timedelta, over: threading.Event) -> None:
    try:
        while not over.wait(lease.total_seconds() / BEATS_PER_LEASE):
            try:
                actions.keep(attempt=run.attempt, until=timezone.now() + lease, note=run.note)
            except JobGone:
                run.gone.set()
                return
            except DatabaseError as error:
                # A lock held too long. The next beat tries again; three missed lose the lease.
                logger.warning("job %s: no sign of life recorded: %s", run.id, error)
    finally:
        connection.close()
