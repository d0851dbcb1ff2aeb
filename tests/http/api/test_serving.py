"""GET /api/v1/live, POST /api/v1/deployments/report, GET /api/v1/versions/…/allow."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from governance.accounts.actions import create_unit
from governance.accounts.queries import CONSOLE
from governance.accounts.rules import Role, Scope
from governance.audit.models import LedgerEntry
from governance.inventory.actions import create_model
from governance.inventory.models import Model
from governance.registry.actions.slots import assign_role, create_slot
from governance.registry.models import DeploymentReport
from governance.registry.rules import SlotRole, Stage
from tests import factories as f
from tests.factories import NOON, Cast, later
from tests.world import nothing_moves

pytestmark = pytest.mark.django_db

EU = "eu-retail/primary"
FILE = "a" * 64
REPORT = "/api/v1/deployments/report"
ALLOW = "/api/v1/versions/churn-model/1/allow"
SAID = {"model": "churn-model", "version": "1", "instance": "gateway-1"}

Call = Callable[..., Any]


@pytest.fixture
def model(cast: Cast) -> Model:
    """Version 1 serves in the default slot since NOON; a day later 2 watches in another."""
    f.make_policies(cast)
    model = f.make_model(cast)
    f.make_champion(cast, f.make_version(cast, model, artifact=FILE))
    second = f.make_version(cast, model, artifact="b" * 64)
    slot = create_slot(model=model, name=EU, actor=cast.owner, at=later(days=1))
    assign_role(slot=slot, version=second, role=SlotRole.SHADOW, actor=cast.owner, at=later(days=1))
    return model


@pytest.fixture
def secret(cast: Cast) -> str:
    return f.make_token(cast, at=timezone.now())[1]


@pytest.fixture
def call(client: Client, secret: str) -> Call:
    def call(address: str, body: Any = None, *, token: str = secret) -> Any:
        headers = {"Authorization": f"Bearer {token}"}
        if body is None:
            return client.get(address, headers=headers)
        data = json.dumps(body).encode()
        return client.generic("POST", address, data, "application/json", headers=headers)

    return call


def live(response: Any) -> list[tuple[str, str, str, str]]:
    assert response.status_code == 200, response.content
    return [
        (slot["model"], slot["slot"], role["role"], role["version"])
        for slot in response.json()["slots"]
        for role in slot["roles"]
    ]


CHAMPION = ("churn-model", "primary", "CHAMPION", "1")
SHADOW = ("churn-model", EU, "SHADOW", "2")


def test_what_is_live_now_and_on_a_past_date(call: Call, cast: Cast, model: Model) -> None:
    answer = call("/api/v1/live")
    assert live(answer) == [SHADOW, CHAMPION]
    slot = answer.json()["slots"][1]
    (role,) = slot.pop("roles")
    assert slot == {
        "model": "churn-model", "slot": "primary", "alias": "champion", "is_default": True,
        "reports": {"status": "none", "silent_since": None, "instances": []},
    }  # fmt: skip
    assert (role["share"], role["set_by"]) == (None, cast.approver.ref)
    assert (role["set_by_name"], role["since"]) == ("Arno Approver", "2026-03-02T12:00:00Z")
    assert role["request"].startswith("request:")
    assert live(call("/api/v1/live?on=2026-03-02")) == [CHAMPION]
    assert live(call("/api/v1/live?on=2026-03-01")) == []
    assert live(call("/api/v1/live?on=2026-03-03T11:59:00Z")) == [CHAMPION]
    assert live(call("/api/v1/live?on=2026-03-03T13:01:00%2B01:00")) == [SHADOW, CHAMPION]
    assert live(call(f"/api/v1/live?model=churn-model&slot={EU}")) == [SHADOW]
    assert live(call("/api/v1/live?slot=us/primary")) == []
    assert live(call(f"/api/v1/live?on={timezone.now():%Y-%m-%d}")) == [SHADOW, CHAMPION]


def test_the_live_list_asks_the_database_as_often_for_many_models(
    call: Call, cast: Cast, model: Model, django_assert_max_num_queries: Any
) -> None:
    for number in range(3):
        other = f.make_model(cast, name=f"other-{number}")
        version = f.make_version(cast, other)
        slot = create_slot(model=other, name=EU, actor=cast.owner, at=NOON)
        assign_role(slot=slot, version=version, role=SlotRole.CHALLENGER, actor=cast.owner, at=NOON)
    call("/api/v1/live")
    # The token, what is live, what instances report, and the names of who set it.
    with django_assert_max_num_queries(4):
        assert len(live(call("/api/v1/live"))) == 5


@pytest.mark.parametrize(
    "query",
    ["on=yesterday", "on=2026-13-01", "on=2026-03-02T12:00:00", "on=9999-12-31", "slot=" + "x" * 81,
     "model=%00", "slot=%00", "on=0001-01-01T00:00:00%2B14:00"],
)  # fmt: skip
def test_a_question_that_makes_no_sense_is_told_so(call: Call, model: Model, query: str) -> None:
    answer = call(f"/api/v1/live?{query}")
    assert answer.status_code == 422
    assert answer.json()["problems"][0]["field"] == query.split("=")[0]


def test_an_instance_reports_what_it_runs(call: Call, model: Model) -> None:
    answer = call(REPORT, SAID | {"version": 1, "digest": f"sha256:{FILE}"})
    assert answer.status_code == 200
    body = answer.json()
    assert (body["verdict"], body["slot"], body["digest"]) == ("AGREES", "primary", FILE)
    with nothing_moves():
        assert call(REPORT, SAID | {"digest": FILE}).json()["reported_at"] == body["reported_at"]
    assert call(REPORT, SAID | {"version": "2"}).json()["verdict"] == "UNAPPROVED"
    assert call(REPORT, SAID | {"version": "2", "slot": EU}).json()["verdict"] == "AGREES"
    entry = LedgerEntry.objects.newest_first().first()
    assert entry is not None
    assert (entry.verb, entry.source) == ("deployment.reported", "API")
    slots = {slot["slot"]: slot["reports"] for slot in call("/api/v1/live").json()["slots"]}
    assert {name: reports["status"] for name, reports in slots.items()} == {
        "primary": "unapproved",
        EU: "agrees",
    }
    (instance,) = slots["primary"]["instances"]
    assert (instance["instance"], instance["version"]) == ("gateway-1", "2")


def test_silence_is_told(call: Call, model: Model) -> None:
    call(REPORT, SAID)
    spoke = timezone.now() - timedelta(hours=25)
    DeploymentReport.objects.update(last_seen_at=spoke)
    reports = call("/api/v1/live?slot=primary").json()["slots"][0]["reports"]
    assert reports["status"] == reports["instances"][0]["status"] == "silent"
    assert reports["silent_since"][:16] == spoke.isoformat()[:16]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "model"),
        (SAID | {"version": ""}, "version"),
        (SAID | {"version": True}, "version"),
        (SAID | {"version": 10**30}, "version"),
        (SAID | {"instance": "x" * 101}, "instance"),
        (SAID | {"instance": "a\u0000"}, "instance"),
        (SAID | {"instance": "a\tb"}, "instance"),
        (SAID | {"slot": ["primary"]}, "slot"),
        (SAID | {"digest": "abc"}, "digest"),
    ],
)
def test_a_wrong_report_is_told_so_and_keeps_nothing(
    call: Call, model: Model, secret: str, body: Any, field: str
) -> None:
    call("/api/v1/live")
    with nothing_moves():
        answer = call(REPORT, body)
    assert answer.status_code == 422
    assert field in {problem["field"] for problem in answer.json()["problems"]}


def test_a_deployment_asks_before_it_serves(call: Call, cast: Cast, model: Model) -> None:
    yes = call(f"{ALLOW}?slot=primary&digest=sha256:{FILE}").json()
    assert yes == {
        "allowed": True,
        "rule": "live_in_slot",
        "reason": "churn-model version 1 is champion in primary.",
        "request": None,
        "link": "http://127.0.0.1:8000/models/churn-model/versions/1/",
    }
    second = model.versions.get(number=2)
    f.make_card(cast, second)
    f.ask(cast, second, Stage.STAGING)
    asked = f.ask(cast, second, Stage.PRODUCTION).request
    assert asked is not None
    no = call(ALLOW.replace("/1/", "/2/")).json()
    assert (no["allowed"], no["rule"], no["request"]) == (
        False,
        "not_live_in_slot",
        asked.reference,
    )
    assert no["link"] == f"http://127.0.0.1:8000/decisions/{asked.pk}/"
    assert call(f"{ALLOW}?slot=us/primary").json()["rule"] == "unknown_slot"
    assert call(f"{ALLOW}?digest={'c' * 64}").json()["rule"] == "digest_mismatch"
    assert call(f"{ALLOW}?digest=c").status_code == 422


def test_what_a_token_may_not_see_is_not_there(call: Call, cast: Cast, model: Model) -> None:
    elsewhere = create_unit(path="bank/markets", name="Markets", actor=CONSOLE, at=NOON)
    owner = f.make_person("Mark Ets", Role.MODEL_OWNER, unit=elsewhere)
    create_model(name="hidden", unit=elsewhere, actor=owner, at=NOON)
    for name in ("hidden", "absent"):
        assert call(f"/api/v1/live?model={name}").status_code == 404
        assert call(REPORT, SAID | {"model": name}).status_code == 404
        assert call(f"/api/v1/versions/{name}/1/allow").status_code == 404
    assert call(ALLOW.replace("/1/", "/99/")).status_code == 404
    assert call(ALLOW, token="nobody").status_code == 401
    _, reader = f.make_token(cast, name="reader", scopes=[Scope.READ], at=timezone.now())
    assert call(ALLOW, token=reader).status_code == 200
    with nothing_moves(entries=["call.refused"]):
        assert call(REPORT, SAID, token=reader).status_code == 403
