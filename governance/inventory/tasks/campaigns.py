"""What falls due by itself: campaigns that recur."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from governance.accounts.permissions import Permission
from governance.accounts.queries import SystemActor
from governance.core.wording import as_date
from governance.inventory.actions.attestations import open_next_campaign
from governance.inventory.queries.attestations import campaigns_to_repeat
from governance.inventory.rules.attestations import CampaignNotDue
from governance.jobs.actions import enqueue
from governance.jobs.kinds import job
from governance.jobs.recurring import every_minute
from governance.jobs.running import JobRun

JOB = "open_next_campaign"
CLOCK = SystemActor(name="clock", held=frozenset({Permission.CAMPAIGN_OPEN}))
"""The portal itself, noticing what day it is. People can do the same on the campaign's page."""


@job(JOB)
def open_next(run: JobRun) -> dict[str, Any]:
    """Open the next of one campaign; a second attempt finds it there."""
    try:
        campaign = open_next_campaign(
            campaign_id=UUID(run.args["campaign"]), actor=CLOCK, at=timezone.now()
        )
    except CampaignNotDue:
        return {"campaign": None}
    return {"campaign": campaign.ref}


@every_minute
def look_for_campaigns(at: datetime) -> None:
    """Queue the opening of each campaign whose day has come."""
    for campaign in campaigns_to_repeat(as_date(at)):
        enqueue(
            kind=JOB,
            args={"campaign": str(campaign.pk)},
            actor=CLOCK,
            at=at,
            key=str(campaign.pk),
        )
