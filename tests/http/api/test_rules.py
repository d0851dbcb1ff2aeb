"""The scope of rules of a model, for programs."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from governance.inventory.actions import edit_model
from governance.inventory.models import Model, RuleScope
from tests.factories import NOON, Cast, edited_record, make_model, make_token, make_unscoped_model

ADDRESS = "/api/v1/models/churn-model/rules"


@pytest.fixture
def model(cast: Cast) -> Model:
    model = make_model(cast)
    record = edited_record(model, ai_act_class="HIGH_RISK_ANNEX_III", ai_act_reason="It hires.")
    return edit_model(model=model, record=record, actor=cast.owner, at=NOON)


@pytest.fixture
def get(client: Client, cast: Cast) -> Any:
    secret = make_token(cast, at=timezone.now())[1]
    return lambda path: client.get(path, headers={"Authorization": f"Bearer {secret}"})


def of(body: dict[str, Any], framework: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in body["frameworks"] if one["framework"] == framework)
    return found


def test_what_applies_and_what_is_unknown(get: Any, model: Model) -> None:
    body = get(ADDRESS).json()
    row = RuleScope.objects.get(model=model, number=2)
    assert (body["number"], body["digest"], body["cause"]) == (2, row.digest, "RECORD")
    assert body["facts"]["ai_act_class"] == ["HIGH_RISK_ANNEX_III"]
    deployer = of(body, "eu-ai-act-deployer")
    assert (deployer["answer"], deployer["from"]) == ("applies", "2027-12-02")
    assert [one["from"] for one in deployer["earlier"]] == ["2026-08-02"]
    provider = of(body, "eu-ai-act-high-risk-provider")
    assert (provider["answer"], provider["unknown"]) == ("unknown", ["origin"])


def test_what_is_not_on_record_yet_is_worked_out(get: Any, cast: Cast) -> None:
    make_unscoped_model(cast, name="older")
    body = get("/api/v1/models/older/rules").json()
    assert (body["number"], body["computed_at"]) == (None, None)
    assert of(body, "eu-ai-act-deployer")["answer"] == "unknown"


@pytest.mark.usefixtures("model")
def test_what_one_may_not_see_is_not_there(client: Client, get: Any) -> None:
    assert client.get(ADDRESS).status_code == 401
    assert get("/api/v1/models/nobody/rules").status_code == 404
