"""Telling a Celery worker that a job waits. Without REDIS_URL the local worker finds it itself."""

from __future__ import annotations

import logging
from uuid import UUID

from django.conf import settings
from kombu.exceptions import OperationalError

from governance.celery import app

logger = logging.getLogger(__name__)

RUN_JOB = "governance.jobs.tasks.run_job"


def send(*, job_id: UUID) -> bool:
    """Send the job to the broker and tell whether that worked.

    A broker that is down fails no request: the row is committed and the sweep sends it again.
    """
    if not settings.REDIS_URL:
        return False
    try:
        app.send_task(RUN_JOB, kwargs={"job_id": str(job_id)}, retry=False)
    except OperationalError as error:
        logger.warning("job %s stays queued until the next sweep: %s", job_id, error)
        return False
    return True
