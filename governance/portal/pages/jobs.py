"""A job as its page shows it: the steps that are done, the one that runs, those to come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from governance.evidence.rules.packs import JOB, STEPS
from governance.jobs.models import Job
from governance.jobs.rules import JobState

TITLES = {JOB: "evidence pack"}
STEPS_OF: Mapping[str, Sequence[str]] = {JOB: STEPS}
"""The words of the steps to come, where a kind always takes the same."""


@dataclass(frozen=True, kw_only=True)
class StepRow:
    tone: str
    icon: str
    label: str
    words: str
    took: str = ""


@dataclass(frozen=True, kw_only=True)
class JobPage:
    job: Job
    what: str
    heading: str
    steps: Sequence[StepRow]
    percent: int


def job_page(job: Job) -> JobPage:
    return JobPage(
        job=job,
        what=TITLES.get(job.kind, job.kind.replace("_", " ")),
        heading=_heading(job),
        steps=[*_begun(job), *_to_come(job)],
        percent=_percent(job),
    )


def _heading(job: Job) -> str:
    match JobState(job.state):
        case JobState.QUEUED:
            return "Waiting for a worker"
        case JobState.RUNNING if job.steps:
            return f"Step {job.step} of {job.steps}"
        case JobState.RUNNING:
            return "Starting"
    return job.get_state_display()


def _percent(job: Job) -> int:
    if job.state == JobState.DONE:
        return 100
    return 100 * max(job.step - 1, 0) // job.steps if job.steps else 0


def _begun(job: Job) -> list[StepRow]:
    ends = [*(_at(step) for step in job.progress[1:]), job.finished_at]
    return [_row(job, step, end) for step, end in zip(job.progress, ends, strict=False)]


def _row(job: Job, step: Mapping[str, Any], end: datetime | None) -> StepRow:
    if end is None:
        return StepRow(tone="ink", icon="clock", label="Now", words=step["words"], took="running")
    if step is job.progress[-1] and job.state != JobState.DONE:
        return StepRow(tone="bad", icon="cross", label="Stopped", words=step["words"])
    took = f"{(end - _at(step)).total_seconds():.1f} s"
    return StepRow(tone="ok", icon="check", label="Done", words=step["words"], took=took)


def _at(step: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(step["at"])


def _to_come(job: Job) -> list[StepRow]:
    if not job.is_open:
        return []
    words = STEPS_OF.get(job.kind, ())[job.step :]
    return [StepRow(tone="mute", icon="ring", label="Next", words=text) for text in words]
