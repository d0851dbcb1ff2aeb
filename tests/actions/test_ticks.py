"""Manual checks: who may tick them, and that an unticked one stands against everything."""

from __future__ import annotations

import pytest

from governance.accounts.models import User
from governance.accounts.rules import PermissionMissing, Role
from governance.approvals.actions import tick_check, withdraw
from governance.approvals.models import PromotionRequest, Tick
from governance.approvals.rules.duties import DutiesNotSeparated
from governance.approvals.rules.gates import Outcome
from governance.approvals.rules.judgement import ChecksNotMet, RequestClosed
from governance.approvals.rules.manual import NoSuchCheck
from governance.core.errors import InvalidInput
from tests import factories as f
from tests.deciding_rules import FULL, Bench, make_bench
from tests.factories import NOON, Cast
from tests.world import newest_entry, refused

CHECK = "manual.legal-basis"


@pytest.fixture
def bench(cast: Cast) -> Bench:
    return make_bench(cast)


def tick(
    request: PromotionRequest,
    who: User,
    *,
    holds: bool = True,
    note: str = "On file.",
    check: str = CHECK,
    minutes: int = 0,
) -> Tick:
    return tick_check(
        request_id=request.pk, check_id=check, holds=holds, note=note, actor=who,
        at=f.later(minutes=minutes),
    )  # fmt: skip


def outcome(bench: Bench, request: PromotionRequest) -> Outcome:
    checks = {check.id: check for check in bench.case(request).judgement.checks}
    return checks[CHECK].outcome


def test_the_newest_counts(bench: Bench) -> None:
    request, who = bench.request(), bench.cast.compliance
    assert outcome(bench, request) == Outcome.NOT_SHOWN
    with refused(ChecksNotMet):
        f.sign(request, bench.cast.validator, Role.VALIDATOR)
    row = tick(request, who)
    entry = newest_entry(bench.model.stream)
    assert (entry.verb, entry.facts["check"], entry.facts["holds"]) == ("check.ticked", CHECK, True)
    assert row.ref in entry.states
    assert outcome(bench, request) == Outcome.PASS
    tick(request, who, holds=False, minutes=1)
    assert outcome(bench, request) == Outcome.FAIL


def test_taking_a_tick_back_makes_signatures_stale(bench: Bench) -> None:
    request = bench.request()
    tick(request, bench.cast.compliance)
    f.sign(request, bench.cast.validator, Role.VALIDATOR)
    tick(request, bench.cast.auditor, holds=False, minutes=1)
    assert len(bench.case(request).judgement.stale) == 1


@pytest.mark.parametrize("who", ["approver", "validator", "developer", "owner", "administrator"])
def test_is_for_the_role_that_the_policy_names(bench: Bench, who: str) -> None:
    request = bench.request()
    with refused(PermissionMissing):
        tick(request, getattr(bench.cast, who))


def test_who_built_it_looks_at_nothing_that_is_for_those_who_sign(bench: Bench) -> None:
    builder = bench.cast.developer
    f.grant_role(
        user=builder, role=Role.COMPLIANCE, unit=bench.cast.unit, starts_at=NOON, at=NOON,
        actor=bench.cast.administrator,
    )  # fmt: skip
    request = bench.request()
    with refused(DutiesNotSeparated):
        tick(request, builder)


def test_a_builder_may_be_asked_where_the_policy_asks_builders(cast: Cast) -> None:
    bench = make_bench(cast, policy=FULL.replace("role: COMPLIANCE}", "role: DEVELOPER}"))
    request = bench.request()
    tick(request, cast.developer)
    assert outcome(bench, request) == Outcome.PASS


def test_says_what_was_looked_at(bench: Bench) -> None:
    request = bench.request()
    with refused(InvalidInput):
        tick(request, bench.cast.compliance, note=" ")


def test_there_is_no_such_check(bench: Bench) -> None:
    request = bench.request()
    for check in ("legal-basis", "card_published", "manual.other"):
        with refused(NoSuchCheck):
            tick(request, bench.cast.compliance, check=check)


def test_not_once_it_is_closed(bench: Bench) -> None:
    request = bench.request()
    withdraw(request_id=request.pk, reason="No.", actor=bench.cast.developer, at=NOON)
    with refused(RequestClosed):
        tick(request, bench.cast.compliance)
