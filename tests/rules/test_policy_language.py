"""The language of a policy: every word of its schema is read, shown by an example, explained."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from governance.approvals.rules.policies import SCHEMA, read_content, read_policy
from governance.approvals.rules.policies.files import CHECKS
from governance.core.errors import InvalidInput

HOME = Path(__file__).parents[2]
POLICIES = HOME / "governance" / "approvals" / "data" / "policies"
EXAMPLES = sorted((POLICIES / "examples").glob("*.yaml"))
DOCS = (HOME / "docs" / "policies.md").read_text()
HELP = (HOME / "templates" / "policies" / "_help.html").read_text()


def words_of(value: Any) -> Iterator[str]:
    """Every key that a content uses, and the checks that it names."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from [inner] if key == "check" else words_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from words_of(inner)


def keys_of_schema(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        yield from part.get("properties", {})
        for inner in part.values():
            yield from keys_of_schema(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from keys_of_schema(inner)


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert len(set(CHECKS)) == len(CHECKS) == 22


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_a_valid_policy_with_a_word_of_explanation(path: Path) -> None:
    text = path.read_text()
    policy = read_policy(text)
    assert policy.key == f"example-{path.stem}"
    assert text.startswith("# An example, loaded by nobody.")
    for gate in policy.gates:
        assert gate.label
        assert re.fullmatch(r"[A-Za-z].{15,}\.", gate.asks), gate.asks


def test_the_examples_use_every_key_and_every_check() -> None:
    used = {word for path in EXAMPLES for word in words_of(read_content(path.read_text()))}
    assert set(keys_of_schema(SCHEMA)) | set(CHECKS) == used


def test_no_example_is_among_what_is_loaded() -> None:
    loaded = {read_policy(path.read_text()).key for path in POLICIES.glob("*.yaml")}
    assert loaded
    assert not {key for key in loaded if key.startswith("example-")}


@pytest.mark.parametrize("word", sorted({*keys_of_schema(SCHEMA), *CHECKS}))
def test_the_documentation_names_every_key_and_every_check(word: str) -> None:
    assert re.search(rf"`(\w+\.)?{word}\b", DOCS), word


@pytest.mark.parametrize("check", CHECKS)
def test_the_help_panel_names_every_check(check: str) -> None:
    assert f"<code>{check}</code>" in HELP


def test_the_documentation_tells_of_every_example_and_its_own_is_valid() -> None:
    assert set(re.findall(r"^\| `([\w-]+\.yaml)`", DOCS, re.MULTILINE)) == {
        p.name for p in EXAMPLES
    }
    block = re.search(r"^    # yaml.*?(?=\n\n)", DOCS, re.DOTALL | re.MULTILINE)
    assert block
    read_policy("\n".join(line[4:] for line in block[0].splitlines()))


BEGINNING = "policy: to-staging\ntitle: To Staging\napplies_to: {target: STAGING}\n"
ENTRIES = [
    ("{check: vibes}", "gates.0", "there is no such check"),
    ("{metric: auc}", "gates.0", "'check' is a required property"),
    ("just words", "gates.0", "is not of type 'object'"),
    ("{check: metric, metric: auc}", "gates.0", "exactly one limit"),
    ("{check: latency}", "gates.0", "exactly one limit"),
    ("{check: latency, at_most: 1, at_least: 2}", "gates.0", "exactly one limit"),
    ("{check: latency, at_most: fast}", "gates.0.at_most", "A decimal number such as 0.90"),
    ("{check: champion_challenger, metric: auc}", "gates.0", "'delta' is a required property"),
    ("{check: champion_challenger, metric: auc, margin: 1}", "gates.0", "'margin' was unexpected"),
    (
        "{check: champion_challenger, metric: auc, delta: 0.1, guardrails: []}",
        "gates.0.guardrails",
        "should be non-empty",
    ),
    (
        "{check: champion_challenger, metric: auc, delta: 0.1, guardrails: [{metric: ece}]}",
        "gates.0.guardrails.0",
        "exactly one limit",
    ),
    (
        "{check: champion_challenger, metric: auc, delta: 0.1, guardrails: "
        "[{metric: ece, at_most: 0.1}, {metric: gap, at_most: low}]}",
        "gates.0.guardrails.1.at_most",
        "A decimal number",
    ),
    ("{check: challenger, metric: auc, margin: 1, better: faster}", "gates.0.better", "'faster'"),
    ("{check: slice_regression, metric: auc}", "gates.0", "'margin' is a required property"),
    (
        "{check: slice_regression, metric: auc, margin: 0, slices: [a, a]}",
        "gates.0.slices",
        "non-unique",
    ),
    ("{check: card_published, sections: [weather]}", "gates.0.sections.0", "'weather'"),
    ("{check: report_approved, max_age_days: 0}", "gates.0.max_age_days", "less than the minimum"),
    ("{check: report_approved, max_age_days: soon}", "gates.0.max_age_days", "not of type"),
    ("{check: artifacts_complete, rehashed: perhaps}", "gates.0.rehashed", "not of type 'boolean'"),
    ("{check: data_checks, min_rows: -1}", "gates.0.min_rows", "less than the minimum"),
    ("{check: data_checks, at_most: 0.5}", "gates.0.at_most", "not of type 'integer'"),
    ("{check: monitoring_plan, path: ''}", "gates.0.path", "should be non-empty"),
    ("{check: ml_test_score}", "gates.0", "'at_least' is a required property"),
    ("{check: owner_assigned, max_age_days: 3}", "gates.0", "'max_age_days' was unexpected"),
    ("{check: no_open_finding, severity: AWFUL}", "gates.0.severity", "'AWFUL'"),
]


@pytest.mark.parametrize(("entry", "field", "said"), ENTRIES)
def test_a_wrong_entry_is_refused_where_it_is_wrong(entry: str, field: str, said: str) -> None:
    text = BEGINNING + f"gates: [{entry}]"
    with pytest.raises(InvalidInput) as refused:
        read_policy(text)
    told = [problem.message for problem in refused.value.problems if problem.field == field]
    assert said in " ".join(told)
    assert all(problem.rule for problem in refused.value.problems)


def test_a_sign_off_that_names_nobody_is_told_so() -> None:
    text = BEGINNING + "sign_offs: [{meaning: I find this version fit.}]"
    with pytest.raises(InvalidInput, match="names one role, or any_of several"):
        read_policy(text)


def test_one_check_stands_once() -> None:
    text = BEGINNING + "gates: [{check: latency, at_most: 200}, {check: latency, at_most: 100}]"
    with pytest.raises(InvalidInput, match=r"latency\.p99_latency_ms stands twice"):
        read_policy(text)
