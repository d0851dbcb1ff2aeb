"""Emergencies: two people now, the review after; and an approval that has lapsed says so."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from governance.accounts.models import User
from governance.accounts.rules import PermissionMissing, Role
from governance.approvals.actions import (
    Outcome,
    ask_in_emergency,
    ask_to_confirm,
    note_lapse,
    roll_back,
    tick_check,
)
from governance.approvals.actions.requests import Asked, NotServing
from governance.approvals.actions.rollbacks import rollback_case
from governance.approvals.models import Lapse, PromotionRequest
from governance.approvals.queries.standing import allowance_now, lapsed_unnoted, standing_of
from governance.approvals.rules.duties import DutiesNotSeparated
from governance.approvals.rules.emergencies import NoEmergency
from governance.approvals.rules.judgement import ChecksNotMet, NotNeeded
from governance.approvals.rules.standing import ApprovalLapsed
from governance.approvals.tasks import CLOCK, look_for_lapses
from governance.core.errors import InvalidInput
from governance.inventory.actions import edit_model
from governance.inventory.models import Model
from governance.jobs.models import Job
from governance.registry.rules import Move, Stage
from governance.validation.actions.findings import close_finding
from governance.validation.models import Finding
from tests import factories as f
from tests.deciding_rules import FULL, Bench, make_bench, stage_of
from tests.factories import NOON, Cast
from tests.world import newest_entry, nothing_moves, refused

WEEK = NOON + timedelta(days=7)
AFTER = WEEK + timedelta(minutes=1)


@pytest.fixture
def bench(cast: Cast) -> Bench:
    """A version in Draft that no check of its policy passes but its files'."""
    return make_bench(cast, accuracy="0.61")


def hurry(bench: Bench, *, reason: str = "Fraud wave.", actor: User | None = None) -> Asked:
    f.ask(bench.cast, bench.version, Stage.STAGING)
    bench.version.refresh_from_db()
    return ask_in_emergency(
        version=bench.version, slot=None, reason=reason, actor=actor or bench.cast.developer,
        at=NOON,
    )  # fmt: skip


def went_live(bench: Bench) -> PromotionRequest:
    request = hurry(bench).request
    assert request is not None
    f.sign(request, bench.cast.approver, Role.APPROVER)
    f.sign(request, bench.cast.second_approver, Role.APPROVER)
    request.refresh_from_db()
    return request


def rules_of(bench: Bench, at: object) -> list[str]:
    standing = standing_of(bench.version, bench.slot, at=at)  # type: ignore[arg-type]
    return [reason.rule for reason in standing.reasons] if standing else []


def test_two_people_let_it_go_live_now_and_the_review_is_a_finding(bench: Bench) -> None:
    asked = hurry(bench)
    assert asked.outcome == Outcome.OPENED
    request = asked.request
    assert request is not None
    f.sign(request, bench.cast.approver, Role.APPROVER)
    assert stage_of(bench.version) == Stage.STAGING
    f.sign(request, bench.cast.second_approver, Role.APPROVER)
    assert stage_of(bench.version) == Stage.PRODUCTION
    request.refresh_from_db()
    assert (request.move, request.stands_until) == (Move.EMERGENCY, WEEK)
    finding = Finding.objects.get(model=bench.model)
    assert (finding.severity, finding.owner, finding.due_date) == (
        "HIGH", bench.cast.owner, WEEK.date(),
    )  # fmt: skip
    entry = newest_entry(bench.model.stream)
    assert entry.verb == "version.promoted_in_emergency"
    assert {finding.ref, request.ref} <= entry.states.keys()
    assert not [word for word in map(str, entry.facts.values()) if "Fraud" in word]


def test_without_review_it_lapses_and_is_no_longer_allowed(bench: Bench) -> None:
    went_live(bench)
    assert rules_of(bench, WEEK) == []
    assert allowance_now(bench.version, slot="", digest="", at=WEEK).allowed
    assert rules_of(bench, AFTER) == ["emergency_not_confirmed"]
    answer = allowance_now(bench.version, slot="", digest="", at=AFTER)
    assert (answer.allowed, answer.rule) == (False, "approval_lapsed")
    assert "was not confirmed by 9 Mar 2026" in answer.reason


def test_a_lapse_is_put_on_record_once_and_stops_nothing_by_itself(bench: Bench) -> None:
    request = went_live(bench)
    place = (bench.version.pk, bench.slot.pk)
    assert lapsed_unnoted(at=WEEK) == []
    assert lapsed_unnoted(at=AFTER) == [place]
    (lapse,) = note_lapse(version_id=place[0], slot_id=place[1], actor=CLOCK, at=AFTER)
    assert (lapse.request, lapse.rule, lapse.since) == (
        request, "emergency_not_confirmed", WEEK,
    )  # fmt: skip
    assert newest_entry(bench.model.stream).verb == "approval.lapsed"
    titles = Finding.objects.open().values_list("title", flat=True)
    assert "The approval of version 1 in primary has lapsed" in titles
    with nothing_moves():
        assert note_lapse(version_id=place[0], slot_id=place[1], actor=CLOCK, at=AFTER) == []
    assert lapsed_unnoted(at=AFTER) == []
    assert stage_of(bench.version) == Stage.PRODUCTION


@pytest.mark.usefixtures("transactional_db")
@pytest.mark.backend
def test_the_clock_finds_it(bench: Bench) -> None:
    went_live(bench)
    look_for_lapses(timezone.now())
    job = Job.objects.get(kind="note_lapse")
    assert job.args == {"version": str(bench.version.pk), "slot": str(bench.slot.pk)}


def test_the_review_confirms_it_where_it_serves(bench: Bench) -> None:
    went_live(bench)
    f.make_card(bench.cast, bench.version)
    f.make_report(bench.cast, bench.version)
    review = Finding.objects.get(model=bench.model)
    better = FULL.replace("0.90", "0.60")
    f.make_policy(bench.cast, better)
    asked = ask_to_confirm(
        version=bench.version, slot=bench.slot, actor=bench.cast.developer, at=AFTER
    )
    request = asked.request
    assert request is not None
    tick_check(
        request_id=request.pk, check_id="manual.legal-basis", holds=True, note="Filed.",
        actor=bench.cast.compliance, at=AFTER,
    )  # fmt: skip
    with refused(ChecksNotMet):  # the review itself is a high finding until somebody closes it
        f.sign(request, bench.cast.validator, Role.VALIDATOR, at=AFTER)
    close_finding(finding=review, reason="Reviewed.", actor=bench.cast.validator, at=AFTER)
    f.sign(request, bench.cast.validator, Role.VALIDATOR, at=AFTER)
    f.sign(request, bench.cast.approver, Role.APPROVER, at=AFTER)
    assert newest_entry(bench.model.stream).verb == "version.confirmed"
    assert rules_of(bench, AFTER) == []
    assert bench.version.stage_changes.count() == 2  # to Staging and to Production, no third


def test_integrity_is_asked_for_even_then(cast: Cast) -> None:
    bench = make_bench(cast)
    record = f.edited_record(bench.model, ai_act_class="PROHIBITED", ai_act_reason="Scores people.")
    request = hurry(bench).request
    assert request is not None
    edit_model(model=bench.model, record=record, actor=cast.owner, at=NOON)
    unmet = [check.id for check in bench.case(request).judgement.unmet_checks]
    assert unmet == ["not_prohibited"]
    with refused(ChecksNotMet):
        f.sign(request, cast.approver, Role.APPROVER)


def test_a_prohibited_practice_lapses_at_once(cast: Cast) -> None:
    bench = make_bench(cast)
    went_live(bench)
    record = f.edited_record(bench.model, ai_act_class="PROHIBITED", ai_act_reason="Scores people.")
    edit_model(model=bench.model, record=record, actor=cast.owner, at=NOON)
    assert rules_of(bench, NOON) == ["not_prohibited"]


def test_one_person_is_not_two(bench: Bench) -> None:
    request = hurry(bench).request
    assert request is not None
    f.sign(request, bench.cast.approver, Role.APPROVER)
    with refused(DutiesNotSeparated):
        f.sign(request, bench.cast.approver, Role.APPROVER)


@pytest.mark.parametrize("who", ["validator", "compliance"])
def test_only_the_role_of_emergencies_signs(bench: Bench, who: str) -> None:
    request = hurry(bench).request
    assert request is not None
    signer = getattr(bench.cast, who)
    with refused(NotNeeded):
        f.sign(request, signer, Role[signer.grants.get().role])


def test_says_what_the_emergency_is(bench: Bench) -> None:
    f.ask(bench.cast, bench.version, Stage.STAGING)
    with refused(InvalidInput):
        hurry(bench, reason="  ")


def test_who_may_not_ask_asks_for_no_emergency_either(bench: Bench) -> None:
    f.ask(bench.cast, bench.version, Stage.STAGING)
    with refused(PermissionMissing):
        hurry(bench, actor=bench.cast.administrator)


def test_a_policy_that_knows_none_lets_nothing_hurry(cast: Cast) -> None:
    bench = make_bench(cast, policy=f.TO_PRODUCTION)
    f.ask(cast, bench.version, Stage.STAGING)
    with refused(NoEmergency):
        hurry(bench)


def test_only_what_serves_is_confirmed(bench: Bench) -> None:
    f.ask(bench.cast, bench.version, Stage.STAGING)
    with refused(NotServing):
        ask_to_confirm(version=bench.version, slot=bench.slot, actor=bench.cast.developer, at=NOON)


def test_nothing_returns_on_an_approval_that_has_lapsed(cast: Cast) -> None:
    bench = make_bench(cast)
    went_live(bench)
    successor = f.make_version(cast, Model.objects.get(), artifact="b" * 64)
    f.ask(cast, successor, Stage.STAGING)
    successor.refresh_from_db()
    request = ask_in_emergency(
        version=successor, slot=None, reason="Worse.", actor=cast.developer, at=NOON
    ).request
    assert request is not None
    for signer in (cast.approver, cast.second_approver):
        f.sign(request, signer, Role.APPROVER)
    seen = rollback_case(bench.slot, at=NOON).digest
    with refused(ApprovalLapsed):
        roll_back(
            slot=bench.slot, digest_seen=seen, reason="It fails.", actor=cast.approver,
            proof=f.make_proof(cast.approver, at=AFTER), at=AFTER,
        )  # fmt: skip
    roll_back(
        slot=bench.slot, digest_seen=seen, reason="It fails.", actor=cast.approver,
        proof=f.make_proof(cast.approver), at=NOON,
    )  # fmt: skip
    returned = PromotionRequest.objects.get(move=Move.ROLLED_BACK)
    assert returned.stands_until == WEEK  # no longer than what it rests on
    assert Lapse.objects.count() == 0
