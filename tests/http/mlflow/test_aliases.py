"""Aliases: free ones as in MLflow, and those of slots as a question to people."""

from __future__ import annotations

import pytest
from django.utils import timezone

from governance.accounts.rules import Role, Scope
from governance.approvals.models import PromotionRequest
from governance.audit.models import LedgerEntry
from governance.audit.verification import verify
from governance.inventory.models import Model
from governance.registry.models import Alias, Slot
from tests.factories import (
    Cast,
    make_cast,
    make_champion,
    make_model,
    make_policies,
    make_ready,
    make_token,
    make_version,
    sign,
)
from tests.mlflow_wire import Answer, Wire
from tests.world import newest_entry, nothing_moves

NAME = "churn-model"
ALIAS = "registered-models/alias"


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


@pytest.fixture
def model(cast: Cast) -> Model:
    model = make_model(cast, name=NAME)
    for _ in range(2):
        make_version(cast, model)
    Slot.objects.filter(model=model).update(alias="champion")
    return model


@pytest.fixture
def wire(cast: Cast) -> Wire:
    return Wire(make_token(cast, at=timezone.now())[1])


def put(wire: Wire, alias: str, version: int = 1, name: str = NAME) -> Answer:
    return wire.post(ALIAS, name=name, alias=alias, version=str(version))


def meaning(wire: Wire, alias: str) -> str:
    found = wire.get(ALIAS, name=NAME, alias=alias)
    return str(found.body["model_version"]["version"]) if found.status == 200 else found.message


def test_an_alias_means_one_version_until_it_is_moved_or_deleted(wire: Wire, model: Model) -> None:
    assert put(wire, "blue").body == {}
    assert meaning(wire, "blue") == "1"
    entry = newest_entry(model.stream)
    assert (entry.verb, entry.facts) == (
        "alias.set",
        {"alias": "blue", "number": 1, "before": None},
    )
    with nothing_moves():
        assert put(wire, "blue").status == 200
    assert put(wire, "blue", 2).status == 200
    assert (meaning(wire, "blue"), Alias.objects.count()) == ("2", 1)
    assert wire.delete(ALIAS, name=NAME, alias="blue").body == {}
    assert newest_entry(model.stream).verb == "alias.deleted"
    assert meaning(wire, "blue") == "Registered model alias blue not found."
    assert verify().intact


def test_deleting_an_absent_alias_is_fine(wire: Wire, model: Model) -> None:
    with nothing_moves():
        assert wire.delete(ALIAS, name=NAME, alias="blue").status == 200


def test_aliases_stand_on_models_and_versions_in_searches_too(wire: Wire, model: Model) -> None:
    put(wire, "green", 2)
    put(wire, "blue", 2)
    names = [{"alias": "blue", "version": "2"}, {"alias": "green", "version": "2"}]
    found = wire.get("registered-models/get", name=NAME).body["registered_model"]
    assert found["aliases"] == names
    assert found["latest_versions"][0]["aliases"] == ["blue", "green"]
    assert wire.get("registered-models/search").body["registered_models"][0]["aliases"] == names
    versions = wire.get("model-versions/search").body["model_versions"]
    assert {v["version"]: v.get("aliases") for v in versions} == {"2": ["blue", "green"], "1": None}


@pytest.mark.parametrize(
    ("alias", "message"),
    [
        ("latest", "is reserved"),
        ("LATEST", "is reserved"),
        ("v1", "Version alias name 'v1' is reserved"),
        ("V22", "is reserved"),
        ("a b", "Invalid alias name: 'a b'"),
        ("a/b", "Invalid alias name"),
        ("blue\n", "Invalid alias name"),
        ("x" * 256, "maximum length of 255"),
        ("", "Missing value for required parameter 'alias'"),
    ],
)
def test_what_is_no_alias_is_refused(wire: Wire, model: Model, alias: str, message: str) -> None:
    with nothing_moves():
        answer = put(wire, alias)
    assert (answer.status, answer.code) == (400, "INVALID_PARAMETER_VALUE")
    assert message in answer.message


def test_latest_means_the_highest_number(wire: Wire, model: Model, cast: Cast) -> None:
    assert (meaning(wire, "latest"), meaning(wire, "Latest")) == ("2", "2")
    empty = make_model(cast, name="empty")
    answer = wire.get(ALIAS, name=empty.name, alias="latest")
    assert (answer.status, answer.code) == (404, "RESOURCE_DOES_NOT_EXIST")


def test_what_is_not_there_is_not_found(wire: Wire, model: Model) -> None:
    unknown = put(wire, "blue", name="other")
    assert (unknown.status, unknown.message) == (404, "Registered Model with name=other not found")
    beyond = put(wire, "blue", 9)
    assert (beyond.status, beyond.message) == (
        404,
        f"Model Version (name={NAME}, version=9) not found",
    )
    for answer in (wire.get(ALIAS, name="x", alias="a"), wire.delete(ALIAS, name="x", alias="a")):
        assert answer.status == 404
    missing = wire.get(ALIAS, name=NAME, alias="blue")
    assert (missing.status, missing.code) == (400, "INVALID_PARAMETER_VALUE")


def test_a_token_that_only_reads_sets_none(cast: Cast, model: Model) -> None:
    reader = Wire(make_token(cast, name="reader", scopes=[Scope.READ], at=timezone.now())[1])
    with nothing_moves(entries=["call.refused"]):
        assert put(reader, "blue").code == "PERMISSION_DENIED"


# --- aliases of slots ----------------------------------------------------------------------------


def test_the_alias_of_a_slot_is_asked_for_and_follows_the_champion(
    cast: Cast, model: Model, wire: Wire
) -> None:
    make_policies(cast)
    version = model.versions.get(number=1)
    request = make_ready(cast, version)
    with nothing_moves(entries=["call.refused"]):
        answer = put(wire, "champion")
    assert (answer.status, answer.code) == (403, "PERMISSION_DENIED")
    assert answer.body["rule"] == "approval_missing"
    assert (answer.body["request"], answer.body["alias"]) == (str(request.pk), "champion")
    assert answer.body["link"].endswith(f"/decisions/{request.pk}/")
    assert answer.body["link"] in answer.message
    assert [gap["role"] for gap in answer.body["missing"]] == ["VALIDATOR", "APPROVER"]
    assert meaning(wire, "champion") == "Registered model alias champion not found."
    sign(request, cast.validator, Role.VALIDATOR)
    sign(request, cast.approver, Role.APPROVER)
    with nothing_moves():
        assert put(wire, "champion").body == {}
    assert meaning(wire, "champion") == "1"
    found = wire.get("model-versions/get", name=NAME, version="1").body["model_version"]
    assert found["aliases"] == ["champion"]


def test_asking_through_the_alias_opens_the_request_once(
    cast: Cast, model: Model, wire: Wire
) -> None:
    make_policies(cast)
    wire.post("model-versions/transition-stage", name=NAME, version="1", stage="Staging")
    first = put(wire, "champion")
    assert first.body["request"] == str(PromotionRequest.objects.open().get().pk)
    with nothing_moves():
        assert put(wire, "champion").body == first.body


def test_nobody_deletes_the_alias_of_a_slot(cast: Cast, model: Model, wire: Wire) -> None:
    make_policies(cast)
    make_champion(cast, model.versions.get(number=1))
    with nothing_moves(entries=["call.refused"]):
        answer = wire.delete(ALIAS, name=NAME, alias="champion")
    assert (answer.code, answer.body["rule"]) == ("PERMISSION_DENIED", "protected_alias")
    assert "archived, or roll back" in answer.message
    assert meaning(wire, "champion") == "1"


@pytest.mark.parametrize("alias", ["Champion", "CHAMPION", "prod", "Live", "PRODUCTION"])
def test_a_protected_alias_without_a_slot_is_refused_in_whatever_case(
    model: Model, wire: Wire, alias: str
) -> None:
    with nothing_moves(entries=["call.refused"]):
        answer = put(wire, alias)
    assert (answer.status, answer.code) == (403, "PERMISSION_DENIED")
    assert (answer.body["rule"], answer.body["alias"]) == ("protected_alias", alias)
    assert answer.body["link"].endswith(f"/models/{NAME}/")


def test_a_name_that_is_like_a_protected_one_is_free(model: Model, wire: Wire) -> None:
    for alias in ("champions", "production-eu", "pre-prod"):
        assert put(wire, alias).status == 200


def test_the_ledger_takes_one_entry_for_each_change(model: Model, wire: Wire) -> None:
    for version in (1, 2, 2, 1):
        put(wire, "blue", version)
    assert LedgerEntry.objects.filter(verb="alias.set").count() == 3
