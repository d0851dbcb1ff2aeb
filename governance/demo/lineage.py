"""Where the demo's versions come from: stated at registration, and reported by a pipeline later."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from governance.accounts.queries import TokenHolder
from governance.core.canonical import sha256_hex, timestamp
from governance.registry.actions.reported_lineage import report_lineage
from governance.registry.models import ModelVersion
from governance.registry.rules import LINEAGE_TAG, lineage_from_tags
from governance.registry.rules.openlineage import read_event

EVENT = Path(__file__).parent / "data" / "openlineage.json"
"""An event as Spark's integration sends it; run and time are put in."""


def stated(step: Mapping[str, Any], *, dataset: Mapping[str, Any], commit: str) -> dict[str, Any]:
    """Return what the pipeline says of a version: the tag, read as it is from anybody."""
    said = dict(step.get("lineage", {}))
    said["datasets"] = [with_digest(entry) for entry in said.get("datasets", ())]
    said["feature_code"] = [with_digest(entry) for entry in said.get("feature_code", ())]
    tag = {key: value for key, value in said.items() if value}
    lineage = lineage_from_tags({LINEAGE_TAG: json.dumps(tag)})
    return lineage | {"dataset": dict(dataset), "git_commit": commit}


def with_digest(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The same name is the same content: that is how two models come to share a snapshot."""
    return {**entry, "digest": sha256_hex(entry["name"].encode())}


def report(version: ModelVersion, *, reporter: TokenHolder, at: datetime) -> None:
    """Have the pipeline report the version's run."""
    event = json.loads(EVENT.read_text(encoding="utf-8"))
    event["run"]["runId"], event["eventTime"] = str(UUID(hex=version.run_id)), timestamp(at)
    report_lineage(event=read_event(event), unit=reporter.service.unit, actor=reporter, at=at)
