"""Which requirement has which evidence, for programs."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from governance.inventory.actions import edit_model
from governance.inventory.models import Model
from tests.factories import NOON, Cast, edited_record, make_model, make_token, make_version

ML = "ml-test-score"
ADDRESS = "/api/v1/models/churn-model/coverage"


@pytest.fixture
def model(cast: Cast) -> Any:
    with override_settings(FIRM_FRAMEWORKS={ML: ""}):
        model = make_model(cast)
        make_version(cast, model)
        record = edited_record(model, origin="IN_HOUSE")
        yield edit_model(model=model, record=record, actor=cast.owner, at=NOON)


@pytest.fixture
def get(client: Client, cast: Cast) -> Any:
    secret = make_token(cast, at=timezone.now())[1]
    return lambda path: client.get(path, headers={"Authorization": f"Bearer {secret}"})


def test_each_requirement_with_its_evidence(get: Any, model: Model) -> None:
    body = get(f"{ADDRESS}?framework={ML}").json()
    (framework,) = body["frameworks"]
    assert (body["model"], framework["framework"]) == (model.name, ML)
    states = [one["state"] for one in framework["requirements"]]
    assert framework["counts"]["none"] == states.count("NONE")
    assert sum(framework["counts"].values()) == len(states)
    lacking = [one for one in framework["requirements"] if one["state"] == "NONE"]
    assert all(one["missing"] and not one["evidence"] for one in lacking)
    items = [item for one in framework["requirements"] for item in one["evidence"]]
    assert "Measured value of accuracy" in {item["label"] for item in items}
    assert all(item["record"].count(":") == 1 for item in items)


def test_without_a_framework_every_one_is_there(get: Any, model: Model) -> None:
    found = {one["framework"] for one in get(ADDRESS).json()["frameworks"]}
    assert {ML, "sr-26-2", "nist-ai-rmf-1.0"} <= found


def test_all_models_page_by_page_in_as_many_queries(get: Any, cast: Cast, model: Model) -> None:
    get(ADDRESS)
    with CaptureQueriesContext(connection) as one:
        get(f"/api/v1/coverage?framework={ML}")
    for name in ("a-model", "z-model"):
        make_version(cast, make_model(cast, name=name))
    with CaptureQueriesContext(connection) as three:
        body = get(f"/api/v1/coverage?framework={ML}").json()
    assert len(one) == len(three)
    assert [found["model"] for found in body["models"]] == ["a-model", "churn-model", "z-model"]
    first = get(f"/api/v1/coverage?framework={ML}&limit=1").json()
    assert (len(first["models"]), first["next"]) == (1, "a-model")
    last = get(f"/api/v1/coverage?framework={ML}&after=churn-model").json()
    assert ([found["model"] for found in last["models"]], last["next"]) == (["z-model"], None)


@pytest.mark.usefixtures("model")
def test_what_there_is_not_and_what_one_may_not_see_is_not_there(client: Client, get: Any) -> None:
    assert client.get(ADDRESS).status_code == 401
    assert client.get("/api/v1/coverage").status_code == 401
    assert get("/api/v1/models/nobody/coverage").status_code == 404
    assert get(f"{ADDRESS}?framework=nothing").status_code == 404
    assert get("/api/v1/coverage?framework=nothing").status_code == 404
    assert get("/api/v1/coverage?limit=0").status_code == 422
