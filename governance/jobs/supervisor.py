"""Keeps one worker process alive beside the server. Standard library only: it runs in the server's
master process, which reads the settings but never loads Django's apps."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from pathlib import Path

logger = logging.getLogger(__name__)

MANAGE = Path(__file__).resolve().parent.parent.parent / "manage.py"
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
GRACE_SECONDS = 10.0
WATCH_SECONDS = 0.5

# Held while a child is started, and by every fork. Popen waits until its child has closed a pipe;
# a server process forked in that instant would hold the pipe's other end open, and Popen, with it
# the supervisor, would wait for ever.
_starting = threading.Lock()
os.register_at_fork(
    before=_starting.acquire,
    after_in_parent=_starting.release,
    after_in_child=_starting.release,
)


class Supervisor:
    """Starts the worker, starts it again when it dies, and ends it, by its process id."""

    def __init__(self, *options: str) -> None:
        self._command = [
            sys.executable,
            str(MANAGE),
            "run_worker",
            "--parent",
            str(os.getpid()),
            *options,
        ]
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="supervisor", daemon=True)
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child else None

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the worker: asked first, so that it puts its job back, then killed."""
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        pause = FIRST_PAUSE
        while not self._over.is_set():
            with _starting:
                self._child = subprocess.Popen(self._command)  # noqa: S603  our own command
            pause = FIRST_PAUSE if self._lived_long(self._child) else min(pause * 2, LONGEST_PAUSE)
            if not self._over.is_set():
                logger.warning("the worker ended; starting another in %.1f s", pause)
                self._over.wait(pause)

    def _lived_long(self, child: subprocess.Popen[bytes]) -> bool:
        """Wait until the child ends or is to end; tell whether it outlived the longest pause."""
        waited = 0.0
        while child.poll() is None:
            if self._over.wait(WATCH_SECONDS):
                _end(child)
                break
            waited += WATCH_SECONDS
        return waited > LONGEST_PAUSE


def _end(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
