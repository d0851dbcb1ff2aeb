"""Where the policy says so, the registry tells nobody where an unapproved version lies."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from governance.accounts.rules import ORDINARY_SCOPES, Role, Scope
from governance.audit.verification import verify
from governance.core.errors import InvalidInput
from governance.registry.models import ModelVersion
from governance.registry.rules import Stage
from tests.factories import (
    TO_PRODUCTION,
    TO_STAGING,
    Cast,
    ask,
    make_cast,
    make_model,
    make_policies,
    make_policy,
    make_ready,
    make_token,
    make_version,
    sign,
)
from tests.mlflow_wire import Answer, Wire
from tests.world import nothing_moves, refused

STRICT = (
    TO_PRODUCTION.replace("to-production", "tier-1-to-production").replace(
        "target: PRODUCTION", "target: PRODUCTION, tiers: [1]"
    )
    + "downloads: approved\n"
)


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


@pytest.fixture
def version(cast: Cast) -> ModelVersion:
    make_policies(cast)
    make_policy(cast, STRICT)
    return make_version(cast, make_model(cast, tier=1))


@pytest.fixture
def wire(cast: Cast) -> Wire:
    return Wire(make_token(cast, scopes=ORDINARY_SCOPES, at=timezone.now())[1])


def uri(wire: Wire, name: str = "churn-model") -> Answer:
    return wire.get("model-versions/get-download-uri", name=name, version="1")


def test_only_what_was_approved_is_given_out(
    cast: Cast, version: ModelVersion, wire: Wire, client: Client
) -> None:
    with nothing_moves(entries=["call.refused"]):
        answer = uri(wire)
    assert (answer.status, answer.code) == (403, "PERMISSION_DENIED")
    assert (answer.body["rule"], answer.body["missing"]) == (
        "version_not_approved",
        [{"kind": "approval", "target": "PRODUCTION"}],
    )
    assert answer.body["link"].endswith("/models/churn-model/")
    assert "artifact_uri" not in answer.body
    request = make_ready(cast, version)
    asked = uri(wire)
    assert (asked.status, asked.body["request"]) == (403, str(request.pk))
    assert asked.body["link"].endswith(f"/decisions/{request.pk}/")
    assert asked.body["link"] in asked.message
    sign(request, cast.validator, Role.VALIDATOR)
    sign(request, cast.approver, Role.APPROVER)
    assert uri(wire).body == {"artifact_uri": version.source}
    # It was approved, whatever became of it.
    ask(cast, version, Stage.ARCHIVED)
    assert uri(wire).body == {"artifact_uri": version.source}
    assert verify().intact


def test_who_validates_loads_every_version_with_a_token_for_it(
    cast: Cast, version: ModelVersion
) -> None:
    scopes = [Scope.READ, Scope.LOAD]
    token = make_token(cast, name="validation", scopes=scopes, at=timezone.now())[1]
    assert uri(Wire(token)).body == {"artifact_uri": version.source}


def test_the_policy_of_other_tiers_gives_out_what_there_is(
    cast: Cast, version: ModelVersion, wire: Wire
) -> None:
    other = make_version(cast, make_model(cast, name="other", tier=2))
    assert uri(wire, "other").body == {"artifact_uri": other.source}


def test_a_copy_is_given_out_no_sooner_than_its_original(
    cast: Cast, version: ModelVersion, wire: Wire
) -> None:
    make_model(cast, name="other", tier=3)
    wire.post("model-versions/create", name="other", source="models:/churn-model/1")
    assert uri(wire, "other").body["rule"] == "version_not_approved"
    request = make_ready(cast, version)
    sign(request, cast.validator, Role.VALIDATOR)
    sign(request, cast.approver, Role.APPROVER)
    assert uri(wire, "other").body == {"artifact_uri": version.source}


def test_a_draft_that_took_the_name_is_given_out_no_sooner(
    cast: Cast, version: ModelVersion, wire: Wire
) -> None:
    """Programs that pin `models:/churn-model/1` mean the model that had the name."""
    wire.post("registered-models/create", name="draft")
    wire.post("model-versions/create", name="draft", source="models:/m-7")
    assert uri(wire, "draft").status == 200
    wire.post("registered-models/rename", name="churn-model", new_name="churn-old")
    taken = wire.post("registered-models/rename", name="draft", new_name="churn-model")
    assert taken.body["error_code"] == "RESOURCE_ALREADY_EXISTS"
    wire.post("registered-models/create", name="churn-model")
    wire.post("model-versions/create", name="churn-model", source="models:/m-7")
    assert uri(wire).body["rule"] == "version_not_approved"


def test_only_a_policy_of_production_speaks_of_downloads(cast: Cast) -> None:
    with refused(InvalidInput) as caught:
        make_policy(cast, TO_STAGING + "downloads: approved\n")
    assert caught.value.problems[0].field == "downloads"
    with refused(InvalidInput):
        make_policy(cast, TO_PRODUCTION + "downloads: everybody\n")


def test_the_page_of_the_policy_says_so(cast: Cast, client: Client) -> None:
    strict, free = make_policy(cast, STRICT), make_policy(cast, TO_PRODUCTION)
    client.force_login(cast.auditor)
    said = b"The registry gives out the artifacts"
    assert said in client.get(f"/policies/{strict.pk}/").content
    assert said not in client.get(f"/policies/{free.pk}/").content
