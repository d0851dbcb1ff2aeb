"""Hostile input on every interface: each gets a refusal that names the fault, none a 500.

A 500 is more than ugly: MLflow's client repeats the call for minutes, and what PostgreSQL refuses
by its column's length SQLite keeps.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from governance.accounts.rules import Role
from governance.approvals.rules.policies import read_policy
from governance.core.errors import InvalidInput
from governance.registry.models import ModelVersion
from governance.registry.rules import MAX_DECIMAL, exact_decimal
from tests import factories as f
from tests.factories import Cast
from tests.reviewing import also
from tests.world import nothing_moves

pytestmark = pytest.mark.backend

MLFLOW = "/api/2.0/mlflow"
REST = "/api/v1/models/churn-model/versions/1/evaluations"
NESTED = "[" * 20_000

Call = Callable[..., HttpResponse]


@pytest.fixture
def version(cast: Cast) -> ModelVersion:
    f.make_policies(cast)
    return f.make_version(cast, f.make_model(cast))


@pytest.fixture
def call(version: ModelVersion, cast: Cast) -> Call:
    _, secret = f.make_token(cast, at=timezone.now())
    client = Client(raise_request_exception=False)

    def call(method: str, path: str, body: Any = None) -> HttpResponse:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {secret}"}
        return client.generic(method, path, data, "application/json", headers=headers)

    return call


def create(call: Call, tagged: dict[str, str], /, **said: Any) -> HttpResponse:
    listed = [{"key": key, "value": value} for key, value in tagged.items()]
    body = {"name": "churn-model", "source": "s3://models/1", "tags": listed} | said
    return call("POST", f"{MLFLOW}/model-versions/create", body)


SHA = "a" * 64
ARTIFACTS, DATASET = "countersign.artifacts", "countersign.dataset"
LONG_PATH = "d/" * 300


@pytest.mark.parametrize(
    "tags",
    [
        {ARTIFACTS: json.dumps({"a\x00b": {"sha256": SHA}})},
        {ARTIFACTS: json.dumps({"a\ud800b": {"sha256": SHA}})},
        {ARTIFACTS: json.dumps({LONG_PATH + "a": {"sha256": SHA}})},
        {ARTIFACTS: json.dumps({LONG_PATH + "a": SHA, LONG_PATH + "b": SHA})},
        {ARTIFACTS: json.dumps({"": {"sha256": SHA}})},
        {ARTIFACTS: json.dumps({"../../etc/passwd": {"sha256": SHA}})},
        {ARTIFACTS: json.dumps({"/etc/passwd": {"sha256": SHA}})},
        {ARTIFACTS: NESTED},
        {DATASET: NESTED},
        {DATASET: json.dumps({"name": "a\x00", "digest": "d"})},
        {DATASET: json.dumps({"name": "\udfff", "digest": "d"})},
        {DATASET: json.dumps({"name": "a", "digest": "d" * 101})},
        {DATASET: json.dumps({"name": "a", "digest": "d", "rows": 10**30})},
        {DATASET: '{"name": "a", "digest": "d", "rows": ' + "9" * 5000 + "}"},
        {"metric.accuracy": "1e999"},
        {"metric.accuracy": "1e-999"},
        {"metric.accuracy": "NaN"},
        {f"metric.accuracy@{'d' * 101}": "0.9"},
    ],
    ids=lambda tags: next(f"{key[:20]}={value[:30]}" for key, value in tags.items()),
)
def test_a_tag_that_states_nonsense_registers_nothing(call: Call, tags: dict[str, str]) -> None:
    with nothing_moves():
        response = create(call, tags)
    assert response.status_code == 400, response.content
    assert response.json()["error_code"] == "INVALID_PARAMETER_VALUE"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("run_id", "r" * 101),
        ("run_link", "l" * 1001),
        ("model_id", "m" * 101),
        ("source", "s" * 1001),
        ("description", "a\x00"),
        ("description", 7),
        ("source", "\ud800"),
        ("name", "churn-model\x00"),
        ("tags", 7),
        ("tags", [{"key": f"k{i}", "value": "v"} for i in range(1001)]),
        ("tags", [7]),
        ("tags", [{"key": 7, "value": "a"}]),
    ],
)
def test_a_registration_that_no_column_holds(call: Call, name: str, value: Any) -> None:
    with nothing_moves():
        response = create(call, {}, **{name: value})
    assert response.status_code in {400, 404}, response.content


@pytest.mark.parametrize(
    "body",
    [
        b"\xff\xfe",
        b"",
        b"null",
        b"[]",
        NESTED.encode(),
        b'{"name": ' + b"9" * 5000 + b"}",
        b'{"name": NaN}',
        b'{"name": "\\ud800"}',
        b'{"name": "\\u0000"}',
    ],
    ids=repr,
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "registered-models/create"),
        ("PATCH", "registered-models/update"),
        ("POST", "registered-models/set-tag"),
        ("DELETE", "registered-models/delete-tag"),
        ("POST", "model-versions/create"),
        ("POST", "model-versions/transition-stage"),
    ],
)
def test_a_body_that_is_no_call(call: Call, method: str, path: str, body: bytes) -> None:
    with nothing_moves():
        response = call(method, f"{MLFLOW}/{path}", body)
    assert response.status_code in {400, 404}, response.content
    assert response["Content-Type"] == "application/json"


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "OPTIONS", "TRACE", "DELETE", "BREW"])
def test_a_method_that_the_protocol_lacks(call: Call, method: str) -> None:
    assert call(method, f"{MLFLOW}/model-versions/transition-stage", {}).status_code == 404


@pytest.mark.parametrize(
    "number", ["0", "-1", "1.0", "٣", "9" * 10, "9" * 5000, "1\x00", "1e9", "", "\ud800"]
)
def test_a_version_that_is_no_number(call: Call, number: str) -> None:
    body = {"name": "churn-model", "version": number, "stage": "Production"}
    with nothing_moves():
        response = call("POST", f"{MLFLOW}/model-versions/transition-stage", body)
    assert response.status_code in {400, 404}, response.content


@pytest.mark.parametrize(
    "body",
    [
        {"results": [{"metric": "accuracy", "value": "1e999"}]},
        {"results": [{"metric": "accuracy", "value": "Infinity"}]},
        {"results": [{"metric": "accuracy", "value": "9" * (MAX_DECIMAL + 1)}]},
        {"results": [{"metric": "a\x00", "value": "1"}]},
        {"results": [{"metric": "a", "value": "1", "slice": "\ud800"}]},
        {"results": [{"metric": "a", "value": [1]}]},
        {"results": {"metric": "a", "value": "1"}},
        {"results": "a"},
        {"results": [{"metric": "a", "value": "1"}], "run_id": "r" * 101},
        {"results": [{"metric": "a", "value": "1"}], "dataset_digest": "d" * 101},
        {"results": [{"metric": "a", "value": "1"}], "measured_at": "0001-01-01T00:00:00+14:00"},
        {"results": [{"metric": "a", "value": "1"}], "measured_at": 10**400},
        [],
        7,
        None,
    ],
    ids=lambda body: json.dumps(body)[:70],
)
def test_a_posted_evaluation_that_is_none(call: Call, body: Any) -> None:
    with nothing_moves():
        response = call("POST", REST, body)
    assert response.status_code in {400, 422}, response.content


@pytest.mark.parametrize("body", [b"\xff", NESTED.encode(), b'{"results": ' + b"9" * 5000 + b"}"])
def test_a_posted_body_that_is_no_json(call: Call, body: bytes) -> None:
    with nothing_moves():
        assert call("POST", REST, body).status_code in {400, 422}


def test_a_posted_body_has_a_size(call: Call) -> None:
    with nothing_moves():
        response = call("POST", REST, b'{"results": [], "pad": "' + b"x" * 6_000_000 + b'"}')
    assert response.status_code == 413, response.content


@pytest.mark.parametrize("text", ["1e999", "-1e999", "1e-999", "9e80", "1e-80"])
def test_a_decimal_fits_its_column_once_written_out(text: str) -> None:
    assert exact_decimal(text) is None


def test_two_values_for_one_thing_in_one_call_are_refused(call: Call) -> None:
    """Which of them counted would be chance, and could differ between the page and the change."""
    results = [{"metric": "accuracy", "value": "0.50"}, {"metric": "accuracy", "value": "0.99"}]
    with nothing_moves():
        assert call("POST", REST, {"results": results}).status_code == 422


def test_two_tags_that_measure_one_thing_differently_are_refused(call: Call) -> None:
    tags = {"metric.accuracy": "0.50", "metrics.accuracy": "0.99"}
    with nothing_moves():
        assert create(call, tags).status_code == 400


def test_two_tags_that_measure_one_thing_alike_are_one_result(call: Call) -> None:
    tags = {"metric.accuracy": "0.95", "countersign.metric.accuracy": "0.95", "accuracy": "0.95"}
    assert create(call, tags).status_code == 200
    assert ModelVersion.objects.get(number=2).evaluations.count() == 1


PATHS = [
    "/models/%00/",
    "/models/churn-model%00/",
    "/models/%00/versions/1/",
    "/models/churn-model/versions/99999999999999999999999/",
    "/models/churn-model/versions/1/validation/findings/99999999999999999999999/close/",
    "/models/%ED%A0%80/",
    "/models/?q=%00",
    "/models/?page=99999999999999999999999",
    "/models/?sort=%00",
    "/models/?tier=99999999999999999999999",
    "/audit/?until=9999-12-31",
    "/audit/?until=0001-01-01",
    "/audit/?model=%00",
    "/audit/?person=%00",
    "/audit/?page=%00",
    "/audit/?after=%00",
    "/audit/?before=0001-01-01T00:00:00%2B14:00~1~x",
    "/audit/?stream=firm&after=" + "9" * 40,
    "/audit/?subject=%00&request=%00&stream=%00&entry=%00&verb=%00&source=%00&kind=%00",
    "/audit/?subject=" + "x" * 3000,
    "/audit/entries.csv?model=%00",
    "/audit/entries.jsonl?since=9999-12-31&until=0001-01-01",
    "/audit/views/new/?actor=%00",
    "/evidence/?model=%00",
    "/evidence/?model=" + "x" * 3000,
    "/policies/new/?from=%00",
    "/policies/new/?from=" + "9" * 40,
    "/policies/rehearse/?from=%00",
    "/decisions/?page=-1",
    "/decisions/?model=%00",
    "/?x=" + "%00" * 10,
    "/models/churn-model/versions/1/card/edit/?section=%00",
    "/models/churn-model/versions/1/card/edit/?section=../../etc/passwd",
    "/models/churn-model/versions/1/card/?revision=%00",
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("who", ["owner", "auditor"])
def test_an_address_that_leads_nowhere(
    version: ModelVersion, cast: Cast, path: str, who: str
) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(getattr(cast, who))
    assert client.get(path).status_code < 500


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/models/%00/versions/1/evaluations",
        "/api/v1/models/churn-model/versions/999999999/evaluations",
        "/api/v1/ledger/entries?model=%00",
        "/api/v1/ledger/entries?stream=firm&beyond=99999999999999999999999",
        "/api/v1/ledger/feed?after=%00",
        "/api/2.0/mlflow/registered-models/get?name=%00",
        "/api/2.0/mlflow/model-versions/get?name=churn-model&version=%00",
        "/api/2.0/mlflow/registered-models/get?" + "&".join(f"a{i}=1" for i in range(1200)),
    ],
    ids=lambda path: path[:70],
)
def test_an_address_of_the_interfaces_that_leads_nowhere(call: Call, path: str) -> None:
    assert call("GET", path).status_code < 500


POLICY = f.TO_PRODUCTION


@pytest.mark.parametrize(
    "text",
    [
        "policy: " + "[" * 5000,
        "a: " * 3000,
        "- " * 10_000,
        POLICY.replace("at_least: 0.90", "at_least: " + "9" * 5000),
        POLICY.replace("at_least: 0.90", "at_least: 99999999999999999999"),
        POLICY.replace("at_least: 0.90", "at_least: !!int many"),
        POLICY.replace("title: To Production", 'title: "To \\0 Production"'),
        POLICY.replace("title: To Production", 'title: "To \\ud800 Production"'),
        POLICY.replace("policy: to-production", 'policy: "to-production\\n"'),
        POLICY.replace("metric: accuracy", 'metric: "accuracy\\n"'),
        POLICY.replace("at_least: 0.90", 'at_least: "0.90\\n"'),
        POLICY.replace("title: To Production", "? {a: b}\n: c"),
        POLICY.replace("title: To Production", "<<: [{title: One}]\ntitle: To Production"),
        "\x00",
        "a: \ud800",
    ],
    ids=lambda text: text[:40].encode("unicode_escape").decode(),
)
def test_a_policy_that_is_none(text: str) -> None:
    with pytest.raises(InvalidInput):
        read_policy(text)


HOSTILE = '"><script>alert(1)</script>{{7*7}}<img src=x onerror=alert(1)>'


def test_a_name_of_markup_stays_text_on_every_page(cast: Cast) -> None:
    model = f.make_model(cast, name=HOSTILE.replace("/", "∕").replace(":", ""))
    version = f.make_version(cast, model)
    client = Client()
    client.force_login(cast.owner)
    place = f"/models/{quote(model.name, safe='')}/"
    for path in ("/", "/models/", place, f"{place}versions/{version.number}/", "/audit/"):
        page = client.get(path).content.decode()
        assert "<script>alert" not in page
        assert "<img src=x" not in page


@pytest.mark.parametrize("rows", ["registered-models", "model-versions"])
@pytest.mark.parametrize(
    "query",
    [
        {"filter": "name = 'a\x00'"},
        {"filter": "name LIKE '%\\'"},
        {"filter": "name ILIKE '" + "%_" * 500 + "'"},
        {"filter": "name = 'x' OR 1=1"},
        {"filter": "name = 'x'; DROP TABLE inventory_model"},
        {"filter": "name = '' UNION SELECT password FROM accounts_user"},
        {"filter": "owner.password LIKE 'a%'"},
        {"filter": "tags.`a' OR '1'='1` = 'x'"},
        {"filter": " AND ".join(["tags.a = 'x'"] * 100)},
        {"filter": " AND ".join(["name != 'x'"] * 101)},
        {"filter": "version_number > " + "9" * 5000},
        {"filter": "name IN (" + "'x'," * 9000 + "'x')"},
        {"order_by": "name; DROP TABLE inventory_model"},
        {"order_by": "password ASC"},
        {"page_token": "AAAA"},
        {"page_token": "\x00"},
        {"max_results": "-1"},
        {"max_results": "9" * 5000},
        {"max_results": "NaN"},
    ],
    ids=lambda query: str(query)[:50],
)
def test_a_search_finds_nothing_else(
    call: Call, cast: Cast, rows: str, query: dict[str, str]
) -> None:
    also(cast.second_approver, Role.DEVELOPER, cast.root)
    hidden = f.create_model(name="hidden", unit=cast.root, actor=cast.second_approver, at=f.NOON)
    with nothing_moves():
        response = call("GET", f"{MLFLOW}/{rows}/search?{urlencode(query)}")
    assert response.status_code in {200, 400}, response.content
    assert hidden.name not in response.content.decode()
