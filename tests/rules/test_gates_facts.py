"""What single gates read: independence, origin, data, assessments, and what always holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from governance.accounts.rules import Role
from governance.approvals.rules.dossier import ConditionFacts, ReportFacts
from governance.approvals.rules.gates import (
    CheckResult,
    Outcome,
    check_name,
    gate_from,
    standing_checks,
)
from governance.approvals.rules.gates.artifacts import LOCKS
from governance.approvals.rules.overrides import NEVER_EXCUSED, excused
from governance.inventory.rules import AiActClass
from governance.registry.rules import Stage
from tests.rules.facts import COMPLETE, NOON, found, result, version

REPORT = ReportFacts(ref="report:1", opinion="FIT", digest="r" * 64, signed_by="user:v")
VALIDATED = {"check": "report_approved"}


@pytest.mark.parametrize(
    ("facts", "is_independent"),
    [
        ({}, True),
        ({"model": replace(COMPLETE.model, owner="user:v")}, False),
        ({"model": replace(COMPLETE.model, developers=("user:d", "user:v"))}, False),
        ({"version": replace(version(), registered_by="user:v")}, False),
        ({"version": replace(version(), committed_by="user:v")}, False),
        ({"version": replace(version(), committed_by="user:c")}, True),
    ],
)
def test_whoever_had_a_hand_in_it_validates_nothing(
    facts: dict[str, Any], is_independent: bool
) -> None:
    check = found(VALIDATED, report=REPORT, **facts)
    assert check.passed == is_independent
    assert (check.measured == "not independent") == (not is_independent)


def test_a_report_without_a_date_is_not_in_date() -> None:
    check = found(VALIDATED | {"max_age_days": 3650}, report=REPORT)
    assert check.outcome == Outcome.NOT_SHOWN


def test_a_report_that_is_too_old_says_until_when_it_counted() -> None:
    dated = replace(REPORT, signed_at="2026-03-02T12:00:00.000000Z")
    check = found(VALIDATED | {"max_age_days": 30}, report=dated, at=NOON + timedelta(days=31))
    assert (check.measured, check.required) == (
        "signed 2 Mar 2026", "signed, fit for use, ≤ 30 days old"
    )  # fmt: skip
    assert check.sentence.endswith("That counted until 1 Apr 2026.")


CONDITIONS = (
    ConditionFacts(ref="condition:1", finding="finding:1", due_date="2026-03-01", is_met=True),
    ConditionFacts(ref="condition:2", finding="finding:2", due_date="2026-03-05", is_met=False),
    ConditionFacts(ref="condition:3", finding="finding:3", due_date="2026-03-09", is_met=False),
)


def test_open_conditions_fail_at_once_or_when_they_are_overdue() -> None:
    strict, lenient = {"check": "conditions_met"}, {"check": "conditions_met", "overdue_only": True}
    check = found(strict, conditions=CONDITIONS)
    assert (check.outcome, check.measured) == (Outcome.FAIL, "2")
    assert found(lenient, conditions=CONDITIONS).passed
    later = found(lenient, conditions=CONDITIONS, at=NOON + timedelta(days=5))
    assert later.outcome == Outcome.FAIL
    assert later.measured == "2 open, the first due 5 Mar 2026"
    assert later.sentence == "Of earlier approvals 1 condition is past its date: due 5 Mar 2026."


WHOLE = {"git_commit": "0f" * 20, "dataset": {"name": "test", "digest": "d" * 64}}
LOCKED = ({"path": "requirements.txt", "sha256": "a" * 64, "size": 1},)


@pytest.mark.parametrize(
    ("facts", "missing"),
    [
        ({}, ""),
        ({"run_id": ""}, "the source run"),
        ({"lineage": {"dataset": WHOLE["dataset"]}}, "the git commit"),
        ({"lineage": WHOLE | {"git_commit": "main"}}, "the git commit"),
        ({"lineage": {"git_commit": WHOLE["git_commit"]}}, "any data set"),
        (
            {"lineage": WHOLE | {"datasets": [{"name": "bureau file", "digest": ""}]}},
            "the digest of the data set bureau file",
        ),
        ({"artifacts": COMPLETE.version.artifacts}, "a pinned environment"),
        ({"lineage": WHOLE | {"container_image": "i:latest"}, "artifacts": ()}, "a pinned"),
    ],
)
def test_reproducibility_says_exactly_what_is_missing(facts: dict[str, Any], missing: str) -> None:
    whole = replace(version(), lineage=WHOLE, artifacts=LOCKED)
    check = found({"check": "reproducibility"}, version=replace(whole, **facts))
    if not missing:
        assert (check.outcome, check.measured) == (Outcome.PASS, "4 of 4")
        return
    assert (check.outcome, check.measured) == (Outcome.NOT_SHOWN, "3 of 4")
    assert check.sentence.startswith(f"Missing: {missing}")
    assert ";" not in check.sentence


@pytest.mark.parametrize("name", LOCKS)
def test_every_lock_file_pins_an_environment(name: str) -> None:
    artifacts = ({"path": f"model/{name}", "sha256": "a" * 64, "size": 1},)
    one = replace(version(), lineage=WHOLE, artifacts=artifacts)
    assert found({"check": "reproducibility"}, version=one).passed


def evaluated(*rows: int | None, failed: str = "0") -> dict[str, Any]:
    sets = [
        {"name": f"set {index}", "digest": f"{index}" * 64, "purpose": "EVALUATION"}
        | ({"rows": count} if count is not None else {})
        for index, count in enumerate(rows)
    ]
    measured = version(result("failed_data_checks", failed))
    return {"version": replace(measured, lineage={"datasets": sets})}


@pytest.mark.parametrize(
    ("facts", "entry", "outcome", "said"),
    [
        (evaluated(10), {}, Outcome.PASS, "set 0: on record by digest"),
        (evaluated(None), {}, Outcome.PASS, "set 0"),
        (evaluated(10, 9), {"min_rows": 10}, Outcome.FAIL, "set 1 has 9 rows."),
        (evaluated(None), {"min_rows": 10}, Outcome.NOT_SHOWN, "How many rows set 0 has"),
        (evaluated(10, failed="1"), {}, Outcome.FAIL, "failed_data_checks is 1, at most 0."),
        (evaluated(10, failed="2"), {"at_most": 2}, Outcome.PASS, "at most 2"),
        (evaluated(10), {"metric": "drifted_columns"}, Outcome.NOT_SHOWN, "drifted_columns"),
        (evaluated(10), {"max_age_days": 10}, Outcome.NOT_SHOWN, "How far set 0 reaches"),
    ],
)
def test_data_checks(
    facts: dict[str, Any], entry: dict[str, Any], outcome: Outcome, said: str
) -> None:
    check = found({"check": "data_checks"} | entry, **facts)
    assert check.outcome == outcome
    assert said in check.sentence


def test_the_data_set_that_a_registration_names_alone_is_that_of_its_metrics() -> None:
    lineage = {"dataset": {"name": "test", "digest": "d" * 64, "rows": 500}}
    one = replace(version(result("failed_data_checks", "0")), lineage=lineage)
    assert found({"check": "data_checks", "min_rows": 500}, version=one).passed


@pytest.mark.parametrize(
    ("read", "plain", "again"),
    [
        (None, Outcome.PASS, Outcome.NOT_SHOWN),
        ("MATCH", Outcome.PASS, Outcome.PASS),
        ("UNREADABLE", Outcome.PASS, Outcome.NOT_SHOWN),
        ("MISMATCH", Outcome.FAIL, Outcome.FAIL),
    ],
)
def test_files_read_again(read: str | None, plain: Outcome, again: Outcome) -> None:
    one = replace(version(), artifact_check={"outcome": read} if read else None)
    entry = {"check": "artifacts_complete"}
    assert found(entry, version=one).outcome == plain
    assert found(entry | {"rehashed": False}, version=one).outcome == plain
    assert found(entry | {"rehashed": True}, version=one).outcome == again


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("monitoring-plan.*", "a/b/monitoring-plan.yaml", True),
        ("monitoring-plan.*", "monitoring-plan.md.bak/notes", False),
        ("plans/*.pdf", "plans/watch.pdf", True),
        ("plans/*.pdf", "old/plans/watch.pdf", False),
        ("watch.pdf", "Watch.pdf", False),
    ],
)
def test_where_a_monitoring_plan_may_lie(pattern: str, path: str, fits: bool) -> None:
    one = replace(version(), artifacts=({"path": path, "sha256": "a" * 64, "size": 1},))
    assert found({"check": "monitoring_plan", "path": pattern}, version=one).passed == fits


@pytest.mark.parametrize("ai_act_class", AiActClass)
def test_a_prohibited_practice_never_passes(ai_act_class: AiActClass) -> None:
    model = replace(
        COMPLETE.model, ai_act_class=ai_act_class, ai_act_assessed_at="2026-03-02T12:00:00.000000Z"
    )
    check = found({"check": "ai_act_class_assessed"}, model=model)
    assert check.passed == (ai_act_class != AiActClass.PROHIBITED)


def standing(target: Stage, *, said: tuple[CheckResult, ...] = (), **facts: Any) -> list[str]:
    dossier = replace(COMPLETE, target=target, **facts)
    return [check.id for check in standing_checks(dossier, said=said)]


PROHIBITED = {"model": replace(COMPLETE.model, ai_act_class="PROHIBITED")}
ALTERED = {"version": replace(version(), artifact_check={"outcome": "MISMATCH"})}


@pytest.mark.parametrize("target", Stage)
def test_what_always_holds_is_said_only_where_it_fails(target: Stage) -> None:
    towards_live = target in {Stage.STAGING, Stage.PRODUCTION}
    assert standing(target) == []
    assert standing(target, **ALTERED) == (["artifacts_match"] if towards_live else [])
    assert standing(target, **PROHIBITED) == (["not_prohibited"] if towards_live else [])
    both = ["artifacts_match", "not_prohibited"] if towards_live else []
    assert standing(target, **ALTERED, **PROHIBITED) == both


def test_no_override_of_the_class_lets_a_prohibited_practice_through() -> None:
    """The check of a policy may be answered for; what always holds is said beside it."""
    asked = gate_from({"check": "ai_act_class_assessed"}).judge(
        replace(COMPLETE, **PROHIBITED), at=NOON
    )
    assert standing(Stage.PRODUCTION, said=(asked,), **PROHIBITED) == ["not_prohibited"]
    [check] = standing_checks(replace(COMPLETE, **PROHIBITED), said=(asked,))
    assert check.id in NEVER_EXCUSED
    [judged] = excused([check], overrides=(), in_emergency=True, at=NOON)
    assert not judged.is_met


def test_altered_files_are_said_once() -> None:
    said = gate_from({"check": "artifacts_complete"}).judge(replace(COMPLETE, **ALTERED), at=NOON)
    assert standing(Stage.PRODUCTION, said=(said,), **ALTERED) == []


@pytest.mark.parametrize(
    ("entry", "mender"),
    [
        ({"check": "card_published"}, Role.MODEL_OWNER),
        ({"check": "tier_assessed"}, Role.MODEL_OWNER),
        ({"check": "ai_act_class_assessed"}, Role.MODEL_OWNER),
        ({"check": "owner_assigned"}, Role.MODEL_OWNER),
        ({"check": "report_approved"}, Role.VALIDATOR),
        ({"check": "no_open_finding", "severity": "LOW"}, Role.VALIDATOR),
        ({"check": "conditions_met"}, Role.VALIDATOR),
        ({"check": "latency", "at_most": 200}, Role.DEVELOPER),
        ({"check": "reproducibility"}, Role.DEVELOPER),
    ],
)
def test_a_check_tells_who_can_mend_it(entry: dict[str, Any], mender: Role) -> None:
    assert found(entry).mender == mender


@pytest.mark.parametrize(
    ("check_id", "words"),
    [
        ("metric.auc.Thin file", "auc.Thin file"),
        ("challenger.auc", "auc against champion"),
        ("champion_challenger.auc", "auc against champion"),
        ("slice_regression.auc", "auc by slice against champion"),
        ("latency.p99_latency_ms", "Latency, p99_latency_ms"),
        ("no_open_finding.high", "No open high finding"),
        ("not_prohibited", "No prohibited practice"),
        ("made_up", "made_up"),
    ],
)
def test_a_kept_check_has_words_without_its_policy(check_id: str, words: str) -> None:
    assert check_name(check_id) == words
