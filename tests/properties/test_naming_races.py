"""Many who want one name, one number or one rule at once: one has it, and the others are told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from governance.accounts.actions import create_service_account, create_unit, create_user
from governance.accounts.queries import CONSOLE
from governance.approvals.actions import propose_policy, sign_policy
from governance.approvals.models import PolicyVersion
from governance.approvals.queries.policies import policies_in_force
from governance.approvals.rules.judgement import Decision
from governance.audit.verification import verify
from governance.core.errors import InvalidInput
from governance.inventory.actions import create_model
from tests import factories as f
from tests.properties.test_races import at_once

pytestmark = [pytest.mark.backend, pytest.mark.django_db(transaction=True)]

THREADS = 8


@pytest.fixture
def cast() -> f.Cast:
    return f.make_cast()


def a_model(cast: f.Cast) -> Any:
    return create_model(name="churn", unit=cast.unit, actor=cast.owner, at=f.NOON)


def a_unit(cast: f.Cast) -> Any:
    return create_unit(path="bank/markets", name="Markets", actor=CONSOLE, at=f.NOON)


def a_person(cast: f.Cast) -> Any:
    return create_user(
        email="new@bank.example", name="New", password=f.PASSWORD, unit=cast.unit,
        actor=CONSOLE, at=f.NOON,
    )  # fmt: skip


def a_pipeline(cast: f.Cast) -> Any:
    return create_service_account(
        name="nightly", unit=cast.unit, responsible=cast.developer, actor=CONSOLE, at=f.NOON
    )


@pytest.mark.parametrize("create", [a_model, a_unit, a_person, a_pipeline])
def test_one_name_has_one_holder(cast: f.Cast, create: Callable[[f.Cast], Any]) -> None:
    answers = at_once(lambda _: create(cast), THREADS)
    told = [answer for answer in answers if isinstance(answer, InvalidInput)]
    assert len(told) == THREADS - 1, answers
    assert {problem.rule for error in told for problem in error.problems} == {"unique"}
    assert verify().intact


def test_first_proposals_of_one_policy_get_a_number_each(cast: f.Cast) -> None:
    texts = [f.TO_STAGING.replace("0.90", f"0.9{index}") for index in range(THREADS)]
    at_once(lambda i: propose_policy(text=texts[i], actor=cast.compliance, at=f.NOON), THREADS)
    numbers = PolicyVersion.objects.order_by("number").values_list("number", flat=True)
    assert list(numbers) == list(range(1, THREADS + 1))
    assert verify().intact


def test_of_two_first_policies_for_the_same_moves_one_takes_effect(cast: f.Cast) -> None:
    rows = [
        propose_policy(
            text=f.TO_STAGING.replace("policy: to-staging", f"policy: {key}"),
            actor=cast.administrator,
            at=f.NOON,
        )
        for key in ("one", "other")
    ]

    def sign(row: PolicyVersion, signer: Any) -> Any:
        return sign_policy(
            policy_id=row.pk, decision=Decision.APPROVE, digest_seen=row.digest, comment="",
            proof=f.make_proof(signer), actor=signer, at=f.NOON,
        )  # fmt: skip

    for row in rows:
        sign(row, cast.approver)
    answers = at_once(lambda i: sign(rows[i], cast.compliance), 2)
    assert sum(isinstance(answer, InvalidInput) for answer in answers) == 1, answers
    assert len(policies_in_force()) == 1
    assert verify().intact
