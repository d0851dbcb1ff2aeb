"""Who keeps webhooks sees whom they tell and how that went; of an address its host alone."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from governance.accounts.models import User
from governance.jobs import outbox
from governance.jobs.outbox import Outcome
from governance.registry.actions.webhooks import WebhookRecord, create_webhook
from governance.registry.models import Webhook
from governance.registry.queries.webhooks import delivery_to
from tests.factories import Cast, make_cast

pytestmark = pytest.mark.django_db
PAGE = "/webhooks/"


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast(at=timezone.now())


def page_of(user: User) -> Any:
    client = Client()
    client.force_login(user)
    return client.get(PAGE)


def make_webhook(cast: Cast, name: str = "deploy", *, root: bool = False) -> Webhook:
    record = WebhookRecord(
        name=name,
        url=f"https://{name}.example/hooks/private-part",
        events=["model_version.created", "model_version.stage_changed"],
        description="Starts <b>the</b> deployment",
        secret="only-the-receiver-knows",
    )
    unit, actor = (cast.root, cast.administrator) if root else (cast.unit, cast.owner)
    return create_webhook(unit=unit, record=record, actor=actor, at=timezone.now())


def attempt(webhook: Webhook, outcome: Outcome) -> None:
    at = timezone.now()
    key = f"test:{at.isoformat()}"
    made = delivery_to(webhook, event="model_version.created", data={}, key=key, at=at)
    outbox.record_once(made, outcome, at=at)


@pytest.mark.backend
def test_the_page_shows_how_the_last_deliveries_went(cast: Cast) -> None:
    webhook = make_webhook(cast)
    outcomes = [
        Outcome(delivered=True, response_status=204),
        Outcome(error="deploy.example cannot be resolved."),
        Outcome(is_over=True, error="The webhook was disabled."),
    ]
    attempt(webhook, outcomes[0])
    page_of(cast.administrator)
    with CaptureQueriesContext(connection) as before:
        page_of(cast.administrator)
    make_webhook(cast, "firmwide", root=True)
    for outcome in outcomes * 2:
        attempt(webhook, outcome)
    with CaptureQueriesContext(connection) as after:
        text = page_of(cast.administrator).content.decode()
    assert len(after) == len(before)
    for words in (
        "deploy.example",
        "firmwide.example",
        "Retail credit",
        cast.owner.name,
        "HMAC-SHA256",
        "model_version.created, model_version.stage_changed",
        "Answered 204",
        "cannot be resolved",
        "The webhook was disabled.",
        "Given up",
        "made up, as a test",
        "Starts &lt;b&gt;the",
    ):
        assert words in text
    assert text.count("made up, as a test") == 5
    assert "private-part" not in text
    assert "only-the-receiver-knows" not in text


def test_an_owner_sees_those_of_the_unit_and_others_none_at_all(cast: Cast) -> None:
    make_webhook(cast)
    make_webhook(cast, "firmwide", root=True)
    text = page_of(cast.owner).content.decode()
    assert "deploy.example" in text
    assert "firmwide.example" not in text
    assert text.count('href="/webhooks/"') == 1
    for user in (cast.developer, cast.approver, cast.auditor, cast.outsider):
        answer = page_of(user)
        assert answer.status_code == 403
        assert "deploy.example" not in answer.content.decode()


def test_an_empty_page_says_how_to_begin(cast: Cast) -> None:
    assert "Nobody is told of anything yet" in page_of(cast.administrator).content.decode()
