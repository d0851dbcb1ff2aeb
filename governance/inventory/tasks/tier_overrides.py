"""What falls due by itself: overrides of tiers whose time is over."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone

from governance.accounts.permissions import Permission
from governance.accounts.queries import SystemActor
from governance.inventory.actions.tier_overrides import revert_tier
from governance.inventory.models import Model
from governance.inventory.queries.tier_overrides import overrides_ended
from governance.jobs.actions import enqueue
from governance.jobs.kinds import job
from governance.jobs.recurring import every_minute
from governance.jobs.running import JobRun

JOB = "revert_tier"
CLOCK = SystemActor(name="clock", held=frozenset({Permission.TIER_ASSESS}))
"""The portal itself, noticing what time it is."""


@job(JOB)
def revert(run: JobRun) -> dict[str, Any]:
    """Put one tier back; a second attempt finds it there."""
    model = Model.objects.get(pk=run.args["model"])
    return {"tier": revert_tier(model=model, actor=CLOCK, at=timezone.now()).tier}


@every_minute
def look_for_ended_overrides(at: datetime) -> None:
    """Queue the putting back of each tier that was overridden until a day that is over."""
    for model in overrides_ended(at=at):
        enqueue(
            kind=JOB,
            args={"model": str(model)},
            actor=CLOCK,
            at=at,
            key=f"{JOB}:{model}",
        )
