"""POST and GET /api/v1/models/<name>/versions/<n>/evaluations."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from governance.accounts.actions import create_unit, revoke_token
from governance.accounts.models import ApiToken
from governance.accounts.queries import CONSOLE
from governance.accounts.rules import Role, Scope
from governance.audit.models import LedgerEntry
from governance.inventory.actions import create_model
from governance.registry.actions import register_version
from governance.registry.models import EvaluationResult
from governance.registry.rules import Registration
from tests.factories import (
    NOON,
    Cast,
    make_cast,
    make_model,
    make_person,
    make_token,
    make_version,
)
from tests.world import nothing_moves

pytestmark = pytest.mark.django_db

ADDRESS = "/api/v1/models/churn-model/versions/1/evaluations"
GOOD = {"results": [{"metric": "accuracy", "value": "0.93"}]}

Call = Callable[..., HttpResponse]


@pytest.fixture
def cast(db: None) -> Cast:
    cast = make_cast()
    make_version(cast, make_model(cast))
    return cast


@pytest.fixture
def secret(cast: Cast) -> str:
    return make_token(cast, at=timezone.now())[1]


@pytest.fixture
def post(client: Client, secret: str) -> Call:
    def post(body: Any, *, address: str = ADDRESS, token: str = secret) -> HttpResponse:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {token}"}
        return client.generic("POST", address, data, "application/json", headers=headers)

    return post


def problem(response: HttpResponse, status: int) -> dict[str, Any]:
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert body["status"] == status
    assert body["detail"]
    return body


def test_results_arrive_and_are_kept_as_they_were_written(post: Call, cast: Cast) -> None:
    response = post(
        {
            "dataset_digest": "sha256:" + "e" * 64,
            "run_id": "run-9",
            "measured_at": "2026-03-02T13:00:00+01:00",
            "results": [
                {"metric": "accuracy", "value": "0.930"},
                {"metric": "recall", "value": 0.71, "slice": "region=north"},
                {"metric": "errors", "value": 12},
            ],
        }
    )
    assert response.status_code == 201
    kept = EvaluationResult.objects.filter(source="POSTED").order_by("metric")
    assert [(r.metric, r.value, r.slice) for r in kept] == [
        ("accuracy", "0.930", ""),
        ("errors", "12", ""),
        ("recall", "0.71", "region=north"),
    ]
    assert {r.measured_at for r in kept} == {datetime(2026, 3, 2, 12, tzinfo=UTC)}
    assert {r.dataset_digest for r in kept} == {"sha256:" + "e" * 64}
    assert {r["id"] for r in response.json()["results"]} == {str(r.pk) for r in kept}
    entry = LedgerEntry.objects.newest_first().first()
    assert entry is not None
    assert (entry.verb, entry.source) == ("evaluation.recorded", "API")


def test_the_versions_own_data_set_counts_when_none_is_named(post: Call) -> None:
    assert post(GOOD).json()["results"][0]["dataset_digest"] == "d" * 64


def test_a_second_measurement_stands_beside_the_first(
    post: Call, client: Client, secret: str
) -> None:
    post(GOOD)
    post({"results": [{"metric": "accuracy", "value": "0.95"}]})
    shown = client.get(ADDRESS, headers={"Authorization": f"Bearer {secret}"}).json()["results"]
    assert [(r["value"], r["source"]) for r in shown] == [
        ("0.95", "POSTED"),
        ("0.93", "POSTED"),
        ("0.93", "TAG"),
    ]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "results"),
        ({"results": []}, "results"),
        ({"results": "accuracy"}, "results"),
        ({"results": [{"metric": "accuracy"}]}, "results.0.value"),
        ({"results": [{"value": "1"}]}, "results.0.metric"),
        ({"results": [{"metric": "", "value": "1"}]}, "results.0.metric"),
        ({"results": [{"metric": "a<b", "value": "1"}]}, "results.0.metric"),
        ({"results": [{"metric": "x" * 101, "value": "1"}]}, "results.0.metric"),
        ({"results": [{"metric": "accuracy", "value": "high"}]}, "results.0.value"),
        ({"results": [{"metric": "accuracy", "value": "NaN"}]}, "results.0.value"),
        ({"results": [{"metric": "accuracy", "value": True}]}, "results.0.value"),
        ({"results": [{"metric": "accuracy", "value": None}]}, "results.0.value"),
        ({"results": [{"metric": "accuracy", "value": "1" * 81}]}, "results.0.value"),
        ({"results": [{"metric": "accuracy", "value": [1]}]}, "results.0.value"),
        (GOOD | {"measured_at": "yesterday"}, "measured_at"),
        (GOOD | {"dataset_digest": "two words"}, "dataset_digest"),
        (GOOD | {"run_id": "r" * 101}, "run_id"),
        (
            {"results": [{"metric": "accuracy", "value": "1", "slice": "s" * 101}]},
            "results.0.slice",
        ),
        ({"results": GOOD["results"] + [{"metric": "f1", "value": "x"}]}, "results.1.value"),
        ({"results": GOOD["results"] * 1001}, "results"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_half_saved(
    post: Call, body: dict[str, Any], field: str
) -> None:
    with nothing_moves():
        answer = problem(post(body), 422)
    assert [p["field"] for p in answer["problems"]] == [field]
    assert all(p["rule"] and p["message"] for p in answer["problems"])


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[1]", b"null", b'{"results": NaN}'])
def test_a_body_that_is_no_object_is_refused(post: Call, body: bytes) -> None:
    with nothing_moves():
        response = post(body)
    assert response.status_code in {400, 422}
    problem(response, response.status_code)


def test_another_content_type_is_refused(client: Client, secret: str) -> None:
    response = client.post(
        ADDRESS, "a=b", "text/plain", headers={"Authorization": f"Bearer {secret}"}
    )
    problem(response, 415)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_nothing_is_changed_or_deleted_here(client: Client, secret: str, method: str) -> None:
    headers = {"Authorization": f"Bearer {secret}"}
    problem(client.generic(method, ADDRESS, headers=headers), 405)


@pytest.mark.parametrize(
    "address",
    [
        "/api/v1/models/churn-model/versions/2/evaluations",
        "/api/v1/models/nobodys-model/versions/1/evaluations",
        "/api/v1/models/rates-model/versions/1/evaluations",
    ],
)
def test_absent_and_foreign_look_alike(post: Call, cast: Cast, address: str) -> None:
    treasury = create_unit(path="bank/treasury", name="Treasury", actor=CONSOLE, at=NOON)
    stranger = make_person("Tess Treasury", Role.DEVELOPER, unit=treasury)
    model = create_model(name="rates-model", unit=treasury, actor=stranger, at=NOON)
    register_version(
        model=model, registration=Registration(source="s3://rates"), actor=stranger, at=NOON
    )
    with nothing_moves():
        answer = problem(post(GOOD, address=address), 404)
    assert answer["code"] == "version_not_found"


@pytest.mark.parametrize(
    "address",
    [
        "/api/v1/",
        "/api/v1/model",
        "/api/v1/models/churn-model/versions/1/evaluations/",
        "/api/v1/models/churn-model/versions/one/evaluations",
        "/api/v1/models/churn-model/versions/99999999999/evaluations",
    ],
)
def test_any_other_address_is_a_problem_too(post: Call, address: str) -> None:
    problem(post(GOOD, address=address), 404)


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer nobody", "Basic abc", "Bearer \N{SNOWMAN}"]
)
def test_without_a_token_that_holds_nothing_is_told(
    client: Client, cast: Cast, header: str
) -> None:
    with nothing_moves():
        response = client.get(ADDRESS, headers={"Authorization": header})
    problem(response, 401)
    assert response["WWW-Authenticate"].startswith("Bearer")


def test_a_revoked_and_an_expired_token_do_not_hold(post: Call, cast: Cast, secret: str) -> None:
    now = timezone.now()
    _, expired = make_token(cast, name="old", at=now - timedelta(days=2), expires_at=now)
    revoke_token(token=ApiToken.objects.get(service__name="churn-pipeline"), actor=CONSOLE, at=now)
    with nothing_moves():
        problem(post(GOOD, token=expired), 401)
        problem(post(GOOD, token=secret), 401)


def test_a_token_that_may_not_post_is_refused_and_that_is_on_record(post: Call, cast: Cast) -> None:
    _, reader = make_token(cast, name="reader", scopes=[Scope.READ], at=timezone.now())
    with nothing_moves(entries=["call.refused"]):
        answer = problem(post(GOOD, token=reader), 403)
    assert answer["permission"] == "registry:evaluation:record"
    with nothing_moves():
        problem(post(GOOD, token=reader), 403)
