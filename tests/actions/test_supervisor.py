"""The server keeps one worker alive beside it, and takes it along when it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from governance.jobs import actions
from governance.jobs.models import Job
from governance.jobs.rules import JobState
from tests.actions.test_worker import Someone
from tests.job_kinds import tasks as kinds  # noqa: F401  registers the kinds
from tests.servers import free_port

pytestmark = [pytest.mark.backend]


@contextmanager
def server(env: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    env = env | {
        "DJANGO_SETTINGS_MODULE": "tests.job_kinds.settings",
        "PORT": str(free_port()),
        "REDIS_URL": "",
    }
    command = [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py"]
    process = subprocess.Popen(command, cwd=settings.BASE_DIR, env=env, start_new_session=True)
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def workers_of(server: subprocess.Popen[bytes]) -> list[int]:
    """The process ids of the workers that this server started."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            if b"run_worker" in words and str(server.pid).encode() in words:
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def until(done: Callable[[], bool], seconds: float = 80) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.1)


def enqueue(file: Path) -> Job:
    args = {"file": str(file), "to": 3, "pause_ms": 10}
    return actions.enqueue(kind="test_count", args=args, actor=Someone(), at=timezone.now())


def is_done(job: Job) -> bool:
    return Job.objects.filter(pk=job.pk, state=JobState.DONE).exists()


def test_a_worker_that_dies_is_started_again_and_ends_with_the_server(
    process_env: dict[str, str], tmp_path: Path
) -> None:
    first, second = enqueue(tmp_path / "first"), None
    with server(process_env) as running:
        until(lambda: is_done(first))
        (worker,) = workers_of(running)
        os.kill(worker, signal.SIGKILL)
        second = enqueue(tmp_path / "second")
        until(lambda: is_done(second))
        (other,) = workers_of(running)
        assert other != worker
        running.terminate()
        assert running.wait(20) == 0
        assert workers_of(running) == []


def test_a_worker_does_not_outlive_a_server_that_was_killed(
    process_env: dict[str, str], tmp_path: Path
) -> None:
    job = enqueue(tmp_path / "count")
    with server(process_env) as running:
        until(lambda: is_done(job))
        running.kill()
        running.wait()
        until(lambda: workers_of(running) == [])


def test_a_fork_of_the_server_does_not_stop_the_supervisor() -> None:
    """The pipe by which Popen learns of its child must not get into a process forked beside it."""
    command = [sys.executable, "-m", "tests.actions.forking"]
    done = subprocess.run(command, cwd=settings.BASE_DIR, timeout=150, check=False)
    assert done.returncode == 0
