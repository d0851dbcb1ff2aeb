"""Promotion end to end through the actions, and every refusal with proof that nothing moved."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from governance.accounts.actions import end_role, grant_role
from governance.accounts.models import User
from governance.accounts.queries import CONSOLE
from governance.accounts.rules import PermissionMissing, ProofMissing, Role
from governance.approvals.actions import roll_back, sign_off, withdraw
from governance.approvals.actions.requests import NotTheRequester, Outcome
from governance.approvals.actions.rollbacks import NothingToRollBackTo, rollback_case
from governance.approvals.models import DossierCopy, PromotionRequest, SignOff
from governance.approvals.queries.cases import case_of
from governance.approvals.rules.duties import DutiesNotSeparated
from governance.approvals.rules.judgement import (
    AlreadyDecided,
    ChecksNotMet,
    Decision,
    DossierChanged,
    NotNeeded,
    RequestClosed,
    RequestState,
)
from governance.approvals.rules.policies import NoPolicy
from governance.audit.models import LedgerEntry
from governance.core.errors import DomainError, InvalidInput
from governance.inventory.actions import ModelRecord, create_model, edit_model
from governance.inventory.models import Model
from governance.inventory.rules import InventoryIncomplete
from governance.registry.actions import record_evaluations
from governance.registry.models import ModelVersion, SlotAssignment, StageChange
from governance.registry.queries import default_slot
from governance.registry.rules import Measurement, Source, Stage
from tests import factories as f
from tests.factories import NOON, Cast

pytestmark = pytest.mark.backend


def standing() -> dict[str, Any]:
    """Everything that could have moved."""
    return {
        "stages": sorted(ModelVersion.objects.values_list("pk", "stage")),
        "slots": sorted(SlotAssignment.objects.values_list("pk", "ended_at")),
        "requests": sorted(PromotionRequest.objects.values_list("pk", "state")),
        "counts": [
            table.objects.count() for table in (SignOff, DossierCopy, StageChange, LedgerEntry)
        ],
    }


@contextmanager
def refused(error: type[DomainError]) -> Iterator[None]:
    before = standing()
    with pytest.raises(error):
        yield
    assert standing() == before


@pytest.fixture
def model(cast: Cast) -> Model:
    f.make_policies(cast)
    return f.make_model(cast)


@pytest.fixture
def version(cast: Cast, model: Model) -> ModelVersion:
    return f.make_version(cast, model)


@pytest.fixture
def request_(cast: Cast, version: ModelVersion) -> PromotionRequest:
    return f.make_ready(cast, version)


def stages(model: Model) -> dict[int, str]:
    return dict(model.versions.values_list("number", "stage"))


def newest_verb(model: Model) -> str:
    return LedgerEntry.objects.of_stream(model.stream).latest("seq").verb


class TestAsking:
    def test_moves_at_once_when_nothing_is_outstanding(
        self, cast: Cast, version: ModelVersion
    ) -> None:
        asked = f.ask(cast, version, Stage.STAGING)
        assert asked.outcome == Outcome.MOVED
        assert stages(version.model) == {1: Stage.STAGING}
        assert newest_verb(version.model) == "version.promoted"

    def test_a_low_metric_opens_a_request_and_moves_nothing(self, cast: Cast, model: Model) -> None:
        version = f.make_version(cast, model, metrics={"accuracy": "0.8225"})
        asked = f.ask(cast, version, Stage.STAGING)
        assert asked.outcome == Outcome.OPENED
        assert [c.id for c in asked.case.judgement.unmet_checks] == ["metric.accuracy"]
        assert stages(model) == {1: Stage.DRAFT}

    def test_asking_again_finds_the_request_and_writes_nothing(
        self, cast: Cast, request_: PromotionRequest
    ) -> None:
        before = standing()
        asked = f.ask(cast, request_.version, Stage.PRODUCTION)
        assert (asked.outcome, asked.request) == (Outcome.WAITING, request_)
        assert standing() == before

    def test_asking_for_the_stage_it_has_writes_nothing(
        self, cast: Cast, version: ModelVersion
    ) -> None:
        f.ask(cast, version, Stage.STAGING)
        before = standing()
        assert f.ask(cast, version, Stage.STAGING).outcome == Outcome.ALREADY_THERE
        assert standing() == before

    def test_draft_may_not_jump_to_production(self, cast: Cast, version: ModelVersion) -> None:
        with refused(NoPolicy):
            f.ask(cast, version, Stage.PRODUCTION)

    def test_an_incomplete_inventory_record_holds_every_move_but_away(self, cast: Cast) -> None:
        f.make_policies(cast)
        draft = create_model(name="raw", unit=cast.unit, actor=cast.developer, at=NOON)
        version = f.make_version(cast, draft)
        with refused(InventoryIncomplete):
            f.ask(cast, version, Stage.STAGING)
        assert f.ask(cast, version, Stage.ARCHIVED).outcome == Outcome.MOVED

    @pytest.mark.parametrize("who", ["validator", "approver", "administrator", "outsider"])
    def test_who_may_not_ask(self, cast: Cast, version: ModelVersion, who: str) -> None:
        with refused(PermissionMissing):
            f.ask(cast, version, Stage.STAGING, actor=getattr(cast, who))

    def test_the_responsible_person_of_a_service_account_is_the_requester(
        self, cast: Cast, version: ModelVersion
    ) -> None:
        holder, _ = f.make_token(cast)
        f.make_card(cast, version)
        f.make_report(cast, version)
        f.ask(cast, version, Stage.STAGING)
        request = f.ask(cast, version, Stage.PRODUCTION, actor=holder).request
        assert request is not None
        assert (request.requested_by, request.requested_via) == (cast.developer, holder.ref)


class TestSigning:
    def test_the_last_signature_moves_the_version(
        self, cast: Cast, request_: PromotionRequest
    ) -> None:
        f.sign(request_, cast.validator, Role.VALIDATOR)
        assert stages(request_.model) == {1: Stage.STAGING}
        entries = LedgerEntry.objects.count()
        f.sign(request_, cast.approver, Role.APPROVER)
        assert stages(request_.model) == {1: Stage.PRODUCTION}
        assert LedgerEntry.objects.count() == entries + 1
        assert newest_verb(request_.model) == "version.promoted"
        request_.refresh_from_db()
        assert request_.state == RequestState.DONE

    def test_the_repeated_call_then_answers_and_writes_nothing(
        self, cast: Cast, request_: PromotionRequest
    ) -> None:
        f.sign(request_, cast.validator, Role.VALIDATOR)
        f.sign(request_, cast.approver, Role.APPROVER)
        before = standing()
        asked = f.ask(cast, request_.version, Stage.PRODUCTION)
        assert asked.outcome == Outcome.ALREADY_THERE
        assert standing() == before

    def test_the_champion_retires_in_the_same_entry(
        self, cast: Cast, model: Model, version: ModelVersion
    ) -> None:
        f.make_champion(cast, version)
        second = f.make_version(cast, model, artifact="b" * 64)
        f.make_champion(cast, second)
        assert stages(model) == {1: Stage.ARCHIVED, 2: Stage.PRODUCTION}
        entry = LedgerEntry.objects.of_stream(model.stream).latest("seq")
        assert entry.facts["retired"] == version.ref
        assert version.ref in entry.states

    @pytest.mark.parametrize("who", ["owner", "developer"])
    @pytest.mark.parametrize("role", [Role.VALIDATOR, Role.APPROVER])
    def test_builders_sign_nothing_whatever_role_they_are_given(
        self, cast: Cast, request_: PromotionRequest, who: str, role: Role
    ) -> None:
        person = getattr(cast, who)
        grant_role(user=person, role=role, unit=cast.root, starts_at=NOON, actor=CONSOLE, at=NOON)
        with refused(DutiesNotSeparated):
            f.sign(request_, person, role)

    def test_leaving_the_developers_frees_nobody(
        self, cast: Cast, request_: PromotionRequest
    ) -> None:
        grant_role(
            user=cast.developer, role=Role.APPROVER, unit=cast.root, starts_at=NOON,
            actor=CONSOLE, at=NOON,
        )  # fmt: skip
        model = request_.model
        record = ModelRecord(
            purpose=model.purpose, intended_use=model.intended_use, kind=model.kind,
            owner=cast.owner, developers=[], tier=model.tier,
        )  # fmt: skip
        edit_model(model=model, record=record, actor=cast.owner, at=NOON)
        with refused(DutiesNotSeparated):
            f.sign(request_, cast.developer, Role.APPROVER)

    def test_the_requester_signs_not(self, cast: Cast, version: ModelVersion) -> None:
        for role in (Role.DEVELOPER, Role.APPROVER):
            grant_role(
                user=cast.outsider, role=role, unit=cast.root, starts_at=NOON,
                actor=CONSOLE, at=NOON,
            )  # fmt: skip
        f.make_card(cast, version)
        f.make_report(cast, version)
        f.ask(cast, version, Stage.STAGING)
        request = f.ask(cast, version, Stage.PRODUCTION, actor=cast.outsider).request
        assert request is not None
        with refused(DutiesNotSeparated):
            f.sign(request, cast.outsider, Role.APPROVER)

    def test_the_validator_does_not_approve_what_they_validated(
        self, cast: Cast, request_: PromotionRequest
    ) -> None:
        grant_role(
            user=cast.validator, role=Role.APPROVER, unit=cast.root, starts_at=NOON,
            actor=CONSOLE, at=NOON,
        )  # fmt: skip
        with refused(DutiesNotSeparated):
            f.sign(request_, cast.validator, Role.APPROVER)

    def test_nobody_signs_twice(self, cast: Cast, request_: PromotionRequest) -> None:
        f.sign(request_, cast.validator, Role.VALIDATOR)
        with refused(DutiesNotSeparated):
            f.sign(request_, cast.validator, Role.VALIDATOR)

    def test_one_signature_per_place(self, cast: Cast, request_: PromotionRequest) -> None:
        f.sign(request_, cast.approver, Role.APPROVER)
        with refused(NotNeeded):
            f.sign(request_, cast.second_approver, Role.APPROVER)

    @pytest.mark.parametrize("who", ["administrator", "outsider"])
    def test_who_holds_no_signing_role(
        self, cast: Cast, request_: PromotionRequest, who: str
    ) -> None:
        person = getattr(cast, who)
        User.objects.filter(pk=person.pk).update(is_superuser=True)
        person.refresh_from_db()
        with refused(PermissionMissing):
            f.sign(request_, person, Role.APPROVER)

    def test_a_role_that_ended_signs_not(self, cast: Cast, request_: PromotionRequest) -> None:
        end_role(grant=cast.approver.grants.get(), actor=CONSOLE, at=NOON)
        with refused(PermissionMissing):
            f.sign(request_, cast.approver, Role.APPROVER)

    def test_a_role_the_policy_does_not_ask_for(
        self, cast: Cast, request_: PromotionRequest
    ) -> None:
        with refused(NotNeeded):
            f.sign(request_, cast.compliance, Role.COMPLIANCE)

    def test_nobody_approves_while_a_check_fails(self, cast: Cast, model: Model) -> None:
        version = f.make_version(cast, model, metrics={"accuracy": "0.8225"})
        request = f.ask(cast, version, Stage.STAGING).request
        assert request is not None
        with refused(NotNeeded):
            f.sign(request, cast.approver, Role.APPROVER)

    def test_a_failing_check_stops_the_approval(
        self, cast: Cast, request_: PromotionRequest
    ) -> None:
        lower(cast, request_.version, "0.80")
        with refused(ChecksNotMet):
            f.sign(request_, cast.approver, Role.APPROVER)

    def test_nobody_approves_once_the_inventory_record_was_emptied(
        self, cast: Cast, request_: PromotionRequest
    ) -> None:
        empty(cast, request_.model)
        with refused(InventoryIncomplete):
            f.sign(request_, cast.approver, Role.APPROVER)
        f.sign(request_, cast.approver, Role.APPROVER, decision=Decision.RETURN, comment="Why?")
        assert stages(request_.model) == {1: Stage.STAGING}

    def test_another_persons_password(self, cast: Cast, request_: PromotionRequest) -> None:
        with refused(ProofMissing):
            sign_off(
                request_id=request_.pk,
                role=Role.APPROVER,
                decision=Decision.APPROVE,
                digest_seen=case_of(request_, at=NOON).digest,
                comment="",
                proof=f.make_proof(cast.validator),
                actor=cast.approver,
                at=NOON,
            )


def empty(cast: Cast, model: Model) -> None:
    record = ModelRecord(
        purpose="", intended_use=model.intended_use, kind=model.kind, owner=cast.owner,
        developers=[cast.developer], tier=model.tier,
    )  # fmt: skip
    edit_model(model=model, record=record, actor=cast.owner, at=NOON)


def lower(cast: Cast, version: ModelVersion, value: str) -> None:
    record_evaluations(
        version=version,
        measurements=[Measurement(metric="accuracy", value=value)],
        source=Source.POSTED,
        actor=cast.developer,
        at=f.later(hours=1),
    )


def measure(cast: Cast, request: PromotionRequest) -> None:
    lower(cast, request.version, "0.95")


def publish(cast: Cast, request: PromotionRequest) -> None:
    later = f.later(hours=1)
    f.save_draft(
        version=request.version, sections={"task": "Another task."}, base=None,
        actor=cast.developer, at=later,
    )  # fmt: skip
    f.publish_card(version=request.version, actor=cast.owner, at=later)


def find(cast: Cast, request: PromotionRequest) -> None:
    f.make_report(
        cast,
        request.version,
        opinion="FIT_WITH_CONDITIONS",
        findings=[f.due_finding("LOW")],
        at=f.later(hours=1),
    )


def retier(cast: Cast, request: PromotionRequest) -> None:
    model = request.model
    record = ModelRecord(
        purpose=model.purpose, intended_use="Another use.", kind=model.kind, owner=cast.owner,
        developers=[cast.developer], tier=model.tier,
    )  # fmt: skip
    edit_model(model=model, record=record, actor=cast.owner, at=f.later(hours=1))


def replace_champion(cast: Cast, request: PromotionRequest) -> None:
    f.make_champion(cast, f.make_version(cast, request.model, artifact="c" * 64))


def amend_policy(cast: Cast, request: PromotionRequest) -> None:
    f.make_policy(cast, f.TO_PRODUCTION.replace("0.90", "0.91"))


TO_PRODUCTION_AGAIN = """\
policy: to-production-again
title: Back to Production
applies_to: {target: PRODUCTION, from: [ARCHIVED]}
sign_offs:
  - {role: APPROVER, meaning: "I approve this version for the stated use."}
"""
CHANGES = [measure, publish, find, retier, replace_champion, amend_policy]


class TestAChangedDossier:
    @pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
    def test_what_was_on_the_screen_is_what_is_signed_or_nothing(
        self,
        cast: Cast,
        request_: PromotionRequest,
        change: Callable[[Cast, PromotionRequest], None],
    ) -> None:
        seen = case_of(request_, at=NOON).digest
        change(cast, request_)
        with refused(DossierChanged):
            f.sign(request_, cast.approver, Role.APPROVER, digest=seen)

    @pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
    def test_an_earlier_signature_goes_stale_and_is_asked_for_again(
        self,
        cast: Cast,
        request_: PromotionRequest,
        change: Callable[[Cast, PromotionRequest], None],
    ) -> None:
        f.sign(request_, cast.validator, Role.VALIDATOR)
        change(cast, request_)
        f.sign(request_, cast.approver, Role.APPROVER)
        request_.refresh_from_db()
        assert request_.state == RequestState.OPEN
        f.sign(request_, cast.validator, Role.VALIDATOR)
        request_.refresh_from_db()
        assert request_.state == RequestState.DONE


class TestOtherDecisions:
    @pytest.mark.parametrize(
        ("decision", "state"),
        [
            (Decision.REJECT, RequestState.REJECTED),
            (Decision.RETURN, RequestState.RETURNED),
        ],
    )
    def test_closes_the_request_until_a_fact_changes(
        self, cast: Cast, request_: PromotionRequest, decision: Decision, state: RequestState
    ) -> None:
        f.sign(request_, cast.approver, Role.APPROVER, decision=decision, comment="Thin slice.")
        request_.refresh_from_db()
        assert request_.state == state
        with refused(AlreadyDecided):
            f.ask(cast, request_.version, Stage.PRODUCTION)
        measure(cast, request_)
        assert f.ask(cast, request_.version, Stage.PRODUCTION).outcome == Outcome.OPENED

    @pytest.mark.parametrize("decision", [Decision.REJECT, Decision.RETURN])
    def test_needs_a_reason(
        self, cast: Cast, request_: PromotionRequest, decision: Decision
    ) -> None:
        with refused(InvalidInput):
            f.sign(request_, cast.approver, Role.APPROVER, decision=decision, comment=" ")

    @pytest.mark.parametrize("who", ["developer", "owner"])
    def test_withdraw(self, cast: Cast, request_: PromotionRequest, who: str) -> None:
        actor = getattr(cast, who)
        withdraw(request_id=request_.pk, reason="A newer one comes.", actor=actor, at=NOON)
        request_.refresh_from_db()
        assert request_.state == RequestState.WITHDRAWN
        with refused(RequestClosed):
            f.sign(request_, cast.approver, Role.APPROVER)

    def test_a_version_that_moved_by_another_way_overtakes_its_request(
        self, cast: Cast, request_: PromotionRequest
    ) -> None:
        f.ask(cast, request_.version, Stage.ARCHIVED)
        request_ = PromotionRequest.objects.with_version().get(pk=request_.pk)
        assert request_.standing == RequestState.OVERTAKEN
        assert request_ not in PromotionRequest.objects.open()
        with refused(RequestClosed):
            f.sign(request_, cast.approver, Role.APPROVER, digest="0" * 64)

    def test_withdraw_by_somebody_else(self, cast: Cast, request_: PromotionRequest) -> None:
        with refused(NotTheRequester):
            withdraw(request_id=request_.pk, reason="No.", actor=cast.approver, at=NOON)


class TestRollback:
    @pytest.fixture
    def replaced(self, cast: Cast, model: Model, version: ModelVersion) -> ModelVersion:
        f.make_champion(cast, version, at=NOON)
        second = f.make_version(cast, model, artifact="b" * 64)
        f.make_champion(cast, second, at=f.later(hours=2))
        return version

    def back(self, cast: Cast, version: ModelVersion, who: User, **changed: Any) -> Any:
        slot = default_slot(version.model)
        assert slot is not None
        given = {
            "slot": slot,
            "digest_seen": rollback_case(slot, at=NOON).digest,
            "reason": "Complaints since this morning.",
            "proof": f.make_proof(who, at=f.later(hours=3)),
            "actor": who,
            "at": f.later(hours=3),
        }
        return roll_back(**(given | changed))

    def test_returns_the_last_incumbent_on_one_signature(
        self, cast: Cast, model: Model, replaced: ModelVersion
    ) -> None:
        request = self.back(cast, replaced, cast.second_approver)
        assert stages(model) == {1: Stage.PRODUCTION, 2: Stage.ARCHIVED}
        assert request.state == RequestState.DONE
        entry = LedgerEntry.objects.get(verb="version.rolled_back")
        assert entry.facts["retired"] == model.versions.get(number=2).ref

    def test_a_second_rollback_does_not_bring_back_what_the_first_removed(
        self, cast: Cast, replaced: ModelVersion
    ) -> None:
        self.back(cast, replaced, cast.approver)
        with refused(NothingToRollBackTo):
            self.back(cast, replaced, cast.approver)

    def test_rests_on_the_earlier_sign_offs(self, cast: Cast, replaced: ModelVersion) -> None:
        slot = default_slot(replaced.model)
        assert slot is not None
        basis = rollback_case(slot, at=NOON).dossier.basis
        assert basis is not None
        assert len(basis.sign_offs) == 2

    def test_overtakes_an_open_request_for_the_same_move(
        self, cast: Cast, replaced: ModelVersion
    ) -> None:
        f.make_policy(cast, TO_PRODUCTION_AGAIN)
        request = f.ask(cast, replaced, Stage.PRODUCTION).request
        assert request is not None
        self.back(cast, replaced, cast.approver)
        assert stages(replaced.model) == {1: Stage.PRODUCTION, 2: Stage.ARCHIVED}
        request = PromotionRequest.objects.with_version().get(pk=request.pk)
        assert request.standing == RequestState.OVERTAKEN

    def test_needs_an_approver(self, cast: Cast, replaced: ModelVersion) -> None:
        with refused(PermissionMissing):
            self.back(cast, replaced, cast.validator)

    def test_not_a_builder(self, cast: Cast, replaced: ModelVersion) -> None:
        grant_role(
            user=cast.owner, role=Role.APPROVER, unit=cast.root, starts_at=NOON,
            actor=CONSOLE, at=NOON,
        )  # fmt: skip
        with refused(DutiesNotSeparated):
            self.back(cast, replaced, cast.owner)

    def test_needs_a_reason(self, cast: Cast, replaced: ModelVersion) -> None:
        with refused(InvalidInput):
            self.back(cast, replaced, cast.approver, reason="")

    def test_needs_the_facts_that_were_seen(self, cast: Cast, replaced: ModelVersion) -> None:
        with refused(DossierChanged):
            self.back(cast, replaced, cast.approver, digest_seen="0" * 64)

    def test_without_an_earlier_version(self, cast: Cast, version: ModelVersion) -> None:
        f.make_champion(cast, version)
        with refused(NothingToRollBackTo):
            self.back(cast, version, cast.approver)
