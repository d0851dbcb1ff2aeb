"""The job that builds a pack."""

from __future__ import annotations

from typing import Any

from governance.evidence.actions.packs import build_pack
from governance.evidence.models import Pack
from governance.evidence.queries.packs import pack_of_job
from governance.evidence.rules.packs import JOB
from governance.inventory.models import Model
from governance.jobs.kinds import job
from governance.jobs.running import JobRun


@job(JOB)
def run(run: JobRun) -> dict[str, Any]:
    """Build the pack, once: an attempt after a crash returns what an earlier one filed."""
    pack = pack_of_job(run.id) or build_pack(
        model=Model.objects.get(pk=run.args["model"]),
        by=run.requested_by,
        at=run.started_at,
        report=run.step,
        job=run.id,
    )
    return _result(pack)


def _result(pack: Pack) -> dict[str, Any]:
    found = {"pack": str(pack.pk), "reference": pack.reference, "sha256": pack.file_digest}
    if pack.timestamp_missing:
        found["seal_without_timestamp"] = pack.timestamp_missing
    return found
