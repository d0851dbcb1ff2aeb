"""Celery shells: the same run and the same sweep as the local worker's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from governance.celery import app
from governance.jobs import broker, delivering, forwarding, ledger, outbox, queries, rules, worker
from governance.jobs.actions import enqueue
from governance.jobs.channels import channel
from governance.jobs.collectors import collectors
from governance.jobs.kinds import job
from governance.jobs.models import Job
from governance.jobs.recurring import every_minute, look_around
from governance.jobs.rules import JobState
from governance.jobs.running import JobRun
from governance.jobs.running import run_job as run_claimed

every_minute(ledger.look)
job(ledger.MAKE)(ledger.make)
job(ledger.COPY)(ledger.copy)
job(ledger.VERIFY)(ledger.verify_ledger)
channel(ledger.ALARM_MAIL)(ledger.alarm_letter)
channel(ledger.ALARM_URL)(ledger.alarm_message)


@app.task
def run_job(*, job_id: str) -> None:
    """Run that job if nobody has; a message that comes twice finds nothing to do.

    A crash before the next is sent leaves it waiting for the sweep.
    """
    run_claimed(worker=worker.name(), job_id=UUID(job_id), lease=rules.LEASE)
    if following := queries.next_behind(UUID(job_id), at=timezone.now()):
        broker.send(job_id=following)


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


@dataclass(frozen=True)
class Forwarder:
    """The portal itself, sending the ledger on."""

    ref: str = "system:forwarder"


@every_minute
def forward_what_is_new(at: datetime) -> None:
    """Queue a job for each collector that has not had everything, unless it is to be left alone.

    One each, so that a collector that is down holds up no other.
    """
    for collector in collectors():
        rests = forwarding.rests_until(collector)
        if (rests is None or rests <= at) and forwarding.is_behind(collector):
            args = {"collector": collector.name}
            key = collector.name
            enqueue(kind=forwarding.KIND, key=key, args=args, actor=Forwarder(), at=at)


@job(forwarding.KIND)
def forward_ledger(run: JobRun) -> dict[str, Any]:
    """Send one collector what is new. One that is no longer configured gets nothing."""
    name = run.args["collector"]
    sent = sum(
        forwarding.forward(collector, most=forwarding.AT_ONCE, go_on=run.go_on)
        for collector in collectors()
        if collector.name == name
    )
    old = Job.objects.filter(kind=run.kind, key=name, state=JobState.DONE)
    old.filter(finished_at__lt=run.started_at - rules.FORWARDED_KEPT).delete()
    return {"sent": sent}
