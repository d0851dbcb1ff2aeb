"""Faults put in on purpose: each is found by what the machine checks after every act.

What the database would refuse by itself (decision 0014) is away here: the checks stand alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.db import IntegrityError, connection

from governance.accounts.actions import grant_role
from governance.accounts.rules import Role
from governance.approvals.actions import (
    ask_for_stage,
    ask_in_emergency,
    changes,
    policies,
    propose_override,
    propose_policy,
    sign_offs,
    sign_policy,
)
from governance.approvals.models import PromotionRequest
from governance.approvals.queries import cases, chairs, dossiers
from governance.approvals.rules import judgement
from governance.approvals.rules.judgement import Decision, Judgement, RequestClosed, Signature
from governance.audit import storing, triggers
from governance.audit.actions import write_prose
from governance.inventory.models import Model
from governance.registry.actions import record_evaluations
from governance.registry.models import ModelVersion
from governance.registry.rules import Measurement, Source, Stage
from tests import factories as f
from tests.properties.promotion_acts import Play, Tally
from tests.properties.promotion_proof import Broken
from tests.properties.promotion_world import POLICIES, SCENES
from tests.properties.test_promotion_machine import PromotionMachine, run

pytestmark = [pytest.mark.django_db]
Patch = pytest.MonkeyPatch
LATER = f.later(hours=2)


def begin(scene: str) -> Play:
    play = Play(SCENES[scene](), Tally())
    play.check()
    triggers.remove_refusals(connection)  # they are back when the test's transaction is
    return play


def found(play: Play, words: str) -> None:
    """What was done goes unnoticed by the portal, and not by the checks."""
    play.before = ()
    with pytest.raises(Broken, match=words):
        play.check()


def open_request() -> PromotionRequest:
    return PromotionRequest.objects.open().with_version().latest("number")


def sign(play: Play, name: str, role: Role, *, days: int = 0) -> None:
    at = f.later(LATER, days=days)
    play.at = at
    f.sign(open_request(), play.world.user(name), role, at=at)


def hurry(play: Play) -> None:
    cast, version = play.world.bench.cast, play.world.bench.version
    f.ask(cast, version, Stage.STAGING)
    version = ModelVersion.objects.with_model().get(pk=version.pk)
    ask_in_emergency(version=version, slot=None, reason="Now.", actor=cast.developer, at=LATER)


def counts_signatures_for_other_facts(patch: Patch) -> None:
    right = judgement.judge

    def judge(**said: Any) -> Judgement:
        here = said["dossier"].digest
        signed = [replace(one, dossier_digest=here) for one in said["signatures"]]
        return right(**said | {"signatures": signed})

    patch.setattr(cases, "judge", judge)
    patch.setattr(sign_offs, "judge", judge)


def test_signatures_for_other_facts_that_count(monkeypatch: Patch) -> None:
    play = begin("signed_once")
    counts_signatures_for_other_facts(monkeypatch)
    record_evaluations(
        version=play.world.bench.version, source=Source.POSTED, at=LATER,
        measurements=[Measurement(metric="accuracy", value="0.91")],
        actor=play.world.bench.cast.developer,
    )  # fmt: skip
    sign(play, "approver", Role.APPROVER)
    found(play, "has 0 of 1 by VALIDATOR")


def test_a_change_that_nobody_signed(monkeypatch: Patch) -> None:
    play, right = begin("asked"), changes.authorize
    monkeypatch.setattr(Judgement, "is_met", True)
    monkeypatch.setattr(
        changes, "authorize", lambda judged, **said: right(replace(judged, is_open=True), **said)
    )
    request = open_request()
    ask_for_stage(
        version=request.version, target=Stage.PRODUCTION, at=LATER,
        actor=play.world.bench.cast.developer,
    )  # fmt: skip
    play.at = LATER
    found(play, "no signature that counts")


def bars_nobody(patch: Patch) -> None:
    for module in (chairs, judgement, dossiers):
        patch.setattr(module, "bars", lambda *_, **__: [])


def test_an_owner_who_signs(monkeypatch: Patch) -> None:
    play = begin("signed_once")
    cast = play.world.bench.cast
    grant_role(
        user=cast.owner, role=Role.APPROVER, unit=cast.unit, starts_at=f.NOON, at=LATER,
        actor=cast.administrator,
    )  # fmt: skip
    bars_nobody(monkeypatch)
    sign(play, "owner", Role.APPROVER)
    found(play, "had a hand in it")


def counts_deputies_as_others(patch: Patch) -> None:
    patch.setattr(Signature, "people", property(lambda self: frozenset({self.signer})))


def test_a_person_who_signs_beside_their_deputy(monkeypatch: Patch) -> None:
    play = begin("new")
    counts_deputies_as_others(monkeypatch)
    hurry(play)
    sign(play, "deputy", Role.APPROVER)
    play.at = f.later(LATER, minutes=1)
    f.sign(open_request(), play.world.user("approver"), Role.APPROVER, at=play.at)
    found(play, "signed twice")


def test_an_override_by_one_person(monkeypatch: Patch) -> None:
    play = begin("failing")
    monkeypatch.setattr(
        dossiers, "counting_overriders", lambda override, *_: [*override.sign_offs.all()] * 2
    )
    head = play.world.bench.head
    propose_override(
        request_id=open_request().pk, check_id="metric.accuracy", reason="Now.", control="Looked.",
        expires_date=f.later(days=9).date(), proof=f.make_proof(head), actor=head, at=f.NOON,
    )  # fmt: skip
    sign(play, "validator", Role.VALIDATOR)
    sign(play, "approver", Role.APPROVER)
    found(play, "an override has 1 signatures")


def test_an_emergency_by_one_person(monkeypatch: Patch) -> None:
    play, right = begin("new"), cases.emergency_policy

    def alone(policy: Any) -> Any:
        short = right(policy)
        return replace(short, needs=(replace(short.needs[0], count=1),))

    monkeypatch.setattr(cases, "emergency_policy", alone)
    hurry(play)
    sign(play, "approver", Role.APPROVER)
    found(play, "has 1 of 2 by APPROVER")


def test_a_signature_that_counts_for_ever(monkeypatch: Patch) -> None:
    play = begin("signed_once")
    monkeypatch.setattr(judgement, "_is_spent", lambda *_, **__: False)
    sign(play, "approver", Role.APPROVER, days=15)
    found(play, "has 0 of 1 by VALIDATOR")


def test_a_policy_by_one_person(monkeypatch: Patch) -> None:
    play = begin("new")
    monkeypatch.setattr(policies, "SIGNATURES_NEEDED", 1)
    cast = play.world.bench.cast
    row = propose_policy(text=POLICIES["loose"], actor=cast.administrator, at=LATER)
    sign_policy(
        policy_id=row.pk, decision=Decision.APPROVE, digest_seen=row.digest, comment="",
        proof=f.make_proof(cast.approver, at=LATER), actor=cast.approver, at=LATER,
    )  # fmt: skip
    play.at = LATER
    found(play, "in force on 1 signatures")


def test_service_on_the_authority_of_nothing(monkeypatch: Patch) -> None:
    play, right = begin("signed_once"), changes.authorize
    monkeypatch.setattr(
        changes, "authorize",
        lambda *judged, **said: replace(right(*judged, **said), request_ref=f"request:{'0' * 32}"),
    )  # fmt: skip
    sign(play, "approver", Role.APPROVER)
    found(play, "serves on no request at all")


def test_a_chain_that_does_not_hold(monkeypatch: Patch) -> None:
    play, right = begin("signed_once"), storing.entry_hash
    monkeypatch.setattr(
        storing, "entry_hash", lambda *, previous, text: right(previous=previous, text=text + " ")
    )
    sign(play, "approver", Role.APPROVER)
    found(play, "The ledger is broken")


def refuses_too_late(model: Model) -> None:
    write_prose("Left behind.")
    raise RequestClosed("Too late.")


def edits_quietly(model: Model) -> None:
    write_prose("Nobody will know.")


@pytest.mark.parametrize(
    ("act", "words"),
    [(refuses_too_late, "refused, and something moved"), (edits_quietly, "no entry")],
)
def test_an_act_that_leaves_no_trace(act: Callable[[Model], None], words: str) -> None:
    play = begin("new")
    with pytest.raises(Broken, match=words):
        play.attempt("somebody: act", lambda _: act(play.world.bench.model))


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    "fault", [bars_nobody, counts_deputies_as_others, counts_signatures_for_other_facts]
)
def test_random_acts_find_it_too(fault: Callable[[Patch], None], monkeypatch: Patch) -> None:
    fault(monkeypatch)
    PromotionMachine.tally = Tally()
    with pytest.raises((Broken, IntegrityError)):  # the database is on its guard as well
        run(PromotionMachine, examples=60)
