"""The unmodified databricks-sdk, whose transition requests are promotion requests here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from governance.accounts.actions import create_service_account, issue_token
from governance.accounts.models import User
from governance.accounts.queries import CONSOLE
from governance.accounts.rules import Role, Scope
from governance.approvals.models import PromotionRequest
from governance.registry.models import ModelVersion
from tests.databricks_client import DatabricksClient, DatabricksError
from tests.factories import NOON, Cast, make_model, make_policies, make_ready, make_version, sign
from tests.world import nothing_moves

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.backend]

KEY = {"name": "churn-model", "version": "1"}
PRODUCTION = KEY | {"stage": "Production"}

ClientOf = Callable[[User], DatabricksClient]


@pytest.fixture
def version(cast: Cast) -> ModelVersion:
    make_policies(cast)
    return make_version(cast, make_model(cast))


@pytest.fixture
def client_of(
    databricks_with: Callable[[str], DatabricksClient], cast: Cast, now: datetime
) -> ClientOf:
    """Return the client of a program that somebody answers for."""

    def client_of(person: User) -> DatabricksClient:
        name = f"program-{person.pk}"
        service = create_service_account(
            name=name, unit=cast.unit, responsible=person, actor=CONSOLE, at=NOON
        )
        scopes = [Scope.READ, Scope.REQUEST, Scope.REJECT]
        return databricks_with(
            issue_token(service=service, scopes=scopes, actor=CONSOLE, at=now)[1]
        )

    return client_of


def refused(call: Callable[..., Any], **said: Any) -> DatabricksError:
    """Return what the client raises; nothing but the refusal goes on record."""
    with nothing_moves(entries=["call.refused"]), pytest.raises(DatabricksError) as caught:
        call(**said)
    assert caught.value.error_code == "PERMISSION_DENIED"
    return caught.value


def test_a_request_is_opened_listed_refused_and_withdrawn(
    databricks: DatabricksClient, cast: Cast, version: ModelVersion
) -> None:
    databricks.create_transition_request(**KEY, stage="Staging")
    opened = databricks.create_transition_request(**PRODUCTION, comment="Before Friday, please.")
    request = PromotionRequest.objects.open().get()
    shown = opened["request"]
    assert (shown["to_stage"], shown["user_id"]) == ("Production", cast.developer.email)
    assert "APPROVE_TRANSITION_REQUEST" not in shown["available_actions"]
    (listed,) = databricks.list_transition_requests(**KEY)
    assert (listed["activity_type"], listed["id"]) == ("REQUESTED_TRANSITION", str(request.pk))
    assert (listed["from_stage"], listed["to_stage"]) == ("Staging", "Production")
    assert listed["comment"] == "Before Friday, please."
    approving = {"archive_existing_versions": False, "comment": "Fine by me."}
    error = refused(databricks.approve_transition_request, **PRODUCTION, **approving)
    assert f"/decisions/{request.pk}/" in error.message
    databricks.delete_transition_request(**PRODUCTION, creator=cast.developer.email)
    request.refresh_from_db()
    assert request.state == "WITHDRAWN"
    assert databricks.list_transition_requests(**KEY) == []


def test_who_could_sign_rejects_but_does_not_approve(
    client_of: ClientOf, cast: Cast, version: ModelVersion
) -> None:
    request = make_ready(cast, version)
    approving, asking = client_of(cast.approver), client_of(cast.developer)
    error = refused(
        approving.approve_transition_request, **PRODUCTION, archive_existing_versions=True
    )
    assert "a signature needs the dossier on a screen" in error.message
    refused(asking.reject_transition_request, **PRODUCTION, comment="Not mine to say.")
    rejected = approving.reject_transition_request(**PRODUCTION, comment="Not this month.")
    assert rejected["activity"]["activity_type"] == "REJECTED_REQUEST"
    assert rejected["activity"]["user_id"] == cast.approver.email
    request.refresh_from_db()
    assert (request.state, str(request.closed_reason)) == ("REJECTED", "Not this month.")
    with pytest.raises(DatabricksError, match="no open request"):
        approving.reject_transition_request(**PRODUCTION, comment="Again.")


def test_a_transition_is_refused_until_people_have_signed(
    databricks: DatabricksClient, cast: Cast, version: ModelVersion
) -> None:
    request = make_ready(cast, version)
    said = PRODUCTION | {"archive_existing_versions": True}
    error = refused(databricks.transition_stage, **said)
    assert "1 approver (Alma Second, Arno Approver)" in error.message
    sign(request, cast.validator, Role.VALIDATOR)
    sign(request, cast.approver, Role.APPROVER)
    with nothing_moves():
        moved = databricks.transition_stage(**said)["model_version_databricks"]
    assert (moved["current_stage"], moved["permission_level"]) == ("Production", "CAN_EDIT")
    model = databricks.get_model(name="churn-model")["registered_model_databricks"]
    assert [v["current_stage"] for v in model["latest_versions"]] == ["Production"]


def test_a_comment_is_written_changed_and_taken_back_by_its_author(
    databricks: DatabricksClient, client_of: ClientOf, cast: Cast, version: ModelVersion
) -> None:
    written = databricks.create_comment(**KEY, comment="Ran on the new data.")["comment"]
    assert written["user_id"] == cast.developer.email
    said = {"id": written["id"], "comment": "Ran on the old data."}
    refused(client_of(cast.validator).update_comment, **said)
    assert databricks.update_comment(**said)["comment"]["comment"] == "Ran on the old data."
    databricks.delete_comment(id=written["id"])
    with nothing_moves(), pytest.raises(DatabricksError) as gone:
        databricks.update_comment(**said)
    assert gone.value.error_code == "RESOURCE_DOES_NOT_EXIST"
