"""Real worker processes, killed and stopped: a job outlives them, and never runs twice at once.

The same tests run against the local worker and, with REDIS_URL, against Celery.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings
from django.test import override_settings
from django.utils import timezone

from governance.jobs import actions, tasks
from governance.jobs.models import Delivery, Job
from governance.jobs.rules import DeliveryState, JobState
from governance.registry.actions.webhooks import WebhookRecord, create_webhook
from tests.factories import NOON, make_cast, make_model
from tests.job_kinds import tasks as kinds  # noqa: F401  registers the kinds
from tests.webhook_receiver import receiver

LOCAL = ("manage.py", "run_worker", "--lease", "2", "--poll", "0.05")
CELERY = ("-m", "celery", "-A", "governance", "worker", "--pool", "solo", "--loglevel", "WARNING")
pytestmark = [pytest.mark.backend]


@dataclass(frozen=True)
class Someone:
    ref: str = "user:ada"


@contextmanager
def worker(env: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, *(CELERY if settings.REDIS_URL else LOCAL)]
    env = env | {"DJANGO_SETTINGS_MODULE": "tests.job_kinds.settings"}
    process = subprocess.Popen(command, env=env, start_new_session=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def until(done: Callable[[], bool], seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def counting(file: Path, *, to: int, pause_ms: int) -> Job:
    args = {"file": str(file), "to": to, "pause_ms": pause_ms}
    return actions.enqueue(kind="test_count", args=args, actor=Someone(), at=timezone.now())


def is_(job: Job, *states: JobState) -> Callable[[], bool]:
    return lambda: Job.objects.get(pk=job.pk).state in states


def swept(done: Callable[[], bool]) -> Callable[[], bool]:
    """Wait with the sweep that beat would run each minute; the local worker sees for itself."""

    def check() -> bool:
        if settings.REDIS_URL:
            tasks.sweep()
            time.sleep(0.5)
        return done()

    return check


def test_a_job_outlives_the_worker_that_ran_it(process_env: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "count"
    job = counting(file, to=30, pause_ms=100)
    with worker(process_env) as first:
        until(lambda: Job.objects.get(pk=job.pk).step >= 3)
        os.kill(first.pid, signal.SIGKILL)
    assert Job.objects.get(pk=job.pk).state == JobState.RUNNING
    with worker(process_env):
        until(swept(is_(job, JobState.DONE)))
    job.refresh_from_db()
    assert job.attempts == 2
    assert job.result == {"counted": 30}
    lines = [line.split()[1:] for line in file.read_text().splitlines()]
    assert [n for attempt, n in lines if attempt == "2"] == [str(n) for n in range(1, 31)]


def test_two_workers_share_the_queue_and_run_each_job_once(
    process_env: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "count"
    jobs = [counting(file, to=2, pause_ms=20) for _ in range(20)]
    with worker(process_env), worker(process_env):
        until(lambda: Job.objects.filter(state=JobState.DONE).count() == len(jobs))
    assert set(Job.objects.values_list("attempts", flat=True)) == {1}
    assert len(file.read_text().splitlines()) == 2 * len(jobs)


def test_a_running_job_can_be_canceled(process_env: dict[str, str], tmp_path: Path) -> None:
    job = counting(tmp_path / "count", to=500, pause_ms=20)
    after = counting(tmp_path / "after", to=1, pause_ms=0)
    with worker(process_env):
        until(lambda: Job.objects.get(pk=job.pk).step >= 2)
        actions.cancel(job_id=job.pk, actor=Someone(), at=timezone.now())
        until(is_(after, JobState.DONE))
    job.refresh_from_db()
    assert (job.state, job.result) == (JobState.CANCELED, None)
    assert job.step < 500


def test_a_worker_follows_the_ledger_and_tells_webhooks(process_env: dict[str, str]) -> None:
    cast = make_cast()
    with receiver() as hooks, override_settings(WEBHOOK_HOSTS=[hooks.netloc]):
        record = WebhookRecord(name="hook", url=hooks.url(), events=["registered_model.created"])
        create_webhook(unit=cast.unit, record=record, actor=cast.owner, at=NOON)
        make_model(cast, name="churn-model")
        if settings.REDIS_URL:
            # What beat sends every two seconds.
            tasks.keep_up.delay()
        with worker(process_env | {"WEBHOOK_HOSTS": hooks.netloc}):
            until(lambda: hooks.events == ["registered_model.created"])
            until(lambda: Delivery.objects.get().state == DeliveryState.DELIVERED)


def test_a_local_worker_told_to_stop_puts_its_job_back(
    process_env: dict[str, str], tmp_path: Path
) -> None:
    """Celery finishes what it runs before it stops; the local worker must not hold up a restart."""
    if settings.REDIS_URL:
        return
    job = counting(tmp_path / "count", to=500, pause_ms=20)
    with worker(process_env) as process:
        until(lambda: Job.objects.get(pk=job.pk).step >= 2)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    job.refresh_from_db()
    assert (job.state, job.attempts) == (JobState.QUEUED, 0)
