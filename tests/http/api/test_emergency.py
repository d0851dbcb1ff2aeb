"""POST /api/v1/models/NAME/versions/NUMBER/emergency: what is missing, who can sign, and where."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from governance.accounts.rules import Role, Scope
from governance.approvals.models import PromotionRequest
from governance.audit.models import Prose
from governance.registry.actions.slots import create_slot
from governance.registry.rules import Move, Stage
from tests import factories as f
from tests.deciding_rules import FULL, Bench, make_bench, stage_of
from tests.factories import NOON, Cast
from tests.remembering import remembered
from tests.world import nothing_moves

pytestmark = pytest.mark.django_db

ADDRESS = "/api/v1/models/churn-model/versions/1/emergency"
EU = "eu-retail/primary"
SAID = {"reason": "A wave of fraud."}

Ask = Callable[..., Any]


@pytest.fixture
def bench(cast: Cast) -> Bench:
    return in_staging(cast)


@remembered
def in_staging(cast: Cast) -> Bench:
    """A version in Staging that fails the checks of the ordinary way into Production."""
    bench = make_bench(cast, accuracy="0.61")
    f.ask(cast, bench.version, Stage.STAGING)
    return bench


@pytest.fixture
def ask(cast: Cast, client: Client) -> Ask:
    secret = f.make_token(cast, scopes=[Scope.REQUEST], at=timezone.now())[1]

    def ask(address: str = ADDRESS, *, token: str = secret, **said: Any) -> Any:
        return client.generic(
            "POST", address, json.dumps(SAID | said).encode(), "application/json",
            headers={"Authorization": f"Bearer {token}"},
        )  # fmt: skip

    return ask


def test_opens_the_request_and_says_who_can_sign_and_where(ask: Ask, bench: Bench) -> None:
    with nothing_moves(entries=["request.opened"], but=[PromotionRequest, Prose]):
        answer = ask()
    request = PromotionRequest.objects.get(move=Move.EMERGENCY)
    assert answer.status_code == 201, answer.content
    assert answer.json() == {
        "model": "churn-model",
        "version": "1",
        "outcome": "OPENED",
        "request": request.reference,
        "link": f"{settings.BASE_URL}/decisions/{request.pk}/",
        "missing": [{"kind": "sign_off", "role": "APPROVER", "count": 2}],
        "who": [
            {"role": "APPROVER", "name": "Alma Second"},
            {"role": "APPROVER", "name": "Arno Approver"},
        ],
    }
    assert str(request.reason) == "A wave of fraud."
    with nothing_moves():
        again = ask()
    assert (again.status_code, again.json()) == (200, answer.json() | {"outcome": "WAITING"})


def test_it_goes_live_by_signatures_alone_and_then_there_is_nothing_to_ask_for(
    ask: Ask, bench: Bench
) -> None:
    ask()
    request = PromotionRequest.objects.get(move=Move.EMERGENCY)
    f.sign(request, bench.cast.approver, Role.APPROVER)
    assert ask().json()["missing"] == [{"kind": "sign_off", "role": "APPROVER", "count": 1}]
    f.sign(request, bench.cast.second_approver, Role.APPROVER)
    assert stage_of(bench.version) == Stage.PRODUCTION
    with nothing_moves():
        body = ask().json()
    assert (body["outcome"], body["missing"], body["who"]) == ("ALREADY_THERE", [], [])


def test_into_a_slot_that_is_named(ask: Ask, bench: Bench) -> None:
    create_slot(model=bench.model, name=EU, actor=bench.cast.owner, at=NOON)
    assert ask(slot=EU).status_code == 201
    assert PromotionRequest.objects.get(move=Move.EMERGENCY).slot.name == EU
    with nothing_moves():
        assert ask(slot="nowhere").status_code == 404


@pytest.mark.parametrize(
    ("said", "field"),
    [({"reason": "  "}, "reason"), ({"reason": "x" * 4001}, "reason"), ({"slot": []}, "slot"),
     ({"reason": None}, "reason"), ({"slot": "x" * 81}, "slot")],
)  # fmt: skip
def test_says_what_the_emergency_is(
    ask: Ask, bench: Bench, said: dict[str, Any], field: str
) -> None:
    with nothing_moves():
        answer = ask(**said)
    assert (answer.status_code, answer.json()["problems"][0]["field"]) == (422, field)


def test_a_token_that_may_not_ask_asks_for_no_emergency(ask: Ask, bench: Bench) -> None:
    scopes = [scope for scope in Scope if scope != Scope.REQUEST]
    other = f.make_token(bench.cast, name="other", scopes=scopes, at=timezone.now())[1]
    with nothing_moves(entries=["call.refused"]):
        answer = ask(token=other)
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_missing")
    with nothing_moves():
        assert ask("/api/v1/models/churn-model/versions/7/emergency").status_code == 404
        assert ask(token="unknown").status_code == 401


def test_a_policy_that_knows_no_emergency_refuses_it(cast: Cast, ask: Ask) -> None:
    bench = make_bench(cast, policy=FULL[: FULL.index("emergency:")])
    f.ask(cast, bench.version, Stage.STAGING)
    with nothing_moves(entries=["call.refused"]):
        answer = ask()
    assert (answer.status_code, answer.json()["code"]) == (403, "no_emergency")
    assert "Ask for the ordinary promotion." in answer.json()["detail"]
