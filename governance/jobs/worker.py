"""The local worker: one process that runs jobs in turn, when there is no broker.

A thread of it keeps up with the ledger and the outbox, so that neither a long job nor a silent
receiver holds up the other.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from types import FrameType

from django.db import DatabaseError, close_old_connections, connection
from django.utils import timezone

from governance.jobs.delivering import keep_up
from governance.jobs.recurring import look_around
from governance.jobs.rules import FOLLOW_SECONDS, LEASE, POLL_SECONDS, SWEEP_SECONDS
from governance.jobs.running import run_job

logger = logging.getLogger(__name__)

GRACE_SECONDS = 5.0


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
    """Run jobs one after the other, and keep up with ledger and outbox, until told to stop."""
    look_at = clock()
    with _keeping_up(stop):
        while not stop():
            close_old_connections()
            if clock() >= look_at:
                look_around(timezone.now())
                look_at = clock() + SWEEP_SECONDS
            if not run_job(worker=name(), lease=lease, stopping=stop):
                time.sleep(poll)


@contextmanager
def _keeping_up(stop: Stop) -> Iterator[None]:
    """Keep up from a thread of its own. A delivery that the end cuts short is made again later."""
    over = threading.Event()
    keeper = threading.Thread(target=_keep_up, args=(stop, over), name="keep-up", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        over.set()
        keeper.join(GRACE_SECONDS)


def _keep_up(stop: Stop, over: threading.Event) -> None:
    try:
        while not over.is_set():
            close_old_connections()
            try:
                keep_up()
            except DatabaseError:
                # A lock held too long, or a server that restarts.
                logger.exception("keeping up failed; it is tried again")
            over.wait(FOLLOW_SECONDS)
    finally:
        # However this ended: a worker that does half its work is worse than one that starts again.
        stop.asked = True
        connection.close()
