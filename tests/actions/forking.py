"""Run by test_supervisor: fork again and again while a supervisor starts its worker.

Exits 0 when every supervisor got its child while forked processes lived on, 1 when one hung.
"""

import os
import sys
import time

from governance.jobs import supervisor

ROUNDS = 40


def start(watched: supervisor.Supervisor) -> bool:
    """Start it beside forks; tell whether its child was there within two seconds."""
    watched.start()
    forked = []
    while watched.pid is None and len(forked) < 50:
        pid = os.fork()
        if pid == 0:
            time.sleep(3)
            os._exit(0)
        forked.append(pid)
    end = time.monotonic() + 2
    while watched.pid is None and time.monotonic() < end:
        time.sleep(0.01)
    found = watched.pid is not None
    for pid in forked:
        os.kill(pid, 9)
        os.waitpid(pid, 0)
    return found


def main() -> int:
    results = []
    for _ in range(ROUNDS):
        watched = supervisor.Supervisor()
        watched._command = ["/bin/sleep", "60"]
        results.append(start(watched))
        watched.stop()
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
