"""What the lineage tag may say, and what a registration's lineage amounts to in rows."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from governance.core.canonical import canonical
from governance.core.errors import InvalidInput
from governance.registry.rules import (
    DataPurpose,
    LineageFactKind,
    ParentRelation,
    addressed_version,
    lineage_from_tags,
    parse_lineage,
    run_key,
    snapshot_digest,
    stated_lineage,
)

TAG = "countersign.lineage"
IMAGE = "registry.bank.example/churn@sha256:" + "c" * 64
FULL: dict[str, Any] = {
    "datasets": [
        {
            "name": "applications",
            "digest": "sha256:" + "d" * 64,
            "rows": 1000,
            "period": {"from": "2018-01-01", "to": "2024-12-31"},
            "purpose": "training",
        },
        {"name": "holdout", "digest": "e1", "purpose": "EVALUATION"},
    ],
    "parents": [{"model": "base", "version": "3", "relation": "fine_tuned"}],
    "feature_code": [{"name": "features.py", "digest": "f" * 64}],
    "container_image": IMAGE,
    "parameters": {"max_depth": "6", "learning rate": "0.1"},
    "git_commit": "c0ffee",
}


def without(key: str) -> dict[str, Any]:
    return {name: value for name, value in FULL.items() if name != key}


def test_a_full_tag_is_read_as_it_will_stand_in_the_digest() -> None:
    said = parse_lineage(json.dumps(FULL))
    assert said["parents"] == [{"model": "base", "version": 3, "relation": "FINE_TUNED"}]
    assert said["datasets"][0]["purpose"] == "TRAINING"
    assert json.loads(canonical(said)) == said
    assert parse_lineage("{}") == {}


@pytest.mark.parametrize(
    ("changed", "field", "rule"),
    [
        ({"data": []}, "data", "unknown"),
        ({"datasets": {}}, "datasets", "list"),
        ({"datasets": [{}] * 101}, "datasets", "list"),
        ({"datasets": ["train"]}, "datasets.0", "object"),
        ({"datasets": [{"name": "a"}]}, "datasets.0.digest", "required"),
        ({"datasets": [{"name": "", "digest": "d"}]}, "datasets.0.name", "text"),
        ({"datasets": [{"name": "a\nb", "digest": "d"}]}, "datasets.0.name", "text"),
        ({"datasets": [{"name": "a", "digest": "d" * 101}]}, "datasets.0.digest", "text"),
        ({"datasets": [{"name": "a", "digest": 7}]}, "datasets.0.digest", "text"),
        ({"datasets": [{"name": "a", "digest": "d", "rows": -1}]}, "datasets.0.rows", "count"),
        ({"datasets": [{"name": "a", "digest": "d", "rows": 1.5}]}, "datasets.0.rows", "count"),
        ({"datasets": [{"name": "a", "digest": "d", "rows": True}]}, "datasets.0.rows", "count"),
        ({"datasets": [{"name": "a", "digest": "d", "rows": 2**53}]}, "datasets.0.rows", "count"),
        (
            {"datasets": [{"name": "a", "digest": "d", "purpose": "fun"}]},
            "datasets.0.purpose",
            "choice",
        ),
        (
            {"datasets": [{"name": "a", "digest": "d", "period": {"from": "May"}}]},
            "datasets.0.period.from",
            "date",
        ),
        (
            {"datasets": [{"name": "a", "digest": "d", "period": {}}]},
            "datasets.0.period",
            "required",
        ),
        (
            {
                "datasets": [
                    {
                        "name": "a",
                        "digest": "d",
                        "period": {"from": "2025-01-02", "to": "2025-01-01"},
                    }
                ]
            },
            "datasets.0.period",
            "order",
        ),
        ({"parents": [{"model": "base"}]}, "parents.0.version", "required"),
        ({"parents": [{"model": "base", "version": 0}]}, "parents.0.version", "number"),
        ({"parents": [{"model": "base", "version": "latest"}]}, "parents.0.version", "number"),
        (
            {"parents": [{"model": "base", "version": 1, "relation": "friend"}]},
            "parents.0.relation",
            "choice",
        ),
        ({"container_image": "registry/churn:latest"}, "container_image", "pinned"),
        ({"container_image": ["x"]}, "container_image", "pinned"),
        ({"parameters": ["a"]}, "parameters", "object"),
        ({"parameters": {"größe": "1"}}, "parameters", "name"),
        ({"parameters": {"depth": 6}}, "parameters.depth", "text"),
        ({"feature_code": [{"name": "a", "digest": ""}]}, "feature_code.0.digest", "text"),
        ({"git_commit": "c" * 101}, "git_commit", "text"),
        ({"git_commit": "\ud800"}, "git_commit", "text"),
        ({"\ud800": 1}, "\\ud800", "unknown"),
    ],
)
def test_what_is_wrong_is_named_with_its_rule(
    changed: dict[str, Any], field: str, rule: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_lineage(json.dumps(FULL | changed))
    (problem,) = caught.value.problems
    assert (problem.field, problem.rule) == (f"tags.{TAG}.{field}", rule)
    problem.message.encode()


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "[" * 100_000, '{"rows": 1e999}'])
def test_what_is_no_object_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_lineage(text)


def test_the_older_tags_say_what_they_always_said() -> None:
    tags = {
        "countersign.dataset": '{"name": "holdout", "digest": "d1", "rows": 5, "more": 1}',
        "mlflow.source.git.commit": "c" * 120,
    }
    assert lineage_from_tags(tags) == {
        "dataset": {"name": "holdout", "digest": "d1", "rows": 5},
        "git_commit": "c" * 100,
    }


def test_two_tags_name_one_commit() -> None:
    tags = {TAG: '{"git_commit": "c0ffee"}', "countersign.git_commit": "c0ffee"}
    assert lineage_from_tags(tags) == {"git_commit": "c0ffee"}
    with pytest.raises(InvalidInput) as caught:
        lineage_from_tags(tags | {"countersign.git_commit": "bad"})
    assert caught.value.problems[0].rule == "agree"


def test_a_full_tag_becomes_rows() -> None:
    stated = stated_lineage(parse_lineage(json.dumps(FULL)), source="models:/m-1")
    train, holdout = stated.inputs
    assert (train.name, train.digest, train.rows) == ("applications", "d" * 64, 1000)
    assert (train.purpose, holdout.purpose) == (DataPurpose.TRAINING, DataPurpose.EVALUATION)
    assert (train.period_start, train.period_end) == (date(2018, 1, 1), date(2024, 12, 31))
    assert [(p.model, p.number, p.relation) for p in stated.parents] == [
        ("base", 3, ParentRelation.FINE_TUNED)
    ]
    assert {(fact.kind, fact.name, fact.value) for fact in stated.facts} == {
        (LineageFactKind.GIT_COMMIT, "", "c0ffee"),
        (LineageFactKind.FEATURE_CODE, "features.py", "f" * 64),
        (LineageFactKind.CONTAINER_IMAGE, "", IMAGE),
        (LineageFactKind.PARAMETER, "max_depth", "6"),
        (LineageFactKind.PARAMETER, "learning rate", "0.1"),
    }


def test_the_data_set_of_the_metrics_is_told_once() -> None:
    lineage = parse_lineage(json.dumps(FULL))
    lineage["dataset"] = {"name": "holdout", "digest": "e1", "rows": 9}
    inputs = stated_lineage(lineage, source="s3://x").inputs
    assert [(said.digest, said.purpose) for said in inputs if said.digest == "e1"] == [
        ("e1", DataPurpose.EVALUATION)
    ]


def test_a_copy_names_its_source() -> None:
    (parent,) = stated_lineage({}, source="models:/churn-model/12").parents
    assert (parent.model, parent.number) == ("churn-model", 12)
    assert parent.relation == ParentRelation.COPIED


@pytest.mark.parametrize(
    "text", ["models:/m-0123", "models:/churn@champion", "models:/a/0", "models:/a/b/1", "s3://a/1"]
)
def test_other_sources_name_no_version(text: str) -> None:
    assert addressed_version(text) is None


def test_runs_and_digests_are_known_in_every_spelling() -> None:
    key = "5f0c3b1e9a7d4c2f8b6e1d0a9c8b7f6e"
    assert run_key("5F0C3B1E-9A7D-4C2F-8B6E-1D0A9C8B7F6E") == key == run_key(key)
    assert run_key("run-1") == run_key("") == ""
    assert snapshot_digest("SHA256:" + "A" * 64) == "a" * 64
    assert snapshot_digest("md5-1") == "md5-1"
