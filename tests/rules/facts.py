"""A dossier in which every fact is in order, for tests that take one away."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from governance.approvals.rules.dossier import (
    CardFacts,
    Dossier,
    ModelFacts,
    ReportFacts,
    ResultFact,
    VersionFacts,
)
from governance.approvals.rules.gates import CheckResult, Outcome, gate_from

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HELD_OUT, OTHER = "d" * 64, "e" * 64


def result(
    metric: str = "accuracy", value: str = "0.90", *, slice_name: str = "", source: str = "TAG",
    dataset: str = HELD_OUT, at: str = "2026-03-02T12:00:00.000000Z", ref: str = "evaluation:1",
) -> ResultFact:  # fmt: skip
    return ResultFact(
        ref=ref, metric=metric, value=value, slice=slice_name, source=source,
        dataset_digest=dataset, received_at=at,
    )  # fmt: skip


def version(*results: ResultFact, number: int = 2) -> VersionFacts:
    return VersionFacts(
        ref=f"version:{number}", number=number, digest="v" * 64, source="models:/m-1",
        run_id="run", registered_by="user:dev", results=results,
        artifacts=({"path": "model.pkl", "sha256": "a" * 64, "size": 1},),
    )  # fmt: skip


COMPLETE = Dossier(
    move="PROMOTED",
    stage="STAGING",
    target="PRODUCTION",
    slot="slot:1",
    model=ModelFacts(ref="model:1", name="churn", tier=1, kind="CLASSIFICATION", owner="user:o"),
    version=version(result()),
    incumbent=version(number=1),
    rollback_target=None,
    card=CardFacts(ref="card:1", number=3, digest="c" * 64),
    report=ReportFacts(ref="report:1", opinion="FIT", digest="r" * 64, signed_by="user:v"),
    findings=(),
    policy={},
)


def found(entry: dict[str, Any], *, at: datetime = NOON, **facts: Any) -> CheckResult:
    return gate_from(entry).judge(replace(COMPLETE, **facts), at=at)


def judged(entry: dict[str, Any], **facts: Any) -> Outcome:
    return found(entry, **facts).outcome
