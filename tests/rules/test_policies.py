"""Reading policy files strictly, and finding the one that applies."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from governance.accounts.rules import Role
from governance.approvals.rules.policies import (
    NoPolicy,
    Policy,
    Subject,
    check_unambiguous,
    policy_for,
    read_policy,
)
from governance.core.errors import InvalidInput
from governance.inventory.rules import Kind, Tier
from governance.registry.rules import Stage

SHIPPED = Path(__file__).parents[2] / "governance" / "approvals" / "data" / "policies"

GOOD = """\
policy: to-production
title: To Production
applies_to: {target: PRODUCTION, from: [STAGING], tiers: [3]}
gates:
  - {check: metric, metric: accuracy, at_least: 0.90}
sign_offs:
  - {role: VALIDATOR, meaning: "I find this version fit."}
"""


@pytest.fixture(scope="module")
def shipped() -> list[Policy]:
    return [read_policy(path.read_text()) for path in sorted(SHIPPED.glob("*.yaml"))]


def test_reads_what_is_written_to_the_digit() -> None:
    policy = read_policy(GOOD)
    assert policy.gates[0].limit == "0.90"  # type: ignore[attr-defined]
    assert policy.metrics == {"accuracy"}
    assert [(need.roles, need.count) for need in policy.needs] == [((Role.VALIDATOR,), 1)]


@pytest.mark.parametrize(
    ("before", "after", "field"),
    [
        ("policy: to-production", "policy: To Production!", "policy"),
        ("title: To Production", "", "text"),
        ("target: PRODUCTION", "target: LIVE", "applies_to.target"),
        ("tiers: [3]", "tiers: [5]", "applies_to.tiers.0"),
        ("tiers: [3]", "tiers: []", "applies_to.tiers"),
        ("check: metric", "check: vibes", "gates.0"),
        ("at_least: 0.90", "at_least: high", "gates.0.at_least"),
        ("at_least: 0.90", "at_least: 0.90, at_most: 1", "gates.0"),
        ("role: VALIDATOR", "role: DEVELOPER", "sign_offs.0.role"),
        ("role: VALIDATOR", "role: VALIDATOR, count: 0", "sign_offs.0.count"),
        ("gates:", "doors:", "text"),
    ],
)
def test_a_wrong_file_names_the_place(before: str, after: str, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_policy(GOOD.replace(before, after))
    assert field in {problem.field for problem in refused.value.problems}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "just words",
        "{",
        "a: &a [1]\nb: *a",
        GOOD + "title: Twice\n",
        "policy: !!python/object/apply:os.system [true]",
        "x" * 70_000,
    ],
    ids=["empty", "list", "words", "broken", "alias", "twice", "python", "long"],
)
def test_what_is_no_policy_at_all(text: str) -> None:
    with pytest.raises(InvalidInput):
        read_policy(text)


def test_the_most_specific_wins(shipped: list[Policy]) -> None:
    chosen = policy_for(
        shipped, Subject(tier=3, kind=Kind.CLASSIFICATION, source=Stage.DRAFT, target=Stage.STAGING)
    )
    assert chosen.key == "classification-to-staging"
    plain = policy_for(
        shipped, Subject(tier=3, kind=Kind.RULES, source=Stage.DRAFT, target=Stage.STAGING)
    )
    assert plain.key == "to-staging"


def test_alike_policies_are_refused_when_they_are_loaded() -> None:
    other = read_policy(GOOD.replace("policy: to-production", "policy: another"))
    with pytest.raises(InvalidInput) as refused:
        check_unambiguous(other, [read_policy(GOOD)])
    assert refused.value.problems[0].rule == "ambiguous"
    check_unambiguous(read_policy(GOOD), [read_policy(GOOD)])  # a new version of itself


def test_the_shipped_set_is_unambiguous(shipped: list[Policy]) -> None:
    for policy in shipped:
        check_unambiguous(policy, shipped)


EVERY_MOVE = list(product(Tier, Kind, Stage, Stage))


def test_the_shipped_set_lets_nothing_into_production_unsigned(shipped: list[Policy]) -> None:
    reached = 0
    for tier, kind, source, target in EVERY_MOVE:
        try:
            policy = policy_for(
                shipped, Subject(tier=tier, kind=kind, source=source, target=target)
            )
        except NoPolicy:
            continue
        if target == Stage.PRODUCTION and source != target:
            reached += 1
            assert source == Stage.STAGING
            asked = {role for need in policy.needs for role in need.roles}
            # A model of the lowest tier is reviewed by whoever approves it.
            reviewed = set() if tier == Tier.FOUR else {Role.VALIDATOR}
            assert asked >= reviewed | {Role.APPROVER}
    assert reached == len(Tier) * len(Kind)


def test_no_policy_says_where_it_may_go(shipped: list[Policy]) -> None:
    with pytest.raises(NoPolicy, match="it may go to Archived or Staging"):
        policy_for(
            shipped, Subject(tier=3, kind=Kind.RULES, source=Stage.DRAFT, target=Stage.PRODUCTION)
        )
