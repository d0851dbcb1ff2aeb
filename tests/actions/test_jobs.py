"""The queue: asking, claiming, reporting, canceling and ending, in one process."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import connection

from governance.jobs import actions, queries
from governance.jobs.models import Job
from governance.jobs.rules import (
    MAX_ATTEMPTS,
    JobEnded,
    JobGone,
    JobNotFound,
    JobState,
    NotYours,
    UnknownKind,
)
from governance.jobs.running import run_job
from tests.job_kinds import tasks as kinds  # noqa: F401  registers the kinds

NOON = datetime(2026, 11, 19, 12, tzinfo=UTC)
LEASE = timedelta(seconds=30)


@dataclass(frozen=True)
class Someone:
    ref: str = "user:ada"


ADA, BOB = Someone(), Someone("user:bob")


def counting(tmp_path: Path, *, to: int = 3, key: str = "") -> Job:
    args = {"file": str(tmp_path / "count"), "to": to, "pause_ms": 0}
    return actions.enqueue(kind="test_count", args=args, actor=ADA, at=NOON, key=key)


def claimed(at: datetime = NOON) -> Job | None:
    return actions.claim(worker="here", at=at, lease=LEASE)


@pytest.mark.django_db
def test_a_job_runs_to_its_result_and_shows_its_steps(tmp_path: Path) -> None:
    job = counting(tmp_path)
    assert run_job(worker="here")
    job.refresh_from_db()
    assert (job.state, job.result, job.attempts) == (JobState.DONE, {"counted": 3}, 1)
    assert [s["words"] for s in job.progress] == [f"Counting to {n}" for n in (1, 2, 3)]
    assert (job.step, job.steps, job.words) == (3, 3, "Counting to 3")
    assert not run_job(worker="here")


@pytest.mark.django_db
def test_an_unknown_kind_is_refused_at_once() -> None:
    with pytest.raises(UnknownKind):
        actions.enqueue(kind="no_such", args={}, actor=ADA, at=NOON)
    assert not Job.objects.exists()


@pytest.mark.django_db
def test_asking_twice_with_one_key_is_one_job(tmp_path: Path) -> None:
    first = counting(tmp_path, key="model-1")
    assert counting(tmp_path, key="model-1").pk == first.pk
    assert counting(tmp_path, key="model-2").pk != first.pk
    actions.cancel(job_id=first.pk, actor=ADA, at=NOON)
    assert counting(tmp_path, key="model-1").pk != first.pk


@pytest.mark.django_db
def test_a_refusal_ends_the_job_in_its_own_words() -> None:
    job = actions.enqueue(kind="test_refuse", args={}, actor=ADA, at=NOON)
    run_job(worker="here")
    job.refresh_from_db()
    assert (job.state, job.error) == (JobState.FAILED, "There is nothing to count.")
    assert job.error_reference == ""


@pytest.mark.django_db
def test_a_fault_ends_the_job_with_a_reference_to_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    job = actions.enqueue(kind="test_break", args={}, actor=ADA, at=NOON)
    run_job(worker="here")
    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert "secret" not in job.error
    assert job.error_reference in caplog.text
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.django_db
def test_only_who_asked_may_cancel_and_only_while_it_is_open(tmp_path: Path) -> None:
    job = counting(tmp_path)
    with pytest.raises(NotYours):
        actions.cancel(job_id=job.pk, actor=BOB, at=NOON)
    actions.cancel(job_id=job.pk, actor=ADA, at=NOON)
    with pytest.raises(JobEnded):
        actions.cancel(job_id=job.pk, actor=ADA, at=NOON)
    with pytest.raises(JobNotFound):
        actions.cancel(job_id=uuid4(), actor=ADA, at=NOON)
    assert claimed() is None


@pytest.mark.django_db
def test_somebody_elses_job_is_not_there(tmp_path: Path) -> None:
    job = counting(tmp_path)
    assert queries.job_of(job_id=job.pk, requested_by=ADA.ref) == job
    with pytest.raises(JobNotFound):
        queries.job_of(job_id=job.pk, requested_by=BOB.ref)


@pytest.mark.django_db
def test_a_canceled_attempt_changes_nothing_more(tmp_path: Path) -> None:
    job = counting(tmp_path)
    running = claimed()
    assert running
    assert running.attempt
    actions.cancel(job_id=job.pk, actor=ADA, at=NOON)
    with pytest.raises(JobGone):
        actions.report(attempt=running.attempt, step=1, steps=2, words="On", at=NOON)
    with pytest.raises(JobGone):
        actions.complete(attempt=running.attempt, result={}, at=NOON)
    with pytest.raises(JobGone):
        actions.release(attempt=running.attempt)
    job.refresh_from_db()
    assert (job.state, job.step, job.result) == (JobState.CANCELED, 0, None)


@pytest.mark.django_db
def test_a_silent_worker_loses_its_job_and_its_say(tmp_path: Path) -> None:
    counting(tmp_path)
    first = claimed()
    assert first
    assert first.attempt
    assert claimed(NOON + LEASE) is None
    second = claimed(NOON + LEASE + timedelta(seconds=1))
    assert second
    assert (second.pk, second.attempts) == (first.pk, 2)
    with pytest.raises(JobGone):
        actions.complete(attempt=first.attempt, result={"late": True}, at=NOON)


@pytest.mark.django_db
def test_a_job_that_kills_its_worker_is_given_up(tmp_path: Path) -> None:
    job, at = counting(tmp_path), NOON
    for _ in range(MAX_ATTEMPTS):
        assert claimed(at)
        at += LEASE + timedelta(seconds=1)
    assert claimed(at) is None
    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert "3 times" in job.error


@pytest.mark.django_db
def test_a_worker_that_shuts_down_puts_its_job_back(tmp_path: Path) -> None:
    job = counting(tmp_path)
    run_job(worker="here", stopping=lambda: True)
    job.refresh_from_db()
    assert (job.state, job.attempts, job.attempt) == (JobState.QUEUED, 0, None)
    run_job(worker="there")
    job.refresh_from_db()
    assert job.state == JobState.DONE


def heavy(number: int) -> Job:
    at = NOON + timedelta(seconds=number)
    return actions.enqueue(kind="test_heavy", args={}, actor=ADA, at=at, key=str(number))


@pytest.mark.django_db
def test_a_step_that_says_how_far_it_is_stays_one_step() -> None:
    job = heavy(1)
    run_job(worker="here")
    job.refresh_from_db()
    assert [s["words"] for s in job.progress] == ["Part 3 of 3", "Ending"]
    assert (job.step, job.words) == (2, "Ending")


@pytest.mark.django_db
def test_patient_jobs_let_every_other_go_first(tmp_path: Path) -> None:
    jobs = [heavy(number) for number in range(40)]
    other = counting(tmp_path)
    Job.objects.filter(pk=other.pk).update(created_at=NOON + timedelta(hours=1))
    got = claimed()
    assert got == other
    assert claimed() == jobs[0]


@pytest.mark.django_db
def test_of_a_patient_kind_one_runs_at_a_time(tmp_path: Path) -> None:
    first, second = heavy(1), heavy(2)
    running = claimed()
    assert running == first
    assert running.attempt
    assert claimed() is None
    other = counting(tmp_path)
    assert claimed() == other
    assert queries.next_behind(first.pk, at=NOON) is None
    actions.complete(attempt=running.attempt, result={}, at=NOON)
    assert queries.next_behind(first.pk, at=NOON) == second.pk
    assert queries.next_behind(other.pk, at=NOON) is None
    assert claimed() == second


@pytest.mark.django_db
def test_a_patient_job_whose_worker_went_silent_holds_up_no_other() -> None:
    first, _ = heavy(1), heavy(2)
    assert claimed() == first
    later = NOON + LEASE + timedelta(seconds=1)
    again = claimed(later)
    assert again == first
    assert again.attempts == 2


@pytest.mark.django_db
def test_the_sweep_sends_of_a_patient_kind_the_first_alone(tmp_path: Path) -> None:
    jobs = [heavy(number) for number in range(5)]
    other, at = counting(tmp_path), NOON + timedelta(minutes=5)
    assert queries.left_waiting(at=at, since=at) == [other.pk, jobs[0].pk]


@pytest.mark.backend
@pytest.mark.django_db(transaction=True)
def test_of_a_patient_kind_one_is_given_however_many_ask_at_once() -> None:
    for number in range(8):
        heavy(number)
    got: list[Job | None] = []
    ready = threading.Barrier(8)

    def ask() -> None:
        ready.wait()
        got.append(claimed())
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(job is not None for job in got) == 1


@pytest.mark.backend
@pytest.mark.django_db(transaction=True)
def test_one_job_has_one_claimant_however_many_ask(tmp_path: Path) -> None:
    counting(tmp_path)
    got: list[Job | None] = []
    ready = threading.Barrier(8)

    def ask() -> None:
        ready.wait()
        got.append(claimed())
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(job is not None for job in got) == 1
    assert len(got) == 8


@pytest.mark.backend
@pytest.mark.django_db(transaction=True)
def test_a_long_step_keeps_its_lease() -> None:
    job = actions.enqueue(kind="test_sleep", args={"ms": 1200}, actor=ADA, at=NOON)
    run_job(worker="here", lease=timedelta(seconds=0.4))
    job.refresh_from_db()
    assert (job.state, job.attempts) == (JobState.DONE, 1)
