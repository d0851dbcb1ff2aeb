"""What falls due by itself: approvals whose time is over."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone

from governance.accounts.permissions import Permission
from governance.accounts.queries import SystemActor
from governance.approvals.actions.lapses import note_lapse
from governance.approvals.queries.standing import lapsed_unnoted
from governance.jobs.actions import enqueue
from governance.jobs.kinds import job
from governance.jobs.recurring import every_minute
from governance.jobs.running import JobRun

JOB = "note_lapse"
CLOCK = SystemActor(name="clock", held=frozenset({Permission.VALIDATION_WRITE}))
"""The portal itself, noticing what time it is."""


@job(JOB)
def note(run: JobRun) -> dict[str, Any]:
    """Put one lapse on record; a second attempt finds it there."""
    found = note_lapse(
        version_id=run.args["version"], slot_id=run.args["slot"], actor=CLOCK, at=timezone.now()
    )
    return {"rules": [lapse.rule for lapse in found]}


@every_minute
def look_for_lapses(at: datetime) -> None:
    """Queue the noting of each approval that lapsed and of which nothing is on record yet."""
    for version, slot in lapsed_unnoted(at=at):
        enqueue(
            kind=JOB,
            args={"version": str(version), "slot": str(slot)},
            actor=CLOCK,
            at=at,
            key=f"{version}:{slot}",
        )
