"""A version by number and by label, and what a deprecation says in the headers of every answer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from governance.registry.actions import deprecate_version, end_deprecation, label_version
from governance.registry.actions.artifacts import READER, record_artifact_check
from governance.registry.models import ModelVersion
from tests.factories import NOON, Cast, make_model, make_token, make_version

ADDRESS = "/api/v1/models/churn-model"
MLFLOW = "/api/2.0/mlflow/model-versions"
NAMED = "name=churn-model&version=1"


@pytest.fixture
def version(cast: Cast) -> ModelVersion:
    version = make_version(cast, make_model(cast))
    return label_version(version=version, label="2.1.0", actor=cast.developer, at=NOON)


@pytest.fixture
def get(client: Client, cast: Cast) -> Any:
    secret = make_token(cast, at=timezone.now())[1]
    return lambda path: client.get(path, headers={"Authorization": f"Bearer {secret}"})


def test_a_version_by_number_and_by_label(get: Any, version: ModelVersion) -> None:
    record_artifact_check(version=version, found=[], actor=READER, at=NOON)
    body = get(f"{ADDRESS}/labels/2.1.0").json()
    assert body == get(f"{ADDRESS}/versions/1").json()
    assert (body["version"], body["label"], body["digest"]) == (1, "2.1.0", version.digest)
    assert body["artifacts"] == [
        {"path": "model.pkl", "sha256": "a" * 64, "size": 1024, "origin": "GIVEN"}
    ]
    assert (body["parts"], body["deprecation"]) == ([], None)
    assert body["last_check"]["outcome"] == "MISMATCH"
    assert body["last_check"]["differences"] == [
        {"path": "model.pkl", "expected": "a" * 64, "found": ""}
    ]


@pytest.mark.parametrize("label", ["2.1.1", "latest", "%20", "..", "%00"])
@pytest.mark.usefixtures("version")
def test_no_such_label(get: Any, label: str) -> None:
    assert get(f"{ADDRESS}/labels/{label}").status_code == 404


def test_what_one_may_not_see_is_not_there(
    client: Client, cast: Cast, version: ModelVersion
) -> None:
    for path in ("labels/2.1.0", "versions/1"):
        assert client.get(f"{ADDRESS}/{path}").status_code == 401


def test_a_deprecation_is_told_wherever_a_program_asks(
    get: Any, cast: Cast, version: ModelVersion
) -> None:
    asked = [
        f"{ADDRESS}/versions/1",
        f"{ADDRESS}/labels/2.1.0",
        "/api/v1/versions/churn-model/1/allow",
        f"{MLFLOW}/get?{NAMED}",
        f"{MLFLOW}/get-download-uri?{NAMED}",
    ]
    for path in asked:
        answer = get(path)
        assert answer.status_code in {200, 403}, path
        assert "Deprecation" not in answer.headers
    from_date = NOON.date() + timedelta(days=30)
    deprecate_version(
        version=version, from_date=from_date, reason="Use 3.0.0.", actor=cast.owner, at=NOON
    )
    for path in asked:
        answer = get(path)
        assert answer.status_code in {200, 403}, path
        if answer.status_code == 200:
            assert answer.headers["Deprecation"] == f"@{int(NOON.timestamp())}", path
            assert answer.headers["Sunset"] == "Wed, 01 Apr 2026 00:00:00 GMT", path
    tags = get(f"{MLFLOW}/get?{NAMED}").json()["model_version"]["tags"]
    assert {"key": "countersign.deprecated", "value": "2026-04-01"} in tags
    assert {"key": "countersign.label", "value": "2.1.0"} in tags
    said = get(f"{ADDRESS}/versions/1").json()["deprecation"]
    assert (said["from_date"], said["reason"]) == ("2026-04-01", "Use 3.0.0.")

    end_deprecation(version=version, actor=cast.owner, at=NOON)
    assert "Deprecation" not in get(f"{MLFLOW}/get?{NAMED}").headers
