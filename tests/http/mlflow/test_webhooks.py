"""Webhooks over the wire: MLflow's client keeps them, and verifies what it is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import product
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from governance.accounts.actions import create_unit
from governance.accounts.models import ServiceAccount
from governance.accounts.queries import CONSOLE
from governance.accounts.rules import Scope
from governance.audit.followers import catch_up_all
from governance.audit.models import LedgerEntry
from governance.jobs.delivering import deliver_due
from governance.jobs.models import Delivery
from governance.registry.models import Webhook
from tests.factories import Cast, make_model, make_token
from tests.mlflow_client import MlflowClient, MlflowError
from tests.webhook_receiver import Receiver, receiver
from tests.world import nothing_moves

pytestmark = pytest.mark.django_db(transaction=True)

ClientWith = Callable[[str], MlflowClient]
URL = "https://example.com/hooks/T0/private-part"
SECRET = "only-the-receiver-knows"
WEBHOOKS = "/api/2.0/mlflow/webhooks"
INVALID = "INVALID_PARAMETER_VALUE"


@pytest.fixture
def hooks(settings: Any) -> Iterator[Receiver]:
    with receiver() as running:
        settings.WEBHOOK_HOSTS = [running.netloc]
        yield running


def call(token: str, method: str, path: str = "", **body: Any) -> Any:
    headers = {"Authorization": f"Bearer {token}"}
    send = getattr(Client(headers=headers), method)
    if method == "get":
        return send(WEBHOOKS + path, body)
    return send(WEBHOOKS + path, body, content_type="application/json")


def created(token: str, **given: Any) -> dict[str, Any]:
    body = {"name": "hook", "url": URL, "events": [event("MODEL_VERSION", "CREATED")]} | given
    answer = call(token, "post", **body)
    assert answer.status_code == 200, answer.content
    return dict(answer.json()["webhook"])


def event(entity: str, action: str) -> dict[str, str]:
    return {"entity": entity, "action": action}


def test_the_client_keeps_a_webhook(pipeline: MlflowClient) -> None:
    made = pipeline.create_webhook(
        name="deploy",
        url=URL,
        events=["model_version.created", "model_version_alias.created"],
        description="Deploys the champion",
        secret=SECRET,
    )
    assert made["secret"] is None
    assert (made["status"], made["url"]) == ("ACTIVE", URL)
    assert made["events"] == [
        {"entity": "model_version", "action": "created"},
        {"entity": "model_version_alias", "action": "created"},
    ]
    assert pipeline.get_webhook(webhook_id=made["webhook_id"]) == made
    assert pipeline.list_webhooks() == [made]
    changed = pipeline.update_webhook(
        webhook_id=made["webhook_id"], name="deploys", status="DISABLED"
    )
    assert changed["last_updated_timestamp"] > made["last_updated_timestamp"]
    same = {"name", "status", "last_updated_timestamp"}
    assert {k: v for k, v in changed.items() if k not in same} == {
        k: v for k, v in made.items() if k not in same
    }
    pipeline.delete_webhook(webhook_id=made["webhook_id"])
    assert pipeline.list_webhooks() == []
    with pytest.raises(MlflowError, match=r"Webhook with ID .* not found") as gone:
        pipeline.get_webhook(webhook_id=made["webhook_id"])
    assert gone.value.error_code == "RESOURCE_DOES_NOT_EXIST"
    verbs = ["webhook.created", "webhook.edited", "webhook.deleted"]
    entries = LedgerEntry.objects.filter(verb__startswith="webhook.").order_by("seq")
    assert [entry.verb for entry in entries] == verbs
    # Neither the secret nor the address, which often is one, stands anywhere but sealed or gone.
    said = " ".join(entry.text for entry in entries)
    assert SECRET not in said
    assert "private-part" not in said
    row = Webhook.objects.get()
    assert (row.url, row.sealed_secret) == ("", "")


def test_a_list_of_webhooks_comes_in_pages(token: str) -> None:
    names = [created(token, name=f"hook{i}")["name"] for i in range(5)]
    seen: list[str] = []
    after: dict[str, str] = {}
    while True:
        page = call(token, "get", max_results=2, **after).json()
        seen += [row["name"] for row in page["webhooks"]]
        if "next_page_token" not in page:
            break
        after = {"page_token": page["next_page_token"]}
    assert seen == names[::-1]
    for wrong in ({"max_results": 1001}, {"max_results": "x"}, {"page_token": "x"}):
        answer = call(token, "get", **wrong)
        assert (answer.status_code, answer.json()["error_code"]) == (400, INVALID)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"name": ""}, "Missing value for required parameter 'name'"),
    ({"name": "   "}, "is invalid. It must start and end with a letter or digit"),
    ({"name": "-hook"}, "is invalid"),
    ({"name": "a" * 64}, "is invalid"),
    ({"name": 5}, "Invalid value 5 for parameter 'name'"),
    ({"url": ""}, "Missing value for required parameter 'url'"),
    ({"url": "  "}, "Webhook URL cannot be empty or just whitespace"),
    ({"url": "ftp://example.com"}, "Invalid webhook URL scheme: 'ftp'"),
    ({"url": "http://example.com"}, "Invalid webhook URL scheme: 'http'"),
    ({"url": "http://[invalid"}, "Invalid webhook URL"),
    ({"url": "https://"}, "must include a hostname"),
    ({"url": "https://x:99999/"}, "Invalid webhook URL"),
    ({"url": "https://me:secret@example.com"}, "must not hold a user name"),
    ({"url": "https://127.0.0.1/x"}, "must not resolve to a non-public IP address"),
    ({"url": "https://[::1]/x"}, "must not resolve to a non-public IP address"),
    ({"url": "https://[::ffff:10.0.0.1]/x"}, "must not resolve to a non-public IP address"),
    ({"url": "https://[64:ff9b::a9fe:a9fe]/"}, "must not resolve to a non-public IP address"),
    ({"url": "https://169.254.169.254/x"}, "must not resolve to a non-public IP address"),
    ({"url": "https://127.1/x"}, "must not resolve to a non-public IP address"),
    ({"url": "https://2130706433/x"}, "must not resolve to a non-public IP address"),
    ({"url": "https://localhost/x"}, "must not resolve to a non-public IP address"),
    ({"url": "https://example.com/\x01"}, "Invalid webhook URL"),
    ({"url": "https://example.com/" + "a" * 500}, "Invalid webhook URL"),
    ({"events": []}, "Missing value for required parameter 'events'"),
    ({"events": "x"}, "Invalid value \"x\" for parameter 'events'"),
    ({"events": [5]}, "Invalid value [5] for parameter 'events'"),
    ({"events": [{"entity": "MODEL_VERSION"}]}, "required parameter 'action'"),
    (
        {"events": [event("REGISTERED_MODEL", "SET")]},
        "Invalid action 'set' for entity 'registered_model'. Valid actions are: ['created']",
    ),
    ({"events": [event("TRANSITION_REQUEST", "CREATED")]}, "There is no event"),
    ({"governance_events": ["model_version.created"]}, "There is no governance event"),
    ({"status": "SLEEPING"}, "Invalid webhook status"),
    ({"secret": 5}, "Invalid value 5 for parameter 'secret'"),
    ({"secret": "s" * 1001}, "'secret' exceeds the maximum length"),
    ({"description": "d" * 1001}, "'description' exceeds the maximum length"),
]


def test_a_webhook_that_breaks_a_rule_is_refused(token: str) -> None:
    good = {"name": "hook", "url": URL, "events": [event("MODEL_VERSION", "CREATED")]}
    with nothing_moves():
        for given, words in WRONG:
            answer = call(token, "post", **(good | given))
            assert (answer.status_code, answer.json()["error_code"]) == (400, INVALID), given
            assert words in answer.json()["message"]


def test_a_change_is_judged_like_a_new_one(token: str) -> None:
    path = f"/{created(token)['webhook_id']}"
    with nothing_moves():
        for given in ({"url": "  "}, {"name": "-x"}, {"events": [event("PROMPT", "SET")]}):
            assert call(token, "patch", path, **given).json()["error_code"] == INVALID


def test_an_unknown_webhook_is_not_found(token: str) -> None:
    unknown = ("nonexistent", "%00", "0" * 36, "a" * 3000, "é")
    calls = (("get", ""), ("patch", ""), ("delete", ""), ("post", "/test"))
    with nothing_moves():
        for webhook_id, (method, path) in product(unknown, calls):
            answer = call(token, method, f"/{webhook_id}{path}")
            said = (answer.status_code, answer.json()["error_code"])
            assert said == (404, "RESOURCE_DOES_NOT_EXIST"), webhook_id


def test_without_the_scope_a_token_neither_keeps_nor_reads_webhooks(
    cast: Cast, token: str, now: datetime
) -> None:
    scopes = [scope for scope in Scope if scope != Scope.WEBHOOKS]
    _, other = make_token(cast, name="pipeline", scopes=scopes, at=now)
    path = f"/{created(token)['webhook_id']}"
    make_model(cast, name="hook")
    calls = [("get", ""), ("post", ""), ("get", path), ("patch", path), ("delete", path)]
    with nothing_moves(entries=["call.refused"] * 6):
        for method, where in [*calls, ("post", f"{path}/test")]:
            body = {"name": "hook", "url": URL, "events": [event("MODEL_VERSION", "CREATED")]}
            answer = call(other, method, where, **body)
            assert (answer.status_code, answer.json()["rule"]) == (403, "permission_missing")
            assert "private-part" not in answer.content.decode()


def test_a_webhook_is_told_of_its_own_unit_and_seen_from_there(
    cast: Cast, token: str, now: datetime, hooks: Receiver
) -> None:
    cards = create_unit(path="bank/cards", name="Cards", actor=CONSOLE, at=now)
    other = Cast(**{**vars(cast), "unit": cards})
    _, abroad = make_token(other, name="cards-pipeline", at=now)
    here = created(token, url=hooks.url("/retail"), events=[event("REGISTERED_MODEL", "CREATED")])
    there = created(abroad, url=hooks.url("/cards"), events=[event("REGISTERED_MODEL", "CREATED")])
    assert call(abroad, "get", f"/{here['webhook_id']}").status_code == 404
    assert [w["name"] for w in call(abroad, "get").json()["webhooks"]] == [there["name"]]
    headers = {"Authorization": f"Bearer {token}"}
    path = "/api/2.0/mlflow/registered-models/create"
    Client(headers=headers).post(path, {"name": "churn"}, content_type="application/json")
    catch_up_all()
    assert deliver_due(at=timezone.now()) == 1
    assert [one.path for one in hooks.got] == ["/retail"]
    ServiceAccount.objects.filter(unit=cast.unit).update(is_active=False)
    make_model(cast, name="later-model", at=timezone.now())
    catch_up_all()
    assert deliver_due(at=timezone.now()) == 0
    page = Client()
    page.force_login(cast.owner)
    assert "its service account is switched off" in page.get("/webhooks/").content.decode()


def test_what_the_client_is_sent_is_what_mlflow_sends_and_its_own_code_verifies_it(
    pipeline: MlflowClient, hooks: Receiver
) -> None:
    model_events = ["registered_model.created", "model_version.created", "model_version_tag.set"]
    more = ["model_version_tag.deleted", "model_version_alias.created"]
    pipeline.create_webhook(
        name="all",
        url=hooks.url(),
        events=[*model_events, *more, "model_version_alias.deleted"],
        secret=SECRET,
    )
    pipeline.create_registered_model(name="churn", description="Leaves", tags={"team": "crm"})
    told = {"source": "s3://bucket/churn", "run_id": "r" * 32, "tags": {"k": "v"}}
    pipeline.create_model_version(name="churn", description="First", **told)
    pipeline.set_model_version_tag(name="churn", version="1", key="key", value="value")
    pipeline.set_registered_model_alias(name="churn", alias="blue", version="1")
    pipeline.delete_registered_model_alias(name="churn", alias="blue")
    catch_up_all()
    deliver_due(at=timezone.now())
    version = {"name": "churn", "version": "1"}
    wanted = [
        (
            "registered_model.created",
            {"name": "churn", "description": "Leaves", "tags": {"team": "crm"}},
        ),
        (
            "model_version.created",
            {**version, **told, "description": "First", "tags": {"k": "v", "key": "value"}},
        ),
        ("model_version_tag.set", {**version, "key": "key", "value": "value"}),
        ("model_version_alias.created", {**version, "alias": "blue"}),
        ("model_version_alias.deleted", {"name": "churn", "alias": "blue"}),
    ]
    assert sorted((one.event, one.data) for one in hooks.got) == sorted(wanted)
    for one in hooks.got:
        assert (
            pipeline.webhook_signature(
                secret=SECRET,
                delivery_id=one.headers["X-MLflow-Delivery-Id"],
                timestamp=one.headers["X-MLflow-Timestamp"],
                payload=one.body,
            )
            == one.headers["X-MLflow-Signature"]
        )
    assert set(Delivery.objects.values_list("state", "response_status")) == {("DELIVERED", 200)}
    pipeline.delete_model_version_tag(name="churn", version="1", key="key")
    catch_up_all()
    deliver_due(at=timezone.now())
    assert (hooks.events[-1], hooks.got[-1].data) == (
        "model_version_tag.deleted",
        {**version, "key": "key"},
    )


def test_a_test_is_sent_at_once(pipeline: MlflowClient, hooks: Receiver) -> None:
    made = pipeline.create_webhook(
        name="try", url=hooks.url(), events=["prompt_alias.created"], status="DISABLED"
    )
    fine = pipeline.test_webhook(webhook_id=made["webhook_id"])
    assert fine["success"]
    assert (fine["response_status"], fine["response_body"]) == (200, '{"status": "received"}')
    assert hooks.got[0].data == {
        "name": "example_prompt",
        "alias": "example_alias",
        "version": "1",
    }
    assert "X-MLflow-Signature" not in hooks.got[0].headers
    hooks.answers = [500]
    bad = pipeline.test_webhook(webhook_id=made["webhook_id"])
    assert (bad["success"], bad["response_status"]) == (False, 500)
    hooks.answers, hooks.headers = [302], {"Location": hooks.url("/elsewhere")}
    moved = pipeline.test_webhook(webhook_id=made["webhook_id"])
    assert (moved["success"], moved["response_status"]) == (False, 302)
    assert [one.path for one in hooks.got] == ["/hook"] * 3
    assert deliver_due(at=timezone.now()) == 0
