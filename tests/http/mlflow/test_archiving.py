"""archive_existing_versions where nothing is gated: each other version goes by its own move."""

from __future__ import annotations

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from governance.audit.models import LedgerEntry
from governance.audit.verification import verify
from governance.registry.models import ModelVersion, StageChange
from tests.factories import Cast, make_cast, make_token
from tests.mlflow_wire import Answer, Wire
from tests.world import nothing_moves

NAME = "churn-model"


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


@pytest.fixture
def wire(cast: Cast, settings: Settings) -> Wire:
    settings.POLICY_SET, settings.PROTECTED_ALIASES = "open", []
    wire = Wire(make_token(cast, at=timezone.now())[1])
    wire.post("registered-models/create", name=NAME)
    for number in range(3):
        wire.post("model-versions/create", name=NAME, source=f"models:/m-{number}")
    return wire


def ask(wire: Wire, version: int, stage: str, *, archive: bool = False) -> Answer:
    said = {"name": NAME, "version": str(version), "stage": stage}
    return wire.post("model-versions/transition-stage", **said, archive_existing_versions=archive)


def stages() -> list[str]:
    return list(ModelVersion.objects.order_by("number").values_list("stage", flat=True))


@pytest.mark.parametrize("stage", ["Staging", "Production"])
def test_the_others_of_that_stage_are_archived_in_the_same_act(wire: Wire, stage: str) -> None:
    ask(wire, 1, stage)
    ask(wire, 2, stage)
    moved = ask(wire, 3, stage, archive=True).body["model_version"]
    assert moved["current_stage"] == stage
    assert stages() == ["ARCHIVED", "ARCHIVED", stage.upper()]
    assert StageChange.objects.filter(target="ARCHIVED").count() == 2
    assert verify().intact


def test_without_the_flag_the_others_stay(wire: Wire) -> None:
    for version in (1, 2, 3):
        assert ask(wire, version, "Staging").status == 200
    assert stages() == ["STAGING"] * 3
    assert not LedgerEntry.objects.filter(verb="version.archived").exists()


@pytest.mark.parametrize("stage", ["None", "Archived"])
def test_an_inactive_stage_archives_nobody(wire: Wire, stage: str) -> None:
    with nothing_moves():
        answer = ask(wire, 1, stage, archive=True)
    assert (answer.status, answer.code) == (400, "INVALID_PARAMETER_VALUE")
    assert "is not an Active stage" in answer.message
