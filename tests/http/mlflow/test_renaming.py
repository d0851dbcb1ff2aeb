"""Another name for a model: the record stays one, and the old name gives nothing to the next."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client
from django.utils import timezone

from governance.accounts.rules import Scope
from governance.approvals.actions.retirements import retire_model
from governance.audit.verification import verify
from governance.inventory.models import FormerName, Model
from governance.registry.models import Alias, Slot, SlotAssignment
from governance.registry.rules import Stage
from tests.factories import (
    Cast,
    ask,
    make_cast,
    make_champion,
    make_model,
    make_policies,
    make_token,
    make_version,
)
from tests.mlflow_wire import Answer, Wire
from tests.world import newest_entry, nothing_moves


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


@pytest.fixture
def model(cast: Cast) -> Model:
    return make_model(cast, name="old")


@pytest.fixture
def wire(cast: Cast) -> Wire:
    return Wire(make_token(cast, at=timezone.now())[1])


def rename(wire: Wire, name: str, new_name: str) -> Answer:
    return wire.post("registered-models/rename", name=name, new_name=new_name)


def test_versions_tags_and_aliases_go_along(cast: Cast, model: Model, wire: Wire) -> None:
    version = make_version(cast, model)
    wire.post("registered-models/alias", name="old", alias="blue", version="1")
    wire.post("registered-models/set-tag", name="old", key="team", value="growth")
    answer = rename(wire, "old", "new")
    assert answer.body["registered_model"]["name"] == "new"
    assert answer.body["registered_model"]["tags"] == [{"key": "team", "value": "growth"}]
    found = wire.get("registered-models/alias", name="new", alias="blue").body["model_version"]
    assert (found["name"], found["version"]) == ("new", "1")
    assert found["last_updated_timestamp"] > int(version.updated_at.timestamp() * 1000)
    assert wire.get("registered-models/get", name="old").status == 404
    former, entry = FormerName.objects.get(), newest_entry(model.stream)
    assert (former.model, former.name) == (model, "old")
    assert (entry.verb, entry.facts) == ("model.renamed", {"from": "old", "to": "new"})
    version.refresh_from_db()
    assert verify().intact
    with nothing_moves():
        assert rename(wire, "new", "new").status == 200


def test_a_retired_model_is_frozen_for_programs_too(cast: Cast, model: Model, wire: Wire) -> None:
    make_version(cast, model)
    retire_model(
        model=model, reason="Its book was sold.", replacement=None,
        retention_end_date=date(2099, 1, 1), actor=cast.owner, at=timezone.now(),
    )  # fmt: skip
    calls = [
        ("registered-models/rename", {"name": "old", "new_name": "new"}),
        ("model-versions/create", {"name": "old", "source": "s3://m/2"}),
        ("registered-models/set-tag", {"name": "old", "key": "team", "value": "growth"}),
        ("registered-models/alias", {"name": "old", "alias": "blue", "version": "1"}),
    ]
    for path, said in calls:
        with nothing_moves(entries=["call.refused"]):
            answer = wire.post(path, **said)
        assert (answer.status, answer.code) == (409, "RESOURCE_CONFLICT")
        assert "old is retired: its record is frozen" in answer.message
        assert answer.body["rule"] == "model_retired"


@pytest.mark.parametrize(
    ("new_name", "code"),
    [
        ("taken", "RESOURCE_ALREADY_EXISTS"),
        ("a/b", "INVALID_PARAMETER_VALUE"),
        ("", "INVALID_PARAMETER_VALUE"),
        ("x" * 256, "INVALID_PARAMETER_VALUE"),
    ],
)
def test_a_name_that_cannot_be_given_changes_nothing(
    cast: Cast, model: Model, wire: Wire, new_name: str, code: str
) -> None:
    make_model(cast, name="taken")
    with nothing_moves():
        answer = rename(wire, "old", new_name)
    assert (answer.status, answer.code) == (400, code)


def test_a_token_without_the_scope_renames_nothing(cast: Cast, model: Model) -> None:
    scopes = [scope for scope in Scope if scope != Scope.MANAGE]
    wire = Wire(make_token(cast, name="pipeline", scopes=scopes, at=timezone.now())[1])
    with nothing_moves(entries=["call.refused"]):
        answer = rename(wire, "old", "new")
    assert (answer.status, answer.body["permission"]) == (403, "inventory:model:rename")


def test_a_model_created_under_the_old_name_inherits_nothing(
    cast: Cast, model: Model, wire: Wire
) -> None:
    make_policies(cast)
    version = make_version(cast, model)
    make_champion(cast, version)
    Slot.objects.filter(model=model).update(alias="champion")
    wire.post("registered-models/alias", name="old", alias="blue", version="1")
    with nothing_moves(entries=["call.refused"]):
        assert rename(wire, "old", "new").body["rule"] == "version_serves"
    ask(cast, version, Stage.ARCHIVED)
    assert rename(wire, "old", "new").status == 200
    wire.post("registered-models/create", name="old")
    wire.post("model-versions/create", name="old", source="models:/m-1")
    again = Model.objects.get(name="old")
    assert (again.owner, again.tier, again.pk == model.pk) == (None, None, False)
    for alias in ("blue", "champion"):
        assert wire.get("registered-models/alias", name="old", alias=alias).status == 400
    asked = {"name": "old", "version": "1", "stage": "Production"}
    with nothing_moves(entries=["call.refused"]):
        refused = wire.post("model-versions/transition-stage", **asked)
    assert refused.body["rule"] == "inventory_incomplete"
    assert not SlotAssignment.objects.filter(slot__model=again).exists()
    assert not Alias.objects.filter(model=again).exists()
    kept = wire.get("registered-models/alias", name="new", alias="blue").body["model_version"]
    assert (kept["name"], kept["current_stage"]) == ("new", "Archived")


def test_an_old_link_of_the_portal_leads_on_until_the_name_is_taken(
    cast: Cast, model: Model, wire: Wire, client: Client
) -> None:
    make_version(cast, model)
    rename(wire, "old", "new")
    client.force_login(cast.owner)
    for rest in ("", "versions/1/"):
        answer = client.get(f"/models/old/{rest}")
        assert (answer.status_code, answer.headers["Location"]) == (302, f"/models/new/{rest}")
    client.force_login(cast.outsider)
    assert client.get("/models/old/").status_code == 404
    make_model(cast, name="old")
    client.force_login(cast.owner)
    assert client.get("/models/old/").status_code == 200
    assert client.get("/models/old/versions/1/").status_code == 404
