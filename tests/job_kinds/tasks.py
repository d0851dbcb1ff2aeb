"""Kinds of job that only tests know; a real worker has them under `tests.job_kinds.settings`."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from governance.core.errors import WrongState
from governance.jobs import rules
from governance.jobs.kinds import job
from governance.jobs.running import JobRun

# Nobody waits half a minute in a test to see that a silent worker's job is taken over.
rules.LEASE = timedelta(seconds=2)


@job("test_count")
def count(run: JobRun) -> dict[str, Any]:
    """Step to a number, leaving a line per step."""
    with Path(run.args["file"]).open("a") as file:
        for number in range(1, run.args["to"] + 1):
            run.step(number, run.args["to"], f"Counting to {number}")
            print(run.id, run.attempts, number, file=file, flush=True)
            time.sleep(run.args["pause_ms"] / 1000)
    return {"counted": run.args["to"]}


@job("test_sleep")
def sleep(run: JobRun) -> dict[str, Any]:
    """One step much longer than the lease."""
    run.step(1, 1, "Sleeping")
    time.sleep(run.args["ms"] / 1000)
    return {}


@job("test_refuse")
def refuse(run: JobRun) -> dict[str, Any]:
    raise WrongState("There is nothing to count.")


@job("test_break")
def break_down(run: JobRun) -> dict[str, Any]:
    raise ZeroDivisionError("a secret that no page may show")


@job("test_heavy", patient=True)
def heavy(run: JobRun) -> dict[str, Any]:
    for part in (1, 2, 3):
        run.step(1, 2, f"Part {part} of 3")
    run.step(2, 2, "Ending")
    return {}
