"""Champion and challenger: the public worked example to the digit, guardrails, and slices."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from governance.approvals.rules.dossier import ResultFact, VersionFacts
from governance.approvals.rules.gates import CheckResult, Outcome, judging
from governance.approvals.rules.policies import read_policy
from tests.rules.facts import COMPLETE, NOON, OTHER, found, result, version

EXAMPLES = Path(__file__).parents[2] / "governance/approvals/data/policies/examples"
WORKED = read_policy((EXAMPLES / "champion-challenger.yaml").read_text())
CHAMPION = version(result("auc", "0.842"), number=1)


def challenger(
    auc: str = "0.857", p99: str = "180", gap: str = "0.030", ece: str = "0.021"
) -> VersionFacts:
    values = {"auc": auc, "p99_latency_ms": p99, "fairness_gap": gap, "ece": ece}
    return version(*(result(metric, value) for metric, value in values.items()))


def worked(candidate: VersionFacts, champion: VersionFacts | None = CHAMPION) -> CheckResult:
    dossier = replace(COMPLETE, version=candidate, incumbent=champion)
    return WORKED.gates[0].judge(dossier, at=NOON)


def test_the_worked_example_promotes() -> None:
    check = worked(challenger())
    assert check.outcome == Outcome.PASS
    assert (check.measured, check.required) == ("0.857", "> 0.847, 3 guardrails")
    assert check.sentence == (
        "auc is 0.857 against 0.842 of version 1: +0.015, more than 0.005 is required. Every "
        "guardrail holds: p99_latency_ms is 180 ms, at most 200 ms; fairness_gap is 0.030, at most "
        "0.050; ece is 0.021, at most 0.040."
    )
    assert [(part.measured, part.required, part.passed) for part in check.parts] == [
        ("180 ms", "≤ 200 ms", True),
        ("0.030", "≤ 0.050", True),
        ("0.021", "≤ 0.040", True),
    ]


def test_the_worked_example_keeps_the_champion_and_names_the_guardrail() -> None:
    check = worked(challenger(p99="240"))
    assert check.outcome == Outcome.FAIL
    assert check.measured == "0.857, p99_latency_ms 240 ms"
    assert "Keep the champion: p99_latency_ms is 240 ms, at most 200 ms." in check.sentence
    assert "fairness_gap" not in check.sentence
    assert "ece" not in check.sentence


@pytest.mark.parametrize(
    ("auc", "outcome"),
    [
        ("0.847", Outcome.FAIL),
        ("0.84700", Outcome.FAIL),
        ("0.8470000000000000000001", Outcome.PASS),
    ],
)
def test_a_gain_of_exactly_delta_keeps(auc: str, outcome: Outcome) -> None:
    check = worked(challenger(auc=auc))
    assert check.outcome == outcome
    assert ("Keep the champion." in check.sentence) == (outcome == Outcome.FAIL)


def test_nothing_is_rounded_however_long_a_value_is() -> None:
    """By floats, or by decimals of 28 digits, both differences would be 0.005."""
    tail = "0" * 60 + "1"
    assert worked(challenger(auc=f"0.847{tail}")).passed
    assert not worked(challenger(), version(result("auc", f"0.852{tail}"), number=1)).passed


SIDES = {
    "auc": {"0.857": True, "0.847": False},
    "p99": {"200": True, "200.0001": False},
    "gap": {"0.050": True, "0.051": False},
    "ece": {"0.04": True, "0.0401": False},
}
NAMES = {"p99": "p99_latency_ms", "gap": "fairness_gap", "ece": "ece"}


@pytest.mark.parametrize("values", list(product(*SIDES.values())))
def test_it_passes_only_if_the_gain_and_every_guardrail_hold(values: tuple[str, ...]) -> None:
    given = dict(zip(SIDES, values, strict=True))
    holds = {key: SIDES[key][value] for key, value in given.items()}
    check = worked(challenger(**given))
    assert check.passed == all(holds.values())
    said = check.sentence.partition("Keep the champion: ")[2].partition(" Not shown")[0]
    broken = {metric for key, metric in NAMES.items() if not holds[key]}
    assert {metric for metric in NAMES.values() if metric in said} == broken
    assert {part.measures for part in check.parts if not part.passed} == broken


@pytest.mark.parametrize("missing", ["auc", "p99_latency_ms", "fairness_gap", "ece"])
def test_what_is_missing_is_not_shown_and_named(missing: str) -> None:
    whole = challenger()
    lacking = replace(whole, results=tuple(r for r in whole.results if r.metric != missing))
    check = worked(lacking)
    assert check.outcome == Outcome.NOT_SHOWN
    assert missing in check.sentence
    both = replace(lacking, results=(*lacking.results, result("p99_latency_ms", "240", at="3")))
    if missing != "p99_latency_ms":
        assert worked(both).outcome == Outcome.FAIL  # what fails fails, whatever is not shown


def test_values_of_other_data_compare_nothing_though_the_guardrails_hold() -> None:
    check = worked(challenger(), version(result("auc", "0.842", dataset=OTHER), number=1))
    assert check.outcome == Outcome.NOT_SHOWN
    assert "not on record for the same data set" in check.sentence


def test_without_a_champion_the_guardrails_alone_count() -> None:
    assert worked(challenger(), None).passed
    check = worked(challenger(p99="240"), None)
    assert check.outcome == Outcome.FAIL
    assert "Do not begin with it: p99_latency_ms is 240 ms, at most 200 ms." in check.sentence
    assert worked(version(), None).outcome == Outcome.NOT_SHOWN


def test_lower_can_be_better() -> None:
    plain = WORKED.gates[1]
    champion = version(result("log_loss", "0.300"), number=1)
    for value, passed in (("0.289", True), ("0.290", False), ("0.320", False)):
        dossier = replace(COMPLETE, version=version(result("log_loss", value)), incumbent=champion)
        check = plain.judge(dossier, at=NOON)
        assert (check.passed, check.required) == (passed, "< 0.290")


def test_the_older_name_finds_what_it_found() -> None:
    older = {"check": "challenger", "metric": "auc", "margin": "0.005"}
    newer = {"check": "champion_challenger", "metric": "auc", "delta": "0.005"}
    facts: dict[str, Any] = {"version": challenger(), "incumbent": CHAMPION}
    old, new = found(older, **facts), found(newer, **facts)
    assert replace(new, id=old.id) == old
    assert (old.id, new.id) == ("challenger.auc", "champion_challenger.auc")
    assert old.facts() == {
        "id": "challenger.auc",
        "measured": "0.857",
        "required": "> 0.847",
        "outcome": "PASS",
    }


def test_a_value_finds_the_check_that_judges_it() -> None:
    own = found({"check": "metric", "metric": "ece", "at_most": "0.5", "slice": "Young"})
    checks = [worked(challenger()), own]
    assert judging(checks, "auc") == checks[0]
    assert judging(checks, "ece") == checks[0].parts[2]
    assert judging(checks, "ece", "Young") == own
    assert judging(checks, "rmse") is None


SLICES = {"check": "slice_regression", "metric": "auc", "margin": "0.005"}


def sliced(number: int = 2, dataset: str = "d" * 64, **values: str) -> VersionFacts:
    return version(
        *(result("auc", value, slice_name=name, dataset=dataset) for name, value in values.items()),
        number=number,
    )


OLD = sliced(number=1, young="0.811", old="0.836")


@pytest.mark.parametrize(
    ("mine", "outcome", "said"),
    [
        (sliced(young="0.806", old="0.836"), Outcome.PASS, "2 slices compared"),
        (sliced(young="0.805", old="0.9"), Outcome.FAIL, "young 0.805 against 0.811"),
        (sliced(young="0.9"), Outcome.NOT_SHOWN, "Not shown on the same data: old."),
        (sliced(young="0.5"), Outcome.FAIL, "Not shown on the same data: old."),
        (sliced(young="0.9", old="0.9", dataset=OTHER), Outcome.NOT_SHOWN, "old, young"),
        (sliced(young="0.9", old="0.9", dataset=""), Outcome.NOT_SHOWN, "old, young"),
        (sliced(young="0.9", old="0.9", new="0.1"), Outcome.PASS, "2 slices compared"),
        (version(result("auc", "0.9")), Outcome.NOT_SHOWN, "old, young"),
    ],
)
def test_no_slice_of_the_champion_may_be_worse(
    mine: VersionFacts, outcome: Outcome, said: str
) -> None:
    check = found(SLICES, version=mine, incumbent=OLD)
    assert check.outcome == outcome
    assert said in check.sentence


def test_named_slices_alone_count_and_have_to_be_there() -> None:
    named = SLICES | {"slices": ["young"]}
    mine = sliced(young="0.811", old="0.1")
    assert found(named, version=mine, incumbent=OLD).passed
    assert not found(SLICES, version=mine, incumbent=OLD).passed
    absent = SLICES | {"slices": ["rural"]}
    assert found(absent, version=mine, incumbent=OLD).outcome == Outcome.NOT_SHOWN


def test_a_champion_without_slices_shows_nothing() -> None:
    bare = version(result("auc", "0.8"), number=1)
    assert found(SLICES, incumbent=bare).outcome == Outcome.NOT_SHOWN
    assert found(SLICES, incumbent=None).passed


def test_where_lower_is_better_a_higher_slice_is_worse() -> None:
    lower = SLICES | {"better": "lower", "margin": "0"}
    assert found(lower, version=sliced(young="0.811", old="0.8"), incumbent=OLD).passed
    check = found(lower, version=sliced(young="0.812", old="0.8"), incumbent=OLD)
    assert (check.outcome, check.measured) == (Outcome.FAIL, "\u22120.001, young")


def test_slices_count_as_their_source_says() -> None:
    def both(value: str, source: str) -> ResultFact:
        return result("auc", value, slice_name="young", source=source)

    mine = version(both("0.9", "POSTED"), both("0.7", "PULLED"))
    theirs = version(both("0.8", "POSTED"), both("0.8", "PULLED"), number=1)
    assert not found(SLICES, version=mine, incumbent=theirs).passed
    assert found(SLICES | {"source": "POSTED"}, version=mine, incumbent=theirs).passed
