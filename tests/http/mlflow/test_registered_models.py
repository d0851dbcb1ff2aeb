"""Registered models, through the unmodified client."""

from __future__ import annotations

import pytest

from governance.accounts.actions import create_unit
from governance.accounts.queries import CONSOLE
from governance.accounts.rules import Role
from governance.audit.models import LedgerEntry
from governance.inventory.actions import create_model
from governance.inventory.models import Model
from governance.registry.actions import register_version
from governance.registry.rules import Registration
from tests.factories import (
    NOON,
    Cast,
    make_champion,
    make_model,
    make_person,
    make_policies,
    make_version,
)
from tests.mlflow_client import MlflowClient, MlflowError, both_releases
from tests.world import nothing_moves

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.backend]


@both_releases
def test_a_new_model_is_a_draft_of_the_inventory_in_the_tokens_unit(
    pipeline: MlflowClient, cast: Cast
) -> None:
    made = pipeline.create_registered_model(
        name="churn-model", tags={"team": "growth"}, description="Who leaves."
    )
    model = Model.objects.get(name="churn-model")
    assert model.unit == cast.unit
    assert model.gaps == ["an owner", "a purpose", "an intended use", "a kind", "a risk tier"]
    assert made["tags"] == {"team": "growth"}
    assert made["description"] == "Who leaves."
    assert made["creation_timestamp"] == int(model.created_at.timestamp() * 1000)


@both_releases
def test_creating_a_model_again_says_that_it_exists(pipeline: MlflowClient) -> None:
    pipeline.create_registered_model(name="churn-model")
    with nothing_moves(), pytest.raises(MlflowError, match="already exists") as refused:
        pipeline.create_registered_model(name="churn-model")
    assert refused.value.error_code == "RESOURCE_ALREADY_EXISTS"


@pytest.mark.parametrize("name", ["a/b", "a:b", " ", "..", "x" * 256, "a\x07b"])
def test_a_name_no_client_could_address_is_refused(pipeline: MlflowClient, name: str) -> None:
    with nothing_moves(), pytest.raises(MlflowError) as refused:
        pipeline.create_registered_model(name=name)
    assert refused.value.error_code == "INVALID_PARAMETER_VALUE"


@both_releases
def test_spaces_and_letters_of_any_alphabet_are_fine_in_a_name(pipeline: MlflowClient) -> None:
    pipeline.create_registered_model(name="Żółw model 🐢")
    assert pipeline.get_registered_model(name="Żółw model 🐢")["name"] == "Żółw model 🐢"


@both_releases
def test_a_model_shows_the_newest_version_of_each_stage(pipeline: MlflowClient, cast: Cast) -> None:
    make_policies(cast)
    model = make_model(cast)
    make_champion(cast, make_version(cast, model))
    make_version(cast, model)
    make_version(cast, model)
    shown = pipeline.get_registered_model(name="churn-model")
    stages = {v["version"]: v["current_stage"] for v in shown["latest_versions"]}
    assert stages == {"1": "Production", "3": "None"}


@both_releases
def test_a_models_author_is_who_answers_for_the_token(pipeline: MlflowClient) -> None:
    pipeline.create_registered_model(name="churn-model")
    version = pipeline.create_model_version(name="churn-model", source="s3://bucket/model")
    assert version["user_id"] == "dev.singh@bank.example"


@both_releases
def test_a_description_is_set_and_told_once(pipeline: MlflowClient) -> None:
    pipeline.create_registered_model(name="churn-model")
    pipeline.update_registered_model(name="churn-model", description="Who leaves, and when.")
    with nothing_moves():
        shown = pipeline.update_registered_model(
            name="churn-model", description="Who leaves, and when."
        )
    assert shown["description"] == "Who leaves, and when."
    entry = LedgerEntry.objects.newest_first().first()
    assert entry is not None
    assert entry.verb == "model.described"


@both_releases
def test_tags_are_set_read_and_deleted(pipeline: MlflowClient) -> None:
    pipeline.create_registered_model(name="churn-model")
    pipeline.set_registered_model_tag(name="churn-model", key="team", value="growth")
    pipeline.set_registered_model_tag(name="churn-model", key="empty", value="")
    assert pipeline.get_registered_model(name="churn-model")["tags"] == {
        "team": "growth",
        "empty": "",
    }
    pipeline.delete_registered_model_tag(name="churn-model", key="team")
    with nothing_moves():
        pipeline.delete_registered_model_tag(name="churn-model", key="team")
    assert pipeline.get_registered_model(name="churn-model")["tags"] == {"empty": ""}


@pytest.mark.parametrize(
    ("key", "value"),
    [("k" * 251, "v"), ("a\tb", "v"), ("../up", "v"), ("a//b", "v"), ("k", "v" * 100_001)],
)
def test_a_tag_that_breaks_the_protocols_limits_is_refused(
    pipeline: MlflowClient, key: str, value: str
) -> None:
    pipeline.create_registered_model(name="churn-model")
    with nothing_moves(), pytest.raises(MlflowError) as refused:
        pipeline.set_registered_model_tag(name="churn-model", key=key, value=value)
    assert refused.value.error_code == "INVALID_PARAMETER_VALUE"


@pytest.mark.parametrize("key", ["k" * 250, "a.b-c_d e:f/g@h", "ключ"])
def test_a_tag_at_the_protocols_limits_is_kept(pipeline: MlflowClient, key: str) -> None:
    pipeline.create_registered_model(name="churn-model")
    pipeline.set_registered_model_tag(name="churn-model", key=key, value="v" * 100_000)
    assert key in pipeline.get_registered_model(name="churn-model")["tags"]


def test_one_wrong_tag_and_the_model_is_not_made(pipeline: MlflowClient) -> None:
    with nothing_moves(), pytest.raises(MlflowError):
        pipeline.create_registered_model(name="churn-model", tags={"fine": "1", "a//b": "2"})


@both_releases
@pytest.mark.parametrize(
    "stages",
    [None, [], ["None"], ["none"], ["Production", "Staging"], ["ARCHIVED"]],
)
def test_latest_versions_by_stage_in_any_case(
    pipeline: MlflowClient, cast: Cast, stages: list[str] | None
) -> None:
    make_policies(cast)
    model = make_model(cast)
    make_champion(cast, make_version(cast, model))
    make_version(cast, model)
    found = {v["version"] for v in pipeline.get_latest_versions(name=model.name, stages=stages)}
    wanted = {s.lower() for s in stages or ["none", "production"]}
    assert found == {v for v, stage in {"1": "production", "2": "none"}.items() if stage in wanted}


@both_releases
def test_latest_versions_of_an_unknown_stage_is_an_error(
    pipeline: MlflowClient, cast: Cast
) -> None:
    make_model(cast)
    with pytest.raises(MlflowError, match="Invalid Model Version stage: Live") as refused:
        pipeline.get_latest_versions(name="churn-model", stages=["Live"])
    assert refused.value.error_code == "INVALID_PARAMETER_VALUE"


CALLS = {
    "get_registered_model": {},
    "update_registered_model": {"description": "Mine now."},
    "set_registered_model_tag": {"key": "mine", "value": "1"},
    "delete_registered_model_tag": {"key": "team"},
    "get_latest_versions": {},
    "create_model_version": {"source": "s3://bucket/model"},
    "get_model_version": {"version": "1"},
    "get_model_version_download_uri": {"version": "1"},
    "update_model_version": {"version": "1", "description": "Mine now."},
    "set_model_version_tag": {"version": "1", "key": "mine", "value": "1"},
    "delete_model_version_tag": {"version": "1", "key": "team"},
    "transition_model_version_stage": {"version": "1", "stage": "Production"},
}


@pytest.mark.parametrize("method", CALLS)
def test_another_units_model_is_not_there_at_all(
    pipeline: MlflowClient, cast: Cast, method: str
) -> None:
    treasury = create_unit(path="bank/treasury", name="Treasury", actor=CONSOLE, at=NOON)
    stranger = make_person("Tess Treasury", Role.DEVELOPER, unit=treasury)
    model = create_model(name="rates-model", unit=treasury, actor=stranger, at=NOON)
    register_version(
        model=model, registration=Registration(source="s3://rates"), actor=stranger, at=NOON
    )
    with nothing_moves(), pytest.raises(MlflowError) as foreign:
        getattr(pipeline, method)(name="rates-model", **CALLS[method])
    with nothing_moves(), pytest.raises(MlflowError) as absent:
        getattr(pipeline, method)(name="nobodys-model", **CALLS[method])
    assert foreign.value.error_code == absent.value.error_code == "RESOURCE_DOES_NOT_EXIST"
    assert foreign.value.message == absent.value.message.replace("nobodys", "rates")


def test_a_taken_name_is_taken_for_strangers_too(pipeline: MlflowClient, cast: Cast) -> None:
    treasury = create_unit(path="bank/treasury", name="Treasury", actor=CONSOLE, at=NOON)
    stranger = make_person("Tess Treasury", Role.DEVELOPER, unit=treasury)
    create_model(name="rates-model", unit=treasury, actor=stranger, at=NOON)
    with nothing_moves(), pytest.raises(MlflowError) as refused:
        pipeline.create_registered_model(name="rates-model")
    assert refused.value.error_code == "RESOURCE_ALREADY_EXISTS"
