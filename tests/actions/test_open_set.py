"""The policy set open: free where the operator chose it, and nowhere else."""

from __future__ import annotations

import pytest
from django.core.checks import run_checks
from django.test import Client
from pytest_django.fixtures import Settings

from governance.approvals.actions import ask_for_stage
from governance.approvals.actions.requests import Outcome
from governance.approvals.queries.policies import open_policies, policies_in_force
from governance.approvals.rules.policies import NoPolicy
from governance.audit.verification import verify
from governance.core.errors import InvalidInput
from governance.inventory.actions import create_model
from governance.inventory.models import Model
from governance.inventory.rules import InventoryIncomplete
from governance.registry.models import ModelVersion, SlotAssignment
from governance.registry.rules import Stage
from tests import factories as f
from tests.factories import NOON, Cast
from tests.world import newest_entry, refused


@pytest.fixture
def bare(cast: Cast) -> Model:
    """A model as MLflow's client makes one: a name and nothing else."""
    return create_model(name="bare", unit=cast.unit, actor=cast.developer, at=NOON)


@pytest.fixture
def ungated(settings: Settings) -> None:
    settings.POLICY_SET, settings.PROTECTED_ALIASES = "open", []


@pytest.mark.parametrize("target", [Stage.STAGING, Stage.PRODUCTION, Stage.ARCHIVED])
def test_any_move_is_free_and_on_record(
    cast: Cast, bare: Model, ungated: None, target: Stage
) -> None:
    version = f.make_version(cast, bare)
    asked = ask_for_stage(version=version, target=target, actor=cast.developer, at=NOON)
    assert asked.outcome == Outcome.MOVED
    version.refresh_from_db()
    assert version.stage == target
    entry = newest_entry(bare.stream)
    assert entry.facts["policy"] == f"open-to-{target.lower()}"
    assert entry.facts["sign_offs"] == []
    assert verify().intact


def test_one_version_per_slot_holds_there_too(cast: Cast, bare: Model, ungated: None) -> None:
    for _ in range(2):
        version = f.make_version(cast, bare)
        ask_for_stage(version=version, target=Stage.PRODUCTION, actor=cast.developer, at=NOON)
    assert list(bare.versions.order_by("number").values_list("stage", flat=True)) == [
        Stage.ARCHIVED,
        Stage.PRODUCTION,
    ]
    assert SlotAssignment.objects.current().count() == 1


def test_without_the_choice_nothing_of_it_holds(cast: Cast, bare: Model) -> None:
    version = f.make_version(cast, bare)
    with refused(InventoryIncomplete):
        ask_for_stage(version=version, target=Stage.PRODUCTION, actor=cast.developer, at=NOON)
    complete = f.make_version(cast, f.make_model(cast, name="complete"))
    with refused(NoPolicy):
        ask_for_stage(version=complete, target=Stage.PRODUCTION, actor=cast.developer, at=NOON)
    assert policies_in_force() == []
    assert ModelVersion.objects.exclude(stage=Stage.DRAFT).count() == 0


def test_no_file_can_call_itself_open(cast: Cast) -> None:
    text = f.TO_PRODUCTION + "\nis_open: true\n"
    with refused(InvalidInput):
        f.make_policy(cast, text)


def test_it_reaches_every_stage() -> None:
    assert {policy.scope.target for policy in open_policies()} == set(Stage)


def test_production_refuses_it_and_every_page_says_so(
    cast: Cast, client: Client, ungated: None
) -> None:
    found = run_checks(include_deployment_checks=True)
    assert "core.E003" in {message.id for message in found}
    client.force_login(cast.owner)
    assert b"nobody signs" in client.get("/").content


def test_a_governed_portal_says_nothing_of_it(cast: Cast, client: Client) -> None:
    assert "core.E003" not in {m.id for m in run_checks(include_deployment_checks=True)}
    client.force_login(cast.owner)
    assert b"nobody signs" not in client.get("/").content
