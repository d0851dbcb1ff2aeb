"""Ways round the gate through names, sources, slots and shares. Each was tried; none works."""

from __future__ import annotations

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from governance.accounts.models import ServiceAccount, User
from governance.approvals.actions import ask_for_canary, ask_for_stage, roll_back
from governance.approvals.actions.rollbacks import rollback_case
from governance.approvals.queries.downloads import was_approved
from governance.core.errors import InvalidInput
from governance.inventory.actions import create_model
from governance.inventory.models import FormerName, Model
from governance.registry.actions import rename_model
from governance.registry.actions.slots import create_slot, end_role
from governance.registry.models import ModelVersion, Slot
from governance.registry.queries import champion_of, default_slot, last_incumbent_of
from governance.registry.queries.copies import require_copied_version
from governance.registry.queries.webhooks import switched_off
from governance.registry.rules import Registration, Stage, TooMuchTraffic, registration_problems
from governance.registry.rules.lineage import ParentRelation, stated_lineage
from governance.registry.rules.removals import StillServing
from governance.registry.rules.slots import AliasTaken, RoleUnchanged
from tests import factories as f
from tests.actions.test_slot_moves import ANYWHERE, ask_share, ask_slot, fresh, sign_all
from tests.factories import NOON, Cast
from tests.world import refused


@pytest.fixture
def model(cast: Cast) -> Model:
    for text in (f.TO_STAGING, ANYWHERE, f.TO_ARCHIVED):
        f.make_policy(cast, text)
    return f.make_model(cast)


@pytest.fixture
def champion(cast: Cast, model: Model) -> ModelVersion:
    version = f.make_version(cast, model)
    f.make_champion(cast, version)
    return fresh(version)


@pytest.fixture
def europe(cast: Cast, champion: ModelVersion) -> Slot:
    return create_slot(model=champion.model, name="eu/primary", actor=cast.developer, at=NOON)


def staged(cast: Cast, model: Model) -> ModelVersion:
    version = f.make_version(cast, model)
    f.make_card(cast, version)
    f.make_report(cast, version)
    f.ask(cast, version, Stage.STAGING)
    return fresh(version)


def primary(version: ModelVersion) -> Slot:
    slot = default_slot(version.model)
    assert slot is not None
    return slot


class TestNames:
    def test_a_serving_model_keeps_its_name(self, cast: Cast, champion: ModelVersion) -> None:
        holder = f.make_token(cast, at=timezone.now())[0]
        with refused(StillServing):
            rename_model(model=champion.model, name="aside", actor=holder, at=NOON)

    def test_another_models_former_name_is_not_taken_over(self, cast: Cast, model: Model) -> None:
        holder = f.make_token(cast, at=timezone.now())[0]
        rename_model(model=model, name="aside", actor=holder, at=NOON)
        other = f.make_model(cast, name="toy", tier=3)
        with refused(InvalidInput):
            rename_model(model=other, name="churn-model", actor=holder, at=NOON)
        # Its own it may have again.
        rename_model(model=model, name="churn-model", actor=holder, at=NOON)
        assert FormerName.objects.count() == 2


class TestSources:
    @pytest.mark.parametrize(
        "source",
        [" models:/m@blue", "models:/m@blue ", "\tmodels:/m@blue", "mo\ndels:/m@blue", "s3:/\x7fa"],
    )
    def test_a_source_is_what_a_client_reads(self, source: str) -> None:
        problems = registration_problems(Registration(source=source))
        assert [problem.rule for problem in problems] == ["path"]

    @pytest.mark.parametrize("source", ["Models:/churn-model@blue", "MODELS:/churn-model/1"])
    def test_another_spelling_of_the_scheme_is_no_way_to_an_alias(
        self, cast: Cast, model: Model, source: str
    ) -> None:
        f.make_version(cast, model)
        with refused(InvalidInput):
            require_copied_version(source, actor=cast.developer, at=NOON)

    def test_no_tag_makes_a_copy_anything_else(self) -> None:
        lineage = {"parents": [{"model": "a", "version": 1, "relation": "DERIVED"}]}
        (parent,) = stated_lineage(lineage, source="models:/a/1").parents
        assert parent.relation == ParentRelation.COPIED


class TestSlots:
    def test_serving_elsewhere_undoes_no_removal(
        self, cast: Cast, champion: ModelVersion, europe: Slot
    ) -> None:
        removed = staged(cast, champion.model)
        sign_all(cast, ask_slot(cast, removed, primary(champion)))
        slot = primary(champion)
        roll_back(
            slot=slot,
            digest_seen=rollback_case(slot, at=NOON).digest,
            reason="It drifts.",
            proof=f.make_proof(cast.approver),
            actor=cast.approver,
            at=NOON,
        )
        f.ask(cast, removed, Stage.STAGING)
        sign_all(cast, ask_slot(cast, removed, europe))
        sign_all(cast, ask_slot(cast, staged(cast, champion.model), europe))
        assert (champion_of(slot), last_incumbent_of(slot)) == (champion, None)

    def test_production_is_left_with_something_to_do(
        self, cast: Cast, champion: ModelVersion, europe: Slot
    ) -> None:
        second = staged(cast, champion.model)
        sign_all(cast, ask_slot(cast, second, europe))
        sign_all(cast, ask_share(cast, second, 10))
        sign_all(cast, ask_slot(cast, staged(cast, champion.model), europe))
        assert fresh(second).stage == Stage.PRODUCTION
        with refused(RoleUnchanged):
            end_role(slot=primary(second), version=second, actor=cast.developer, at=NOON)

    def test_canaries_leave_the_champion_something(
        self, cast: Cast, champion: ModelVersion
    ) -> None:
        first, second = staged(cast, champion.model), staged(cast, champion.model)
        asked = ask_share(cast, second, 60)
        sign_all(cast, ask_share(cast, first, 50))
        with refused(TooMuchTraffic):
            ask_for_canary(
                version=second, slot=primary(second), share=50, actor=cast.developer, at=NOON
            )
        assert asked.request is not None
        f.sign(asked.request, cast.validator, f.Role.VALIDATOR)
        with refused(TooMuchTraffic):
            f.sign(asked.request, cast.approver, f.Role.APPROVER)

    def test_the_default_slot_finds_its_alias_free(self, cast: Cast, model: Model) -> None:
        with refused(AliasTaken):
            create_slot(model=model, name="x/y", alias="champion", actor=cast.developer, at=NOON)
        create_slot(model=model, name="x/y", actor=cast.developer, at=NOON)
        assert primary(f.make_version(cast, model)).alias == "champion"


def test_what_went_live_ungated_was_approved_by_nobody(
    cast: Cast, champion: ModelVersion, settings: Settings
) -> None:
    settings.POLICY_SET = "open"
    bare = create_model(name="bare", unit=cast.unit, actor=cast.developer, at=NOON)
    version = f.make_version(cast, bare)
    ask_for_stage(version=version, target=Stage.PRODUCTION, actor=cast.developer, at=NOON)
    settings.POLICY_SET = "standard"
    assert fresh(version).stage == Stage.PRODUCTION
    assert (was_approved(champion), was_approved(version)) == (True, False)


def test_who_is_let_in_no_longer_is_told_nothing(cast: Cast) -> None:
    holder = f.make_token(cast, at=timezone.now())[0]
    refs = [holder.service.ref, cast.owner.ref]
    assert switched_off(refs) == set()
    User.objects.filter(pk__in=[holder.service.responsible_id, cast.owner.pk]).update(
        is_active=False
    )
    assert ServiceAccount.objects.get().is_active
    assert switched_off(refs) == set(refs)
