"""Overrides: only by the role and number of people that the policy names, and only for a time."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from governance.accounts.models import User
from governance.accounts.rules import PermissionMissing, ProofMissing, Role
from governance.approvals.actions import propose_override, sign_override, tick_check
from governance.approvals.models import Override, PromotionRequest
from governance.approvals.queries.standing import standing_of
from governance.approvals.rules.dossier import differences
from governance.approvals.rules.duties import DutiesNotSeparated
from governance.approvals.rules.judgement import ChecksNotMet, NotNeeded
from governance.approvals.rules.overrides import NotOverridable, OverrideChanged
from governance.core.errors import InvalidInput
from governance.registry.actions import record_evaluations
from governance.registry.rules import Measurement, Source, Stage
from tests import factories as f
from tests.deciding_rules import FULL, Bench, make_bench, stage_of
from tests.factories import NOON, Cast
from tests.world import newest_entry, refused

EXPIRY = date(2026, 3, 20)


@pytest.fixture
def bench(cast: Cast) -> Bench:
    return make_bench(cast, accuracy="0.88")


def propose(request: PromotionRequest, who: User, **changed: Any) -> Override:
    said: dict[str, Any] = {
        "check_id": "metric.accuracy",
        "reason": "The old model fails since Monday.",
        "control": "Offers above 500 are looked at by hand.",
        "expires_date": EXPIRY,
        "proof": f.make_proof(who),
    }
    return propose_override(request_id=request.pk, actor=who, at=NOON, **said | changed)


def second(override: Override, who: User, *, digest: str = "") -> None:
    sign_override(
        override_id=override.pk,
        digest_seen=digest or override.digest,
        proof=f.make_proof(who),
        actor=who,
        at=NOON,
    )


def tick(bench: Bench, request: PromotionRequest) -> None:
    tick_check(
        request_id=request.pk, check_id="manual.legal-basis", holds=True, note="Filed.",
        actor=bench.cast.compliance, at=NOON,
    )  # fmt: skip


def test_a_failing_check_is_excused_by_as_many_people_as_the_policy_names(bench: Bench) -> None:
    request = bench.request()
    tick(bench, request)
    override = propose(request, bench.head)
    assert [c.id for c in bench.case(request).judgement.unmet_checks] == ["metric.accuracy"]
    assert newest_entry(bench.model.stream).verb == "override.proposed"
    second(override, bench.second_head)
    assert newest_entry(bench.model.stream).verb == "override.signed"
    case = bench.case(request)
    assert case.judgement.unmet_checks == ()
    (excused,) = case.judgement.excused_checks
    assert (excused.id, excused.excused_by) == ("metric.accuracy", override.ref)
    assert [one.ref for one in case.dossier.overrides] == [override.ref]


def test_what_was_approved_on_an_override_ends_with_it(bench: Bench) -> None:
    request = bench.request()
    tick(bench, request)
    second(propose(request, bench.head), bench.second_head)
    f.sign(request, bench.cast.validator, Role.VALIDATOR)
    f.sign(request, bench.cast.approver, Role.APPROVER)
    assert stage_of(bench.version) == Stage.PRODUCTION
    request.refresh_from_db()
    assert request.stands_until is not None
    assert request.stands_until.date() == EXPIRY
    before = standing_of(bench.version, bench.slot, at=request.stands_until)
    after = standing_of(bench.version, bench.slot, at=request.stands_until + timedelta(seconds=1))
    assert before is not None
    assert not before.has_lapsed
    assert after is not None
    assert [reason.rule for reason in after.reasons] == ["override_expired"]


def test_time_ends_an_override_and_voids_no_signature(bench: Bench) -> None:
    request = bench.request()
    tick(bench, request)
    second(propose(request, bench.head, expires_date=date(2026, 3, 10)), bench.second_head)
    f.sign(request, bench.cast.validator, Role.VALIDATOR)
    now, then = bench.case(request), bench.case(request, days=9)
    assert differences(now.dossier.text(), then.dossier.text()) == []
    assert [c.id for c in then.judgement.unmet_checks] == ["metric.accuracy"]
    assert then.judgement.stale == ()


def test_of_another_value_it_is_no_override(bench: Bench) -> None:
    request = bench.request()
    override = propose(request, bench.head)
    record_evaluations(
        version=bench.version, measurements=[Measurement(metric="accuracy", value="0.60")],
        source=Source.POSTED, actor=bench.cast.developer, at=f.later(minutes=1),
    )  # fmt: skip
    with refused(OverrideChanged):
        second(override, bench.second_head)
    assert len(bench.case(request).judgement.unmet_checks) == 2  # the manual one as well


def test_who_lets_a_check_fail_does_not_approve(cast: Cast) -> None:
    one = FULL.replace("role: HEAD_OF_MODEL_RISK, people: 2", "role: APPROVER, people: 1")
    bench = make_bench(cast, accuracy="0.88", policy=one)
    request = bench.request()
    tick(bench, request)
    propose(request, cast.approver)
    f.sign(request, cast.validator, Role.VALIDATOR)
    with refused(DutiesNotSeparated) as caught:
        f.sign(request, cast.approver, Role.APPROVER)
    assert caught.value.facts["rules"] == ["overrider_signs_not"]
    f.sign(request, cast.second_approver, Role.APPROVER)
    assert stage_of(bench.version) == Stage.PRODUCTION


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"reason": " "}, ("reason", "required")),
        ({"control": ""}, ("control", "required")),
        ({"expires_date": None}, ("expires_date", "required")),
        ({"expires_date": NOON.date()}, ("expires_date", "range")),
        ({"expires_date": NOON.date() + timedelta(days=31)}, ("expires_date", "range")),
    ],
)
def test_names_field_and_rule(
    bench: Bench, changed: dict[str, Any], problem: tuple[str, str]
) -> None:
    request = bench.request()
    with refused(InvalidInput) as caught:
        propose(request, bench.head, **changed)
    assert isinstance(caught.value, InvalidInput)
    assert [(one.field, one.rule) for one in caught.value.problems] == [problem]


@pytest.mark.parametrize("check", ["card_published", "artifacts_complete", "nothing", "manual.x"])
def test_what_passes_or_nobody_may_answer_for_is_not_overridden(bench: Bench, check: str) -> None:
    request = bench.request()
    with refused(NotOverridable):
        propose(request, bench.head, check_id=check)


def test_integrity_is_never_overridden_even_where_a_policy_says_so(cast: Cast) -> None:
    bench = make_bench(cast)
    bench.version.artifacts.all()
    request = bench.request()
    f.make_policy(cast, FULL.replace("title: To Production", "title: Again"))
    case = bench.case(request)
    assert case.policy.override_rule("artifacts_complete") is not None
    with refused(NotOverridable):
        propose(request, bench.head, check_id="artifacts_complete")


@pytest.mark.parametrize("who", ["approver", "validator", "compliance", "administrator", "owner"])
def test_others_override_nothing(bench: Bench, who: str) -> None:
    request = bench.request()
    with refused(PermissionMissing):
        propose(request, getattr(bench.cast, who))


def test_one_person_is_not_two(bench: Bench) -> None:
    override = propose(bench.request(), bench.head)
    with refused(NotNeeded):
        second(override, bench.head)


def test_a_superuser_is_nobody_special(bench: Bench) -> None:
    bench.cast.administrator.is_superuser = True
    bench.cast.administrator.save(update_fields=["is_superuser"])
    request = bench.request()
    with refused(PermissionMissing):
        propose(request, bench.cast.administrator)


def test_needs_a_proof_of_ones_own(bench: Bench) -> None:
    request = bench.request()
    with refused(ProofMissing):
        propose(request, bench.head, proof=f.make_proof(bench.second_head))


def test_nobody_approves_while_it_waits_for_the_second(bench: Bench) -> None:
    request = bench.request()
    tick(bench, request)
    propose(request, bench.head)
    with refused(ChecksNotMet):
        f.sign(request, bench.cast.validator, Role.VALIDATOR)
