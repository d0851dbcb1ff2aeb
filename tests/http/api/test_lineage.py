"""POST /api/v1/lineage, GET …/versions/NAME/NUMBER/lineage, GET …/snapshots/DIGEST/versions."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from governance.accounts.rules import Role, Scope
from governance.inventory.models import Model
from governance.registry.actions import register_version
from governance.registry.models import LineageEvent, ModelVersion
from governance.registry.rules import LINEAGE_TAG, Registration, lineage_from_tags
from tests import factories as f
from tests.factories import NOON, Cast
from tests.lineage_events import RUN, dataset, output, run_event
from tests.world import newest_entry, nothing_moves

pytestmark = pytest.mark.django_db

EVENTS = "/api/v1/lineage"
DIGEST = "d" * 64

Call = Callable[..., Any]

NO_EVENTS: list[tuple[bytes, int]] = [
    (b"{", 400),
    (b"\xff", 400),
    (b"[" * 100_000, 400),
    (b'{"eventTime": NaN}', 400),
    (b"", 422),
    (b"[]", 422),
    (b"null", 422),
    (json.dumps(run_event(eventTime="soon")).encode(), 422),
    (json.dumps(run_event(run={"runId": 5})).encode(), 422),
    (json.dumps(run_event(inputs=[dataset("a\ud800")])).encode(), 422),
    (json.dumps(run_event(job={"\ud800": 1, "namespace": 5, "name": "x"})).encode(), 422),
    (b'{"x": "' + b"x" * (2 << 20) + b'"}', 422),
    (b'{"x": "' + b"x" * (6 << 20) + b'"}', 413),
]


@pytest.fixture
def model(cast: Cast) -> Model:
    """Version 1 serves and is measured with DIGEST, 2 is trained on it, 3 is made from 2."""
    f.make_policies(cast)
    model = f.make_model(cast)
    f.make_champion(cast, f.make_version(cast, model, dataset=DIGEST))
    data = [{"name": "train", "digest": f"sha256:{DIGEST}", "rows": 7}]
    register(cast, model, datasets=data)
    parents = [{"model": model.name, "version": 2, "relation": "FINE_TUNED"}]
    register(cast, model, run_id="", parents=parents)
    return model


def register(cast: Cast, model: Model, *, run_id: str = RUN, **said: Any) -> ModelVersion:
    lineage = lineage_from_tags({LINEAGE_TAG: json.dumps(said)})
    registration = Registration(source="s3://lake/model", run_id=run_id, lineage=lineage)
    return register_version(
        model=model, registration=registration, actor=cast.developer, at=f.later(days=1)
    )


@pytest.fixture
def secret(cast: Cast) -> str:
    return f.make_token(cast, at=timezone.now())[1]


@pytest.fixture
def call(client: Client, secret: str) -> Call:
    def call(address: str, body: Any = None, *, token: str = secret) -> Any:
        headers = {"Authorization": f"Bearer {token}"}
        if body is None:
            return client.get(address, headers=headers)
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return client.generic("POST", address, data, "application/json", headers=headers)

    return call


def problem(response: Any, status: int) -> dict[str, Any]:
    assert (response.status_code, response["Content-Type"]) == (status, "application/problem+json")
    body: dict[str, Any] = response.json()
    return body


class TestEvents:
    def test_an_event_reaches_its_version_and_a_replay_answers_the_same(
        self, call: Call, model: Model
    ) -> None:
        first = call(EVENTS, run_event())
        assert first.status_code == 201
        assert first.json()["run_id"] == RUN
        assert [v["version"] for v in first.json()["versions"]] == ["2"]
        assert newest_entry(model.stream).verb == "lineage.reported"
        with nothing_moves():
            again = call(EVENTS, run_event())
        assert (again.status_code, again.json()) == (201, first.json())
        graph = call(f"/api/v1/versions/{model.name}/2/lineage").json()
        origins = {(row["digest"], row["rows"], row["origin"]) for row in graph["inputs"]}
        assert origins == {(DIGEST, 7, "REGISTERED"), ("b" * 64, 48211, "OPENLINEAGE")}
        assert [event["type"] for event in graph["events"]] == ["COMPLETE"]
        assert [fact["kind"] for fact in graph["facts"]] == ["GIT_COMMIT"]

    def test_an_event_about_nothing_known_waits(self, call: Call, cast: Cast) -> None:
        answer = call(EVENTS, run_event("9" * 32)).json()
        assert answer["versions"] == []
        assert newest_entry("firm").verb == "lineage.reported"

    def test_a_version_of_another_unit_is_neither_touched_nor_told(
        self, call: Call, cast: Cast
    ) -> None:
        event = run_event("9" * 32, outputs=[output("models:/nobodys-model/1")])
        assert call(EVENTS, event).json()["versions"] == []

    def test_what_is_no_event_is_a_problem(self, call: Call, cast: Cast) -> None:
        with nothing_moves():
            for body, status in NO_EVENTS:
                assert problem(call(EVENTS, body), status)["detail"]

    def test_odd_texts_in_facets_are_kept_as_they_came(self, call: Call, cast: Cast) -> None:
        odd = {"_producer": "a:b", "_schemaURL": "a:b", "text": "\u0000\ud800 ü", "n": 1e300}
        event = run_event()
        event["job"]["facets"]["odd"] = odd
        assert call(EVENTS, event).status_code == 201
        kept = json.loads(LineageEvent.objects.get().text)
        assert kept["job"]["facets"]["odd"] == odd

    def test_a_token_without_the_scope_is_refused(self, call: Call, cast: Cast) -> None:
        _, reader = f.make_token(cast, name="reader", scopes=[Scope.READ], at=timezone.now())
        with nothing_moves(entries=["call.refused"]):
            answer = problem(call(EVENTS, run_event(), token=reader), 403)
        assert answer["permission"] == "registry:evaluation:record"

    def test_without_a_token_nothing_is_told(self, client: Client, db: None) -> None:
        assert client.post(EVENTS, run_event(), "application/json").status_code == 401


class TestGraph:
    def test_both_directions(self, call: Call, model: Model) -> None:
        third = call(f"/api/v1/versions/{model.name}/3/lineage").json()
        (parent,) = third["parents"]
        assert (parent["version"], parent["relation"], parent["depth"]) == ("2", "FINE_TUNED", 1)
        second = call(f"/api/v1/versions/{model.name}/2/lineage").json()
        assert [child["version"] for child in second["children"]] == ["3"]
        first = call(f"/api/v1/versions/{model.name}/1/lineage").json()
        assert first["version"]["live_in"] == ["primary"]
        assert first["is_whole"] is True

    def test_absent_versions(self, call: Call, model: Model) -> None:
        problem(call(f"/api/v1/versions/{model.name}/9/lineage"), 404)


class TestSnapshots:
    def test_who_used_it_live_ones_first(self, call: Call, model: Model) -> None:
        found = call(f"/api/v1/snapshots/sha256:{DIGEST}/versions").json()
        uses = [(v["version"], v["purpose"], v["live_in"]) for v in found["versions"]]
        assert uses == [("1", "EVALUATION", ["primary"]), ("2", "TRAINING", [])]
        assert [v["version"] for v in found["derived"]] == ["3"]
        assert found["names"] == ["holdout", "train"]

    def test_narrowed(self, call: Call, model: Model) -> None:
        for query, versions in (
            ("live=true", ["1"]),
            ("purpose=TRAINING", ["2"]),
            ("live=true&purpose=TRAINING", []),
        ):
            found = call(f"/api/v1/snapshots/{DIGEST}/versions?{query}").json()
            assert [v["version"] for v in found["versions"]] == versions
        for query in ("live=perhaps", "purpose=fun"):
            problem(call(f"/api/v1/snapshots/{DIGEST}/versions?{query}"), 422)

    def test_unknown(self, call: Call, cast: Cast) -> None:
        for digest in ("e" * 64, "%00", "a/b", ".", "%F0%9F%92%A9"):
            answer = problem(call(f"/api/v1/snapshots/{digest}/versions"), 404)
            assert answer["code"] in {"snapshot_not_found", "not_found"}

    def test_unseen(self, call: Call, cast: Cast) -> None:
        unit = f.create_unit(path="bank/treasury", name="T", actor=f.CONSOLE, at=NOON)
        tess = f.make_person("Tess", Role.DEVELOPER, unit=unit)
        foreign = f.create_model(name="rates", unit=unit, actor=tess, at=NOON)
        lineage = {"dataset": {"name": "secret", "digest": "s1"}}
        registration = Registration(source="s3://x", lineage=lineage)
        register_version(model=foreign, registration=registration, actor=tess, at=NOON)
        problem(call("/api/v1/snapshots/s1/versions"), 404)
