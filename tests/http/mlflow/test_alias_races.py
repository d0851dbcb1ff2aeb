"""One alias, many clients: one row, one answer that holds, and nobody gets a server's error."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TypeAlias

import pytest
import requests
from pytest_django.live_server_helper import LiveServer

from governance.accounts.rules import Role
from governance.approvals.models import PromotionRequest
from governance.audit.models import LedgerEntry
from governance.audit.verification import verify
from governance.registry.models import Alias, ModelVersion, Slot, SlotAssignment
from tests.factories import Cast, make_model, make_policies, make_ready, make_version, sign

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.backend]

CLIENTS = 12
NAME = "churn-model"


Call: TypeAlias = tuple[str, str, dict[str, str]]


def at_once(url: str, token: str, calls: list[Call]) -> list[int]:
    """Send these calls at the same time; return their statuses in the same order."""

    def send(call: Call) -> int:
        method, path, said = call
        answer = requests.request(
            method,
            f"{url}/api/2.0/mlflow/{path}",
            json={"name": NAME, **said},
            headers={"Authorization": f"Bearer {token}"},
            timeout=60,
        )
        return answer.status_code

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(send, calls))


def test_one_alias_set_by_many_is_one_row(live_server: LiveServer, cast: Cast, token: str) -> None:
    model = make_model(cast, name=NAME)
    for _ in range(3):
        make_version(cast, model)
    calls: list[Call] = [
        ("POST", "registered-models/alias", {"alias": "blue", "version": str(1 + turn % 3)})
        for turn in range(CLIENTS)
    ]
    assert Counter(at_once(live_server.url, token, calls)) == {200: CLIENTS}
    alias = Alias.objects.select_related("version").get()
    entries = LedgerEntry.objects.filter(verb="alias.set").order_by("seq")
    assert entries.last().facts["number"] == alias.version.number  # type: ignore[union-attr]
    assert verify().intact


def test_an_alias_of_a_slot_and_a_change_of_stage_are_one_question(
    live_server: LiveServer, cast: Cast, token: str
) -> None:
    """Both ask for the same slot: two versions that are ready, and each may be asked for twice."""
    make_policies(cast)
    model = make_model(cast, name=NAME)
    versions = [make_version(cast, model) for _ in range(2)]
    Slot.objects.filter(model=model).update(alias="champion")
    requests_of = [make_ready(cast, version) for version in versions]
    sign(requests_of[0], cast.validator, Role.VALIDATOR)
    sign(requests_of[0], cast.approver, Role.APPROVER)
    by_alias: list[Call] = [
        ("POST", "registered-models/alias", {"alias": "champion", "version": v}) for v in "12"
    ]
    by_stage: list[Call] = [
        ("POST", "model-versions/transition-stage", {"version": v, "stage": "Production"})
        for v in "12"
    ]
    statuses = at_once(live_server.url, token, (by_alias + by_stage) * 3)
    assert statuses == [200, 403] * 6
    assert SlotAssignment.objects.current().get().version == versions[0]
    assert list(PromotionRequest.objects.open()) == [requests_of[1]]
    assert ModelVersion.objects.filter(stage="PRODUCTION").count() == 1
    assert verify().intact
