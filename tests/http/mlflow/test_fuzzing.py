"""Whatever is sent, the answer is MLflow's: no fault of ours, no trace, always code and message."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
import schemathesis
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern
from hypothesis import HealthCheck, given
from hypothesis import settings as profile
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from schemathesis import GenerationMode
from schemathesis.core import NotSet

from governance.mlflow_api.urls import urlpatterns
from tests.conftest import LONG
from tests.factories import Cast, make_cast, make_model, make_policies, make_token, make_version
from tests.mlflow_openapi import ENDPOINTS, SHOWN, Endpoint, openapi, record

pytestmark = pytest.mark.django_db

PREFIX = "/api/2.0/mlflow/"
NOBODY = "127.0.0.1:9"
"""A receiver that the operator lists, and where nobody listens."""
STATUSES = {400, 401, 403, 404, 409}


def served() -> Iterator[tuple[str, str]]:
    """Give method and path of each endpoint that the portal has."""
    for pattern in urlpatterns:
        assert isinstance(pattern, URLPattern)
        view = inspect.getclosurevars(inspect.unwrap(pattern.callback)).nonlocals
        path = str(pattern.pattern).replace("<str:", "{").replace("<", "{").replace(">", "}")
        yield from ((method, path) for method in view["handlers"])


NAMED = {(endpoint.method, endpoint.path) for endpoint in ENDPOINTS}
SERVED = [endpoint for endpoint in ENDPOINTS if (endpoint.method, endpoint.path) in set(served())]


WELL_SAID: dict[str, Any] = {
    "name": "churn-model",
    "new_name": "leavers-model",
    "version": "1",
    "stage": "Production",
    "alias": "challenger",
    "key": "team",
    "value": "growth",
    "source": "s3://bucket/model",
    "tags": [{"key": "team", "value": "growth"}],
    "comment": "Please look.",
    "url": f"http://{NOBODY}/hook",
    "events": [{"entity": "MODEL_VERSION", "action": "CREATED"}],
}


class Wire:
    """Raw calls with a token that may do everything, each undone afterwards."""

    def __init__(self, client: Client, secret: str) -> None:
        self.client = client
        self.secret = secret
        self.right = dict(WELL_SAID)

    def kept(self, path: str, **said: str) -> dict[str, Any]:
        """Make a call with right values that is not undone."""
        (endpoint,) = [one for one in SERVED if (one.method, one.path) == ("POST", path)]
        body = {name: (self.right | said)[name] for name in endpoint.required}
        answer = self.client.post(
            f"{PREFIX}{path}",
            body,
            content_type="application/json",
            headers={"Authorization": f"Bearer {self.secret}"},
        )
        assert answer.status_code == 200, answer.content
        kept: dict[str, Any] = answer.json()
        return kept

    def send(self, endpoint: Endpoint, said: Mapping[str, Any]) -> HttpResponse:
        """Send what the endpoint names in its path there, and the rest where it is looked for."""
        path = endpoint.path
        for name in endpoint.in_path:
            path = path.replace(f"{{{name}}}", quote(as_text(said.get(name, "x")), safe=""))
        rest = {name: value for name, value in said.items() if name not in endpoint.in_path}
        if endpoint.in_query:
            return self.request(endpoint.method, path, query=query_of(rest))
        return self.request(endpoint.method, path, body=json.dumps(rest).encode())

    def request(
        self, method: str, path: str, *, query: str = "", body: bytes = b"", token: str = ""
    ) -> HttpResponse:
        headers = {"Authorization": token or f"Bearer {self.secret}"}
        # A savepoint, and no atomic block: refusals are recorded by one that stands alone.
        before = transaction.savepoint()
        answer = self.client.generic(
            method, f"{PREFIX}{path}?{query}", body, "application/json", headers=headers
        )
        transaction.savepoint_rollback(before)
        require_mlflows_shape(answer)
        return answer


def as_text(value: Any) -> bytes:
    text = value if isinstance(value, str) else json.dumps(value)
    return text.encode(errors="surrogatepass")


def query_of(said: Mapping[str, Any]) -> str:
    """Return what is said as a query; a list is a name said repeatedly."""
    pairs = [
        (name, as_text(one))
        for name, value in said.items()
        for one in (value if isinstance(value, list) else [value])
    ]
    return urlencode(pairs)


def body_of(said: Any) -> bytes:
    """Return what is no object as a body: bytes as they are, and nothing for nothing said."""
    if isinstance(said, bytes):
        return said
    return b"" if isinstance(said, NotSet) else json.dumps(said).encode()


def require_mlflows_shape(answer: HttpResponse) -> None:
    body = json.loads(answer.content)
    assert isinstance(body, dict)
    if answer.status_code == 200:
        return
    assert answer.status_code in STATUSES
    assert body["error_code"].isupper()
    assert body["message"]
    assert "Traceback" not in body["message"]


def described(endpoint: Endpoint) -> Draft202012Validator:
    """Return what judges an answer by the description, which leaves nothing out."""
    schema = record(**endpoint.gives) | {"additionalProperties": False}
    return Draft202012Validator(schema | {"components": {"schemas": SHOWN}})


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


@pytest.fixture
def wire(client: Client, cast: Cast, now: datetime, settings: Any) -> Wire:
    settings.WEBHOOK_HOSTS = [NOBODY]
    make_policies(cast)
    make_version(cast, make_model(cast))
    wire = Wire(client, make_token(cast, at=now)[1])
    wire.right["creator"] = cast.developer.email
    wire.right["webhook_id"] = wire.kept("webhooks")["webhook"]["webhook_id"]
    wire.right["id"] = wire.kept("comments/create")["comment"]["id"]
    wire.kept("registered-models/alias")
    wire.kept("transition-requests/create", stage="Staging")
    wire.kept("transition-requests/create")
    return wire


HOSTILE: list[Any] = [
    None,
    True,
    7,
    -1,
    2**63,
    10**400,
    1.5,
    float("nan"),
    "",
    " ",
    "a/b",
    "../..",
    "a:b",
    "\N{TURTLE}" * 10,
    "x" * 5_000,
    "nul\x00here",
    "\ud800",
    "\u202e\u200b\ufeff",
    "9" * 30,
    "１",
    "' OR 1=1 --",
    "{{7*7}}<script>",
    [],
    [None],
    [[["deep"]]],
    {},
    {"key": {"key": 1}},
    [{"key": "x" * 5_000, "value": "\x00"}],
    [{"key": "k", "value": "v" * 5_000}] * 3,
]
FILTERS = [
    "name",
    "name =",
    "name = 'x' AND",
    "name = 'x' OR name = 'y'",
    "name LIKE",
    "name IN ()",
    "name IN ('x'",
    "version_number > 'x'",
    "version_number = 99999999999999999999",
    "tags.`a = 'x'",
    "tag.\x00 = 'x'",
    "name = '\ud800'",
    "name = 'x'; DROP TABLE model",
    "((((((((",
    "name ILIKE '" + "%_" * 400 + "'",
    "\N{TURTLE}",
]
TOKENS = ["x", "=", "eyJvZmZzZXQiOjF9", ":::", "a:b:c", "\N{TURTLE}", "\x00", "A" * 5_000]


def hostile(name: str) -> list[Any]:
    return HOSTILE + {"filter": FILTERS, "order_by": FILTERS, "page_token": TOKENS}.get(name, [])


def test_the_table_names_every_endpoint() -> None:
    """Whoever adds one adds its line to tests/mlflow_openapi.py, and it is fuzzed."""
    assert set(served()) == NAMED


def test_what_is_published_is_the_table() -> None:
    """`python -m tests.mlflow_openapi >docs/mlflow-openapi.json` publishes it again."""
    published = Path(__file__).parents[3] / "docs" / "mlflow-openapi.json"
    assert json.loads(published.read_text()) == openapi()


@pytest.mark.parametrize("family", dict.fromkeys(one.path.split("/")[0] for one in SERVED))
def test_one_wrong_value_among_right_ones(wire: Wire, family: str) -> None:
    for endpoint in SERVED:
        if endpoint.path.split("/")[0] == family:
            try_each_parameter(wire, endpoint)


def try_each_parameter(wire: Wire, endpoint: Endpoint) -> None:
    said = {name: wire.right.get(name, "x") for name in endpoint.required}
    answers = [wire.send(endpoint, said)]
    for name in [*endpoint.required, *endpoint.optional]:
        answers += [wire.send(endpoint, said | {name: value}) for value in hostile(name)]
    for answer in answers:
        if answer.status_code == 200:
            described(endpoint).validate(json.loads(answer.content))


DESCRIPTION = schemathesis.openapi.from_dict(openapi(tuple(SERVED)))
MANY = profile(
    max_examples=10_000 if LONG else 150,
    # One world serves all calls, since each is undone.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@MANY
@pytest.mark.timeout(1800)
@given(st.data())
def test_calls_as_described_and_against_the_description(wire: Wire, data: st.DataObject) -> None:
    endpoint = data.draw(st.sampled_from(SERVED))
    mode = data.draw(st.sampled_from(list(GenerationMode)))
    operation = DESCRIPTION[f"{PREFIX}{endpoint.path}"][endpoint.method.lower()]
    case = data.draw(operation.as_strategy(generation_mode=mode))
    said = case.query if endpoint.in_query else case.body
    if not isinstance(said, dict):
        wire.request(endpoint.method, endpoint.path, body=body_of(said))
        return
    # Names that are made up find nothing, so most calls are about what there is.
    known = [name for name in endpoint.required if name in wire.right]
    right = {name: wire.right[name] for name in known if data.draw(st.integers(0, 3))}
    wire.send(endpoint, (case.path_parameters or {}) | said | right)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=50),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@profile(MANY, max_examples=3_000 if LONG else 60)
@pytest.mark.timeout(1800)
@given(st.sampled_from(SERVED), ANYTHING, st.text(max_size=30), st.text(max_size=30))
def test_calls_of_any_kind(
    wire: Wire, endpoint: Endpoint, said: object, path: str, token: str
) -> None:
    body = json.dumps(said).encode()
    credentials = f"Bearer {token}".encode().decode("latin-1")
    wire.request(endpoint.method, endpoint.path, body=body)
    wire.request(endpoint.method, endpoint.path, body=body[:-1] + b"\xff")
    wire.request(endpoint.method, quote(path), body=body)
    wire.request(endpoint.method, endpoint.path, query=quote(path, safe="&="), token=credentials)
