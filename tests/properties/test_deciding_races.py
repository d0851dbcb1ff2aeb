"""Two at once around one decision: the order may be either, and nothing falls in between."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest

from governance.accounts.actions import end_delegation, give_delegation
from governance.accounts.models import User
from governance.accounts.rules import PermissionMissing, Role
from governance.approvals.actions import (
    ask_in_emergency,
    note_lapse,
    propose_override,
    propose_policy,
    sign_override,
    sign_policy,
    tick_check,
)
from governance.approvals.models import (
    Lapse,
    Override,
    OverrideSignOff,
    PolicyVersion,
    PromotionRequest,
    SignOff,
    Tick,
)
from governance.approvals.rules.judgement import (
    ChecksNotMet,
    Decision,
    DossierChanged,
    NotNeeded,
    RequestState,
)
from governance.approvals.rules.overrides import NotOverridable
from governance.approvals.rules.policies import NoPolicy
from governance.approvals.tasks import CLOCK
from governance.audit.models import LedgerEntry
from governance.core.errors import DomainError
from governance.registry.rules import Stage
from governance.validation.actions.findings import open_finding
from governance.validation.models import Finding
from tests import factories as f
from tests.deciding_rules import FULL, Bench, make_bench, stage_of
from tests.properties.test_races import at_once, chain_is_whole

pytestmark = [pytest.mark.backend, pytest.mark.django_db(transaction=True)]

ROUNDS = pytest.mark.parametrize("turn", range(10 if os.environ.get("PROFILE") == "long" else 1))
CROWD = 6
EITHER_ORDER = FULL.replace("step: 2", "step: 1")
LATER = f.later(minutes=1)


def both(*acts: Callable[[], Any]) -> list[Any]:
    return at_once(lambda index: acts[index](), count=len(acts))


def tick(bench: Bench, request: PromotionRequest, *, holds: bool = True, at: datetime) -> Tick:
    return tick_check(
        request_id=request.pk, check_id="manual.legal-basis", holds=holds, note="Filed.",
        actor=bench.cast.auditor, at=at,
    )  # fmt: skip


def ready(bench: Bench, *, signed: bool = True) -> PromotionRequest:
    """Ask for Production; what is missing is the approver's signature, or both."""
    request = bench.request()
    tick(bench, request, at=f.NOON)
    if signed:
        f.sign(request, bench.cast.validator, Role.VALIDATOR)
    return request


def signing(bench: Bench, request: PromotionRequest, who: User, role: Role) -> Callable[[], Any]:
    seen = bench.case(request).digest
    return lambda: f.sign(request, who, role, digest=seen, at=LATER)


def state_of(request: PromotionRequest) -> str:
    return PromotionRequest.objects.get(pk=request.pk).state


def verbs() -> Counter[str]:
    return Counter(LedgerEntry.objects.values_list("verb", flat=True))


def proposed(bench: Bench, request: PromotionRequest) -> Override:
    return propose_override(
        request_id=request.pk, check_id="metric.accuracy", reason="The old one fails.",
        control="All are looked at.", expires_date=date(2026, 3, 20), actor=bench.head,
        proof=f.make_proof(bench.head), at=f.NOON,
    )  # fmt: skip


def overriding(override: Override, who: User) -> Callable[[], Any]:
    return lambda: sign_override(
        override_id=override.pk, digest_seen=override.digest, proof=f.make_proof(who, at=LATER),
        actor=who, at=LATER,
    )  # fmt: skip


@ROUNDS
def test_two_that_are_both_needed_sign_at_once_and_it_moves_once(turn: int) -> None:
    bench = make_bench(f.make_cast(), policy=EITHER_ORDER)
    request = ready(bench, signed=False)
    answers = both(
        signing(bench, request, bench.cast.validator, Role.VALIDATOR),
        signing(bench, request, bench.cast.approver, Role.APPROVER),
    )
    assert all(isinstance(answer, SignOff) for answer in answers), answers
    assert (state_of(request), stage_of(bench.version)) == (RequestState.DONE, Stage.PRODUCTION)
    assert verbs()["request.signed"] == 1
    assert verbs()["version.promoted"] == 2  # the first one to Staging
    assert chain_is_whole()


@ROUNDS
def test_the_last_signature_arrives_while_a_finding_is_opened(turn: int) -> None:
    bench = make_bench(f.make_cast())
    request = ready(bench)
    signed, found = both(
        signing(bench, request, bench.cast.approver, Role.APPROVER),
        lambda: open_finding(
            version=bench.version, finding=f.due_finding(), actor=bench.cast.validator, at=LATER
        ),
    )
    assert isinstance(found, Finding), found
    entries = LedgerEntry.objects.of_stream(bench.model.stream).order_by("seq")
    said = entries.filter(verb__in=["version.promoted", "finding.opened"])
    verb = list(said.values_list("verb", flat=True))[1:]  # the first is the move to Staging
    if isinstance(signed, SignOff):
        assert (verb, stage_of(bench.version)) == (
            ["version.promoted", "finding.opened"], Stage.PRODUCTION,
        )  # fmt: skip
        assert found.ref not in signed.dossier.text
    else:
        assert isinstance(signed, DossierChanged), signed
        assert (verb, stage_of(bench.version)) == (["finding.opened"], Stage.STAGING)
        assert SignOff.objects.filter(request=request).count() == 1
    assert chain_is_whole()


@ROUNDS
def test_the_last_signature_arrives_while_a_tick_is_taken_back(turn: int) -> None:
    bench = make_bench(f.make_cast())
    request = ready(bench)
    signed, ticked = both(
        signing(bench, request, bench.cast.approver, Role.APPROVER),
        lambda: tick(bench, request, holds=False, at=LATER),
    )
    if isinstance(signed, SignOff):
        assert isinstance(ticked, DomainError), ticked
        assert ticked.code == "request_closed"
    else:
        assert isinstance(signed, DossierChanged | ChecksNotMet), signed
        assert isinstance(ticked, Tick)
    assert (stage_of(bench.version) == Stage.PRODUCTION) == isinstance(signed, SignOff)
    assert chain_is_whole()


@ROUNDS
def test_two_ticks_at_once_are_both_on_record_and_the_newest_counts(turn: int) -> None:
    bench = make_bench(f.make_cast())
    request = bench.request()
    answers = both(
        lambda: tick(bench, request, holds=False, at=f.later(minutes=2)),
        lambda: tick(bench, request, holds=True, at=LATER),
    )
    assert all(isinstance(answer, Tick) for answer in answers), answers
    assert verbs()["check.ticked"] == Tick.objects.count() == 2
    (fact,) = bench.case(request).dossier.ticks
    assert (fact.ref, fact.holds) == (answers[0].ref, False)
    assert chain_is_whole()


@ROUNDS
def test_one_person_signs_an_override_many_times_at_once(turn: int) -> None:
    bench = make_bench(f.make_cast(), accuracy="0.88")
    override = proposed(bench, ready(bench, signed=False))
    answers = both(*[overriding(override, bench.second_head)] * CROWD)
    assert sum(isinstance(answer, OverrideSignOff) for answer in answers) == 1, answers
    others = [answer for answer in answers if not isinstance(answer, OverrideSignOff)]
    assert all(isinstance(answer, NotNeeded | NotOverridable) for answer in others), others
    assert override.sign_offs.count() == 2
    assert verbs()["override.signed"] == 1
    assert chain_is_whole()


@ROUNDS
def test_two_people_sign_an_override_that_needs_one_of_them(turn: int) -> None:
    bench = make_bench(f.make_cast(), accuracy="0.88")
    third = f.make_person("Hilde Head", Role.HEAD_OF_MODEL_RISK, unit=bench.cast.root)
    request = ready(bench, signed=False)
    override = proposed(bench, request)
    answers = both(*(overriding(override, who) for who in (bench.second_head, third)))
    assert sum(isinstance(answer, OverrideSignOff) for answer in answers) == 1, answers
    assert override.sign_offs.count() == 2
    assert bench.case(request).judgement.unmet_checks == ()
    assert chain_is_whole()


@ROUNDS
def test_a_policy_is_enacted_while_an_override_is_signed(turn: int) -> None:
    bench = make_bench(f.make_cast(), accuracy="0.88")
    request = ready(bench, signed=False)
    override = proposed(bench, request)
    rule = FULL[FULL.index("overrides:") : FULL.index("emergency:")]
    strict = propose_policy(text=FULL.replace(rule, ""), actor=bench.cast.administrator, at=f.NOON)
    enact(strict, bench.cast.approver)
    signed, enacted = both(
        overriding(override, bench.second_head), lambda: enact(strict, bench.cast.compliance)
    )
    assert isinstance(enacted, PolicyVersion), enacted
    assert isinstance(signed, OverrideSignOff | NotOverridable | NoPolicy), signed
    assert PolicyVersion.objects.get(key="to-production", state="IN_FORCE") == strict
    case = bench.case(request)
    assert case.dossier.overrides == ()
    assert [check.id for check in case.judgement.unmet_checks] == ["metric.accuracy"]
    assert chain_is_whole()


def enact(row: PolicyVersion, who: User) -> PolicyVersion:
    return sign_policy(
        policy_id=row.pk, decision=Decision.APPROVE, digest_seen=row.digest, comment="",
        proof=f.make_proof(who, at=LATER), actor=who, at=LATER,
    )  # fmt: skip


@ROUNDS
def test_a_delegation_is_ended_while_its_deputy_signs(turn: int) -> None:
    bench = make_bench(f.make_cast())
    request, deputy = ready(bench), f.make_person("Dora Deputy", unit=bench.cast.root)
    lent = lend(bench, deputy)
    signed, ended = both(
        signing(bench, request, deputy, Role.APPROVER),
        lambda: end_delegation(delegation_id=lent.pk, actor=bench.cast.approver, at=LATER),
    )
    assert ended.delegation_id == lent.pk, ended
    if isinstance(signed, SignOff):
        assert signed.on_behalf_of == bench.cast.approver
    else:
        assert isinstance(signed, PermissionMissing), signed
    assert (stage_of(bench.version) == Stage.PRODUCTION) == isinstance(signed, SignOff)
    assert chain_is_whole()


@ROUNDS
def test_a_person_and_their_deputy_sign_at_once_and_are_not_two(turn: int) -> None:
    bench = make_bench(f.make_cast())
    deputy = f.make_person("Dora Deputy", unit=bench.cast.root)
    lend(bench, deputy)
    version = f.ask(bench.cast, bench.version, Stage.STAGING).version
    request = ask_in_emergency(
        version=version, slot=None, reason="Fraud.", actor=bench.cast.developer, at=f.NOON
    ).request
    assert request is not None
    answers = both(
        signing(bench, request, bench.cast.approver, Role.APPROVER),
        signing(bench, request, deputy, Role.APPROVER),
    )
    assert sum(isinstance(answer, SignOff) for answer in answers) == 1, answers
    assert state_of(request) == RequestState.OPEN
    assert stage_of(bench.version) == Stage.STAGING
    assert chain_is_whole()


def lend(bench: Bench, deputy: User) -> Any:
    return give_delegation(
        deputy=deputy, role=Role.APPROVER, unit=bench.cast.unit, starts_at=f.NOON,
        ends_at=f.later(days=9), reason="On leave.", actor=bench.cast.approver, at=f.NOON,
    )  # fmt: skip


@ROUNDS
def test_a_lapse_is_noted_once_however_many_notice_it(turn: int) -> None:
    bench = make_bench(f.make_cast())
    request = ready(bench)
    f.sign(request, bench.cast.approver, Role.APPROVER)
    after = f.later(days=366)

    def note() -> Any:
        return note_lapse(version_id=bench.version.pk, slot_id=bench.slot.pk, actor=CLOCK, at=after)

    answers = both(*[note] * CROWD)
    assert sorted(map(len, answers)) == [0] * (CROWD - 1) + [1]
    assert Lapse.objects.get().rule == "approval_expired"
    assert verbs()["approval.lapsed"] == 1
    assert Finding.objects.filter(title__contains="has lapsed").count() == 1
    assert chain_is_whole()
