"""Every check over every kind of fact: there, missing, just inside, just outside, of other data."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from governance.approvals.rules.dossier import (
    CardFacts,
    ConditionFacts,
    FindingFacts,
    ReportFacts,
    ResultFact,
    VersionFacts,
)
from governance.approvals.rules.gates import BUDGETS, Outcome, gate_from
from governance.approvals.rules.policies import SCHEMA
from governance.approvals.rules.policies.files import CHECKS
from governance.cards.rules.sections import SECTIONS
from tests.rules.facts import COMPLETE, NOON, OTHER, found, result, version

PASS, FAIL, NOT_SHOWN = Outcome.PASS, Outcome.FAIL, Outcome.NOT_SHOWN
FACTS = ("there", "missing", "just inside", "just outside", "other data")
YEAR_LATER = datetime(2027, 3, 2, 23, 59, 59, tzinfo=UTC)
"""The last second that 365 days after NOON count."""
ASSESSED = "2026-03-02T12:00:00.000000Z"
NEVER = "no such fact"


@dataclass(frozen=True)
class Case:
    """A dossier that differs from the complete one, the moment, and what the gate finds."""

    outcome: Outcome
    facts: dict[str, Any] = field(default_factory=dict)
    at: datetime = NOON


def measured(*results: ResultFact, **more: Any) -> dict[str, Any]:
    return {"version": replace(version(*results), **more)}


def beside(mine: tuple[ResultFact, ...], theirs: tuple[ResultFact, ...]) -> dict[str, VersionFacts]:
    return {"version": version(*mine), "incumbent": version(*theirs, number=1)}


def limits(metric: str, inside: str, outside: str) -> dict[str, Case | str]:
    return {
        "there": Case(PASS, measured(result(metric, "0"))),
        "missing": Case(NOT_SHOWN, measured(result("another", "0"))),
        "just inside": Case(PASS, measured(result(metric, inside))),
        "just outside": Case(FAIL, measured(result(metric, outside))),
        "other data": NEVER,
    }


def against(mine: str, *, dataset: str | None = None, slice_name: str = "") -> dict[str, Any]:
    other = {"dataset": dataset} if dataset else {}
    return beside(
        (result("auc", mine, slice_name=slice_name),),
        (result("auc", "0.842", slice_name=slice_name, **other),),
    )


def challengers(*, inside: str, outside: str, slice_name: str = "") -> dict[str, Case | str]:
    part = {"slice_name": slice_name}
    lacking = (
        beside((result("auc", "0.9"),), (result("auc", "0.842", **part),))
        if slice_name
        else beside((), (result("auc", "0.842"),))
    )
    return {
        "there": Case(PASS, against("0.9", **part)),
        "missing": Case(NOT_SHOWN, lacking),
        "just inside": Case(PASS, against(inside, **part)),
        "just outside": Case(FAIL, against(outside, **part)),
        "other data": Case(NOT_SHOWN, against("0.9", dataset=OTHER, **part)),
    }


def data(rows: int | None, *, end: str = "2026-03-02", failed: str | None = "0") -> dict[str, Any]:
    said = {"name": "held out", "digest": "d" * 64, "purpose": "EVALUATION", "period": {"to": end}}
    lineage = {"datasets": [said | ({"rows": rows} if rows is not None else {})]}
    results = (result("failed_data_checks", failed),) if failed else ()
    return measured(*results, lineage=lineage)


TRAINING_ONLY = {
    "datasets": [{"name": "t", "digest": "t" * 64, "purpose": "TRAINING", "rows": 9999}]
}
LINEAGE = {"git_commit": "0f" * 20, "dataset": {"name": "test", "digest": "d" * 64}}
PINNED = ({"path": "env/uv.lock", "sha256": "b" * 64, "size": 1},)
FILES = COMPLETE.version.artifacts
CARD = CardFacts(ref="card:1", number=3, digest="c" * 64, answered=("task", "caveats"))
REPORT = ReportFacts(
    ref="report:1", opinion="FIT", digest="r" * 64, signed_by="user:v", signed_at=ASSESSED
)


def condition(*, due: str = "2026-03-02", is_met: bool = False) -> dict[str, Any]:
    return {
        "conditions": (
            ConditionFacts(ref="condition:1", finding="finding:1", due_date=due, is_met=is_met),
        )
    }


def finding(severity: str) -> dict[str, Any]:
    return {"findings": (FindingFacts(ref="finding:1", severity=severity, due_date="2026-05-01"),)}


def model(**facts: Any) -> dict[str, Any]:
    return {"model": replace(COMPLETE.model, **facts)}


def assessed(*, there: dict[str, Any], missing: dict[str, Any]) -> dict[str, Case | str]:
    return {
        "there": Case(PASS, there),
        "missing": Case(NOT_SHOWN, missing),
        "just inside": Case(PASS, there, at=YEAR_LATER),
        "just outside": Case(FAIL, there, at=YEAR_LATER + timedelta(seconds=1)),
        "other data": NEVER,
    }


def scores(*, monitoring: str = "3", lacking: str = "") -> dict[str, Any]:
    values = {"data": "4", "model": "3.5", "infrastructure": "7", "monitoring": monitoring}
    return measured(
        *(result(f"ml_test_score.{key}", one) for key, one in values.items() if key != lacking)
    )


GUARDED = {"metric": "auc", "guardrails": [{"metric": "ece", "at_most": "0.040"}], "delta": "0.005"}
GOOD_ECE = result("ece", "0.021")
TABLE: dict[str, tuple[dict[str, Any], dict[str, Case | str]]] = {
    "metric": ({"metric": "ece", "at_most": "0.040"}, limits("ece", "0.040", "0.0400000001")),
    **{
        name: ({"at_most": "0.040"}, limits(budget.metric, "0.0400", "0.04000000000000000001"))
        for name, budget in BUDGETS.items()
    },
    "challenger": (
        {"metric": "auc", "margin": "0.005"},
        challengers(inside="0.8470000001", outside="0.847"),
    ),
    "champion_challenger": (
        GUARDED,
        {
            name: Case(
                case.outcome,
                case.facts
                | {
                    "version": replace(
                        case.facts["version"],
                        results=(*case.facts["version"].results, GOOD_ECE),
                    )
                },
            )
            for name, case in challengers(inside="0.8470000001", outside="0.847").items()
            if isinstance(case, Case)
        },
    ),
    "slice_regression": (
        {"metric": "auc", "margin": "0.005"},
        challengers(inside="0.837", outside="0.8369999999", slice_name="Thin file"),
    ),
    "no_open_finding": (
        {"severity": "MEDIUM"},
        {
            "there": Case(PASS, {"findings": ()}),
            "missing": NEVER,
            "just inside": Case(PASS, finding("LOW")),
            "just outside": Case(FAIL, finding("MEDIUM")),
            "other data": NEVER,
        },
    ),
    "card_published": (
        {"sections": ["caveats"]},
        {
            "there": Case(PASS, {"card": CARD}),
            "missing": Case(FAIL, {"card": None}),
            "just inside": Case(PASS, {"card": replace(CARD, answered=("caveats",))}),
            "just outside": Case(NOT_SHOWN, {"card": replace(CARD, answered=("task",))}),
            "other data": NEVER,
        },
    ),
    "report_approved": (
        {"max_age_days": 365},
        {
            "there": Case(PASS, {"report": REPORT}),
            "missing": Case(FAIL, {"report": None}),
            "just inside": Case(PASS, {"report": REPORT}, at=YEAR_LATER),
            "just outside": Case(FAIL, {"report": REPORT}, at=YEAR_LATER + timedelta(seconds=1)),
            "other data": NEVER,
        },
    ),
    "artifacts_complete": (
        {"rehashed": True},
        {
            "there": Case(PASS, measured(artifact_check={"outcome": "MATCH"})),
            "missing": Case(NOT_SHOWN, measured(artifacts=(), artifact_check={"outcome": "MATCH"})),
            "just inside": Case(PASS, measured(artifact_check={"outcome": "MATCH"})),
            "just outside": Case(FAIL, measured(artifact_check={"outcome": "MISMATCH"})),
            "other data": Case(NOT_SHOWN, measured(artifact_check={"outcome": "UNREADABLE"})),
        },
    ),
    "reproducibility": (
        {},
        {
            "there": Case(PASS, measured(lineage=LINEAGE, artifacts=PINNED)),
            "missing": Case(NOT_SHOWN, measured(run_id="")),
            "just inside": Case(
                PASS, measured(lineage=LINEAGE | {"container_image": f"i@sha256:{'a' * 64}"})
            ),
            "just outside": Case(NOT_SHOWN, measured(lineage=LINEAGE)),
            "other data": Case(
                NOT_SHOWN,
                measured(lineage=LINEAGE | {"dataset": {"name": "test"}}, artifacts=PINNED),
            ),
        },
    ),
    "data_checks": (
        {"min_rows": 1000, "max_age_days": 365},
        {
            "there": Case(PASS, data(5000)),
            "missing": Case(NOT_SHOWN, measured(result("failed_data_checks", "0"))),
            "just inside": Case(PASS, data(1000), at=YEAR_LATER),
            "just outside": Case(FAIL, data(999)),
            "other data": Case(
                NOT_SHOWN, measured(result("failed_data_checks", "0"), lineage=TRAINING_ONLY)
            ),
        },
    ),
    "monitoring_plan": (
        {},
        {
            "there": Case(PASS, measured(artifacts=({"path": "monitoring-plan.md"},))),
            "missing": Case(NOT_SHOWN, measured(artifacts=FILES)),
            "just inside": Case(PASS, measured(artifacts=({"path": "docs/monitoring-plan.pdf"},))),
            "just outside": Case(NOT_SHOWN, measured(artifacts=({"path": "monitoring-plan"},))),
            "other data": NEVER,
        },
    ),
    "conditions_met": (
        {"overdue_only": True},
        {
            "there": Case(PASS, condition(is_met=True), at=YEAR_LATER),
            "missing": NEVER,
            "just inside": Case(PASS, condition(), at=NOON),
            "just outside": Case(FAIL, condition(), at=NOON + timedelta(hours=12)),
            "other data": NEVER,
        },
    ),
    "tier_assessed": (
        {"max_age_days": 365},
        assessed(there=model(tier_assessed_at=ASSESSED), missing=model(tier_assessed_at="")),
    ),
    "ai_act_class_assessed": (
        {"max_age_days": 365},
        assessed(
            there=model(ai_act_class="MINIMAL", ai_act_assessed_at=ASSESSED),
            missing=model(ai_act_class=""),
        ),
    ),
    "ml_test_score": (
        {"at_least": "3"},
        {
            "there": Case(PASS, scores()),
            "missing": Case(NOT_SHOWN, scores(lacking="infrastructure")),
            "just inside": Case(PASS, scores(monitoring="3.0")),
            "just outside": Case(FAIL, scores(monitoring="2.5")),
            "other data": NEVER,
        },
    ),
    "rollback_target": (
        {},
        {
            "there": Case(PASS),
            "missing": Case(PASS, {"incumbent": None}),
            "just inside": NEVER,
            "just outside": NEVER,
            "other data": NEVER,
        },
    ),
    "owner_assigned": (
        {},
        {
            "there": Case(PASS),
            "missing": Case(NOT_SHOWN, model(owner="")),
            "just inside": NEVER,
            "just outside": NEVER,
            "other data": NEVER,
        },
    ),
}


CELLS = [
    pytest.param({"check": name} | entry, case, id=f"{name}, {fact}")
    for name, (entry, cases) in TABLE.items()
    for fact, case in cases.items()
    if isinstance(case, Case)
]


def test_the_table_is_full() -> None:
    assert set(TABLE) == set(CHECKS)
    assert {name: tuple(cases) for name, (_, cases) in TABLE.items()} == dict.fromkeys(TABLE, FACTS)


@pytest.mark.parametrize(("entry", "case"), CELLS)
def test_a_gate_over_a_fact(entry: dict[str, Any], case: Case) -> None:
    one = found(entry, at=case.at, **case.facts)
    assert one.outcome == case.outcome
    assert one.measured
    assert one.required
    assert one.sentence.endswith(".")


@pytest.mark.parametrize(("entry", "case"), CELLS)
def test_only_the_outcome_of_a_timed_check_depends_on_the_day(
    entry: dict[str, Any], case: Case
) -> None:
    now, later = (
        found(entry, at=at, **case.facts) for at in (case.at, case.at + timedelta(days=4000))
    )
    assert now.facts() == later.facts()
    assert ("outcome" in now.facts()) == (not now.is_timed)
    if not now.is_timed:
        assert now == later


TIMED = {"report_approved", "data_checks", "conditions_met", "tier_assessed"} | {
    "ai_act_class_assessed"
}


@pytest.mark.parametrize("name", TABLE)
def test_a_check_is_timed_only_where_the_policy_limits_its_age(name: str) -> None:
    entry = {"check": name} | TABLE[name][0]
    assert gate_from(entry).is_timed == (name in TIMED)
    free = {k: v for k, v in entry.items() if k not in {"max_age_days", "overdue_only"}}
    assert not gate_from(free).is_timed


def test_the_sections_of_the_schema_are_those_of_the_card() -> None:
    known = SCHEMA["$defs"]["card_published"]["properties"]["sections"]["items"]["enum"]
    assert known == [section.key for section in SECTIONS]
