"""What runs later: the job that pulls measured values, and the channel to webhooks."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from governance.accounts.permissions import Permission
from governance.accounts.queries import SystemActor
from governance.jobs.channels import channel
from governance.jobs.kinds import job
from governance.jobs.running import JobRun
from governance.registry.actions.evaluations import record_evaluations
from governance.registry.actions.pulls import JOB
from governance.registry.listening import CHANNEL, message_to_webhook
from governance.registry.models import ModelVersion
from governance.registry.queries import results_of
from governance.registry.rules import Source
from governance.registry.tracking import fetch_measurements

TRACKING = SystemActor(name="tracking", held=frozenset({Permission.EVALUATION_RECORD}))
"""The portal itself, reading from the tracking server that a model names."""

channel(CHANNEL)(message_to_webhook)


@job(JOB)
def run(run: JobRun) -> dict[str, Any]:
    """Ask the tracking server, then keep what is new: a second attempt adds nothing twice."""
    version = ModelVersion.objects.with_model().get(pk=run.args["version"])
    run.step(1, 2, "Asking the tracking server")
    fetched = fetch_measurements(
        tracking_uri=version.model.tracking_uri,
        run_id=version.run_id,
        dataset_digest=version.dataset_digest,
    )
    run.step(2, 2, "Keeping what was measured")
    known = {
        (row.metric, row.value, row.measured_at)
        for row in results_of(version)
        if row.source == Source.PULLED
    }
    new = [m for m in fetched if (m.metric, m.value, m.measured_at) not in known]
    if new:
        record_evaluations(
            version=version,
            measurements=new,
            source=Source.PULLED,
            actor=TRACKING,
            at=timezone.now(),
        )
    return {"fetched": len(fetched), "new": len(new)}
