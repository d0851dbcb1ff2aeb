"""Policies are proposed, signed by two and replaced; each refusal moves nothing."""

from __future__ import annotations

from typing import Any

import pytest

from governance.accounts.models import User
from governance.accounts.queries import CONSOLE
from governance.accounts.rules import PermissionMissing, ProofMissing
from governance.approvals.actions import propose_policy, sign_policy
from governance.approvals.models import PolicySignOff, PolicyVersion
from governance.approvals.queries.policies import policies_in_force
from governance.approvals.rules.duties import DutiesNotSeparated
from governance.approvals.rules.judgement import Decision, DossierChanged
from governance.approvals.rules.policies import PolicyDecided, PolicyState
from governance.audit.models import LedgerEntry
from governance.core.errors import InvalidInput
from tests import factories as f
from tests.factories import NOON, TO_PRODUCTION, TO_STAGING, Cast
from tests.world import newest_entry, nothing_moves, refused

pytestmark = pytest.mark.backend

STRICTER = TO_STAGING.replace("0.90", "0.95")


def propose(actor: Any, text: str = TO_STAGING) -> PolicyVersion:
    return propose_policy(text=text, actor=actor, at=NOON)


def sign(row: PolicyVersion, signer: User, **changed: Any) -> PolicyVersion:
    given = {
        "policy_id": row.pk, "decision": Decision.APPROVE, "digest_seen": row.digest,
        "comment": "", "proof": f.make_proof(signer), "actor": signer, "at": NOON,
    }  # fmt: skip
    return sign_policy(**(given | changed))


def states() -> dict[int, str]:
    return dict(PolicyVersion.objects.values_list("number", "state"))


@pytest.fixture
def proposed(cast: Cast) -> PolicyVersion:
    return propose(cast.administrator)


class TestProposing:
    @pytest.mark.parametrize("who", ["administrator", "compliance"])
    def test_has_no_effect_yet(self, cast: Cast, who: str) -> None:
        row = propose(getattr(cast, who))
        assert (row.number, row.state) == (1, PolicyState.PROPOSED)
        assert policies_in_force() == []
        entry = newest_entry("firm")
        assert (entry.verb, list(entry.states)) == ("policy.proposed", [row.ref])

    def test_the_shell_may(self, cast: Cast) -> None:
        assert propose(CONSOLE).proposed_by == CONSOLE.ref

    def test_the_text_that_stands_there_is_not_proposed_again(
        self, cast: Cast, proposed: PolicyVersion
    ) -> None:
        with nothing_moves():
            assert propose(cast.compliance) == proposed

    def test_a_text_that_was_superseded_can_be_proposed_again(self, cast: Cast) -> None:
        f.make_policy(cast, TO_STAGING)
        f.make_policy(cast, STRICTER)
        assert propose(cast.administrator).number == 3
        f.make_policy(cast, TO_STAGING)
        assert states() == {1: "SUPERSEDED", 2: "SUPERSEDED", 3: "IN_FORCE"}
        assert propose(cast.administrator, STRICTER).number == 4

    def test_a_text_that_was_rejected_can_be_proposed_again(
        self, cast: Cast, proposed: PolicyVersion
    ) -> None:
        sign(proposed, cast.approver, decision=Decision.REJECT, comment="Too loose.")
        assert propose(cast.administrator).number == 2

    @pytest.mark.parametrize("who", ["owner", "developer", "validator", "approver", "outsider"])
    def test_who_may_not(self, cast: Cast, who: str) -> None:
        with refused(PermissionMissing):
            propose(getattr(cast, who))

    def test_a_wrong_text(self, cast: Cast) -> None:
        with refused(InvalidInput):
            propose(cast.administrator, "policy: to-staging")

    def test_two_that_apply_alike(self, cast: Cast) -> None:
        f.make_policy(cast, TO_STAGING)
        with refused(InvalidInput):
            propose(cast.administrator, STRICTER.replace("policy: to-staging", "policy: other"))


class TestSigning:
    def test_the_second_signature_puts_it_in_force(
        self, cast: Cast, proposed: PolicyVersion
    ) -> None:
        sign(proposed, cast.approver)
        assert (states(), newest_entry("firm").verb) == ({1: "PROPOSED"}, "policy.signed")
        sign(proposed, cast.compliance)
        assert (states(), newest_entry("firm").verb) == ({1: "IN_FORCE"}, "policy.enacted")
        assert [policy.key for policy in policies_in_force()] == ["to-staging"]

    def test_the_one_before_ends_in_the_same_entry(self, cast: Cast) -> None:
        before = f.make_policy(cast, TO_STAGING)
        after = f.make_policy(cast, STRICTER)
        assert states() == {1: "SUPERSEDED", 2: "IN_FORCE"}
        assert {before.ref, after.ref} <= newest_entry("firm").states.keys()

    def test_one_rejection_ends_it(self, cast: Cast, proposed: PolicyVersion) -> None:
        sign(proposed, cast.approver)
        sign(proposed, cast.compliance, decision=Decision.REJECT, comment="Too loose.")
        assert (states(), newest_entry("firm").verb) == ({1: "REJECTED"}, "policy.rejected")
        with refused(PolicyDecided):
            sign(proposed, cast.second_approver)

    def test_another_text_than_was_read(self, cast: Cast, proposed: PolicyVersion) -> None:
        with refused(DossierChanged):
            sign(proposed, cast.approver, digest_seen="0" * 64)

    @pytest.mark.parametrize(
        "wrong", [{"decision": Decision.REJECT, "comment": " "}, {"decision": Decision.RETURN}]
    )
    def test_a_wrong_decision(
        self, cast: Cast, proposed: PolicyVersion, wrong: dict[str, Any]
    ) -> None:
        with refused(InvalidInput):
            sign(proposed, cast.approver, **wrong)

    def test_not_by_who_proposed_it(self, cast: Cast) -> None:
        row = propose(cast.compliance)
        with refused(DutiesNotSeparated):
            sign(row, cast.compliance)

    def test_nobody_signs_twice(self, cast: Cast, proposed: PolicyVersion) -> None:
        sign(proposed, cast.approver)
        with refused(DutiesNotSeparated):
            sign(proposed, cast.approver)

    def test_another_persons_password(self, cast: Cast, proposed: PolicyVersion) -> None:
        with refused(ProofMissing):
            sign(proposed, cast.approver, proof=f.make_proof(cast.compliance))

    @pytest.mark.parametrize("who", ["owner", "developer", "validator", "administrator"])
    def test_who_may_not(self, cast: Cast, proposed: PolicyVersion, who: str) -> None:
        with refused(PermissionMissing):
            sign(proposed, getattr(cast, who))

    def test_what_became_ambiguous_meanwhile_takes_no_effect(self, cast: Cast) -> None:
        """Both were alone when they were proposed; the second to come into force is not."""
        first = propose(cast.administrator)
        second = propose(
            cast.administrator, STRICTER.replace("policy: to-staging", "policy: other")
        )
        for signer in (cast.approver, cast.compliance):
            sign(first, signer)
        sign(second, cast.approver)
        with refused(InvalidInput):
            sign(second, cast.compliance)
        assert [policy.key for policy in policies_in_force()] == ["to-staging"]


def test_each_act_is_one_entry(cast: Cast) -> None:
    known = LedgerEntry.objects.of_stream("firm").count()
    f.make_policy(cast, TO_PRODUCTION)
    entries = LedgerEntry.objects.of_stream("firm").order_by("seq")[known:]
    assert [entry.verb for entry in entries] == [
        "policy.proposed", "policy.signed", "policy.enacted",
    ]  # fmt: skip
    assert PolicySignOff.objects.count() == 2
