"""A model from its first version to its last, as each release of MLflow's client sees it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from governance.accounts.rules import Role
from governance.inventory.models import Model
from governance.registry.models import ModelVersion
from tests.factories import Cast, make_model, make_policies, make_ready, make_version, sign
from tests.mlflow_client import MlflowClient, MlflowError, both_releases
from tests.world import nothing_moves

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.backend, both_releases]

NAME = "churn-model"


def refused(code: str, call: Callable[..., object], **said: object) -> MlflowError:
    with pytest.raises(MlflowError) as caught:
        call(**said)
    assert caught.value.error_code == code
    return caught.value


def test_registered_aliased_loaded_renamed_and_removed(pipeline: MlflowClient, cast: Cast) -> None:
    make_policies(cast)
    make_model(cast)
    pipeline.log_model(name=NAME)
    pipeline.create_model_version(name=NAME, source="s3://bucket/other")
    pipeline.set_registered_model_alias(name=NAME, alias="blue", version="1")
    assert pipeline.get_model_version_by_alias(name=NAME, alias="blue")["version"] == "1"
    assert pipeline.load_model(model_uri=f"models:/{NAME}@blue", rows=[1.0, 2.0]) == [42.0, 42.0]
    assert pipeline.get_registered_model(name=NAME)["aliases"] == {"blue": "1"}
    pipeline.set_registered_model_alias(name=NAME, alias="blue", version="2")
    assert pipeline.get_model_version_by_alias(name=NAME, alias="blue")["version"] == "2"
    assert pipeline.get_model_version_by_alias(name=NAME, alias="latest")["version"] == "2"
    pipeline.delete_registered_model_alias(name=NAME, alias="blue")
    pipeline.delete_registered_model_alias(name=NAME, alias="blue")
    look = pipeline.get_model_version_by_alias
    refused("INVALID_PARAMETER_VALUE", look, name=NAME, alias="blue")
    pipeline.rename_registered_model(name=NAME, new_name="leavers-model")
    refused("RESOURCE_DOES_NOT_EXIST", pipeline.get_registered_model, name=NAME)
    pipeline.delete_model_version(name="leavers-model", version="2")
    left = pipeline.search_model_versions(filter_string="name = 'leavers-model'")
    assert [version["version"] for version in left] == ["1"]
    pipeline.delete_registered_model(name="leavers-model")
    refused("RESOURCE_DOES_NOT_EXIST", pipeline.get_registered_model, name="leavers-model")
    assert pipeline.search_registered_models() == []
    # The name is free again, and numbers start anew; what was removed is kept as history.
    pipeline.create_registered_model(name="leavers-model")
    made = pipeline.create_model_version(name="leavers-model", source="s3://bucket/new")
    assert made["version"] == "1"
    assert (Model.objects.count(), ModelVersion.objects.count()) == (2, 3)


def test_the_champion_is_named_by_people_and_kept(pipeline: MlflowClient, cast: Cast) -> None:
    make_policies(cast)
    request = make_ready(cast, make_version(cast, make_model(cast)))
    naming = {"name": NAME, "alias": "champion", "version": "1"}
    with nothing_moves(entries=["call.refused"]):
        error = refused("PERMISSION_DENIED", pipeline.set_registered_model_alias, **naming)
    assert f"/decisions/{request.pk}/" in error.message
    assert error.json["request"] == str(request.pk)
    sign(request, cast.validator, Role.VALIDATOR)
    sign(request, cast.approver, Role.APPROVER)
    with nothing_moves():
        pipeline.set_registered_model_alias(**naming)
    assert pipeline.get_model_version_by_alias(name=NAME, alias="champion")["version"] == "1"
    (live,) = pipeline.get_latest_versions(name=NAME, stages=["Production"])
    assert (live["version"], live["current_stage"]) == ("1", "Production")
    for call, said in (
        (pipeline.delete_registered_model_alias, {"alias": "champion"}),
        (pipeline.delete_model_version, {"version": "1"}),
        (pipeline.delete_registered_model, {}),
    ):
        with nothing_moves(entries=["call.refused"]):
            error = refused("PERMISSION_DENIED", call, name=NAME, **said)
        assert error.json["rule"]
        assert error.json["link"] in error.message
