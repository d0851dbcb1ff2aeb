"""Transition requests and comments, in the words of the databricks-sdk."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from governance.accounts.actions import create_service_account, issue_token
from governance.accounts.models import User
from governance.accounts.queries import CONSOLE
from governance.accounts.rules import Role, Scope
from governance.approvals.models import DossierCopy, PromotionRequest, SignOff
from governance.audit.models import LedgerEntry, Prose
from governance.audit.verification import verify
from governance.inventory.models import Model
from governance.registry.models import ModelVersion, VersionComment
from tests.factories import (
    NOON,
    Cast,
    make_cast,
    make_model,
    make_policies,
    make_ready,
    make_token,
    make_version,
    sign,
)
from tests.mlflow_wire import Answer, Wire
from tests.world import newest_entry, nothing_moves

KEY = {"name": "churn-model", "version": "1"}
PRODUCTION = KEY | {"stage": "Production"}


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


@pytest.fixture
def version(cast: Cast) -> ModelVersion:
    make_policies(cast)
    return make_version(cast, make_model(cast))


@pytest.fixture
def wire(cast: Cast) -> Wire:
    return Wire(make_token(cast, at=timezone.now())[1])


def wire_of(cast: Cast, person: User, name: str) -> Wire:
    service = create_service_account(
        name=name, unit=cast.unit, responsible=person, actor=CONSOLE, at=NOON
    )
    scopes = [Scope.READ, Scope.REQUEST, Scope.REJECT]
    return Wire(issue_token(service=service, scopes=scopes, actor=CONSOLE, at=timezone.now())[1])


def listed(wire: Wire) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = wire.get("transition-requests/list", **KEY).body.get(
        "requests", []
    )
    return found


def create(wire: Wire, stage: str = "Production", comment: str = "") -> Answer:
    said = KEY | {"stage": stage} | ({"comment": comment} if comment else {})
    return wire.post("transition-requests/create", **said)


# --- opening, listing, withdrawing ---------------------------------------------------------------


def test_a_request_is_opened_listed_and_withdrawn(
    cast: Cast, version: ModelVersion, wire: Wire
) -> None:
    create(wire, "Staging")
    opened = create(wire, comment="Please, before Friday.")
    request = PromotionRequest.objects.open().get()
    assert opened.status == 200
    assert opened.body["request"] | {"creation_timestamp": 0} == {
        "id": str(request.pk),
        "user_id": cast.developer.email,
        "to_stage": "Production",
        "comment": "Please, before Friday.",
        "creation_timestamp": 0,
        "available_actions": ["REJECT_TRANSITION_REQUEST", "CANCEL_TRANSITION_REQUEST"],
        "link": f"http://127.0.0.1:8000/decisions/{request.pk}/",
    }
    with nothing_moves():
        assert create(wire, comment="Please, before Friday.").body == opened.body
    (activity,) = listed(wire)
    assert (activity["activity_type"], activity["id"]) == ("REQUESTED_TRANSITION", str(request.pk))
    assert (activity["from_stage"], activity["to_stage"]) == ("Staging", "Production")
    assert activity["comment"] == "Please, before Friday."
    assert str(request.pk) in activity["system_comment"]
    gone = wire.delete(
        "transition-requests/delete", **PRODUCTION, creator=cast.developer.email, comment="Later."
    )
    assert gone.body["activity"]["activity_type"] == "CANCELLED_REQUEST"
    request.refresh_from_db()
    assert (request.state, str(request.closed_reason)) == ("WITHDRAWN", "Later.")
    assert listed(wire) == []
    again = wire.delete("transition-requests/delete", **PRODUCTION, creator=cast.developer.email)
    assert (again.status, again.code) == (404, "RESOURCE_DOES_NOT_EXIST")
    assert verify().intact


def test_what_nobody_has_to_decide_is_done_at_once(version: ModelVersion, wire: Wire) -> None:
    moved = create(wire, "Staging").body["request"]
    assert (moved["to_stage"], "available_actions" in moved) == ("Staging", False)
    with nothing_moves(entries=["call.refused"]):
        there = create(wire, "Staging")
    assert (there.status, there.code) == (409, "RESOURCE_CONFLICT")


def test_somebody_elses_request_is_not_withdrawn(
    cast: Cast, version: ModelVersion, wire: Wire
) -> None:
    make_ready(cast, version)
    other = wire_of(cast, cast.validator, "validating")
    with nothing_moves(entries=["call.refused"]):
        refused = other.delete(
            "transition-requests/delete", **PRODUCTION, creator=cast.developer.email
        )
    assert (refused.status, refused.body["rule"]) == (403, "not_the_requester")
    with nothing_moves():
        unknown = wire.delete("transition-requests/delete", **PRODUCTION, creator="x@bank.example")
    assert unknown.status == 404


# --- approving and rejecting ---------------------------------------------------------------------


def test_nobody_approves_through_an_api(cast: Cast, version: ModelVersion, wire: Wire) -> None:
    request = make_ready(cast, version)
    for caller in (wire, wire_of(cast, cast.approver, "approving")):
        with nothing_moves(entries=["call.refused"]):
            answer = caller.post("transition-requests/approve", **PRODUCTION)
        assert (answer.status, answer.code) == (403, "PERMISSION_DENIED")
        assert answer.body["rule"] == "signature_needed"
        assert answer.body["link"].endswith(f"/decisions/{request.pk}/")
        assert answer.body["link"] in answer.message


def test_who_could_sign_rejects_and_it_is_no_signature(
    cast: Cast, version: ModelVersion, client: Client
) -> None:
    request = make_ready(cast, version)
    approving = wire_of(cast, cast.approver, "approving")
    answer = approving.post("transition-requests/reject", **PRODUCTION, comment="Not this month.")
    assert answer.body["activity"]["activity_type"] == "REJECTED_REQUEST"
    assert answer.body["activity"]["user_id"] == cast.approver.email
    request.refresh_from_db()
    assert (request.state, str(request.closed_reason)) == ("REJECTED", "Not this month.")
    assert not SignOff.objects.filter(request=request).exists()
    entry = newest_entry(version.model.stream)
    assert (entry.verb, entry.facts["signed"]) == ("request.rejected", False)
    assert (entry.facts["person"], entry.facts["role"]) == (cast.approver.ref, "APPROVER")
    assert DossierCopy.objects.get(request=request).digest == request.decided_digest
    version.refresh_from_db()
    assert version.stage == "STAGING"
    asked = wire_of(cast, cast.developer, "asking").post("transition-requests/create", **PRODUCTION)
    assert (asked.status, asked.body["rule"]) == (403, "already_decided")
    client.force_login(cast.owner)
    page = client.get(f"/decisions/{request.pk}/")
    assert (page.status_code, b"Not this month." in page.content) == (200, True)
    assert verify().intact


@pytest.mark.parametrize(
    ("person", "comment", "status", "rule"),
    [
        ("developer", "No.", 403, "permission_missing"),
        ("compliance", "No.", 403, "sign_off_not_needed"),
        ("approver", "", 400, "invalid_input"),
        ("validator", "No.", 200, ""),
    ],
)
def test_only_who_could_sign_rejects(
    cast: Cast, version: ModelVersion, person: str, comment: str, status: int, rule: str
) -> None:
    make_ready(cast, version)
    caller = wire_of(cast, getattr(cast, person), "caller")
    before = set(PromotionRequest.objects.values_list("state", flat=True))
    answer = caller.post("transition-requests/reject", **PRODUCTION, comment=comment)
    assert (answer.status, answer.body.get("rule", "")) == (status, rule)
    if status != 200:
        assert set(PromotionRequest.objects.values_list("state", flat=True)) == before


def test_who_signed_does_not_reject_by_the_way(cast: Cast, version: ModelVersion) -> None:
    request = make_ready(cast, version)
    caller = wire_of(cast, cast.validator, "caller")
    sign(request, cast.validator, Role.VALIDATOR)
    with nothing_moves(entries=["call.refused"]):
        answer = caller.post("transition-requests/reject", **PRODUCTION, comment="After all, no.")
    assert answer.body["rule"] == "duties_not_separated"
    (signed,) = SignOff.objects.all()
    assert {"rule": "nobody_signs_twice", "records": [signed.ref]} in answer.body["because"]
    (entry,) = LedgerEntry.objects.filter(verb="request.signed")
    stream = version.model.stream
    assert {"record": signed.ref, "stream": stream, "number": entry.seq} in answer.body["entries"]
    assert answer.body["remedy"].startswith("Leave the signature to somebody else.")
    assert answer.body["who_can"]


def test_a_token_for_pipelines_rejects_nothing(cast: Cast, version: ModelVersion) -> None:
    make_ready(cast, version)
    service = create_service_account(
        name="plain", unit=cast.unit, responsible=cast.approver, actor=CONSOLE, at=NOON
    )
    scopes = [scope for scope in Scope if scope != Scope.REJECT]
    token = issue_token(service=service, scopes=scopes, actor=CONSOLE, at=timezone.now())[1]
    with nothing_moves(entries=["call.refused"]):
        answer = Wire(token).post("transition-requests/reject", **PRODUCTION, comment="No.")
    assert answer.body["permission"] == "approvals:promotion:reject"


# --- Databricks' own get and transition ----------------------------------------------------------


def test_the_model_as_databricks_shows_it(cast: Cast, version: ModelVersion, wire: Wire) -> None:
    shown = wire.get("databricks/registered-models/get", name="churn-model").body
    found = shown["registered_model_databricks"]
    assert (found["id"], found["permission_level"]) == (version.model.pk.hex, "CAN_EDIT")
    assert found["latest_versions"][0]["version"] == "1"


def test_a_transition_with_a_comment_is_the_same_question(
    cast: Cast, version: ModelVersion, wire: Wire
) -> None:
    path = "databricks/model-versions/transition-stage"
    said = KEY | {"archive_existing_versions": False, "comment": "To try it out."}
    moved = wire.post(path, **said, stage="Staging").body["model_version_databricks"]
    assert (moved["current_stage"], moved["permission_level"]) == ("Staging", "CAN_EDIT")
    comment = VersionComment.objects.get()
    assert (comment.body.text, comment.author) == ("To try it out.", cast.developer)
    refused = wire.post(path, **said, stage="Production")
    assert (refused.status, refused.body["rule"]) == (403, "approval_missing")
    assert VersionComment.objects.count() == 1


# --- comments ------------------------------------------------------------------------------------


def test_a_comment_is_written_changed_and_taken_back(
    cast: Cast, version: ModelVersion, wire: Wire, client: Client
) -> None:
    written = wire.post("comments/create", **KEY, comment="Ran on the new data.").body["comment"]
    assert (written["comment"], written["user_id"]) == (
        "Ran on the new data.",
        cast.developer.email,
    )
    assert written["available_actions"] == ["EDIT_COMMENT", "DELETE_COMMENT"]
    with nothing_moves():
        again = wire.post("comments/create", **KEY, comment="Ran on the new data.").body["comment"]
    assert again == written
    client.force_login(cast.validator)
    assert b"Ran on the new data." in client.get("/models/churn-model/versions/1/").content
    said = {"id": written["id"], "comment": "Ran on the old data."}
    changed = wire.patch("comments/update", **said).body["comment"]
    assert (changed["id"], changed["comment"]) == (written["id"], "Ran on the old data.")
    assert Prose.objects.filter(text="Ran on the new data.").exists()
    assert wire.delete("comments/delete", id=written["id"]).body == {}
    assert b"Ran on the old data." not in client.get("/models/churn-model/versions/1/").content
    assert newest_entry(version.model.stream).verb == "comment.removed"
    for answer in (wire.patch("comments/update", **said), wire.delete("comments/delete", id="7")):
        assert (answer.status, answer.code) == (404, "RESOURCE_DOES_NOT_EXIST")
    assert verify().intact


def test_only_its_author_changes_a_comment(cast: Cast, version: ModelVersion, wire: Wire) -> None:
    key = wire.post("comments/create", **KEY, comment="Mine.").body["comment"]["id"]
    other = wire_of(cast, cast.validator, "other")
    for answer in (
        lambda: other.patch("comments/update", id=key, comment="Not yours."),
        lambda: other.delete("comments/delete", id=key),
    ):
        with nothing_moves(entries=["call.refused"]):
            assert answer().body["rule"] == "not_the_author"


@pytest.mark.parametrize("text", ["", " ", "x" * 10_001])
def test_what_is_no_comment_is_refused(version: ModelVersion, wire: Wire, text: str) -> None:
    with nothing_moves():
        answer = wire.post("comments/create", **KEY, comment=text)
    assert (answer.status, answer.code) == (400, "INVALID_PARAMETER_VALUE")


def test_a_comment_is_written_on_the_page_too(
    cast: Cast, version: ModelVersion, client: Client
) -> None:
    client.force_login(cast.approver)
    url = "/models/churn-model/versions/1/comments/"
    assert client.post(url, {"comment": "<b>Looks fine</b>"}).status_code == 302
    assert b"&lt;b&gt;Looks fine" in client.get("/models/churn-model/versions/1/").content
    request = make_ready(cast, version)
    assert b"&lt;b&gt;Looks fine" in client.get(f"/decisions/{request.pk}/").content
    with nothing_moves():
        answer = client.post(url, {"comment": " "})
    assert (answer.status_code, b"Write a comment." in answer.content) == (422, True)
    client.force_login(cast.administrator)
    with nothing_moves(entries=["call.refused"]):
        assert client.post(url, {"comment": "As the administrator."}).status_code == 403


def test_no_foreign_model_is_spoken_of(cast: Cast, version: ModelVersion, wire: Wire) -> None:
    Model.objects.filter(pk=version.model_id).update(unit=cast.root)
    for answer in (
        create(wire),
        wire.get("transition-requests/list", **KEY),
        wire.post("transition-requests/approve", **PRODUCTION),
        wire.post("comments/create", **KEY, comment="Hello."),
        wire.get("databricks/registered-models/get", name="churn-model"),
    ):
        assert answer.status == 404
