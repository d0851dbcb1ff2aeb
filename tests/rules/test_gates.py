"""Each check over each fact: missing data is never a pass."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from governance.approvals.rules.dossier import (
    CardFacts,
    FindingFacts,
    ReportFacts,
    ResultFact,
    differences,
)
from governance.approvals.rules.gates import Outcome
from tests.rules.facts import COMPLETE, OTHER, judged, result, version

METRIC = {"check": "metric", "metric": "accuracy", "at_least": "0.90"}


@pytest.mark.parametrize(
    ("value", "outcome"),
    [
        ("0.8225", Outcome.FAIL),
        ("0.8999999999", Outcome.FAIL),
        ("0.90", Outcome.PASS),
        ("0.900", Outcome.PASS),
        ("1", Outcome.PASS),
    ],
)
def test_at_least(value: str, outcome: Outcome) -> None:
    assert judged(METRIC, version=version(result(value=value))) == outcome


@pytest.mark.parametrize(
    ("value", "outcome"),
    [
        ("200", Outcome.PASS),
        ("200.0", Outcome.PASS),
        ("200.01", Outcome.FAIL),
        ("-1", Outcome.PASS),
    ],
)
def test_at_most(value: str, outcome: Outcome) -> None:
    entry = {"check": "metric", "metric": "p99", "at_most": "200"}
    assert judged(entry, version=version(result("p99", value))) == outcome


@pytest.mark.parametrize(
    "facts",
    [
        {"version": version()},
        {"version": version(result("auc"))},
        {"version": version(result(slice_name="Age 18 to 25"))},
    ],
)
def test_a_value_that_is_not_there_is_not_shown(facts: dict[str, Any]) -> None:
    assert judged(METRIC, **facts) == Outcome.NOT_SHOWN


def test_pulled_counts_before_posted_before_tag() -> None:
    results = [
        result(value="0.99", source="TAG"),
        result(value="0.95", source="POSTED"),
        result(value="0.10", source="PULLED"),
    ]
    assert judged(METRIC, version=version(*results)) == Outcome.FAIL
    assert judged(METRIC, version=version(*results[:2])) == Outcome.PASS
    assert judged(METRIC | {"source": "TAG"}, version=version(*results)) == Outcome.PASS


def test_the_newest_of_a_source_counts() -> None:
    old = result(value="0.99", at="2026-03-01T00:00:00.000000Z")
    assert judged(METRIC, version=version(old, result(value="0.10"))) == Outcome.FAIL


def test_only_the_named_source_counts() -> None:
    posted = METRIC | {"source": "POSTED"}
    assert judged(posted, version=version(result(value="0.99"))) == Outcome.NOT_SHOWN


CHALLENGER = {"check": "challenger", "metric": "auc", "margin": "0.005"}


@pytest.mark.parametrize(
    ("mine", "theirs", "outcome"),
    [
        ("0.857", "0.842", Outcome.PASS),
        ("0.847", "0.842", Outcome.FAIL),  # exactly the margin is not more than it
        ("0.8471", "0.842", Outcome.PASS),
        ("0.840", "0.842", Outcome.FAIL),
    ],
)
def test_challenger_beats_champion_by_more_than_the_margin(
    mine: str, theirs: str, outcome: Outcome
) -> None:
    facts = {
        "version": version(result("auc", mine)),
        "incumbent": version(result("auc", theirs), number=1),
    }
    assert judged(CHALLENGER, **facts) == outcome


def test_lower_is_better() -> None:
    facts = {
        "version": version(result("auc", "0.020")),
        "incumbent": version(result("auc", "0.030"), number=1),
    }
    assert judged(CHALLENGER | {"better": "lower"}, **facts) == Outcome.PASS
    assert judged(CHALLENGER, **facts) == Outcome.FAIL


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        (result("auc", "0.9"), result("auc", "0.8", dataset=OTHER)),
        (result("auc", "0.9", dataset=""), result("auc", "0.8", dataset="")),
        (result("auc", "0.9"), result("ece", "0.8")),
    ],
)
def test_other_data_compare_nothing(mine: ResultFact, theirs: ResultFact) -> None:
    facts = {"version": version(mine), "incumbent": version(theirs, number=1)}
    assert judged(CHALLENGER, **facts) == Outcome.NOT_SHOWN


def test_without_a_champion_there_is_nothing_to_beat() -> None:
    assert judged(CHALLENGER, incumbent=None) == Outcome.PASS


def finding(severity: str) -> FindingFacts:
    return FindingFacts(ref=f"finding:{severity}", severity=severity, due_date="2026-05-01")


@pytest.mark.parametrize("limit", ["HIGH", "MEDIUM", "LOW"])
@pytest.mark.parametrize("severity", ["HIGH", "MEDIUM", "LOW"])
def test_findings_of_the_severity_or_worse_count(limit: str, severity: str) -> None:
    order = ["LOW", "MEDIUM", "HIGH"]
    expected = Outcome.FAIL if order.index(severity) >= order.index(limit) else Outcome.PASS
    entry = {"check": "no_open_finding", "severity": limit}
    assert judged(entry, findings=(finding(severity),)) == expected
    assert judged(entry, findings=()) == Outcome.PASS


NOT_FIT = ReportFacts(ref="report:1", opinion="NOT_FIT", digest="r" * 64, signed_by="user:v")
NO_FILES = replace(version(), artifacts=())


@pytest.mark.parametrize(
    ("check", "facts"),
    [
        ("card_published", {"card": None}),
        ("report_approved", {"report": None}),
        ("report_approved", {"report": NOT_FIT}),
        ("artifacts_complete", {"version": NO_FILES}),
    ],
)
def test_plain_checks_refuse_alone(check: str, facts: dict[str, Any]) -> None:
    assert judged({"check": check}) == Outcome.PASS
    assert judged({"check": check}, **facts) != Outcome.PASS


def test_equal_facts_have_equal_digests_and_any_change_another() -> None:
    same = replace(COMPLETE)
    assert same.digest == COMPLETE.digest
    others = [
        replace(COMPLETE, card=None),
        replace(COMPLETE, incumbent=None),
        replace(COMPLETE, findings=(finding("LOW"),)),
        replace(COMPLETE, version=version(result(value="0.91"))),
        replace(COMPLETE, model=replace(COMPLETE.model, tier=2)),
        replace(COMPLETE, policy={"digest": "p"}),
    ]
    assert len({COMPLETE.digest, *(other.digest for other in others)}) == len(others) + 1


def test_differences_name_the_fact() -> None:
    after = replace(COMPLETE, card=CardFacts(ref="card:1", number=4, digest="f" * 64))
    found = {d.path: (d.before, d.after) for d in differences(COMPLETE.text(), after.text())}
    assert found == {"card.number": ("3", "4"), "card.digest": ("c" * 64, "f" * 64)}
