"""Slots beside the default one, and canaries: the same signatures, and nothing else moves."""

from __future__ import annotations

import pytest

from governance.accounts.rules import Role
from governance.approvals.actions import Asked, ask_for_canary, ask_for_stage, roll_back, withdraw
from governance.approvals.actions.requests import Outcome
from governance.approvals.actions.rollbacks import rollback_case
from governance.approvals.models import DossierCopy, PromotionRequest
from governance.approvals.rules.dossier import read_dossier
from governance.approvals.rules.judgement import AnotherShareAsked
from governance.core.errors import InvalidInput
from governance.inventory.models import Model
from governance.registry.models import ModelVersion, Slot, SlotAssignment
from governance.registry.queries import default_slot, latest_versions
from governance.registry.rules import SlotNotOfModel, SlotRole, Stage, StageUnchanged
from tests import factories as f
from tests.factories import NOON, Cast
from tests.world import newest_entry, refused

pytestmark = pytest.mark.backend

ANYWHERE = f.TO_PRODUCTION.replace("from: [STAGING]", "from: [STAGING, PRODUCTION]")


@pytest.fixture
def model(cast: Cast) -> Model:
    for text in (f.TO_STAGING, ANYWHERE, f.TO_ARCHIVED):
        f.make_policy(cast, text)
    return f.make_model(cast)


@pytest.fixture
def champion(cast: Cast, model: Model) -> ModelVersion:
    """Version 1, in Production for the default slot."""
    version = f.make_version(cast, model)
    f.make_champion(cast, version)
    return fresh(version)


@pytest.fixture
def candidate(cast: Cast, champion: ModelVersion) -> ModelVersion:
    """Version 2, in Staging with card and report."""
    version = f.make_version(cast, champion.model)
    f.make_card(cast, version)
    f.make_report(cast, version)
    f.ask(cast, version, Stage.STAGING)
    return fresh(version)


@pytest.fixture
def europe(champion: ModelVersion) -> Slot:
    return Slot.objects.create(
        model=champion.model, name="eu-retail/primary", is_default=False, created_at=NOON
    )


def fresh(version: ModelVersion) -> ModelVersion:
    return ModelVersion.objects.with_model().get(pk=version.pk)


def ask_slot(cast: Cast, version: ModelVersion, slot: Slot) -> Asked:
    return ask_for_stage(
        version=fresh(version), target=Stage.PRODUCTION, slot=slot, actor=cast.developer, at=NOON
    )


def ask_share(cast: Cast, version: ModelVersion, share: int, slot: Slot | None = None) -> Asked:
    slot = slot or primary(version)
    return ask_for_canary(
        version=fresh(version), slot=slot, share=share, actor=cast.developer, at=NOON
    )


def primary(version: ModelVersion) -> Slot:
    slot = default_slot(version.model)
    assert slot is not None
    return slot


def sign_all(cast: Cast, asked: Asked) -> None:
    assert asked.request is not None
    f.sign(asked.request, cast.validator, Role.VALIDATOR)
    f.sign(asked.request, cast.approver, Role.APPROVER)


def serving(model: Model) -> set[tuple[str, str, int, int | None]]:
    """What serves now: slot, role, version, share."""
    rows = SlotAssignment.objects.current().filter(slot__model=model)
    return {
        (row.slot.name, row.role, row.version.number, row.share)
        for row in rows.select_related("slot", "version")
    }


class TestSlots:
    def test_two_slots_have_a_champion_each(
        self, cast: Cast, champion: ModelVersion, candidate: ModelVersion, europe: Slot
    ) -> None:
        sign_all(cast, ask_slot(cast, candidate, europe))
        assert serving(champion.model) == {
            ("primary", SlotRole.CHAMPION, 1, None),
            ("eu-retail/primary", SlotRole.CHAMPION, 2, None),
        }
        assert {fresh(champion).stage, fresh(candidate).stage} == {Stage.PRODUCTION}

    def test_production_means_the_default_slot(
        self, cast: Cast, champion: ModelVersion, candidate: ModelVersion, europe: Slot
    ) -> None:
        sign_all(cast, ask_slot(cast, candidate, europe))
        assert latest_versions(champion.model, [Stage.PRODUCTION]) == [champion]

    def test_one_version_goes_into_a_second_slot_on_new_signatures(
        self, cast: Cast, champion: ModelVersion, europe: Slot
    ) -> None:
        asked = ask_slot(cast, champion, europe)
        assert asked.outcome == Outcome.OPENED
        changes = champion.stage_changes.count()
        sign_all(cast, asked)
        assert champion.stage_changes.count() == changes
        assert serving(champion.model) == {
            ("primary", SlotRole.CHAMPION, 1, None),
            ("eu-retail/primary", SlotRole.CHAMPION, 1, None),
        }
        assert ask_slot(cast, champion, europe).outcome == Outcome.ALREADY_THERE

    def test_a_champion_of_two_slots_that_loses_one_stays_in_production(
        self, cast: Cast, champion: ModelVersion, candidate: ModelVersion, europe: Slot
    ) -> None:
        sign_all(cast, ask_slot(cast, champion, europe))
        sign_all(cast, ask_slot(cast, candidate, europe))
        assert fresh(champion).stage == Stage.PRODUCTION
        assert serving(champion.model) == {
            ("primary", SlotRole.CHAMPION, 1, None),
            ("eu-retail/primary", SlotRole.CHAMPION, 2, None),
        }

    def test_signatures_for_one_slot_are_none_for_another(
        self, cast: Cast, candidate: ModelVersion, europe: Slot
    ) -> None:
        sign_all(cast, ask_slot(cast, candidate, europe))
        asked = ask_slot(cast, candidate, primary(candidate))
        assert asked.outcome == Outcome.OPENED
        assert asked.case is not None
        assert asked.case.judgement.signatures == ()

    def test_archiving_ends_everything_it_does(
        self, cast: Cast, champion: ModelVersion, europe: Slot
    ) -> None:
        sign_all(cast, ask_slot(cast, champion, europe))
        f.ask(cast, champion, Stage.ARCHIVED)
        assert serving(champion.model) == set()

    def test_a_slot_of_another_model(self, cast: Cast, champion: ModelVersion) -> None:
        other = f.make_version(cast, f.make_model(cast, name="other"))
        with refused(SlotNotOfModel):
            ask_slot(cast, champion, primary(other))

    def test_a_slot_makes_no_sense_with_another_stage(
        self, cast: Cast, champion: ModelVersion, europe: Slot
    ) -> None:
        with refused(InvalidInput):
            ask_for_stage(
                version=champion, target=Stage.STAGING, slot=europe, actor=cast.developer, at=NOON
            )


class TestCanaries:
    def test_takes_what_a_champion_takes_and_keeps_its_stage(
        self, cast: Cast, champion: ModelVersion, candidate: ModelVersion
    ) -> None:
        asked = ask_share(cast, candidate, 10)
        assert asked.outcome == Outcome.OPENED
        assert serving(champion.model) == {("primary", SlotRole.CHAMPION, 1, None)}
        sign_all(cast, asked)
        assert serving(champion.model) == {
            ("primary", SlotRole.CHAMPION, 1, None),
            ("primary", SlotRole.CANARY, 2, 10),
        }
        assert (fresh(champion).stage, fresh(candidate).stage) == (Stage.PRODUCTION, Stage.STAGING)
        entry = newest_entry(champion.model.stream)
        assert (entry.verb, entry.facts["share"]) == ("slot.shared", 10)
        assert len(entry.facts["sign_offs"]) == 2
        assert ask_share(cast, candidate, 10).outcome == Outcome.ALREADY_THERE

    def test_the_share_is_in_what_they_sign(self, cast: Cast, candidate: ModelVersion) -> None:
        asked = ask_share(cast, candidate, 10)
        sign_all(cast, asked)
        dossier = read_dossier(DossierCopy.objects.filter(request=asked.request).get().text)
        assert (dossier.share, dossier.target) == (10, Stage.PRODUCTION)

    def test_more_of_the_traffic_is_another_request(
        self, cast: Cast, candidate: ModelVersion
    ) -> None:
        sign_all(cast, ask_share(cast, candidate, 10))
        asked = ask_share(cast, candidate, 25)
        assert asked.outcome == Outcome.OPENED
        sign_all(cast, asked)
        assert ("primary", SlotRole.CANARY, 2, 25) in serving(candidate.model)
        assert ("primary", SlotRole.CANARY, 2, 10) not in serving(candidate.model)

    def test_two_shares_are_not_asked_for_at_once(
        self, cast: Cast, candidate: ModelVersion
    ) -> None:
        asked = ask_share(cast, candidate, 10)
        with refused(AnotherShareAsked):
            ask_share(cast, candidate, 50)
        assert asked.request is not None
        withdraw(request_id=asked.request.pk, reason="Too little.", actor=cast.developer, at=NOON)
        assert ask_share(cast, candidate, 50).outcome == Outcome.OPENED

    def test_signatures_of_a_canary_make_no_champion(
        self, cast: Cast, candidate: ModelVersion
    ) -> None:
        sign_all(cast, ask_share(cast, candidate, 10))
        asked = f.ask(cast, candidate, Stage.PRODUCTION)
        assert asked.outcome == Outcome.OPENED
        sign_all(cast, asked)
        assert serving(candidate.model) == {("primary", SlotRole.CHAMPION, 2, None)}

    def test_both_requests_stand_side_by_side(self, cast: Cast, candidate: ModelVersion) -> None:
        ask_share(cast, candidate, 10)
        f.ask(cast, candidate, Stage.PRODUCTION)
        assert PromotionRequest.objects.open().filter(version=candidate).count() == 2

    @pytest.mark.parametrize("share", [-1, 0, 100, 10**20])
    def test_a_share_out_of_range(self, cast: Cast, candidate: ModelVersion, share: int) -> None:
        with refused(InvalidInput):
            ask_share(cast, candidate, share)

    def test_the_champion_is_no_canary_of_its_slot(
        self, cast: Cast, champion: ModelVersion
    ) -> None:
        with refused(StageUnchanged):
            ask_share(cast, champion, 10)


def test_a_rollback_in_one_slot_leaves_the_others_alone(
    cast: Cast, champion: ModelVersion, candidate: ModelVersion, europe: Slot
) -> None:
    third = f.make_version(cast, champion.model)
    f.make_card(cast, third)
    f.make_report(cast, third)
    f.ask(cast, third, Stage.STAGING)
    for version in (candidate, third):
        sign_all(cast, ask_slot(cast, version, europe))
    assert fresh(candidate).stage == Stage.ARCHIVED
    roll_back(
        slot=europe,
        digest_seen=rollback_case(europe, at=NOON).digest,
        reason="It drifts in Europe.",
        proof=f.make_proof(cast.approver),
        actor=cast.approver,
        at=NOON,
    )
    assert serving(champion.model) == {
        ("primary", SlotRole.CHAMPION, 1, None),
        ("eu-retail/primary", SlotRole.CHAMPION, 2, None),
    }
    assert fresh(third).stage == Stage.ARCHIVED
