"""What people do about a request besides signing it, on pages."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from governance.accounts.models import Delegation, User
from governance.accounts.rules import Role
from governance.approvals.actions import ask_in_emergency, tick_check
from governance.approvals.models import (
    Condition,
    Override,
    OverrideSignOff,
    PromotionRequest,
    SignOff,
    Tick,
)
from governance.registry.models import VersionComment
from governance.registry.rules import Move, Stage
from tests import factories as f
from tests.deciding_rules import Bench, make_bench, stage_of
from tests.factories import NOON, PASSWORD, Cast
from tests.http.portal.deciding import (
    carried,
    everybody_signs_in,
    hidden,
    post,
    read,
    sign_on_page,
    signed_in,
)
from tests.world import nothing_moves

CHECK = "manual.legal-basis"


def days_ahead(days: int) -> date:
    """A day that is some days ahead, for pages that ask the clock."""
    return timezone.now().date() + timedelta(days=days)


PROPOSED = {
    "reason": "The old one fails.",
    "control": "Looked at by hand.",
    "expires_date": "2027-01-01",
    "password": PASSWORD,
}


@pytest.fixture(autouse=True)
def _at_their_desks(cast: Cast) -> None:
    everybody_signs_in(cast)


def bench_of(cast: Cast, **changed: str) -> Bench:
    bench = make_bench(cast, **changed)
    for person in (bench.head, bench.second_head):
        signed_in(person)
    return bench


@pytest.fixture
def bench(cast: Cast) -> Bench:
    return bench_of(cast)


def ready(bench: Bench) -> PromotionRequest:
    request = bench.request()
    tick_check(
        request_id=request.pk, check_id=CHECK, holds=True, note="Filed.",
        actor=bench.cast.auditor, at=NOON,
    )  # fmt: skip
    return request


class TestManualChecks:
    def test_is_looked_at_from_the_decision(self, bench: Bench) -> None:
        request, who = bench.request(), bench.cast.compliance
        page = read(who, f"/decisions/{request.pk}/")
        address = f"/decisions/{request.pk}/checks/{CHECK}/"
        assert address in page
        assert "The legal basis of the data is on file." in read(who, address)
        answer = post(who, address, holds="yes", note="Contract 12, page 3.")
        assert answer.status_code == 302
        row = Tick.objects.get()
        assert (row.holds, str(row.note), row.ticked_by) == (True, "Contract 12, page 3.", who)
        assert "Contract 12, page 3." in read(who, f"/decisions/{request.pk}/")

    def test_stands_in_the_inbox_of_whose_it_is(self, bench: Bench) -> None:
        bench.request()
        assert "Look at “Legal basis” for" in read(bench.cast.compliance, "/")
        assert "Look at “Legal basis” for" not in read(bench.cast.approver, "/")

    def test_what_was_typed_comes_back(self, bench: Bench) -> None:
        request = bench.request()
        with nothing_moves():
            answer = post(
                bench.cast.compliance, f"/decisions/{request.pk}/checks/{CHECK}/", note="Filed."
            )
        assert answer.status_code == 422
        assert "Say whether it holds." in answer.content.decode()
        assert "Filed." in answer.content.decode()

    def test_others_are_refused(self, bench: Bench) -> None:
        request = bench.request()
        with nothing_moves(entries=["call.refused"]):
            answer = post(
                bench.cast.approver, f"/decisions/{request.pk}/checks/{CHECK}/", holds="yes",
                note="So.",
            )  # fmt: skip
        assert answer.status_code == 403


class TestOverrides:
    def propose(self, bench: Bench, request: PromotionRequest, who: User, **changed: str) -> Any:
        address = f"/decisions/{request.pk}/checks/metric.accuracy/override/"
        return post(who, address, **PROPOSED | changed)

    def test_two_people_sign_what_one_proposed(self, cast: Cast) -> None:
        bench = bench_of(cast, accuracy="0.88")
        request = ready(bench)
        head, other = bench.head, bench.second_head
        address = f"/decisions/{request.pk}/checks/metric.accuracy/override/"
        assert address in read(head, f"/decisions/{request.pk}/")
        later = days_ahead(20).isoformat()
        answer = self.propose(bench, request, head, expires_date=later)
        assert answer.status_code == 302, answer.content.decode()
        row = Override.objects.get()
        assert "Sign or leave the override of “Accuracy” for" in read(other, "/")
        signing = f"/decisions/{request.pk}/overrides/{row.pk}/"
        page = read(other, signing)
        assert "Looked at by hand." in page
        answer = post(other, signing, digest=hidden(page, "digest"), password=PASSWORD)
        assert answer.status_code == 302
        assert OverrideSignOff.objects.count() == 2
        shown = read(cast.approver, f"/decisions/{request.pk}/")
        assert "Overridden" in shown
        assert "The old one fails." in shown
        assert "1 failing check to judge" in shown

    def test_a_wrong_password_signs_nothing_and_keeps_what_was_typed(self, cast: Cast) -> None:
        bench = bench_of(cast, accuracy="0.88")
        request = bench.request()
        with nothing_moves(entries=["call.refused"]):
            answer = self.propose(bench, request, bench.head, password="guess")
        assert answer.status_code == 403
        assert "Looked at by hand." in answer.content.decode()

    def test_too_long_a_time_is_said_at_the_field(self, cast: Cast) -> None:
        bench = bench_of(cast, accuracy="0.88")
        request = bench.request()
        with nothing_moves():
            answer = self.propose(bench, request, bench.head, expires_date="2099-01-01")
        assert answer.status_code == 422
        assert "and no later than" in answer.content.decode()

    def test_who_may_not_is_told_who_may(self, cast: Cast) -> None:
        bench = bench_of(cast, accuracy="0.88")
        request = bench.request()
        page = read(cast.approver, f"/decisions/{request.pk}/")
        assert "two heads of model risk can let it fail" in page
        assert f"/decisions/{request.pk}/checks/metric.accuracy/override/" not in page
        with nothing_moves(entries=["call.refused"]):
            assert self.propose(bench, request, cast.approver).status_code == 403


class TestConditions:
    def rows(self, bench: Bench, **changed: str) -> dict[str, str]:
        rows = {
            "conditions-TOTAL_FORMS": "3",
            "conditions-INITIAL_FORMS": "0",
            "conditions-0-text": "Watch the youngest.",
            "conditions-0-owner": bench.cast.owner.ref,
            "conditions-0-due_date": "2099-01-01",
            "conditions-0-severity": "LOW",
        }
        for index in (1, 2):
            rows |= {
                f"conditions-{index}-text": "",
                f"conditions-{index}-owner": bench.cast.owner.ref,
                f"conditions-{index}-severity": "MEDIUM",
            }
        return rows | changed

    def sign(self, bench: Bench, request: PromotionRequest, **changed: str) -> Any:
        who = bench.cast.validator
        seen = carried(who, request)
        first = post(
            who, f"/decisions/{request.pk}/sign/", decision="CONDITIONS", role="VALIDATOR",
            seen=seen,
        )  # fmt: skip
        assert "Condition 3" in first.content.decode()
        return post(
            who, f"/decisions/{request.pk}/sign/", step="sign", decision="CONDITIONS",
            role="VALIDATOR", seen=seen, password=PASSWORD,
            **{"comment": "Fit if done."} | self.rows(bench) | changed,
        )  # fmt: skip

    def test_are_kept_with_the_signature(self, bench: Bench) -> None:
        request = ready(bench)
        answer = self.sign(bench, request)
        assert answer.status_code == 302, answer.content.decode()
        row = Condition.objects.get()
        assert (str(row.text), row.owner, row.severity) == (
            "Watch the youngest.", bench.cast.owner, "LOW",
        )  # fmt: skip
        assert SignOff.objects.get().decision == "APPROVE"

    @pytest.mark.parametrize(
        ("changed", "said"),
        [
            ({"conditions-0-due_date": ""}, "Say by when it must be done."),
            ({"conditions-0-due_date": "2020-01-01"}, "Enter a date after"),
            ({"conditions-0-text": "", "conditions-0-due_date": ""}, "Name at least one"),
            ({"comment": ""}, "Say why. It is printed in the evidence."),
        ],
    )
    def test_what_is_wrong_is_said_and_nothing_is_lost(
        self, bench: Bench, changed: dict[str, str], said: str
    ) -> None:
        request = ready(bench)
        with nothing_moves():
            answer = self.sign(bench, request, **changed)
        page = answer.content.decode()
        assert answer.status_code == 422
        assert said in page
        assert ("Watch the youngest." in page) == ("conditions-0-text" not in changed)


class TestEmergencies:
    def test_is_asked_for_with_a_reason_and_says_so(self, bench: Bench) -> None:
        version, who = bench.version, bench.cast.developer
        f.ask(bench.cast, version, Stage.STAGING)
        address = f"/models/churn-model/versions/{version.number}/emergency/"
        assert address in read(who, f"/models/churn-model/versions/{version.number}/")
        assert "two approvers" in read(who, address)
        with nothing_moves():
            assert post(who, address, reason=" ").status_code == 422
        assert post(who, address, reason="Fraud wave.").status_code == 302
        request = PromotionRequest.objects.get(move=Move.EMERGENCY)
        page = read(bench.cast.approver, f"/decisions/{request.pk}/")
        assert "Fraud wave." in page
        assert "Set aside" in page

    def test_who_may_not_ask_is_not_offered_it(self, bench: Bench) -> None:
        f.ask(bench.cast, bench.version, Stage.STAGING)
        page = read(bench.cast.validator, "/models/churn-model/versions/1/")
        assert "emergency" not in page

    def test_what_lapsed_says_so_wherever_it_is_and_can_be_confirmed(self, bench: Bench) -> None:
        cast, version = bench.cast, bench.version
        f.ask(cast, version, Stage.STAGING)
        version.refresh_from_db()
        request = ask_in_emergency(
            version=version, slot=None, reason="Fraud.", actor=cast.developer, at=NOON
        ).request
        assert request is not None
        f.sign(request, cast.approver, Role.APPROVER)
        f.sign(request, cast.second_approver, Role.APPROVER)
        assert stage_of(version) == Stage.PRODUCTION
        said = "The approval of version 1 in primary has lapsed."
        slot = f"/models/churn-model/slots/{bench.slot.pk}/"
        for page in ("/models/churn-model/", "/models/churn-model/versions/1/", slot):
            assert said in read(cast.owner, page)
        assert "Approval lapsed" in read(cast.owner, "/live/")
        assert "Confirm, replace or retire version 1" in read(cast.owner, "/")
        assert post(cast.owner, f"{slot}confirm/").status_code == 302
        assert PromotionRequest.objects.filter(move=Move.CONFIRMED).count() == 1
        assert "Version 1 of churn-model to stay in primary" in read(cast.owner, "/decisions/")


class TestLentSeats:
    def lend(self, cast: Cast, **changed: str) -> Any:
        grant = cast.approver.grants.get()
        said = {
            "seat": str(grant.pk), "deputy": str(cast.outsider.pk), "starts": "2026-11-01",
            "ends": days_ahead(10).isoformat(), "reason": "On leave.",
        }  # fmt: skip
        return post(cast.approver, "/delegations/", **said | changed)

    def test_is_lent_and_taken_back(self, cast: Cast) -> None:
        assert self.lend(cast).status_code == 302
        row = Delegation.objects.get()
        assert "Otto Outsider signs for you" in read(cast.approver, "/delegations/")
        assert "You sign for Arno Approver" in read(cast.outsider, "/delegations/")
        assert post(cast.outsider, f"/delegations/{row.pk}/end/").status_code == 302
        assert "Ended" in read(cast.approver, "/delegations/")

    def test_what_is_wrong_is_said_at_the_field(self, cast: Cast) -> None:
        with nothing_moves():
            answer = self.lend(cast, ends="2020-01-01")
        assert answer.status_code == 422
        assert "Enter an end that is after the start" in answer.content.decode()
        with nothing_moves(entries=["call.refused"]):
            answer = self.lend(cast, deputy=str(cast.owner.pk))
        assert answer.status_code == 403
        assert "On leave." in answer.content.decode()

    def test_of_others_one_knows_nothing(self, cast: Cast) -> None:
        self.lend(cast)
        row = Delegation.objects.get()
        assert post(cast.auditor, f"/delegations/{row.pk}/end/").status_code == 404

    def test_the_deputy_decides_on_the_page_in_the_others_name(self, bench: Bench) -> None:
        cast = bench.cast
        self.lend(cast)
        request = ready(bench)
        f.sign(request, cast.validator, Role.VALIDATOR, at=timezone.now())
        assert "You sign for Arno Approver, approver." in read(cast.outsider, "/")
        seen = carried(cast.outsider, request)
        assert "for Arno Approver" in read(cast.outsider, f"/decisions/{request.pk}/sign/")
        assert sign_on_page(cast.outsider, request, role="APPROVER", seen=seen).status_code == 302
        assert stage_of(bench.version) == Stage.PRODUCTION


class TestTheConversation:
    def test_is_one_list_with_a_form(self, bench: Bench) -> None:
        request, who = ready(bench), bench.cast.validator
        address = f"/decisions/{request.pk}/comments/"
        assert post(who, address, comment="Is the youngest slice thin?").status_code == 302
        assert str(VersionComment.objects.get().body) == "Is the youngest slice thin?"
        page = read(bench.cast.approver, f"/decisions/{request.pk}/")
        assert "asked for Production" in page
        for said in ("Is the youngest slice thin?", "legal basis", "Filed."):
            assert said in page

    def test_nothing_said_is_said_so(self, bench: Bench) -> None:
        request = ready(bench)
        with nothing_moves():
            answer = post(bench.cast.validator, f"/decisions/{request.pk}/comments/", comment="")
        assert answer.status_code == 422
        assert "Write a comment." in answer.content.decode()


class TestWhoseTurnItIs:
    def test_who_signs_later_is_told_who_is_first(self, bench: Bench) -> None:
        request = ready(bench)
        page = read(bench.cast.approver, f"/decisions/{request.pk}/")
        assert "Others sign before you." in page
        assert 'value="APPROVE"' not in page
        assert "1 signature as validator" in read(bench.cast.approver, "/decisions/")

    def test_what_waits_too_long_is_seen_by_whom_it_concerns(self, bench: Bench) -> None:
        ready(bench)  # asked for in March; the policy tells the head after five days
        assert "See that somebody decides on" in read(bench.head, "/")
        assert "See that somebody decides on" not in read(bench.cast.compliance, "/")
