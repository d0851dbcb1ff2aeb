"""Another tier than the questionnaire gives: what it takes, when it ends, and who may not."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from governance.accounts.models import User
from governance.accounts.permissions import Permission
from governance.accounts.queries import CONSOLE
from governance.accounts.rules import PermissionMissing, ProofMissing, Role
from governance.approvals.queries.policies import policy_of_move
from governance.approvals.rules.policies import NoPolicy
from governance.core.errors import InvalidInput
from governance.inventory.actions import (
    approve_tier_override,
    edit_model,
    propose_tier_override,
    revert_tier,
)
from governance.inventory.models import (
    Model,
    TierAssessment,
    TierOverride,
    TierOverrideApproval,
)
from governance.inventory.rules.assessments import OverrideBarred, OverrideNotOpen
from governance.inventory.tasks.tier_overrides import CLOCK, look_for_ended_overrides
from governance.jobs.models import Job
from governance.registry.models import Slot
from governance.registry.rules import Stage
from tests import factories as f
from tests.factories import CREDIT, MEDIUM, NOON, Cast, edited_record
from tests.reviewing import also
from tests.world import newest_entry, nothing_moves, refused

LATER = f.later(hours=1)
OVER = f.later(days=181)
WHY = "Small campaign budget with a hard spend cap."


def rules_of(error: BaseException) -> list[tuple[str, str]]:
    assert isinstance(error, InvalidInput)
    return [(problem.field, problem.rule) for problem in error.problems]


@pytest.fixture
def model(cast: Cast) -> Model:
    """A model that the questionnaire gives Tier 3, by no floor."""
    model = f.make_model(cast, tier=2)
    f.make_questionnaires(cast)
    f.rate(cast, model)
    model.refresh_from_db()
    return model


def propose(
    cast: Cast, model: Model, *, to_tier: int = 4, days: int | None = 180, **changed: Any
) -> TierOverride:
    given: dict[str, Any] = {
        "rationale": WHY,
        "actor": cast.owner,
        "at": f.later(minutes=5),
    } | changed
    return propose_tier_override(model=model, to_tier=to_tier, days=days, **given)


def approve(
    override: TierOverride,
    person: User,
    capacity: str = "mrm_function",
    *,
    at: datetime = LATER,
    digest: str = "",
) -> TierOverrideApproval:
    return approve_tier_override(
        override=override,
        capacity=capacity,
        digest_seen=digest or override.digest,
        proof=f.make_proof(person, at=at),
        actor=person,
        at=at,
    )


def in_force(cast: Cast, model: Model) -> TierOverride:
    override = propose(cast, model)
    approve(override, cast.validator)
    approve(override, cast.approver, "senior_management")
    model.refresh_from_db()
    return override


class TestComingIntoForce:
    def test_a_proposal_changes_no_tier(self, cast: Cast, model: Model) -> None:
        override = propose(cast, model)
        model.refresh_from_db()
        assert model.tier == 3
        entry = newest_entry(model.stream)
        assert entry.verb == "tier_override.proposed"
        assert entry.facts["ends_date"] == f.later(days=180).date().isoformat()
        assert set(entry.states) == {override.ref, override.rationale.ref}

    def test_the_last_of_those_named_puts_it_in_force(self, cast: Cast, model: Model) -> None:
        override = propose(cast, model)
        approve(override, cast.validator)
        model.refresh_from_db()
        assert (model.tier, newest_entry(model.stream).facts["in_force"]) == (3, False)
        given = approve(override, cast.approver, "senior_management")
        model.refresh_from_db()
        assert (model.tier, model.tier_after) == (4, 3)
        assert model.tier_until == f.later(days=180).date()
        rating = TierAssessment.objects.get(override=override)
        assert (rating.tier, rating.assessed_by, str(rating.reason)) == (4, cast.owner, WHY)
        entry = newest_entry(model.stream)
        assert (entry.verb, entry.facts["in_force"]) == ("tier_override.approved", True)
        assert {model.ref, rating.ref, given.ref} <= set(entry.states)

    def test_upward_takes_one_and_has_no_end(self, cast: Cast, model: Model) -> None:
        override = propose(cast, model, to_tier=1, days=None)
        approve(override, cast.validator)
        model.refresh_from_db()
        assert (model.tier, model.tier_until, model.tier_after) == (1, None, None)

    def test_the_head_of_model_risk_sits_in_either_chair(self, cast: Cast, model: Model) -> None:
        head = f.make_person("Hed Risk", Role.HEAD_OF_MODEL_RISK, unit=cast.root)
        override = propose(cast, model)
        approve(override, head, "senior_management")
        approve(override, cast.validator)
        model.refresh_from_db()
        assert model.tier == 4

    def test_a_new_assessment_ends_it(self, cast: Cast, model: Model) -> None:
        in_force(cast, model)
        f.rate(cast, model, MEDIUM, at=f.later(hours=2))
        model.refresh_from_db()
        assert (model.tier, model.tier_until, model.tier_after) == (3, None, None)


class TestItsLimits:
    @pytest.mark.parametrize(
        ("changed", "problem"),
        [
            ({"to_tier": 3}, ("to_tier", "no_change")),
            ({"to_tier": 7}, ("override.to_tier", "known")),
            ({"days": 366}, ("days", "max_days")),
            ({"days": None}, ("days", "max_days")),
            ({"days": 0}, ("days", "range")),
            ({"rationale": " "}, ("rationale", "required")),
        ],
    )
    def test_what_the_questionnaire_allows_nobody(
        self, cast: Cast, model: Model, changed: dict[str, Any], problem: tuple[str, str]
    ) -> None:
        with refused(InvalidInput) as caught:
            propose(cast, model, **changed)
        assert problem in rules_of(caught.value)

    def test_no_two_steps_down(self, cast: Cast, model: Model) -> None:
        f.rate(cast, model, MEDIUM | {"E1": "very_large", "P1": "limits"})
        with refused(InvalidInput) as caught:
            propose(cast, model)
        assert rules_of(caught.value) == [("to_tier", "max_steps")]

    def test_never_past_a_hard_floor(self, cast: Cast, model: Model) -> None:
        f.rate(cast, model, CREDIT)
        with refused(InvalidInput) as caught:
            propose(cast, model, to_tier=2)
        assert rules_of(caught.value) == [("to_tier", "not_past")]

    def test_nothing_that_was_set_by_hand(self, cast: Cast) -> None:
        model = f.make_model(cast)
        f.make_questionnaires(cast)
        with refused(OverrideNotOpen):
            propose(cast, model)

    def test_nobody_approves_once_its_day_has_come(self, cast: Cast, model: Model) -> None:
        override = propose(cast, model)
        with refused(InvalidInput):
            approve(override, cast.validator, at=OVER)


class TestWhoApproves:
    @pytest.mark.parametrize("who", ["developer", "compliance", "administrator", "outsider"])
    def test_a_role_that_nobody_named(self, cast: Cast, model: Model, who: str) -> None:
        override = propose(cast, model)
        with refused(PermissionMissing):
            approve(override, getattr(cast, who))

    def test_nobody_in_a_chair_of_others(self, cast: Cast, model: Model) -> None:
        override = propose(cast, model)
        for person, capacity in (
            (cast.validator, "senior_management"),
            (cast.approver, "mrm_function"),
            (cast.approver, "board"),
        ):
            with refused(PermissionMissing):
                approve(override, person, capacity)

    def test_nobody_in_a_chair_that_is_taken(self, cast: Cast, model: Model) -> None:
        override = propose(cast, model)
        approve(override, cast.approver, "senior_management")
        with refused(PermissionMissing):
            approve(override, cast.second_approver, "senior_management")

    def test_nobody_twice(self, cast: Cast, model: Model) -> None:
        override = propose(cast, model)
        approve(override, cast.validator)
        also(cast.validator, Role.APPROVER, cast.unit)
        with refused(OverrideBarred) as caught:
            approve(override, cast.validator, "senior_management")
        assert "You have approved it already." in caught.value.message

    def test_not_who_proposed_it(self, cast: Cast, model: Model) -> None:
        override = propose(cast, model, actor=cast.approver)
        with refused(OverrideBarred) as caught:
            approve(override, cast.approver, "senior_management")
        assert "You proposed this override." in caught.value.message

    @pytest.mark.parametrize("who", ["owner", "developer"])
    def test_not_who_owns_or_ever_built_it(self, cast: Cast, model: Model, who: str) -> None:
        person = getattr(cast, who)
        also(person, Role.VALIDATOR, cast.unit)
        record = edited_record(model, developers=[])
        edit_model(model=model, record=record, actor=cast.owner, at=NOON)
        override = propose(cast, model)
        with refused(OverrideBarred) as caught:
            approve(override, person)
        assert "You own or built this model" in caught.value.message

    def test_nobody_on_another_s_proof(self, cast: Cast, model: Model) -> None:
        override = propose(cast, model)
        with refused(ProofMissing):
            approve_tier_override(
                override=override, capacity="mrm_function", digest_seen=override.digest,
                proof=f.make_proof(cast.approver, at=LATER), actor=cast.validator, at=LATER,
            )  # fmt: skip


class TestWhatIsOpenNoMore:
    def test_another_text_than_was_read(self, cast: Cast, model: Model) -> None:
        override = propose(cast, model)
        with refused(OverrideNotOpen):
            approve(override, cast.validator, digest="0" * 64)

    def test_one_that_another_replaced(self, cast: Cast, model: Model) -> None:
        override = propose(cast, model)
        propose(cast, model, days=30, at=f.later(minutes=9))
        with refused(OverrideNotOpen):
            approve(override, cast.validator)

    def test_one_of_an_earlier_assessment(self, cast: Cast, model: Model) -> None:
        override = propose(cast, model)
        f.rate(cast, model, at=f.later(minutes=9))
        with refused(OverrideNotOpen):
            approve(override, cast.validator)

    def test_one_that_is_in_force(self, cast: Cast, model: Model) -> None:
        override = in_force(cast, model)
        with refused(OverrideNotOpen):
            approve(override, cast.second_approver, "senior_management")


class TestItsEnd:
    def test_after_its_last_day_the_worked_out_tier_counts(self, cast: Cast, model: Model) -> None:
        in_force(cast, model)
        assert (model.tier_at(f.later(days=180)), model.tier_at(OVER)) == (4, 3)

    def test_a_policy_is_chosen_by_the_day(self, cast: Cast, model: Model) -> None:
        only_four = f.TO_PRODUCTION.replace("from: [STAGING]", "from: [DRAFT], tiers: [4]")
        f.make_policy(cast, only_four)
        version = f.make_version(cast, model)
        in_force(cast, model)
        version.refresh_from_db()
        version.model.refresh_from_db()
        slot, target = Slot.objects.get(model=model), Stage.PRODUCTION
        assert policy_of_move(version, slot=slot, target=target, at=LATER).key == "to-production"
        with pytest.raises(NoPolicy):
            policy_of_move(version, slot=slot, target=target, at=OVER)

    def test_the_clock_puts_it_into_the_record(self, cast: Cast, model: Model) -> None:
        in_force(cast, model)
        look_for_ended_overrides(LATER)
        assert not Job.objects.filter(kind="revert_tier").exists()
        look_for_ended_overrides(OVER)
        look_for_ended_overrides(OVER)
        assert Job.objects.filter(kind="revert_tier").count() == 1
        revert_tier(model=model, actor=CLOCK, at=OVER)
        model.refresh_from_db()
        assert (model.tier, model.tier_until, model.tier_after) == (3, None, None)
        entry = newest_entry(model.stream)
        assert (entry.verb, entry.facts["tier"], entry.facts["before"]) == ("tier.reverted", 3, 4)
        revision = model.revisions.latest("number")
        assert set(entry.states) == {model.ref, revision.ref, revision.content.ref}

    def test_the_clock_leaves_alone_what_is_not_over(self, cast: Cast, model: Model) -> None:
        in_force(cast, model)
        with nothing_moves():
            revert_tier(model=model, actor=CLOCK, at=LATER)

    def test_nobody_else_puts_it_back(self, cast: Cast, model: Model) -> None:
        in_force(cast, model)
        assert Permission.TIER_ASSESS not in CONSOLE.held
        for actor in (cast.developer, CONSOLE):
            with refused(PermissionMissing):
                revert_tier(model=model, actor=actor, at=OVER)


@pytest.mark.backend
@pytest.mark.parametrize("table", [TierOverride, TierOverrideApproval])
def test_history_refuses_to_be_changed(cast: Cast, model: Model, table: Any) -> None:
    in_force(cast, model)
    for change in (
        lambda: table.objects.update(salt="0" * 32),
        lambda: table.objects.all()._raw_delete("default"),
    ):
        with nothing_moves(), pytest.raises(DatabaseError), transaction.atomic():
            change()
