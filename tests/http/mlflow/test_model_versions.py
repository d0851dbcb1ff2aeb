"""Model versions, through the unmodified client."""

from __future__ import annotations

import json

import pytest
from django.utils import timezone

from governance.audit.models import LedgerEntry
from governance.inventory.models import Model
from governance.mlflow_api.parsing import Parameters
from governance.mlflow_api.registering import register_once
from governance.registry.actions import deprecate_version
from governance.registry.models import EvaluationResult, ModelVersion
from tests.factories import (
    NOON,
    Cast,
    later,
    make_model,
    make_policies,
    make_token,
    make_version,
)
from tests.mlflow_client import MlflowClient, MlflowError, both_releases
from tests.world import nothing_moves

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.backend]

MANIFEST = {"MLmodel": {"sha256": "a" * 64, "size": 700}, "model.skops": {"sha256": "b" * 64}}
TAGS = {
    "countersign.artifacts": json.dumps(MANIFEST),
    "countersign.dataset": json.dumps({"name": "holdout", "digest": "d" * 64, "rows": 2000}),
    "countersign.git_commit": "c0ffee",
    "countersign.lineage": json.dumps({"parameters": {"depth": "6"}}),
    "metric.accuracy": "0.8225",
    "team": "growth",
}


@pytest.fixture
def model(pipeline: MlflowClient) -> str:
    pipeline.create_registered_model(name="churn-model")
    return "churn-model"


def test_a_version_keeps_source_run_digests_data_and_measurements(
    pipeline: MlflowClient, model: str
) -> None:
    made = pipeline.create_model_version(
        name=model,
        source="models:/m-1",
        run_id="run-1",
        run_link="http://tracking/run-1",
        model_id="m-1",
        tags=TAGS,
        description="The first.",
    )
    version = ModelVersion.objects.get()
    assert (version.number, version.source, version.run_id) == (1, "models:/m-1", "run-1")
    assert (version.run_link, version.logged_model_id) == ("http://tracking/run-1", "m-1")
    assert version.lineage["git_commit"] == "c0ffee"
    assert version.dataset_digest == "d" * 64
    artifacts = version.artifacts.order_by("path").values_list("path", "sha256", "size")
    assert list(artifacts) == [("MLmodel", "a" * 64, 700), ("model.skops", "b" * 64, None)]
    result = EvaluationResult.objects.get()
    assert (result.metric, result.value, result.source) == ("accuracy", "0.8225", "TAG")
    assert result.dataset_digest == "d" * 64
    assert made["tags"] == TAGS
    assert (made["version"], made["status"], made["current_stage"]) == ("1", "READY", "None")
    assert (made["run_id"], made["description"]) == ("run-1", "The first.")


@both_releases
def test_versions_count_up(pipeline: MlflowClient, model: str) -> None:
    numbers = [
        pipeline.create_model_version(name=model, source="s3://bucket/model")["version"]
        for _ in range(3)
    ]
    assert numbers == ["1", "2", "3"]


@both_releases
def test_a_repeated_create_of_the_same_artifact_registers_nothing(
    pipeline: MlflowClient, model: str
) -> None:
    said = {"name": model, "source": "models:/m-1", "run_id": "run-1", "tags": TAGS}
    first = pipeline.create_model_version(**said)
    with nothing_moves():
        again = pipeline.create_model_version(**said)
    assert again == first


@pytest.mark.parametrize(
    "other",
    [
        {"source": "models:/m-2"},
        {"run_id": "run-2"},
        {"description": "Another."},
        {"tags": TAGS | {"metric.accuracy": "0.8226"}},
        {"tags": {"countersign.artifacts": TAGS["countersign.artifacts"]}},
    ],
)
def test_a_create_that_says_anything_else_is_a_new_version(
    pipeline: MlflowClient, model: str, other: dict[str, object]
) -> None:
    said = {"name": model, "source": "models:/m-1", "run_id": "run-1", "tags": TAGS}
    pipeline.create_model_version(**said)
    assert pipeline.create_model_version(**said | other)["version"] == "2"


@pytest.mark.parametrize(("minutes", "number"), [(0, 1), (9, 1), (10, 2), (600, 2)])
def test_after_ten_minutes_it_is_no_repetition(cast: Cast, minutes: int, number: int) -> None:
    tags = [{"key": key, "value": value} for key, value in TAGS.items()]
    said = Parameters({"source": "models:/m-1", "tags": tags})
    holder, _ = make_token(cast)
    for at in (NOON, later(minutes=minutes)):
        model = Model.objects.first() or make_model(cast)
        version = register_once(model=model, said=said, actor=holder, at=at)
    assert version.number == number


def test_a_repetition_of_what_another_version_followed_is_a_new_version(
    pipeline: MlflowClient, model: str
) -> None:
    said = {"name": model, "source": "models:/m-1", "run_id": "run-1", "tags": TAGS}
    pipeline.create_model_version(**said)
    pipeline.create_model_version(name=model, source="s3://bucket/other")
    assert pipeline.create_model_version(**said)["version"] == "3"


def test_lineage_is_stated_by_a_tag_and_by_the_source_of_a_copy(
    pipeline: MlflowClient, model: str
) -> None:
    said = {"datasets": [{"name": "train", "digest": "t1", "rows": 5}], "git_commit": "c0ffee"}
    tags = TAGS | {"countersign.lineage": json.dumps(said)}
    pipeline.create_model_version(name=model, source="s3://bucket/m", tags=tags)
    pipeline.create_model_version(name=model, source=f"models:/{model}/1")
    version, copy = ModelVersion.objects.order_by("number")
    assert version.lineage == said | {"dataset": json.loads(TAGS["countersign.dataset"])}
    uses = version.inputs.order_by("snapshot__name").values_list("snapshot__digest", "purpose")
    assert list(uses) == [("d" * 64, "EVALUATION"), ("t1", "TRAINING")]
    assert [row.parent for row in copy.parents.all()] == [version]


@both_releases
def test_a_bundle_with_a_label_is_repeated_once_found_by_it_and_told_of_its_end(
    cast: Cast, pipeline: MlflowClient, model: str
) -> None:
    bundle = {"base_model": {"provider": "mistral", "name": "small", "version": "2409"}}
    tags = {"countersign.bundle": json.dumps(bundle), "countersign.label": "2.1.0"}
    said = {"name": model, "source": "s3://bucket/agent", "tags": tags}
    first = pipeline.create_model_version(**said)
    assert pipeline.create_model_version(**said) == first
    version = ModelVersion.objects.with_model().get()
    assert (version.label, version.parts.get().name) == ("2.1.0", "mistral/small")
    with pytest.raises(MlflowError, match=r"has the label 2\.1\.0 already"):
        pipeline.create_model_version(**said | {"source": "s3://bucket/other"})
    found = pipeline.search_model_versions(filter_string="tags.`countersign.label` = '2.1.0'")
    assert [row["version"] for row in found] == ["1"]
    with pytest.raises(MlflowError, match="not set by hand"):
        pipeline.set_model_version_tag(
            name=model, version="1", key="countersign.label", value="3.0.0"
        )

    from_date = timezone.now().date()
    deprecate_version(
        version=version, from_date=from_date, reason="Use 3.", actor=cast.owner, at=timezone.now()
    )
    shown = pipeline.get_model_version(name=model, version="1")
    assert shown["tags"]["countersign.deprecated"] == from_date.isoformat()
    place = pipeline.get_model_version_download_uri(name=model, version="1")
    assert place == "s3://bucket/agent"


@pytest.mark.parametrize(
    ("tag", "value", "words"),
    [
        ("countersign.artifacts", "not json", "is not JSON"),
        ("countersign.artifacts", "{}", "is an object of path to"),
        ("countersign.artifacts", '{"a": {"sha256": "short"}}', "64 hex digits"),
        ("countersign.artifacts", '{"a": {"sha256": "%s", "size": -1}}' % ("a" * 64), "64 hex"),
        ("countersign.dataset", '{"name": "no digest"}', "countersign.dataset is an object"),
        ("countersign.lineage", '{"parents": [{"model": "base"}]}', "version is missing"),
        ("countersign.lineage", '{"container_image": "a:latest"}', "pin the image by its digest"),
        ("countersign.bundle", '{"tools": [{"name": "search"}]}', "tools.0.sha256: It is needed"),
        ("countersign.label", "2.1", "A label is a semantic version"),
        ("metric.accuracy", "high", "holds a decimal number"),
        ("metric.accuracy", "nan", "holds a decimal number"),
        ("metric.accuracy", "Infinity", "holds a decimal number"),
    ],
)
def test_a_tag_that_states_a_fact_wrongly_stops_the_registration(
    pipeline: MlflowClient, model: str, tag: str, value: str, words: str
) -> None:
    with nothing_moves(), pytest.raises(MlflowError, match=words) as refused:
        pipeline.create_model_version(name=model, source="s3://b/m", tags=TAGS | {tag: value})
    assert refused.value.error_code == "INVALID_PARAMETER_VALUE"


@pytest.mark.parametrize("source", [" ", "s3://bucket/../secret", "x" * 1001, "a\x00b", "..\\up"])
def test_a_source_that_is_no_whole_path_is_refused(
    pipeline: MlflowClient, model: str, source: str
) -> None:
    with nothing_moves(), pytest.raises(MlflowError) as refused:
        pipeline.create_model_version(name=model, source=source)
    assert refused.value.error_code == "INVALID_PARAMETER_VALUE"


@pytest.mark.parametrize(
    "source", ["models:/nobody/1", "models:/churn-model/2", "models:/churn-model@champion"]
)
def test_a_source_that_names_no_version_here_is_refused(
    pipeline: MlflowClient, model: str, source: str
) -> None:
    """Else its meaning could be settled after the version was approved."""
    with nothing_moves(), pytest.raises(MlflowError, match="it names no version here") as refused:
        pipeline.create_model_version(name=model, source=source)
    assert refused.value.error_code == "INVALID_PARAMETER_VALUE"


@both_releases
def test_a_copy_is_loaded_from_where_its_original_lies(pipeline: MlflowClient, model: str) -> None:
    pipeline.create_model_version(name=model, source="s3://bucket/model", tags=TAGS)
    copy = pipeline.copy(name=model, version="1", to="live-model")
    again = pipeline.copy(name="live-model", version="1", to="third-model")
    assert copy["source"] == "models:/churn-model/1"
    assert again["source"] == "models:/live-model/1"
    # Another model under the old name, whose first version is something else.
    pipeline.rename_registered_model(name=model, new_name="old-model")
    pipeline.create_registered_model(name=model)
    pipeline.create_model_version(name=model, source="s3://bucket/other")
    for name in ("live-model", "third-model"):
        uri = pipeline.get_model_version_download_uri(name=name, version="1")
        assert uri == "s3://bucket/model"


@both_releases
def test_a_version_is_read_back_as_it_was_registered(pipeline: MlflowClient, model: str) -> None:
    made = pipeline.create_model_version(name=model, source="s3://bucket/model", tags=TAGS)
    assert pipeline.get_model_version(name=model, version="1") == made
    uri = pipeline.get_model_version_download_uri(name=model, version="1")
    assert uri == "s3://bucket/model"


@pytest.mark.parametrize("version", ["2", "0", "-1", "99999999999999999999", "2147483648"])
def test_a_version_that_is_not_there(pipeline: MlflowClient, model: str, version: str) -> None:
    pipeline.create_model_version(name=model, source="s3://bucket/model")
    with pytest.raises(MlflowError, match="not found") as refused:
        pipeline.get_model_version(name=model, version=version)
    assert refused.value.error_code == "RESOURCE_DOES_NOT_EXIST"


@pytest.mark.parametrize("version", ["one", "1.5", "1_0", "１", " "])
def test_a_version_that_is_no_number(pipeline: MlflowClient, model: str, version: str) -> None:
    with pytest.raises(MlflowError) as refused:
        pipeline.get_model_version(name=model, version=version)
    assert refused.value.error_code == "INVALID_PARAMETER_VALUE"


@both_releases
def test_a_description_changes_and_nothing_else(pipeline: MlflowClient, model: str) -> None:
    made = pipeline.create_model_version(name=model, source="s3://bucket/model")
    shown = pipeline.update_model_version(name=model, version="1", description="Better.")
    changed = {key for key in made if made[key] != shown[key]}
    assert changed == {"description", "last_updated_timestamp"}
    with nothing_moves():
        pipeline.update_model_version(name=model, version="1", description="Better.")


@both_releases
def test_tags_are_set_read_and_deleted(pipeline: MlflowClient, model: str) -> None:
    pipeline.create_model_version(name=model, source="s3://bucket/model")
    pipeline.set_model_version_tag(name=model, version="1", key="team", value="growth")
    pipeline.set_model_version_tag(name=model, version="1", key="number", value=5)
    shown = pipeline.get_model_version(name=model, version="1")
    assert shown["tags"] == {"team": "growth", "number": "5"}
    with nothing_moves():
        pipeline.set_model_version_tag(name=model, version="1", key="team", value="growth")
    pipeline.delete_model_version_tag(name=model, version="1", key="team")
    with nothing_moves():
        pipeline.delete_model_version_tag(name=model, version="1", key="team")
    assert pipeline.get_model_version(name=model, version="1")["tags"] == {"number": "5"}


def test_deleting_a_tag_deletes_no_result(pipeline: MlflowClient, model: str) -> None:
    pipeline.create_model_version(name=model, source="s3://bucket/model")
    pipeline.set_model_version_tag(name=model, version="1", key="metric.accuracy", value="0.91")
    pipeline.set_model_version_tag(name=model, version="1", key="metric.accuracy", value="0.92")
    pipeline.delete_model_version_tag(name=model, version="1", key="metric.accuracy")
    kept = EvaluationResult.objects.order_by("received_at").values_list("value", flat=True)
    assert list(kept) == ["0.91", "0.92"]


def test_a_bare_key_measures_what_a_policy_judges(pipeline: MlflowClient, cast: Cast) -> None:
    make_policies(cast)
    make_version(cast, make_model(cast), metrics={"f1": "0.5"})
    pipeline.set_model_version_tag(name="churn-model", version="1", key="accuracy", value="0.95")
    pipeline.set_model_version_tag(name="churn-model", version="1", key="team", value="0.95")
    kept = EvaluationResult.objects.order_by("received_at").values_list("metric", "value")
    assert list(kept) == [("f1", "0.5"), ("accuracy", "0.95")]


@both_releases
@pytest.mark.parametrize(
    "key", ["countersign.artifacts", "countersign.dataset", "countersign.lineage"]
)
def test_a_tag_that_states_a_fact_of_the_registration_is_fixed(
    pipeline: MlflowClient, model: str, key: str
) -> None:
    pipeline.create_model_version(name=model, source="s3://bucket/model", tags=TAGS)
    with nothing_moves(), pytest.raises(MlflowError, match="is fixed with it"):
        pipeline.set_model_version_tag(name=model, version="1", key=key, value="{}")
    with nothing_moves(), pytest.raises(MlflowError, match="is fixed with it"):
        pipeline.delete_model_version_tag(name=model, version="1", key=key)


def test_the_ledger_tells_what_came_through_mlflow(pipeline: MlflowClient, model: str) -> None:
    pipeline.create_model_version(name=model, source="s3://bucket/model", tags=TAGS)
    entries = LedgerEntry.objects.filter(stream__name__startswith="model:").oldest_first()
    assert [(e.verb, e.source) for e in entries] == [
        ("model.created", "MLFLOW"),
        ("version.registered", "MLFLOW"),
    ]


@both_releases
def test_high_level_calls_register_and_load(pipeline: MlflowClient) -> None:
    """`log_model(registered_model_name=…)` here, `load_model` there: no call of ours between."""
    pipeline.log_model(name="churn-model")
    version = ModelVersion.objects.get()
    # Release 2 sends the folder it logged into, in place of a logged model.
    assert version.logged_model_id.startswith("m-") or version.source.endswith("/artifacts/model")
    assert pipeline.load_model(model_uri="models:/churn-model/1", rows=[1.0]) == [42.0]
