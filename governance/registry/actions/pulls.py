"""Asking that a version's measured values be read from its tracking server."""

from __future__ import annotations

from datetime import datetime

from governance.accounts.permissions import Permission, require
from governance.accounts.rules import Actor
from governance.core.errors import WrongState
from governance.jobs.actions import enqueue
from governance.jobs.models import Job
from governance.registry.models import ModelVersion

JOB = "pull_metrics"


class NothingToPull(WrongState):
    """The model names no tracking server, or the version no run."""

    code = "nothing_to_pull"


def pull_metrics(*, version: ModelVersion, actor: Actor, at: datetime) -> Job:
    """Queue the reading; the job itself appends evaluation.recorded when something is new.

    Asking again while it is queued returns the same job. Raises NothingToPull,
    PermissionMissing.
    """
    require(actor, Permission.EVALUATION_RECORD, unit=version.model.unit, at=at)
    if not version.model.tracking_uri or not version.run_id:
        raise NothingToPull(
            f"{version} cannot be read from a tracking server: its model must name the server, "
            "and the version its run.",
            subject=version.ref,
            stream=version.model.stream,
        )
    return _queue(version, actor=actor, at=at)


def pull_if_possible(version: ModelVersion, *, actor: Actor, at: datetime) -> None:
    """Queue the reading for a version just registered, when there is something to read."""
    if version.model.tracking_uri and version.run_id:
        _queue(version, actor=actor, at=at)


def _queue(version: ModelVersion, *, actor: Actor, at: datetime) -> Job:
    return enqueue(
        kind=JOB, args={"version": str(version.pk)}, actor=actor, at=at, key=str(version.pk)
    )
