"""The job that builds a pack, and the one that counts each night what has evidence."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone

from governance.accounts.permissions import Permission
from governance.accounts.queries import SystemActor
from governance.evidence.actions.counting import count_all
from governance.evidence.actions.packs import build_pack
from governance.evidence.models import Pack
from governance.evidence.queries.packs import pack_of_job
from governance.evidence.queries.scopes import scope_of_model
from governance.evidence.queries.snapshots import is_to_be_counted
from governance.evidence.rules import snapshots
from governance.evidence.rules.packs import JOB
from governance.evidence.rules.scopes import PackScope, read_scope
from governance.inventory.models import Model
from governance.jobs.actions import enqueue
from governance.jobs.kinds import job
from governance.jobs.recurring import every_minute
from governance.jobs.running import JobRun

COUNTER = SystemActor(name="clock", held=frozenset({Permission.EVIDENCE_FILE}))
"""The portal itself, counting what has evidence."""


@job(JOB, patient=True)
def run(run: JobRun) -> dict[str, Any]:
    """Build the pack, once: an attempt after a crash returns what an earlier one filed."""
    pack = pack_of_job(run.id) or build_pack(
        scope=_scope(run.args),
        by=run.requested_by,
        at=run.started_at,
        report=run.step,
        job=run.id,
        go_on=run.go_on,
        hold=run.hold,
    )
    return _result(pack)


def _scope(args: Mapping[str, str]) -> PackScope:
    """What is asked for. A job that was queued before there was a choice names its model."""
    if "model" in args:
        return scope_of_model(Model.objects.get(pk=args["model"]))
    return read_scope(args["scope"])


def _result(pack: Pack) -> dict[str, Any]:
    found = {"pack": str(pack.pk), "reference": pack.reference, "sha256": pack.file_digest}
    if pack.timestamp_missing:
        found["seal_without_timestamp"] = pack.timestamp_missing
    return found


@job(snapshots.JOB)
def count(run: JobRun) -> dict[str, Any]:
    """Count what has evidence; a second attempt finds what the first one kept."""
    return count_all(actor=COUNTER, at=timezone.now())


@every_minute
def look_whether_to_count(at: datetime) -> None:
    """Queue the count of the night, once."""
    if is_to_be_counted(at=at):
        key = at.date().isoformat()
        enqueue(kind=snapshots.JOB, args={}, actor=COUNTER, at=at, key=key)
