"""Out of service and back: the same door for all, under policies of its own, and no way round."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from governance import approvals
from governance.accounts.models import User
from governance.accounts.rules import Role, Scope
from governance.approvals.actions import roll_back
from governance.approvals.actions.rollbacks import NothingToRollBackTo
from governance.approvals.models import PromotionRequest
from governance.approvals.queries.cases import case_of
from governance.approvals.rules.duties import DutiesNotSeparated
from governance.registry.models import ModelVersion, SlotAssignment
from governance.registry.rules import Stage
from tests import factories as f
from tests.factories import NOON, Cast
from tests.http.portal.deciding import everybody_signs_in, post, signed_in
from tests.mlflow_client import MlflowClient, MlflowError, both_releases
from tests.reviewing import also
from tests.world import newest_entry, nothing_moves, refused

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.backend]

NAME = "churn-model"
SHIPPED = Path(approvals.__path__[0]) / "data" / "policies"
RESTORE = """\
policy: archived-to-staging
title: An archived version back to Staging
applies_to: {target: STAGING, from: [ARCHIVED]}
sign_offs:
  - {role: VALIDATOR, meaning: "I find that this version may be looked at again."}
"""
OPENED = ["request.opened", "call.refused"]

Go = Callable[[str], Any]


@pytest.fixture
def live(cast: Cast) -> ModelVersion:
    """A version in Production, under the policies that are shipped for leaving it."""
    f.make_policies(cast)
    for text in (
        (SHIPPED / "production-to-archived.yaml").read_text(),
        (SHIPPED / "production-to-staging.yaml").read_text(),
        RESTORE,
    ):
        f.make_policy(cast, text)
    version = f.make_version(cast, f.make_model(cast))
    f.make_champion(cast, version)
    return version


@pytest.fixture
def go(pipeline: MlflowClient) -> Go:
    return lambda stage: pipeline.transition_model_version_stage(
        name=NAME, version="1", stage=stage
    )


def serves(version: ModelVersion) -> bool:
    """Tell whether it is live, by its stage and by its slot, which must agree."""
    version.refresh_from_db()
    champions = SlotAssignment.objects.current().filter(version=version)
    assert champions.exists() == (version.stage == Stage.PRODUCTION)
    return version.stage == Stage.PRODUCTION


def waits(go: Go, stage: str) -> PromotionRequest:
    """Ask, be refused with what is missing, and find the request; nothing else moves."""
    but = [PromotionRequest]
    with nothing_moves(entries=OPENED, but=but), pytest.raises(MlflowError) as caught:
        go(stage)
    assert (caught.value.error_code, caught.value.json["rule"]) == (
        "PERMISSION_DENIED", "approval_missing",
    )  # fmt: skip
    return PromotionRequest.objects.with_version().get(pk=caught.value.json["request"])


@both_releases
@pytest.mark.parametrize(
    ("stage", "policy", "verb"),
    [
        ("Archived", "production-to-archived", "version.archived"),
        ("Staging", "production-to-staging", "version.demoted"),
    ],
)
def test_a_live_version_leaves_by_a_decision_of_its_own(
    cast: Cast, live: ModelVersion, go: Go, stage: str, policy: str, verb: str
) -> None:
    request = waits(go, stage)
    assert (request.target, serves(live)) == (stage.upper(), True)
    f.sign(request, cast.approver, Role.APPROVER)
    entry = newest_entry(live.model.stream)
    assert (entry.verb, entry.subject) == (verb, live.ref)
    dossier = request.dossiers.get().text
    assert f'"key":"{policy}"' in dossier
    with nothing_moves():
        assert go(stage)["current_stage"] == stage
    assert not serves(live)
    # What a decision took out of service, no single signature brings back.
    with refused(NothingToRollBackTo):
        roll_back(
            slot=request.slot, digest_seen="", reason="Back.", proof=f.make_proof(cast.approver),
            actor=cast.approver, at=NOON,
        )  # fmt: skip


def test_no_policy_lets_a_live_version_become_a_draft(live: ModelVersion, go: Go) -> None:
    with nothing_moves(entries=["call.refused"]), pytest.raises(MlflowError) as caught:
        go("None")
    assert caught.value.json["rule"] == "no_policy"
    assert "From there it may go to Archived or Staging." in caught.value.message


@both_releases
def test_what_was_archived_is_restored_by_a_decision_of_its_own(
    cast: Cast, live: ModelVersion, go: Go
) -> None:
    f.sign(waits(go, "Archived"), cast.approver, Role.APPROVER)
    request = waits(go, "Staging")
    assert [state.need.roles for state in case_of(request, at=NOON).judgement.missing_needs] == [
        (Role.VALIDATOR,)
    ]
    f.sign(request, cast.validator, Role.VALIDATOR)
    assert go("Staging")["current_stage"] == "Staging"
    assert not serves(live)
    # Restored is not live: Production asks for everything anew.
    assert waits(go, "Production").state == "OPEN"


def test_no_other_call_of_the_client_takes_it_out_of_service(
    live: ModelVersion, pipeline: MlflowClient
) -> None:
    calls: list[Callable[[], Any]] = [
        lambda: pipeline.delete_model_version(name=NAME, version="1"),
        lambda: pipeline.delete_registered_model(name=NAME),
        lambda: pipeline.delete_registered_model_alias(name=NAME, alias="champion"),
        lambda: pipeline.transition_model_version_stage(
            name=NAME, version="1", stage="Archived", archive_existing_versions=True
        ),
    ]
    for call in calls:
        with pytest.raises(MlflowError):
            call()
        assert serves(live)


def test_nor_does_the_page_nor_the_admin_nor_our_own_interface(
    cast: Cast, live: ModelVersion, client: Client
) -> None:
    everybody_signs_in(cast)
    for target in ("ARCHIVED", "STAGING"):
        answer = post(cast.owner, f"/models/{NAME}/versions/1/ask/", target=target)
        assert answer.headers["Location"].startswith("/decisions/")
        assert serves(live)
    with nothing_moves(entries=["call.refused"]):
        assert (
            post(cast.owner, f"/models/{NAME}/versions/1/ask/", target="DRAFT").status_code == 403
        )
    User.objects.filter(pk=cast.administrator.pk).update(is_superuser=True)
    secret = f.make_token(cast, scopes=tuple(Scope), name="all", at=timezone.now())[1]
    with nothing_moves():
        for path in ("registry/modelversion", "registry/slotassignment", "approvals/policyversion"):
            page = f"/admin/{path}/{live.pk}/change/"
            assert (
                signed_in(cast.administrator).post(page, {"stage": "ARCHIVED"}).status_code == 404
            )
        for method in ("PUT", "PATCH", "DELETE", "POST"):
            answer = client.generic(
                method, f"/api/v1/models/{NAME}/versions/1", b'{"stage": "ARCHIVED"}',
                "application/json", headers={"Authorization": f"Bearer {secret}"},
            )  # fmt: skip
            assert answer.status_code == 405
    assert serves(live)


def test_whoever_built_it_does_not_sign_it_out_of_service_either(
    cast: Cast, live: ModelVersion, go: Go
) -> None:
    request = waits(go, "Archived")
    also(cast.owner, Role.APPROVER, cast.unit)
    with refused(DutiesNotSeparated):
        f.sign(request, cast.owner, Role.APPROVER)
    assert serves(live)
