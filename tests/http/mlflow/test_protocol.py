"""The protocol itself: shapes, both prefixes, and whatever no client would send."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from governance.core import errors as core
from governance.mlflow_api.errors import ANSWERS, answer_to
from tests.factories import Cast, make_cast, make_model, make_token, make_version
from tests.world import nothing_moves

pytestmark = pytest.mark.django_db

PREFIXES = ("/api/2.0/mlflow/", "/ajax-api/2.0/mlflow/")


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


class Wire:
    """Plain requests with a token, as a client that is not MLflow's might send them."""

    def __init__(self, client: Client, secret: str) -> None:
        self.client = client
        self.headers = {"Authorization": f"Bearer {secret}"}

    def get(self, path: str, **query: Any) -> tuple[int, dict[str, Any]]:
        response = self.client.get(f"{PREFIXES[0]}{path}", query, headers=self.headers)
        return response.status_code, response.json()

    def send(
        self, method: str, path: str, body: Any, *, prefix: str = PREFIXES[0], query: str = ""
    ) -> tuple[int, dict[str, Any]]:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        response = self.client.generic(
            method, f"{prefix}{path}{query}", data, "application/json", headers=self.headers
        )
        return response.status_code, response.json()


@pytest.fixture
def wire(client: Client, cast: Cast, now: datetime) -> Wire:
    return Wire(client, make_token(cast, at=now)[1])


@pytest.mark.parametrize("prefix", PREFIXES)
def test_both_prefixes_speak(wire: Wire, prefix: str) -> None:
    status, body = wire.send(
        "POST", "registered-models/create", {"name": "churn-model"}, prefix=prefix
    )
    assert status == 200
    assert body["registered_model"]["name"] == "churn-model"


def test_what_is_unset_is_left_out_and_times_are_numbers(wire: Wire, cast: Cast) -> None:
    make_version(cast, make_model(cast))
    status, body = wire.get("model-versions/get", name="churn-model", version="1")
    version = body["model_version"]
    assert status == 200
    assert version["version"] == "1"
    assert type(version["creation_timestamp"]) is int
    assert type(version["last_updated_timestamp"]) is int
    assert version["current_stage"] == "None"
    assert version["status"] == "READY"
    assert version["user_id"] == "dev.singh@bank.example"
    assert {"run_link", "model_id", "aliases"}.isdisjoint(version)


def test_a_version_without_a_description_has_an_empty_one(wire: Wire, cast: Cast) -> None:
    """The client would show None where users of MLflow's server know a text."""
    make_version(cast, make_model(cast))
    _, body = wire.get("model-versions/get", name="churn-model", version="1")
    assert body["model_version"]["description"] == ""


PROMPT = [{"key": "mlflow.prompt.is_prompt", "value": "true"}]


@pytest.mark.parametrize(
    ("name", "tags", "words"),
    [
        ("greeting", PROMPT, "Prompt (name=greeting) already exists"),
        ("greeting", [], "registered model with name 'greeting', but the name is already taken"),
        ("churn-model", PROMPT, "prompt with name 'churn-model', but the name is already taken"),
        ("churn-model", [], "Registered Model (name=churn-model) already exists"),
    ],
)
def test_what_a_taken_name_is_taken_by_is_said(
    wire: Wire, cast: Cast, name: str, tags: list[dict[str, str]], words: str
) -> None:
    make_model(cast)
    wire.send("POST", "registered-models/create", {"name": "greeting", "tags": PROMPT})
    with nothing_moves():
        status, body = wire.send("POST", "registered-models/create", {"name": name, "tags": tags})
    assert (status, body["error_code"]) == (400, "RESOURCE_ALREADY_EXISTS")
    assert words in body["message"]


def test_an_empty_list_is_an_empty_object(wire: Wire, cast: Cast) -> None:
    make_model(cast)
    said = {"name": "churn-model"}
    assert wire.send("POST", "registered-models/get-latest-versions", said) == (200, {})
    assert wire.get("registered-models/get-latest-versions", name="churn-model") == (200, {})


def test_latest_versions_by_get_takes_a_stage_or_several(wire: Wire, cast: Cast) -> None:
    make_version(cast, make_model(cast))
    for stages in ("None", ["None", "Production"]):
        _, body = wire.get(
            "registered-models/get-latest-versions", name="churn-model", stages=stages
        )
        assert [v["version"] for v in body["model_versions"]] == ["1"]


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("GET", "registered-models"),
        ("POST", "registered-models/get"),
        ("GET", "registered-models/create"),
        ("PUT", "registered-models/update"),
        ("GET", "registered-models/get/"),
        ("GET", "experiments/search"),
        ("OPTIONS", "model-versions/get"),
        ("POST", "model-versions/transition-stage/../create"),
    ],
)
def test_an_unknown_path_or_method_is_an_endpoint_not_found(
    wire: Wire, prefix: str, method: str, path: str
) -> None:
    with nothing_moves():
        status, body = wire.send(method, path, {}, prefix=prefix)
    assert status == 404
    assert body["error_code"] == "ENDPOINT_NOT_FOUND"


def test_parameters_of_a_delete_may_stand_in_the_query(wire: Wire, cast: Cast) -> None:
    wire.send(
        "POST", "registered-models/create", {"name": "m", "tags": [{"key": "k", "value": ""}]}
    )
    status, _ = wire.send("DELETE", "registered-models/delete-tag", b"", query="?name=m&key=k")
    assert status == 200
    assert "tags" not in wire.get("registered-models/get", name="m")[1]["registered_model"]


def test_a_body_encoded_twice_is_read(wire: Wire) -> None:
    body = json.dumps(json.dumps({"name": "churn-model"})).encode()
    assert wire.send("POST", "registered-models/create", body)[0] == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"\xff\xfe\x00",
        b"[]",
        b"1",
        b"null",
        b'"name"',
        b"{" * 10_000,
        b"[" * 100_000,
        b'{"name": NaN}',
        b'{"name": 1e999}',
    ],
)
def test_a_body_that_is_no_object_is_refused(wire: Wire, body: bytes) -> None:
    with nothing_moves():
        status, answer = wire.send("POST", "registered-models/create", body)
    assert status == 400
    assert answer["error_code"] == "INVALID_PARAMETER_VALUE"


def test_a_body_beyond_the_limit_is_refused(wire: Wire) -> None:
    with nothing_moves():
        status, answer = wire.send(
            "POST", "registered-models/create", {"name": "m", "description": "x" * 6_000_000}
        )
    assert status == 400
    assert "larger than this server takes" in answer["message"]


WRONG: list[tuple[str, Any]] = [
    ("name", None),
    ("name", ""),
    ("name", 7),
    ("name", ["churn-model"]),
    ("name", {"is": "churn-model"}),
    ("name", "a\u0000b"),
    ("name", "\ud800"),
    ("version", 1),
    ("version", None),
    ("version", True),
    ("stage", 5),
    ("stage", None),
    ("archive_existing_versions", "maybe"),
    ("archive_existing_versions", 1),
]


@pytest.mark.parametrize(("field", "value"), WRONG)
def test_a_parameter_of_the_wrong_type_is_named(
    wire: Wire, cast: Cast, field: str, value: Any
) -> None:
    make_version(cast, make_model(cast))
    said = {"name": "churn-model", "version": "1", "stage": "Staging"} | {field: value}
    with nothing_moves():
        status, answer = wire.send("POST", "model-versions/transition-stage", said)
    assert status == 400
    assert answer["error_code"] == "INVALID_PARAMETER_VALUE"
    assert f"'{field}'" in answer["message"]


@pytest.mark.parametrize("field", ["name", "version", "stage"])
def test_a_missing_parameter_is_named_in_mlflows_words(wire: Wire, cast: Cast, field: str) -> None:
    make_version(cast, make_model(cast))
    said = {"name": "churn-model", "version": "1", "stage": "Staging"}
    del said[field]
    _, answer = wire.send("POST", "model-versions/transition-stage", said)
    assert answer["message"].startswith(f"Missing value for required parameter '{field}'.")


@pytest.mark.parametrize(
    "tags",
    [
        "k",
        {"k": "v"},
        ["k"],
        [{}],
        [{"key": "k"}],
        [{"key": "k", "value": 1}],
        [{"key": 1, "value": "v"}],
        [{"key": "", "value": "v"}],
        [{"key": "k", "value": None}],
        [None],
    ],
)
def test_tags_of_a_wrong_shape_are_refused(wire: Wire, cast: Cast, tags: Any) -> None:
    make_model(cast)
    with nothing_moves():
        for path, said in (
            ("registered-models/create", {"name": "another-model"}),
            ("model-versions/create", {"name": "churn-model", "source": "s3://b/m"}),
        ):
            status, answer = wire.send("POST", path, said | {"tags": tags})
            assert status == 400
            assert answer["error_code"] == "INVALID_PARAMETER_VALUE"


@pytest.mark.parametrize("stages", [7, {"a": 1}, [7], [None], "Live", ["None", "Live"]])
def test_stages_of_a_wrong_shape_are_refused(wire: Wire, cast: Cast, stages: Any) -> None:
    make_model(cast)
    said = {"name": "churn-model", "stages": stages}
    status, answer = wire.send("POST", "registered-models/get-latest-versions", said)
    assert status == 400
    assert answer["error_code"] == "INVALID_PARAMETER_VALUE"


def test_what_a_client_adds_beyond_the_protocol_is_ignored(wire: Wire) -> None:
    status, _ = wire.send(
        "POST", "registered-models/create", {"name": "m", "deployment_job_id": "x", "more": [1]}
    )
    assert status == 200


def test_no_cookie_is_read_or_set(client: Client, wire: Wire, cast: Cast) -> None:
    """A browser's session opens nothing here, so no page can make one act."""
    client.force_login(cast.approver)
    answered = client.get(f"{PREFIXES[0]}registered-models/get", {"name": "churn-model"})
    assert answered.status_code == 401
    assert not answered.cookies


def kinds(kind: type[core.DomainError]) -> set[type[core.DomainError]]:
    return {kind}.union(*(kinds(child) for child in kind.__subclasses__()))


def test_no_refusal_has_a_status_that_the_client_repeats_or_misreads() -> None:
    assert {answer.status for answer in ANSWERS.values()} <= {400, 401, 403, 404, 409}


@pytest.mark.parametrize("kind", sorted(kinds(core.Refused), key=lambda kind: kind.__name__))
def test_every_refusal_of_governance_is_permission_denied(kind: type[core.DomainError]) -> None:
    error = kind.__new__(kind)
    assert answer_to(error).error_code == "PERMISSION_DENIED"
    assert answer_to(error).status == 403
