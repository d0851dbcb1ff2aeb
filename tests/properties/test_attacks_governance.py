"""Ways round the gate that obey every single rule: roles, old signatures, loose policies, rollback.

Each test plays one to its end; the refusal is what the portal promises.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import Client

from governance.accounts.actions import create_user, end_role, grant_role
from governance.accounts.models import User
from governance.accounts.queries import CONSOLE, TokenHolder
from governance.accounts.rules import OwnGrant, PermissionMissing, Role
from governance.approvals.actions import propose_policy, sign_policy, withdraw
from governance.approvals.actions.requests import NotTheRequester
from governance.approvals.actions.rollbacks import NothingToRollBackTo, rollback_case
from governance.approvals.models import PolicyVersion, PromotionRequest
from governance.approvals.queries.cases import case_of, request_by_id
from governance.approvals.queries.policies import policies_in_force
from governance.approvals.rules.duties import DutiesNotSeparated
from governance.approvals.rules.judgement import (
    ApprovalMissing,
    ChecksNotMet,
    Decision,
    DossierChanged,
    Judgement,
    authorize,
)
from governance.approvals.rules.policies import (
    PolicyDecided,
    PolicyState,
    Subject,
    policy_for,
    read_policy,
)
from governance.audit.models import LedgerEntry
from governance.core.errors import InvalidInput, NotFound
from governance.inventory.actions import ModelRecord, create_model, edit_model
from governance.inventory.models import Model
from governance.inventory.rules import Kind, NotTheOwner
from governance.registry.actions import (
    delete_version_tag,
    describe_version,
    record_evaluations,
    register_version,
    set_version_tag,
)
from governance.registry.models import ModelVersion, StageChange
from governance.registry.queries import default_slot
from governance.registry.rules import Measurement, Registration, Source, Stage
from governance.validation.actions import close_finding, open_finding
from governance.validation.rules import NotIndependent
from tests import factories as f
from tests.factories import NOON, Cast
from tests.reviewing import also
from tests.world import nothing_moves

pytestmark = pytest.mark.backend


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


def record_of(model: Model, **changed: object) -> ModelRecord:
    """The record as it stands, but for what is changed."""
    stands = ModelRecord(
        purpose=model.purpose,
        intended_use=model.intended_use,
        kind=model.kind,
        owner=model.owner,
        developers=list(model.developers.all()),
        tier=model.tier,
    )
    return replace(stands, **changed)  # type: ignore[arg-type]


def stage_of(version: ModelVersion) -> str:
    return ModelVersion.objects.get(pk=version.pk).stage


class TestTakingASeat:
    @pytest.mark.parametrize("role", Role)
    def test_an_administrator_gives_themself_no_role(self, cast: Cast, role: Role) -> None:
        admin = cast.administrator
        with nothing_moves(), pytest.raises(OwnGrant):
            grant_role(user=admin, role=role, unit=cast.unit, starts_at=NOON, actor=admin, at=NOON)

    def test_an_administrator_of_a_unit_rules_over_that_unit_alone(self, cast: Cast) -> None:
        local = f.make_person("Lo Cal", Role.ADMINISTRATOR, unit=cast.unit)
        with nothing_moves(), pytest.raises(PermissionMissing):
            grant_role(
                user=cast.outsider, role=Role.APPROVER, unit=cast.root, starts_at=NOON,
                actor=local, at=NOON,
            )  # fmt: skip
        with nothing_moves(), pytest.raises(PermissionMissing):
            end_role(grant=cast.approver.grants.get(), actor=local, at=NOON)

    @pytest.mark.parametrize(
        "who",
        ["owner", "developer", "validator", "approver", "compliance", "auditor", "outsider"],
    )
    def test_nobody_but_administrators_lets_people_in(self, cast: Cast, who: str) -> None:
        actor = getattr(cast, who)
        with nothing_moves(), pytest.raises(PermissionMissing):
            grant_role(
                user=cast.outsider, role=Role.APPROVER, unit=cast.unit, starts_at=NOON,
                actor=actor, at=NOON,
            )  # fmt: skip
        with nothing_moves(), pytest.raises(PermissionMissing):
            create_user(
                email="x@bank.example", name="X", password=f.PASSWORD, unit=cast.unit,
                actor=actor, at=NOON,
            )  # fmt: skip

    def test_one_person_with_every_role_fills_one_seat(
        self, cast: Cast, request_: PromotionRequest
    ) -> None:
        for role in Role:
            also(cast.outsider, role, cast.root)
        f.sign(request_, cast.outsider, Role.VALIDATOR)
        with nothing_moves(), pytest.raises(DutiesNotSeparated):
            f.sign(request_, cast.outsider, Role.APPROVER)

    @pytest.mark.parametrize("role", [Role.VALIDATOR, Role.APPROVER])
    @pytest.mark.parametrize("who", ["owner", "developer"])
    def test_a_builder_with_every_role_and_flag_fills_none(
        self, cast: Cast, request_: PromotionRequest, who: str, role: Role
    ) -> None:
        person = also(getattr(cast, who), role, cast.root)
        User.objects.filter(pk=person.pk).update(is_superuser=True)
        with nothing_moves(), pytest.raises(DutiesNotSeparated):
            f.sign(request_, User.objects.get(pk=person.pk), role)

    def test_leaving_the_record_frees_no_builder(self, cast: Cast, version: ModelVersion) -> None:
        heir = f.make_person("Hei Ress", Role.MODEL_OWNER, unit=cast.unit)
        record = record_of(version.model, owner=heir, developers=[])
        edit_model(model=version.model, record=record, actor=cast.owner, at=NOON)
        also(cast.owner, Role.APPROVER, cast.root)
        f.make_report(cast, version)
        f.ask(cast, version, Stage.STAGING)
        also(heir, Role.DEVELOPER, cast.unit)
        version = ModelVersion.objects.get(pk=version.pk)
        f.save_draft(
            version=version, sections={s.key: "Said." for s in f.SECTIONS}, base=None,
            actor=heir, at=NOON,
        )  # fmt: skip
        f.publish_card(version=version, actor=heir, at=NOON)
        request = f.ask(cast, version, Stage.PRODUCTION).request
        assert request is not None
        with nothing_moves(), pytest.raises(DutiesNotSeparated):
            f.sign(request, cast.owner, Role.APPROVER)

    def test_who_answers_for_a_pipeline_signs_for_nothing_it_registered(
        self, cast: Cast, model: Model
    ) -> None:
        holder, _ = f.make_token(cast)
        answering = replace(holder, service=holder.service)
        holder.service.responsible = cast.second_approver
        holder.service.save()
        registered = register_version(
            model=model, registration=Registration(source="s3://a"), actor=answering, at=NOON
        )
        assert registered.registered_by == cast.second_approver
        request = f.ask(cast, registered, Stage.STAGING).request
        assert request is not None
        case = case_of(PromotionRequest.objects.with_version().get(pk=request.pk), at=NOON)
        assert case.duties.registered_by == cast.second_approver.ref

    def test_a_token_signs_nothing(self, cast: Cast, request_: PromotionRequest) -> None:
        """It has no scope for it, whatever role the responsible person holds."""
        holder, _ = f.make_token(cast)
        also(cast.developer, Role.APPROVER, cast.root)
        with nothing_moves(), pytest.raises(PermissionMissing):
            f.sign(request_, as_user(holder), Role.APPROVER)


def as_user(holder: TokenHolder) -> User:
    return holder  # type: ignore[return-value]  # what no interface does


class TestReports:
    def test_a_report_by_who_owns_the_model_by_now_shows_no_independence(
        self, cast: Cast, request_: PromotionRequest
    ) -> None:
        also(cast.validator, Role.MODEL_OWNER, cast.unit)
        model = request_.version.model
        record = record_of(model, owner=cast.validator)
        edit_model(model=model, record=record, actor=cast.owner, at=NOON)
        case = case_of(PromotionRequest.objects.with_version().get(pk=request_.pk), at=NOON)
        assert [check.id for check in case.judgement.unmet_checks] == ["report_approved"]
        with nothing_moves(), pytest.raises(ChecksNotMet):
            f.sign(request_, cast.approver, Role.APPROVER)

    def test_a_report_by_who_asked_is_nobodys_to_rest_on(
        self, cast: Cast, version: ModelVersion
    ) -> None:
        also(cast.validator, Role.DEVELOPER, cast.unit)
        f.make_card(cast, version)
        f.make_report(cast, version)
        f.ask(cast, version, Stage.STAGING)
        request = f.ask(cast, version, Stage.PRODUCTION, actor=cast.validator).request
        assert request is not None
        with nothing_moves(), pytest.raises(DutiesNotSeparated):
            f.sign(request, cast.approver, Role.APPROVER)

    @pytest.mark.parametrize("who", ["owner", "developer"])
    def test_a_builder_closes_no_finding(self, cast: Cast, model: Model, who: str) -> None:
        version = f.make_version(cast, model)
        finding = open_finding(
            version=version, finding=f.due_finding(), actor=cast.validator, at=NOON
        )
        person = also(getattr(cast, who), Role.VALIDATOR, cast.root)
        with nothing_moves(), pytest.raises(NotIndependent):
            close_finding(finding=finding, reason="Done.", actor=person, at=NOON)

    def test_a_finding_in_another_version_counts_too(
        self, cast: Cast, model: Model, request_: PromotionRequest
    ) -> None:
        other = f.make_version(cast, model, artifact="b" * 64)
        open_finding(version=other, finding=f.due_finding(), actor=cast.validator, at=NOON)
        with nothing_moves(), pytest.raises(ChecksNotMet):
            f.sign(request_, cast.approver, Role.APPROVER)


class TestOldSignatures:
    """Facts that change after the first signature; the second finds another dossier."""

    @pytest.fixture
    def signed(self, cast: Cast, request_: PromotionRequest) -> PromotionRequest:
        f.sign(request_, cast.validator, Role.VALIDATOR)
        return request_

    def is_void(self, cast: Cast, request: PromotionRequest, seen: str) -> None:
        with nothing_moves(), pytest.raises(DossierChanged):
            f.sign(request, cast.approver, Role.APPROVER, digest=seen)
        f.sign(request, cast.approver, Role.APPROVER)
        assert stage_of(request.version) == Stage.STAGING

    def seen(self, request: PromotionRequest) -> str:
        return case_of(PromotionRequest.objects.with_version().get(pk=request.pk), at=NOON).digest

    def test_a_better_value_by_tag(self, cast: Cast, signed: PromotionRequest) -> None:
        seen = self.seen(signed)
        holder, _ = f.make_token(cast)
        set_version_tag(
            version=signed.version, key="metric.accuracy", value="0.99", actor=holder,
            at=f.later(hours=1),
        )  # fmt: skip
        self.is_void(cast, signed, seen)

    def test_a_value_of_another_metric_of_the_champion(
        self, cast: Cast, signed: PromotionRequest
    ) -> None:
        seen = self.seen(signed)
        record_evaluations(
            version=signed.version, measurements=[Measurement(metric="loss", value="1")],
            source=Source.POSTED, actor=cast.developer, at=NOON,
        )  # fmt: skip
        self.is_void(cast, signed, seen)

    @pytest.mark.parametrize(
        "changed",
        [{"tier": 2, "tier_reason": "It is less risky."}, {"kind": Kind.RULES},
         {"purpose": "Decides on loans."}, {"intended_use": "Anything."}, {"developers": []}],
        ids=lambda changed: next(iter(changed)),
    )  # fmt: skip
    def test_another_record(
        self, cast: Cast, signed: PromotionRequest, changed: dict[str, object]
    ) -> None:
        seen = self.seen(signed)
        model = signed.version.model
        edit_model(model=model, record=record_of(model, **changed), actor=cast.owner, at=NOON)
        self.is_void(cast, signed, seen)

    def test_another_card(self, cast: Cast, signed: PromotionRequest) -> None:
        seen = self.seen(signed)
        f.save_draft(
            version=signed.version, sections={"caveats": "None at all."}, base=None,
            actor=cast.developer, at=NOON,
        )  # fmt: skip
        f.publish_card(version=signed.version, actor=cast.owner, at=NOON)
        self.is_void(cast, signed, seen)

    def test_another_policy(self, cast: Cast, signed: PromotionRequest) -> None:
        seen = self.seen(signed)
        f.make_policy(cast, f.TO_PRODUCTION.replace("0.90", "0.10"))
        self.is_void(cast, signed, seen)

    def test_a_deleted_tag_takes_no_value_away(self, cast: Cast, signed: PromotionRequest) -> None:
        seen = self.seen(signed)
        delete_version_tag(
            version=signed.version, key="metric.accuracy", actor=cast.developer, at=NOON
        )
        assert self.seen(signed) == seen

    def test_a_description_is_no_fact_of_a_decision(
        self, cast: Cast, signed: PromotionRequest
    ) -> None:
        """It can change at any time, so no page of a decision may show it."""
        words = "Approved by everybody, no need to look."
        describe_version(version=signed.version, description=words, actor=cast.developer, at=NOON)
        set_version_tag(
            version=signed.version, key="countersign.approved", value=words,
            actor=cast.developer, at=NOON,
        )  # fmt: skip
        client = Client()
        client.force_login(cast.approver)
        for path in (f"/decisions/{signed.pk}/", f"/decisions/{signed.pk}/sign/"):
            assert words not in client.get(path).content.decode()


LOOSE = f.TO_PRODUCTION.replace("0.90", "0.10")


def propose(cast: Cast, text: str) -> PolicyVersion:
    return propose_policy(text=text, actor=cast.administrator, at=NOON)


def sign_it(row: PolicyVersion, signer: User) -> PolicyVersion:
    return sign_policy(
        policy_id=row.pk, decision=Decision.APPROVE, digest_seen=row.digest, comment="",
        proof=f.make_proof(signer), actor=signer, at=NOON,
    )  # fmt: skip


class TestPolicies:
    def test_a_half_signed_version_sleeps_until_nobody_remembers_it(
        self, cast: Cast, model: Model
    ) -> None:
        """One signature of today must not undo what two people tightened since."""
        loose = propose(cast, LOOSE)
        sign_it(loose, cast.approver)
        strict = f.make_policy(cast, f.TO_PRODUCTION.replace("0.90", "0.95"))
        with nothing_moves(), pytest.raises(PolicyDecided):
            sign_it(loose, cast.compliance)
        assert PolicyVersion.objects.get(pk=strict.pk).state == PolicyState.IN_FORCE

    def test_its_text_can_be_proposed_again(self, cast: Cast, model: Model) -> None:
        loose = propose(cast, LOOSE)
        f.make_policy(cast, f.TO_PRODUCTION.replace("0.90", "0.95"))
        again = propose(cast, LOOSE)
        assert (again.pk != loose.pk, again.state) == (True, PolicyState.PROPOSED)

    @pytest.mark.parametrize("signers", ["", "sign_offs: []\n"])
    def test_nothing_lets_a_version_into_production_unsigned(
        self, cast: Cast, signers: str
    ) -> None:
        text = "policy: open-door\ntitle: Open door\napplies_to: {target: PRODUCTION}\n" + signers
        with nothing_moves(), pytest.raises(InvalidInput):
            propose(cast, text)

    def test_not_even_one_that_was_put_into_the_database(
        self, cast: Cast, request_: PromotionRequest
    ) -> None:
        case = case_of(PromotionRequest.objects.with_version().get(pk=request_.pk), at=NOON)
        nobody = Judgement(checks=(), needs=(), stale=(), dossier_digest=case.digest)
        assert nobody.is_met
        with pytest.raises(ApprovalMissing):
            authorize(nobody, dossier=case.dossier, request_ref=request_.ref)

    def test_who_proposes_signs_not_and_nobody_signs_twice(self, cast: Cast) -> None:
        row = propose_policy(text=LOOSE, actor=cast.compliance, at=NOON)
        with nothing_moves(), pytest.raises(DutiesNotSeparated):
            sign_it(row, cast.compliance)
        sign_it(row, cast.approver)
        with nothing_moves(), pytest.raises(DutiesNotSeparated):
            sign_it(row, cast.approver)

    def test_a_role_in_one_unit_signs_no_rule_of_the_firm(self, cast: Cast) -> None:
        row = propose(cast, LOOSE)
        local = f.make_person("Lo Cal", Role.COMPLIANCE, Role.APPROVER, unit=cast.unit)
        with nothing_moves(), pytest.raises(PermissionMissing):
            sign_it(row, local)
        with nothing_moves(), pytest.raises(PermissionMissing):
            propose_policy(text=LOOSE, actor=local, at=NOON)

    def test_listing_everything_makes_no_rule_more_specific(self) -> None:
        """Else a new key that applies to every tier and kind would silently outrank all others."""
        strict = read_policy(f.TO_PRODUCTION.replace("from: [STAGING]", "tiers: [1]"))
        sly = read_policy(
            LOOSE.replace("policy: to-production", "policy: tidy-up").replace(
                "from: [STAGING]",
                "from: [DRAFT, STAGING, PRODUCTION, ARCHIVED], tiers: [1, 2, 3, 4], "
                "kinds: [CLASSIFICATION, REGRESSION, RANKING, FORECAST, ANOMALY, GENERATIVE, "
                "RULES, OTHER]",
            )
        )
        chosen = policy_for(
            [sly, strict],
            Subject(tier=1, kind=Kind.RULES, source=Stage.STAGING, target=Stage.PRODUCTION),
        )
        assert chosen.key == strict.key

    def test_a_role_that_stands_twice_could_never_be_filled(self) -> None:
        twice = f.TO_PRODUCTION.replace("role: VALIDATOR", "role: APPROVER")
        with pytest.raises(InvalidInput):
            read_policy(twice)

    def test_two_keys_that_look_alike(self, cast: Cast, model: Model) -> None:
        with nothing_moves(), pytest.raises(InvalidInput):
            propose(cast, LOOSE.replace("policy: to-production", "policy: to_production"))
        assert len(policies_in_force()) == 3


class TestTheRecord:
    def test_only_the_owner_changes_it(self, cast: Cast, model: Model) -> None:
        rival = f.make_person("Ri Val", Role.MODEL_OWNER, unit=cast.unit)
        with nothing_moves(), pytest.raises(NotTheOwner):
            edit_model(model=model, record=record_of(model, owner=rival), actor=rival, at=NOON)

    @pytest.mark.parametrize(
        "name",
        ["churn-model ", " churn-model", "churn\u200b-model", "churn\u202e-model", "churn\u00a0m"],
    )
    def test_a_name_that_looks_like_another_is_none(
        self, cast: Cast, model: Model, name: str
    ) -> None:
        with nothing_moves(), pytest.raises(InvalidInput):
            create_model(name=name, unit=cast.unit, actor=cast.developer, at=NOON)

    def test_a_name_is_taken_for_ever(self, cast: Cast, model: Model) -> None:
        """There is no renaming and no deleting, so a signed name never means another model."""
        with nothing_moves(), pytest.raises(InvalidInput):
            create_model(name=model.name, unit=cast.unit, actor=cast.developer, at=NOON)


class TestRollback:
    def test_what_a_decision_took_out_of_service_returns_by_no_single_signature(
        self, cast: Cast, version: ModelVersion
    ) -> None:
        f.make_champion(cast, version)
        f.ask(cast, version, Stage.ARCHIVED, at=f.later(hours=1))
        assert stage_of(version) == Stage.ARCHIVED
        slot = default_slot(version.model)
        assert slot is not None
        with pytest.raises(NothingToRollBackTo):
            rollback_case(slot, at=NOON)


class TestForeignUnits:
    def test_a_request_of_another_unit_is_like_none(
        self, cast: Cast, request_: PromotionRequest
    ) -> None:
        stranger = f.make_person("Stra Nger", *Role, unit=f.create_unit(
            path="bank/markets", name="Markets", actor=CONSOLE, at=NOON))  # fmt: skip
        client = Client()
        client.force_login(stranger)
        absent = "00000000-0000-4000-8000-000000000000"
        for path in ("", "sign/", "withdraw/"):
            pages = [
                client.post(f"/decisions/{key}/{path}", {"decision": "APPROVE", "reason": "x"})
                if path
                else client.get(f"/decisions/{key}/")
                for key in (str(request_.pk), absent)
            ]
            assert {page.status_code for page in pages} == {404}
        assert request_.version.model.name not in client.get("/audit/").content.decode()
        with pytest.raises(NotFound):
            request_by_id(request_.pk, actor=stranger, at=NOON + timedelta(days=1))

    def test_withdrawing_is_for_who_asked_and_the_owner(
        self, cast: Cast, request_: PromotionRequest
    ) -> None:
        entries = LedgerEntry.objects.count()
        for who in ("validator", "approver", "compliance", "administrator", "outsider"):
            with nothing_moves(), pytest.raises(NotTheRequester):
                withdraw(request_id=request_.pk, reason="x", actor=getattr(cast, who), at=NOON)
        assert LedgerEntry.objects.count() == entries
        assert not StageChange.objects.filter(target=Stage.PRODUCTION).exists()
