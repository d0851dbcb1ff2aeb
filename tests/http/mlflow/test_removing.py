"""Deleting, as MLflow's clients call it: archived by decision first, then gone for them alone."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from governance.accounts.rules import Scope
from governance.approvals.actions import ask_for_stage
from governance.approvals.models import PromotionRequest
from governance.audit.verification import verify
from governance.inventory.models import FormerName, Model
from governance.registry.models import Alias, ModelVersion, Slot
from governance.registry.rules import Stage
from governance.registry.rules.removals import VersionRemoved
from tests.factories import (
    NOON,
    Cast,
    ask,
    make_cast,
    make_champion,
    make_model,
    make_policies,
    make_policy,
    make_token,
    make_version,
)
from tests.mlflow_wire import Answer, Wire
from tests.world import newest_entry, nothing_moves, refused

NAME = "churn-model"
SIGNED_ARCHIVE = """\
policy: draft-to-archived
title: A draft to Archived
applies_to: {target: ARCHIVED, from: [DRAFT]}
sign_offs:
  - {role: APPROVER, meaning: "I approve that this version is put away."}
"""


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


@pytest.fixture
def model(cast: Cast) -> Model:
    make_policies(cast)
    return make_model(cast, name=NAME)


@pytest.fixture
def wire(cast: Cast) -> Wire:
    return Wire(make_token(cast, at=timezone.now())[1])


def delete_version(wire: Wire, number: int = 1) -> Answer:
    return wire.delete("model-versions/delete", name=NAME, version=str(number))


def delete_model(wire: Wire) -> Answer:
    return wire.delete("registered-models/delete", name=NAME)


def test_a_version_is_archived_and_then_gone_for_clients_alone(
    cast: Cast, model: Model, wire: Wire, client: Client
) -> None:
    for _ in range(2):
        make_version(cast, model)
    wire.post("registered-models/alias", name=NAME, alias="blue", version="2")
    assert delete_version(wire, 2).body == {}
    version = ModelVersion.objects.get(number=2)
    assert (version.stage, version.removed_at is None) == (Stage.ARCHIVED, False)
    entry = newest_entry(model.stream)
    assert (entry.verb, entry.subject) == ("version.removed", version.ref)
    assert not Alias.objects.exists()
    said = {"name": NAME, "version": "2"}
    gone = [
        wire.get("model-versions/get", **said),
        wire.get("model-versions/get-download-uri", **said),
        wire.patch("model-versions/update", **said, description="x"),
        wire.post("model-versions/set-tag", **said, key="a", value="b"),
        wire.post("model-versions/transition-stage", **said, stage="Staging"),
        wire.post("registered-models/alias", **said, alias="blue"),
        delete_version(wire, 2),
    ]
    message = f"Model Version (name={NAME}, version=2) not found"
    assert {(answer.status, answer.message) for answer in gone} == {(404, message)}
    assert wire.get("registered-models/alias", name=NAME, alias="latest").body["model_version"][
        "version"
    ] == "1"  # fmt: skip
    for path in ("registered-models/get-latest-versions", "model-versions/search"):
        answer = wire.get(path, name=NAME)
        assert [v["version"] for v in answer.body["model_versions"]] == ["1"]
    made = wire.post("model-versions/create", name=NAME, source="models:/m-9")
    assert made.body["model_version"]["version"] == "3"
    client.force_login(cast.owner)
    page = client.get(f"/models/{NAME}/versions/2/")
    assert (page.status_code, b"Removed" in page.content) == (200, True)
    assert verify().intact


def test_where_people_decide_the_call_asks_and_succeeds_once_they_have(
    cast: Cast, model: Model, wire: Wire
) -> None:
    make_policy(cast, SIGNED_ARCHIVE)
    version = make_version(cast, model)
    with nothing_moves(entries=["request.opened", "call.refused"], but=[PromotionRequest]):
        answer = delete_version(wire)
    assert (answer.status, answer.body["rule"]) == (403, "approval_missing")
    request = PromotionRequest.objects.get()
    assert answer.body["link"].endswith(f"/decisions/{request.pk}/")
    with nothing_moves():
        assert delete_version(wire).body == answer.body
    # Another way to Archived, by way of Staging, is open to it; what counts is that it is there.
    ask(cast, version, Stage.STAGING)
    ask(cast, version, Stage.ARCHIVED)
    assert delete_version(wire).body == {}
    assert wire.get("model-versions/get", name=NAME, version="1").status == 404


def test_what_serves_is_not_removed(cast: Cast, model: Model, wire: Wire) -> None:
    make_champion(cast, make_version(cast, model))
    with nothing_moves(entries=["call.refused"]):
        answer = delete_version(wire)
    assert (answer.status, answer.body["rule"]) == (403, "version_serves")
    assert "champion in primary" in answer.message
    make_version(cast, model)
    with nothing_moves(entries=["call.refused"]):
        answer = delete_model(wire)
    assert (answer.status, answer.body["rule"], answer.body["versions"]) == (
        403,
        "version_serves",
        [1],
    )


def test_a_token_without_the_scope_removes_nothing(cast: Cast, model: Model) -> None:
    make_version(cast, model)
    scopes = [scope for scope in Scope if scope != Scope.MANAGE]
    wire = Wire(make_token(cast, name="pipeline", scopes=scopes, at=timezone.now())[1])
    for answer in (delete_version, delete_model):
        with nothing_moves(entries=["call.refused"]):
            assert answer(wire).body["rule"] == "permission_missing"


def test_a_removed_version_goes_nowhere(cast: Cast, model: Model, wire: Wire) -> None:
    version = make_version(cast, model)
    ask(cast, version, Stage.ARCHIVED)
    make_policy(cast, SIGNED_ARCHIVE.replace("draft", "back").replace(
        "ARCHIVED, from: [DRAFT]", "DRAFT"))  # fmt: skip
    asked = ask(cast, version, Stage.DRAFT)
    assert asked.request is not None
    assert delete_version(wire).body == {}
    version.refresh_from_db()
    with refused(VersionRemoved):
        ask_for_stage(version=version, target=Stage.STAGING, actor=cast.developer, at=NOON)
    assert not PromotionRequest.objects.open().exists()
    request = PromotionRequest.objects.with_version().get(pk=asked.request.pk)
    assert request.standing == "OVERTAKEN"


def test_a_removed_model_gives_its_name_to_one_that_inherits_nothing(
    cast: Cast, model: Model, wire: Wire, client: Client
) -> None:
    first, second = (make_version(cast, model) for _ in range(2))
    make_champion(cast, first)
    Slot.objects.filter(model=model).update(alias="champion")
    make_champion(cast, second)
    wire.post("registered-models/alias", name=NAME, alias="blue", version="1")
    ask(cast, second, Stage.ARCHIVED)
    assert delete_model(wire).body == {}
    model.refresh_from_db()
    assert model.name == f"{NAME}~{model.pk.hex[:8]}"
    assert FormerName.objects.get().name == NAME
    assert newest_entry(model.stream).verb == "model.removed"
    for name in (NAME, model.name):
        assert wire.get("registered-models/get", name=name).status == 404
    assert wire.get("registered-models/search").body == {}
    assert wire.get("model-versions/search").body == {}
    client.force_login(cast.owner)
    old = client.get(f"/models/{NAME}/", follow=True)
    assert (old.status_code, b"Removed" in old.content) == (200, True)
    assert NAME.encode() not in client.get("/models/").content
    wire.post("registered-models/create", name=NAME)
    made = wire.post("model-versions/create", name=NAME, source="models:/m-1")
    assert made.body["model_version"]["version"] == "1"
    again = Model.objects.get(name=NAME)
    assert (again.pk == model.pk, again.owner, again.requests.exists()) == (False, None, False)
    for alias in ("blue", "champion"):
        assert wire.get("registered-models/alias", name=NAME, alias=alias).status == 400
    assert verify().intact


def test_a_model_is_removed_with_all_its_versions_or_not_at_all(
    cast: Cast, model: Model, wire: Wire
) -> None:
    staged, draft = (make_version(cast, model) for _ in range(2))
    ask(cast, staged, Stage.STAGING)
    make_policy(cast, SIGNED_ARCHIVE)
    with nothing_moves(entries=["request.opened", "call.refused"], but=[PromotionRequest]):
        answer = delete_model(wire)
    request = PromotionRequest.objects.open().get()
    assert request.version == draft
    assert answer.body["requests"] == [{"request": str(request.pk), "link": answer.body["link"]}]
    with nothing_moves():
        assert delete_model(wire).body == answer.body
    ask(cast, draft, Stage.STAGING)
    assert delete_model(wire).body == {}
    assert not ModelVersion.objects.present().exists()


def test_an_empty_draft_of_a_model_is_removed_at_once(cast: Cast, wire: Wire) -> None:
    wire.post("registered-models/create", name=NAME)
    assert delete_model(wire).body == {}
    assert wire.post("registered-models/create", name=NAME).status == 200
    assert delete_model(wire).body == {}
    assert Model.objects.exclude(removed_at=None).count() == 2


def test_where_nothing_is_gated_what_serves_goes_too(
    cast: Cast, wire: Wire, settings: Settings
) -> None:
    settings.POLICY_SET, settings.PROTECTED_ALIASES = "open", []
    wire.post("registered-models/create", name=NAME)
    for stage in ("Production", "Staging", "None"):
        made = wire.post("model-versions/create", name=NAME, source=f"models:/m-{stage}")
        said = {"name": NAME, "version": made.body["model_version"]["version"], "stage": stage}
        assert wire.post("model-versions/transition-stage", **said).status == 200
    assert delete_version(wire, 1).body == {}
    assert delete_model(wire).body == {}
    assert verify().intact
