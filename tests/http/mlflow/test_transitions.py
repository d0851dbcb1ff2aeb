"""Asking for a stage: what opens, what is refused and what it says, what goes through."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import pytest

from governance.accounts.rules import Role
from governance.approvals.models import PromotionRequest
from governance.approvals.rules.judgement import Decision
from governance.audit.models import LedgerEntry
from governance.inventory.models import Model
from governance.registry.models import ModelVersion, SlotAssignment, StageChange
from governance.registry.rules import Stage
from tests.factories import (
    Cast,
    make_card,
    make_champion,
    make_model,
    make_policies,
    make_ready,
    make_report,
    make_version,
    sign,
)
from tests.factories import ask as ask_for
from tests.mlflow_client import MlflowClient, MlflowError, both_releases
from tests.world import nothing_moves

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.backend]

Ask = Callable[..., dict[str, str]]


@pytest.fixture
def model(cast: Cast) -> Model:
    make_policies(cast)
    return make_model(cast)


@pytest.fixture
def ask(pipeline: MlflowClient) -> Ask:
    def ask(stage: str, *, version: int = 1, archive: bool = False) -> dict[str, str]:
        moved: dict[str, str] = pipeline.transition_model_version_stage(
            name="churn-model",
            version=str(version),
            stage=stage,
            archive_existing_versions=archive,
        )
        return moved

    return ask


def refused(ask: Ask, stage: str, **kwargs: object) -> MlflowError:
    with pytest.raises(MlflowError) as caught:
        ask(stage, **kwargs)
    assert caught.value.error_code == "PERMISSION_DENIED"
    return caught.value


def stages() -> list[tuple[int, str]]:
    return list(ModelVersion.objects.order_by("number").values_list("number", "stage"))


@both_releases
def test_nothing_outstanding_and_the_version_moves_at_once(
    cast: Cast, model: Model, ask: Ask
) -> None:
    make_version(cast, model)
    assert ask("Staging")["current_stage"] == "Staging"
    assert stages() == [(1, "STAGING")]


@pytest.mark.parametrize("stage", ["staging", "STAGING", "sTaGiNg"])
def test_a_stage_is_named_in_any_case(cast: Cast, model: Model, ask: Ask, stage: str) -> None:
    make_version(cast, model)
    assert ask(stage)["current_stage"] == "Staging"


@pytest.mark.parametrize("stage", ["Live", "Deleted_Internal", "Draft", "production ", "1"])
def test_an_unknown_stage_is_no_question_at_all(
    cast: Cast, model: Model, ask: Ask, stage: str
) -> None:
    make_version(cast, model)
    with nothing_moves(), pytest.raises(MlflowError, match="Value must be one of") as caught:
        ask(stage)
    assert caught.value.error_code == "INVALID_PARAMETER_VALUE"


@both_releases
def test_a_failed_check_is_refused_with_measured_and_required(
    cast: Cast, model: Model, ask: Ask
) -> None:
    make_version(cast, model, metrics={"accuracy": "0.8225"})
    with nothing_moves(entries=["request.opened", "call.refused"], but=[PromotionRequest]):
        error = refused(ask, "Staging")
    assert "accuracy is 0.8225; the policy asks for ≥ 0.90" in error.message
    assert error.json["rule"] == "approval_missing"
    assert error.json["checks"] == ["metric.accuracy"]
    assert error.json["missing"] == [
        {
            "kind": "check",
            "id": "metric.accuracy",
            "label": "Accuracy",
            "outcome": "FAIL",
            "measured": "0.8225",
            "required": "≥ 0.90",
            "role": "DEVELOPER",
        }
    ]
    assert error.json["who"] == [{"role": "DEVELOPER", "name": "Dev Singh"}]
    assert "To be mended by: developer (Dev Singh)." in error.message
    request = PromotionRequest.objects.get()
    assert error.json["request"] == str(request.pk)
    assert error.json["link"].endswith(f"/decisions/{request.pk}/")
    assert error.json["link"] in error.message


def test_each_failed_check_names_who_can_mend_it(cast: Cast, model: Model, ask: Ask) -> None:
    make_version(cast, model)
    ask("Staging")
    error = refused(ask, "Production")
    menders = {m["id"]: m["role"] for m in error.json["missing"] if m["kind"] == "check"}
    assert menders == {"card_published": "MODEL_OWNER", "report_approved": "VALIDATOR"}
    assert {"role": "MODEL_OWNER", "name": "Olga Owner"} in error.json["who"]
    assert error.json["who"].count({"role": "VALIDATOR", "name": "Vera Valid"}) == 1


@both_releases
def test_a_missing_signature_is_refused_with_who_can_give_it(
    cast: Cast, model: Model, ask: Ask
) -> None:
    version = make_version(cast, model)
    make_card(cast, version)
    make_report(cast, version)
    ask("Staging")
    with nothing_moves(entries=["request.opened", "call.refused"], but=[PromotionRequest]):
        error = refused(ask, "Production")
    assert error.json["missing"] == [
        {"kind": "sign_off", "role": "VALIDATOR", "count": 1},
        {"kind": "sign_off", "role": "APPROVER", "count": 1},
    ]
    assert error.json["who"] == [
        {"role": "VALIDATOR", "name": "Vera Valid"},
        {"role": "APPROVER", "name": "Alma Second"},
        {"role": "APPROVER", "name": "Arno Approver"},
    ]
    assert "1 approver (Alma Second, Arno Approver)" in error.message


def test_no_name_of_a_person_goes_into_the_ledger(cast: Cast, model: Model, ask: Ask) -> None:
    make_version(cast, model, metrics={"accuracy": "0.8225"})
    refused(ask, "Staging")
    make_version(cast, model)
    ask("Staging", version=2)
    refused(ask, "Production", version=2)
    texts = " ".join(LedgerEntry.objects.values_list("text", flat=True))
    for person in (cast.validator, cast.approver, cast.developer):
        assert person.name not in texts
        assert person.email not in texts


@both_releases
def test_asking_again_finds_the_same_request_and_tells_the_ledger_nothing(
    cast: Cast, model: Model, ask: Ask
) -> None:
    make_version(cast, model, metrics={"accuracy": "0.8225"})
    first = refused(ask, "Staging")
    with nothing_moves():
        again = refused(ask, "Staging")
    assert again.json == first.json


def test_what_is_missing_shrinks_as_people_sign(cast: Cast, model: Model, ask: Ask) -> None:
    request = make_ready(cast, make_version(cast, model))
    sign(request, cast.validator, Role.VALIDATOR)
    with nothing_moves(entries=["call.refused"]):
        error = refused(ask, "Production")
    assert error.json["roles"] == ["APPROVER"]


@both_releases
def test_after_the_last_signature_the_same_call_succeeds_with_no_new_entry(
    cast: Cast, model: Model, ask: Ask
) -> None:
    request = make_ready(cast, make_version(cast, model))
    refused(ask, "Production")
    sign(request, cast.validator, Role.VALIDATOR)
    sign(request, cast.approver, Role.APPROVER)
    with nothing_moves():
        assert ask("Production")["current_stage"] == "Production"


@both_releases
def test_a_promotion_retires_the_old_champion(cast: Cast, model: Model, ask: Ask) -> None:
    make_champion(cast, make_version(cast, model))
    make_champion(cast, make_version(cast, model, metrics={"accuracy": "0.95"}))
    assert ask("Production", version=2)["current_stage"] == "Production"
    assert stages() == [(1, "ARCHIVED"), (2, "PRODUCTION")]
    assert SlotAssignment.objects.current().count() == 1


def test_a_signature_on_older_facts_does_not_count(
    cast: Cast, model: Model, ask: Ask, pipeline: MlflowClient
) -> None:
    request = make_ready(cast, make_version(cast, model))
    sign(request, cast.validator, Role.VALIDATOR)
    pipeline.set_model_version_tag(
        name="churn-model", version="1", key="metric.accuracy", value="0.91"
    )
    assert refused(ask, "Production").json["roles"] == ["VALIDATOR", "APPROVER"]
    sign(request, cast.approver, Role.APPROVER)
    assert refused(ask, "Production").json["roles"] == ["VALIDATOR"]
    assert stages() == [(1, "STAGING")]


def test_rejected_facts_are_not_asked_for_again(cast: Cast, model: Model, ask: Ask) -> None:
    request = make_ready(cast, make_version(cast, model))
    sign(
        request,
        cast.approver,
        Role.APPROVER,
        decision=Decision.REJECT,
        comment="The slice of young customers is too small.",
    )
    with nothing_moves(entries=["call.refused"]):
        error = refused(ask, "Production")
    assert error.json["rule"] == "already_decided"
    assert "The slice of young customers is too small." in error.message
    assert error.json["link"].endswith(f"/decisions/{request.pk}/")


@both_releases
def test_a_draft_of_the_inventory_moves_nowhere_but_away(
    cast: Cast, pipeline: MlflowClient, ask: Ask
) -> None:
    make_policies(cast)
    pipeline.create_registered_model(name="churn-model")
    pipeline.create_model_version(name="churn-model", source="s3://bucket/model")
    for stage in ("Staging", "Production"):
        with nothing_moves(entries=["call.refused"] if stage == "Staging" else []):
            error = refused(ask, stage)
        assert error.json["rule"] == "inventory_incomplete"
        assert error.json["missing"][0] == "an owner"
        assert error.json["link"].endswith("/models/churn-model/")
    assert not PromotionRequest.objects.exists()
    assert ask("Archived")["current_stage"] == "Archived"


def test_a_way_that_no_policy_knows_is_refused(cast: Cast, model: Model, ask: Ask) -> None:
    make_version(cast, model)
    with nothing_moves(entries=["call.refused"]):
        error = refused(ask, "Production")
    assert error.json["rule"] == "no_policy"
    assert "From there it may go to Archived or Staging." in error.message


def test_the_flag_retires_in_production_whom_the_promotion_retires_anyway(
    cast: Cast, model: Model, ask: Ask
) -> None:
    make_champion(cast, make_version(cast, model))
    request = make_ready(cast, make_version(cast, model, metrics={"accuracy": "0.95"}))
    refused(ask, "Production", version=2, archive=True)
    sign(request, cast.validator, Role.VALIDATOR)
    sign(request, cast.approver, Role.APPROVER)
    assert ask("Production", version=2, archive=True)["current_stage"] == "Production"
    assert stages() == [(1, "ARCHIVED"), (2, "PRODUCTION")]


@both_releases
def test_the_flag_is_refused_where_it_would_archive_what_nobody_decided_on(
    cast: Cast, model: Model, ask: Ask
) -> None:
    for _ in range(3):
        make_version(cast, model)
    ask("Staging", version=1)
    ask("Staging", version=2)
    with nothing_moves(entries=["call.refused"]):
        error = refused(ask, "Staging", version=3, archive=True)
    assert error.json["rule"] == "would_archive_others"
    assert error.json["versions"] == [1, 2]
    assert ask("Staging", version=3)["current_stage"] == "Staging"


def test_the_flag_does_nothing_where_there_is_nobody_else(
    cast: Cast, model: Model, ask: Ask
) -> None:
    make_version(cast, model)
    assert ask("Staging", archive=True)["current_stage"] == "Staging"


@both_releases
@pytest.mark.parametrize("stage", ["None", "Archived"])
def test_the_flag_makes_no_sense_with_an_inactive_stage(
    cast: Cast, model: Model, ask: Ask, stage: str
) -> None:
    make_version(cast, model)
    with nothing_moves(), pytest.raises(MlflowError, match="is not an Active stage") as caught:
        ask(stage, archive=True)
    assert caught.value.error_code == "INVALID_PARAMETER_VALUE"


def test_archiving_the_champion_empties_the_slot(cast: Cast, model: Model, ask: Ask) -> None:
    make_champion(cast, make_version(cast, model))
    assert ask("Archived")["current_stage"] == "Archived"
    assert not SlotAssignment.objects.current().exists()


WIRE = {"DRAFT": "None", "STAGING": "Staging", "PRODUCTION": "Production", "ARCHIVED": "Archived"}
ALLOWED = {
    ("DRAFT", "STAGING"),
    ("PRODUCTION", "STAGING"),
    ("ARCHIVED", "STAGING"),
    ("DRAFT", "ARCHIVED"),
    ("STAGING", "ARCHIVED"),
    ("PRODUCTION", "ARCHIVED"),
}


@pytest.mark.parametrize(("source", "target"), list(product(Stage.values, Stage.values)))
def test_every_stage_to_every_stage(
    cast: Cast, model: Model, ask: Ask, source: str, target: str
) -> None:
    """What the policies let through goes through; staying is fine; the rest is refused."""
    version = make_version(cast, model)
    bring(cast, version, Stage(source))
    changes = StageChange.objects.count()
    if source == target:
        with nothing_moves():
            assert ask(WIRE[target])["current_stage"] == WIRE[target]
    elif (source, target) in ALLOWED:
        assert ask(WIRE[target])["current_stage"] == WIRE[target]
        assert StageChange.objects.count() == changes + 1
    else:
        opens = ["request.opened"] if (source, target) == ("STAGING", "PRODUCTION") else []
        but = [PromotionRequest] if opens else []
        with nothing_moves(entries=[*opens, "call.refused"], but=but):
            refused(ask, WIRE[target])


def bring(cast: Cast, version: ModelVersion, stage: Stage) -> None:
    """Bring a version to a stage the way people do."""
    if stage == Stage.PRODUCTION:
        make_champion(cast, version)
    elif stage != Stage.DRAFT:
        assert ask_for(cast, version, stage).version.stage == stage
