"""Separation of duties as a full product: what a person has been × the role they would sign in."""

from __future__ import annotations

from dataclasses import replace

import pytest

from governance.accounts.rules import SIGNING_ROLES, Role
from governance.approvals.rules.duties import Duties, bars
from governance.inventory.rules import Capacity

ME = "user:me"
NOTHING = Duties(model_name="churn", version_number=2)
PARTS = {
    "nothing": (NOTHING, set()),
    "owner": (
        replace(NOTHING, builders={ME: frozenset({Capacity.OWNER})}),
        {"owner_signs_not"},
    ),
    "developer": (
        replace(NOTHING, builders={ME: frozenset({Capacity.DEVELOPER})}),
        {"developer_signs_not"},
    ),
    "registrant": (replace(NOTHING, registered_by=ME), {"registrant_signs_not"}),
    "committer": (replace(NOTHING, committed_by=ME), {"committer_signs_not"}),
    "card editor": (
        replace(NOTHING, card_edited_by=frozenset({ME, "user:x"})),
        {"card_editor_signs_not"},
    ),
    "requester": (replace(NOTHING, requested_by=ME), {"requester_signs_not"}),
    "signer": (replace(NOTHING, signed_by=frozenset({ME})), {"nobody_signs_twice"}),
    "somebody else did it all": (
        Duties(
            model_name="churn", version_number=2, registered_by="user:x", requested_by="user:x",
            builders={"user:x": frozenset(Capacity)}, signed_by=frozenset({"user:x"}),
            validated_by=frozenset({"user:y"}), committed_by="user:x",
            card_edited_by=frozenset({"user:x"}),
        ),
        set(),
    ),
    "the requester validated": (
        replace(NOTHING, requested_by="user:x", validated_by=frozenset({"user:x"})),
        {"validator_asks_not"},
    ),
}  # fmt: skip
SIGNING = [*SIGNING_ROLES]


@pytest.mark.parametrize("role", SIGNING)
@pytest.mark.parametrize("part", PARTS)
def test_what_bars_whom(part: str, role: Role) -> None:
    duties, expected = PARTS[part]
    assert {bar.rule for bar in bars(ME, duties, role=role)} == expected


@pytest.mark.parametrize("role", SIGNING)
@pytest.mark.parametrize("allowed", [False, True])
def test_the_validator_signs_as_validator_and_as_nothing_else(role: Role, allowed: bool) -> None:
    duties = replace(NOTHING, validated_by=frozenset({ME}), validator_may_approve=allowed)
    barred = role != Role.VALIDATOR and not allowed
    expected = {"validator_approves_not"} if barred else set()
    assert {bar.rule for bar in bars(ME, duties, role=role)} == expected


def test_every_reason_is_given_at_once() -> None:
    duties = Duties(
        model_name="churn", version_number=2, registered_by=ME, requested_by=ME,
        builders={ME: frozenset(Capacity)}, validated_by=frozenset({ME}),
        signed_by=frozenset({ME}), committed_by=ME, card_edited_by=frozenset({ME}),
    )  # fmt: skip
    assert len(bars(ME, duties, role=Role.APPROVER)) == 9
