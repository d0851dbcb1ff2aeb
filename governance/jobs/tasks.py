"""Celery shells: the same run and the same sweep as the local worker's."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from governance.celery import app
from governance.jobs import broker, delivering, ledger, outbox, queries, rules, worker
from governance.jobs.channels import channel
from governance.jobs.kinds import job
from governance.jobs.recurring import every_minute, look_around
from governance.jobs.running import run_job as run_claimed

every_minute(ledger.look)
job(ledger.MAKE)(ledger.make)
job(ledger.COPY)(ledger.copy)
job(ledger.VERIFY)(ledger.verify_ledger)
channel(ledger.ALARM_MAIL)(ledger.alarm_letter)
channel(ledger.ALARM_URL)(ledger.alarm_message)


@app.task
def run_job(*, job_id: str) -> None:
    """Run that job if nobody has; a message that comes twice finds nothing to do."""
    run_claimed(worker=worker.name(), job_id=UUID(job_id), lease=rules.LEASE)


@app.task
def sweep() -> None:
    """Send jobs again whose message or worker was lost, and queue what has fallen due."""
    at = timezone.now()
    for job_id in queries.left_waiting(at=at, since=at - timedelta(seconds=30)):
        broker.send(job_id=job_id)
    look_around(at)


@every_minute
def forget_deliveries(at: datetime) -> None:
    outbox.forget(at=at)


@app.task
def keep_up() -> None:
    """Let followers catch up, and make the deliveries that are due."""
    delivering.keep_up()
