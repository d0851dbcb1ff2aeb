"""Many clients at once: nothing is made twice, and nobody gets a server's error."""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from pytest_django.live_server_helper import LiveServer

from governance.approvals.models import PromotionRequest
from governance.audit.models import LedgerEntry
from governance.audit.verification import verify
from governance.registry.models import ModelVersion
from tests.factories import Cast, make_model, make_policies, make_version

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.backend]

CLIENTS = 8


class Crowd:
    """The same call from many clients at the same time."""

    def __init__(self, url: str, token: str) -> None:
        self.base = f"{url}/api/2.0/mlflow/"
        self.headers = {"Authorization": f"Bearer {token}"}

    def post(self, path: str, **said: Any) -> list[tuple[int, dict[str, Any]]]:
        with ThreadPoolExecutor(CLIENTS) as pool:
            return list(pool.map(lambda _: self._post(path, said), range(CLIENTS)))

    def _post(self, path: str, said: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        answer = requests.post(self.base + path, json=said, headers=self.headers, timeout=60)
        return answer.status_code, answer.json()


@pytest.fixture
def crowd(live_server: LiveServer, token: str) -> Crowd:
    return Crowd(live_server.url, token)


def verbs() -> Counter[str]:
    return Counter(LedgerEntry.objects.values_list("verb", flat=True))


def test_one_of_many_creates_the_model(crowd: Crowd) -> None:
    answers = crowd.post("registered-models/create", name="churn-model")
    codes = Counter(body.get("error_code", "made") for _, body in answers)
    assert codes == {"made": 1, "RESOURCE_ALREADY_EXISTS": CLIENTS - 1}
    assert verbs()["model.created"] == 1
    assert verify().intact


def test_versions_of_many_get_different_numbers(crowd: Crowd, cast: Cast) -> None:
    make_model(cast)
    answers = crowd.post("model-versions/create", name="churn-model", source="s3://bucket/m")
    assert {status for status, _ in answers} == {200}
    numbers = sorted(int(body["model_version"]["version"]) for _, body in answers)
    assert numbers == list(range(1, CLIENTS + 1))
    assert verify().intact


def test_one_registration_sent_many_times_is_one_version(crowd: Crowd, cast: Cast) -> None:
    make_model(cast)
    manifest = json.dumps({"model.skops": "a" * 64})
    tags = [{"key": "countersign.artifacts", "value": manifest}]
    answers = crowd.post(
        "model-versions/create", name="churn-model", source="models:/m-1", tags=tags
    )
    assert {(status, body["model_version"]["version"]) for status, body in answers} == {(200, "1")}
    assert ModelVersion.objects.count() == verbs()["version.registered"] == 1


def test_one_question_asked_many_times_is_one_request(crowd: Crowd, cast: Cast) -> None:
    make_policies(cast)
    make_version(cast, make_model(cast), metrics={"accuracy": "0.8225"})
    said = {"name": "churn-model", "version": "1", "stage": "Staging"}
    answers = crowd.post("model-versions/transition-stage", **said)
    request = PromotionRequest.objects.get()
    assert {(status, body["request"]) for status, body in answers} == {(403, str(request.pk))}
    assert (verbs()["request.opened"], verbs()["call.refused"]) == (1, 1)
    assert verify().intact


def test_one_move_asked_for_many_times_happens_once(crowd: Crowd, cast: Cast) -> None:
    make_policies(cast)
    make_version(cast, make_model(cast))
    said = {"name": "churn-model", "version": "1", "stage": "Staging"}
    answers = crowd.post("model-versions/transition-stage", **said)
    stages = {(status, body["model_version"]["current_stage"]) for status, body in answers}
    assert stages == {(200, "Staging")}
    assert verbs()["version.promoted"] == 1
    assert verify().intact
