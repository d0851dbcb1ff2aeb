"""Order, quorum, deputies, conditions, and how long a signature counts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from governance.accounts.actions import end_delegation, end_role, give_delegation
from governance.accounts.models import Delegation, User
from governance.accounts.rules import (
    DelegationOver,
    NotYourDelegation,
    PermissionMissing,
    Role,
    UnfitDeputy,
)
from governance.approvals.actions import sign_off, tick_check, withdraw
from governance.approvals.models import Condition, PromotionRequest, SignOff
from governance.approvals.queries.chairs import chairs, waiting_for
from governance.approvals.queries.standing import standing_of
from governance.approvals.rules.conditions import ConditionDraft
from governance.approvals.rules.duties import DutiesNotSeparated
from governance.approvals.rules.judgement import Decision, NotNeeded, NotYourTurn
from governance.core.errors import InvalidInput
from governance.registry.rules import Stage
from governance.validation.actions.findings import close_finding
from governance.validation.models import Finding
from tests import factories as f
from tests.deciding_rules import FULL, Bench, make_bench, stage_of
from tests.factories import NOON, Cast
from tests.world import newest_entry, refused

QUORUM = FULL.replace(
    """  - {role: VALIDATOR, step: 1, meaning: "I find this version fit for the stated use."}
  - {role: APPROVER, step: 2, meaning: "I approve this version for the stated use."}
""",
    """  - any_of: [VALIDATOR, APPROVER, COMPLIANCE]
    count: 2
    meaning: I agree that this version serves the stated use.
""",
)
DUE = date(2026, 4, 1)


@pytest.fixture
def bench(cast: Cast) -> Bench:
    return make_bench(cast)


def ready(bench: Bench) -> PromotionRequest:
    request = bench.request()
    tick_check(
        request_id=request.pk, check_id="manual.legal-basis", holds=True, note="Filed.",
        actor=bench.cast.auditor, at=NOON,
    )  # fmt: skip
    return request


def lend(delegator: User, deputy: User, cast: Cast, **changed: Any) -> Delegation:
    said: dict[str, Any] = {
        "role": Role.APPROVER,
        "unit": cast.unit,
        "starts_at": NOON,
        "ends_at": f.later(days=10),
        "reason": "On leave.",
    }
    return give_delegation(deputy=deputy, actor=delegator, at=NOON, **said | changed)


class TestOrder:
    def test_who_has_a_later_step_waits(self, bench: Bench) -> None:
        request = ready(bench)
        with refused(NotYourTurn) as caught:
            f.sign(request, bench.cast.approver, Role.APPROVER)
        assert "others sign before you: validator" in caught.value.message
        assert waiting_for(bench.cast.approver, at=NOON) == []
        f.sign(request, bench.cast.validator, Role.VALIDATOR)
        assert len(waiting_for(bench.cast.approver, at=NOON)) == 1
        f.sign(request, bench.cast.approver, Role.APPROVER)
        assert stage_of(bench.version) == Stage.PRODUCTION

    def test_refusing_waits_for_nobody(self, bench: Bench) -> None:
        request = ready(bench)
        f.sign(request, bench.cast.approver, Role.APPROVER, decision=Decision.REJECT, comment="No.")
        request.refresh_from_db()
        assert request.state == "REJECTED"


class TestQuorum:
    def test_so_many_of_the_roles_and_each_role_once(self, cast: Cast) -> None:
        bench = make_bench(cast, policy=QUORUM)
        request = ready(bench)
        f.sign(request, cast.approver, Role.APPROVER)
        with refused(NotNeeded):
            f.sign(request, cast.second_approver, Role.APPROVER)
        (chair,) = chairs(bench.case(request), reader=cast.compliance, at=NOON)
        assert (chair.missing, chair.role, chair.open_to_reader) == (1, Role.COMPLIANCE, True)
        f.sign(request, cast.compliance, Role.COMPLIANCE)
        assert stage_of(bench.version) == Stage.PRODUCTION


class TestHowLongASignatureCounts:
    def test_it_is_asked_for_again_and_no_other_is(self, bench: Bench) -> None:
        request = ready(bench)
        f.sign(request, bench.cast.validator, Role.VALIDATOR)
        before, after = bench.case(request, days=13), bench.case(request, days=14)
        assert (len(before.judgement.signatures), len(after.judgement.signatures)) == (1, 0)
        assert [one.signer for one in after.judgement.expired] == [bench.cast.validator.ref]
        assert before.digest == after.digest

    def test_nobody_gives_the_same_signature_again(self, bench: Bench) -> None:
        request = ready(bench)
        f.sign(request, bench.cast.validator, Role.VALIDATOR)
        late = f.later(days=15)
        for decision in (Decision.APPROVE, Decision.REJECT):
            with refused(DutiesNotSeparated) as caught:
                f.sign(
                    request, bench.cast.validator, Role.VALIDATOR, decision=decision,
                    comment="Again.", at=late,
                )  # fmt: skip
            assert caught.value.facts["rules"] == ["nobody_signs_twice"]
        assert "counts no longer" in caught.value.message
        other = f.make_person("Vito Valid", Role.VALIDATOR, unit=bench.cast.unit)
        f.sign(request, other, Role.VALIDATOR, at=late)
        f.sign(request, bench.cast.approver, Role.APPROVER, at=late)
        assert stage_of(bench.version) == Stage.PRODUCTION

    def test_it_is_given_anew_to_a_request_asked_anew(self, bench: Bench) -> None:
        f.sign(request := ready(bench), bench.cast.validator, Role.VALIDATOR)
        late = f.later(days=15)
        withdraw(request_id=request.pk, reason="Too late.", actor=bench.cast.developer, at=late)
        anew = f.ask(bench.cast, bench.version, Stage.PRODUCTION, at=late).request
        assert anew is not None
        tick_check(
            request_id=anew.pk, check_id="manual.legal-basis", holds=True, note="Filed.",
            actor=bench.cast.auditor, at=late,
        )  # fmt: skip
        f.sign(anew, bench.cast.validator, Role.VALIDATOR, at=late)

    def test_the_change_is_judged_at_its_own_moment(self, bench: Bench) -> None:
        request = ready(bench)
        f.sign(request, bench.cast.validator, Role.VALIDATOR)
        with refused(NotYourTurn):
            f.sign(request, bench.cast.approver, Role.APPROVER, at=f.later(days=15))
        assert stage_of(bench.version) == Stage.STAGING


class TestDeputies:
    def test_signs_in_the_name_of_whom_they_stand_for(self, bench: Bench) -> None:
        cast, request = bench.cast, ready(bench)
        lend(cast.approver, cast.outsider, cast)
        f.sign(request, cast.validator, Role.VALIDATOR)
        (_, chair), *_ = waiting_for(cast.outsider, at=NOON)
        assert (chair.role, chair.in_name_of) == (Role.APPROVER, cast.approver)
        row = f.sign(request, cast.outsider, Role.APPROVER)
        assert (row.signer, row.on_behalf_of) == (cast.outsider, cast.approver)
        assert stage_of(bench.version) == Stage.PRODUCTION

    def test_two_signatures_of_one_person_are_one(self, cast: Cast) -> None:
        two = FULL.replace("role: APPROVER, step: 2", "role: APPROVER, step: 2, count: 2")
        bench = make_bench(cast, policy=two)
        request = ready(bench)
        lend(cast.approver, cast.outsider, cast)
        f.sign(request, cast.validator, Role.VALIDATOR)
        f.sign(request, cast.approver, Role.APPROVER)
        with refused(DutiesNotSeparated):
            f.sign(request, cast.outsider, Role.APPROVER)
        assert stage_of(bench.version) == Stage.STAGING

    def test_nobody_escapes_a_duty_by_lending_their_role(self, bench: Bench) -> None:
        cast, request = bench.cast, ready(bench)
        f.grant_role(
            user=cast.owner, role=Role.APPROVER, unit=cast.unit, starts_at=NOON, at=NOON,
            actor=cast.administrator,
        )  # fmt: skip
        lend(cast.owner, cast.outsider, cast)
        f.sign(request, cast.validator, Role.VALIDATOR)
        with refused(DutiesNotSeparated) as caught:
            f.sign(request, cast.outsider, Role.APPROVER)
        assert caught.value.facts["rules"] == ["owner_signs_not", "card_editor_signs_not"]

    def test_ends_with_the_delegators_own_role(self, bench: Bench) -> None:
        cast, request = bench.cast, ready(bench)
        lend(cast.approver, cast.outsider, cast)
        f.sign(request, cast.validator, Role.VALIDATOR)
        end_role(grant=cast.approver.grants.get(), actor=cast.administrator, at=NOON)
        with refused(PermissionMissing):
            f.sign(request, cast.outsider, Role.APPROVER, at=f.later(minutes=1))

    @pytest.mark.parametrize("days", [-1, 10])
    def test_holds_from_its_start_to_its_end(self, bench: Bench, days: int) -> None:
        cast, request = bench.cast, ready(bench)
        start = f.later(days=1) if days < 0 else NOON
        lend(cast.approver, cast.outsider, cast, starts_at=start)
        f.sign(request, cast.validator, Role.VALIDATOR)
        with refused(PermissionMissing):
            f.sign(request, cast.outsider, Role.APPROVER, at=f.later(days=max(days, 0)))

    def test_what_was_lent_is_not_lent_on(self, cast: Cast) -> None:
        lend(cast.approver, cast.outsider, cast)
        with refused(PermissionMissing):
            lend(cast.outsider, cast.auditor, cast)

    def test_builders_are_nobodys_deputies(self, cast: Cast) -> None:
        for builder in (cast.developer, cast.owner):
            for unit in (cast.unit, cast.root):
                with refused(UnfitDeputy):
                    lend(cast.approver, builder, cast, unit=unit)

    @pytest.mark.parametrize(
        ("changed", "problem"),
        [
            ({"reason": " "}, ("reason", "required")),
            ({"ends_at": NOON}, ("ends_at", "after_start")),
            ({"ends_at": NOON + timedelta(days=93)}, ("ends_at", "longest")),
        ],
    )
    def test_names_field_and_rule(
        self, cast: Cast, changed: dict[str, Any], problem: tuple[str, str]
    ) -> None:
        with refused(InvalidInput) as caught:
            lend(cast.approver, cast.outsider, cast, **changed)
        assert isinstance(caught.value, InvalidInput)
        assert [(one.field, one.rule) for one in caught.value.problems] == [problem]

    def test_either_ends_it_and_once(self, bench: Bench) -> None:
        cast, request = bench.cast, ready(bench)
        lent = lend(cast.approver, cast.outsider, cast)
        with refused(NotYourDelegation):
            end_delegation(delegation_id=lent.pk, actor=cast.auditor, at=NOON)
        end_delegation(delegation_id=lent.pk, actor=cast.outsider, at=NOON)
        assert newest_entry("accounts").verb == "delegation.ended"
        with refused(DelegationOver):
            end_delegation(delegation_id=lent.pk, actor=cast.approver, at=NOON)
        f.sign(request, cast.validator, Role.VALIDATOR)
        with refused(PermissionMissing):
            f.sign(request, cast.outsider, Role.APPROVER)


class TestConditions:
    def approve(
        self, bench: Bench, request: PromotionRequest, conditions: Sequence[ConditionDraft],
        comment: str = "Fit, if these are done.",
    ) -> SignOff:  # fmt: skip
        who = bench.cast.validator
        return sign_off(
            request_id=request.pk, role=Role.VALIDATOR, decision=Decision.APPROVE,
            digest_seen=bench.case(request).digest, comment=comment, conditions=conditions,
            proof=f.make_proof(who), actor=who, at=NOON,
        )  # fmt: skip

    def condition(self, bench: Bench, **changed: Any) -> ConditionDraft:
        said = {"text": "Watch the youngest.", "owner": bench.cast.owner.ref, "due_date": DUE}
        return ConditionDraft(**said | changed)  # type: ignore[arg-type]

    def test_become_findings_when_the_stage_changes_and_void_nothing_before(
        self, bench: Bench
    ) -> None:
        request = ready(bench)
        before = bench.case(request).digest
        self.approve(bench, request, [self.condition(bench)])
        assert bench.case(request).digest == before
        assert not Finding.objects.exists()
        f.sign(request, bench.cast.approver, Role.APPROVER)
        finding = Finding.objects.get()
        assert (finding.title, finding.owner, finding.due_date, finding.opened_by) == (
            "Watch the youngest.", bench.cast.owner, DUE, bench.cast.validator,
        )  # fmt: skip
        became = Condition.objects.get().became
        assert {finding.ref, became.ref} <= newest_entry(bench.model.stream).states.keys()

    def test_past_its_date_unmet_the_approval_lapses(self, bench: Bench) -> None:
        request = ready(bench)
        self.approve(bench, request, [self.condition(bench)])
        f.sign(request, bench.cast.approver, Role.APPROVER)
        on_the_day = f.later(NOON, days=30)
        late = on_the_day + timedelta(days=1)
        assert on_the_day.date() == DUE
        on_time, over = (standing_of(bench.version, bench.slot, at=at) for at in (on_the_day, late))
        assert on_time is not None
        assert not on_time.has_lapsed
        assert over is not None
        assert [reason.rule for reason in over.reasons] == ["condition_not_met"]
        close_finding(
            finding=Finding.objects.get(), reason="Done.", actor=bench.cast.validator, at=late
        )
        after = standing_of(bench.version, bench.slot, at=late)
        assert after is not None
        assert not after.has_lapsed

    def test_of_a_signature_that_went_stale_they_become_nothing(self, bench: Bench) -> None:
        request = ready(bench)
        self.approve(bench, request, [self.condition(bench)])
        f.make_report(bench.cast, bench.version, at=f.later(minutes=1))
        f.sign(request, bench.cast.validator, Role.VALIDATOR)
        f.sign(request, bench.cast.approver, Role.APPROVER)
        assert stage_of(bench.version) == Stage.PRODUCTION
        assert not Finding.objects.exists()

    def test_say_why(self, bench: Bench) -> None:
        request = ready(bench)
        with refused(InvalidInput):
            self.approve(bench, request, [self.condition(bench)], comment=" ")

    @pytest.mark.parametrize(
        ("changed", "problem"),
        [
            ({"text": " "}, ("conditions.0.text", "required")),
            ({"text": "x" * 201}, ("conditions.0.text", "length")),
            ({"owner": "user:nobody"}, ("conditions.0.owner", "choice")),
            ({"due_date": None}, ("conditions.0.due_date", "required")),
            ({"due_date": NOON.date()}, ("conditions.0.due_date", "future")),
            ({"severity": "AWFUL"}, ("conditions.0.severity", "choice")),
        ],
    )
    def test_names_field_and_rule(
        self, bench: Bench, changed: dict[str, Any], problem: tuple[str, str]
    ) -> None:
        request = ready(bench)
        with refused(InvalidInput) as caught:
            self.approve(bench, request, [self.condition(bench, **changed)])
        assert isinstance(caught.value, InvalidInput)
        assert [(one.field, one.rule) for one in caught.value.problems] == [problem]

    def test_who_refuses_sets_none(self, bench: Bench) -> None:
        request, who = ready(bench), bench.cast.validator
        with refused(InvalidInput):
            sign_off(
                request_id=request.pk, role=Role.VALIDATOR, decision=Decision.REJECT,
                digest_seen=bench.case(request).digest, comment="No.",
                conditions=[self.condition(bench)], proof=f.make_proof(who), actor=who, at=NOON,
            )  # fmt: skip
