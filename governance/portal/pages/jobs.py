"""A job as its page shows it: the steps that are done, the one that runs, those to come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse

from governance.core.wording import counted
from governance.evidence.rules.packs import JOB, STEPS
from governance.evidence.rules.scopes import read_scope
from governance.inventory.rules import imports
from governance.jobs.models import Job
from governance.jobs.rules import JobState
from governance.registry.rules import adoptions

TITLES = {
    JOB: "Building the evidence pack",
    imports.JOB: "Importing models",
    adoptions.JOB: "Adopting models",
}
STEPS_OF: Mapping[str, Sequence[str]] = {
    JOB: STEPS,
    imports.JOB: imports.STEPS,
    adoptions.JOB: adoptions.STEPS,
}
"""The words of the steps to come, where a kind always takes the same."""


@dataclass(frozen=True, kw_only=True)
class StepRow:
    tone: str
    icon: str
    label: str
    words: str
    took: str = ""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a job was asked for: its key in the sidebar, and the name of its page."""

    here: str
    label: str
    page: str


EVIDENCE = Place(here="evidence", label="Evidence", page="evidence")
INVENTORY = Place(here="inventory", label="Inventory", page="inventory")


@dataclass(frozen=True, kw_only=True)
class JobPage:
    job: Job
    title: str
    of: str
    place: Place
    said: str
    again: str
    heading: str
    steps: Sequence[StepRow]
    percent: int


def job_page(job: Job) -> JobPage:
    return JobPage(
        job=job,
        title=TITLES.get(job.kind, job.kind.replace("_", " ").capitalize()),
        of=_of(job),
        place=EVIDENCE if job.kind == JOB else INVENTORY,
        said=_said(job.result or {}),
        again=_again(job),
        heading=_heading(job),
        steps=[*_begun(job), *_to_come(job)],
        percent=_percent(job),
    )


def _of(job: Job) -> str:
    """What a pack is of, where it is one."""
    text = job.args.get("scope", "") if job.kind == JOB else ""
    return read_scope(text).sentence if text else ""


def _said(result: Mapping[str, Any]) -> str:
    """What came of an import, in a sentence; nothing of other jobs, which lead to a page."""
    if "created" not in result:
        return ""
    created, changed = counted(result["created"], "model"), counted(result["changed"], "model")
    return f"{created} created, {changed} changed."


def _again(job: Job) -> str:
    """The address where what did not come about can be asked for again; empty for none."""
    stopped = job.state in {JobState.FAILED, JobState.CANCELED}
    is_import = job.kind == imports.JOB
    return reverse("import_plan", args=[job.args["file"]]) if stopped and is_import else ""


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
        return StepRow(tone="ink", icon="clock", label="Now", words=job.words, took="running")
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
