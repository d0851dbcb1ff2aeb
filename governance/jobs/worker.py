"""The local worker: one process that runs jobs in turn and sweeps, when there is no broker."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from types import FrameType

from django.db import close_old_connections
from django.utils import timezone

from governance.jobs.delivering import keep_up
from governance.jobs.recurring import look_around
from governance.jobs.rules import FOLLOW_SECONDS, LEASE, POLL_SECONDS, SWEEP_SECONDS
from governance.jobs.running import run_job


def name() -> str:
    """Return who this worker is, for people who look at the queue."""
    return f"{socket.gethostname()}:{os.getpid()}"


@dataclass
class Stop:
    """Asks the worker to end: by signal, or because the server that started it is gone.

    `parent` is that server's process id; 0 watches nobody. Without it a killed server would leave
    its worker running for ever.
    """

    parent: int = 0
    asked: bool = False

    def __call__(self) -> bool:
        if self.parent and os.getppid() != self.parent:
            self.asked = True
        return self.asked

    def on_signal(self, number: int, frame: FrameType | None) -> None:
        # Nothing that takes a lock: this runs between any two steps of the main thread.
        self.asked = True

    def install(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.on_signal)


def serve(
    *,
    stop: Stop,
    lease: timedelta = LEASE,
    poll: float = POLL_SECONDS,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Run jobs one after the other, and between them keep up with the ledger; end when told."""
    keep_up_at = look_at = clock()
    while not stop():
        close_old_connections()
        if clock() >= keep_up_at:
            keep_up()
            keep_up_at = clock() + FOLLOW_SECONDS
        if clock() >= look_at:
            look_around(timezone.now())
            look_at = clock() + SWEEP_SECONDS
        if not run_job(worker=name(), lease=lease, stopping=stop):
            time.sleep(poll)
