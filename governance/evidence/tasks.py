"""The job that builds a pack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from governance.evidence.actions.packs import build_pack
from governance.evidence.models import Pack
from governance.evidence.queries.packs import pack_of_job
from governance.evidence.queries.scopes import scope_of_model
from governance.evidence.rules.packs import JOB
from governance.evidence.rules.scopes import PackScope, read_scope
from governance.inventory.models import Model
from governance.jobs.kinds import job
from governance.jobs.running import JobRun


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
