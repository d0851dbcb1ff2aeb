"""Asking for a stage on the version's page, and taking a request back."""

import pytest

from governance.accounts.rules import Role
from governance.approvals.models import PromotionRequest
from governance.approvals.rules.judgement import RequestState
from governance.registry.models import ModelVersion
from governance.registry.rules import Stage
from tests import factories
from tests.factories import Cast, sign
from tests.http.portal.deciding import everybody_signs_in, post, read, waiting_request
from tests.world import nothing_moves

ASK = "/models/churn-model/versions/1/ask/"


@pytest.fixture
def version(cast: Cast) -> ModelVersion:
    everybody_signs_in(cast)
    factories.make_policies(cast)
    model = factories.make_model(cast)
    return factories.make_version(cast, model, metrics={"accuracy": "0.95"})


def test_asking_moves_a_version_when_nothing_is_outstanding(
    cast: Cast, version: ModelVersion
) -> None:
    answer = post(cast.developer, ASK, target="STAGING")
    version.refresh_from_db()
    assert version.stage == Stage.STAGING
    assert answer.status_code == 302
    page = read(cast.developer, answer.headers["Location"])
    assert "churn-model version 1 is in Staging now" in page


def test_asking_opens_a_request_once_and_leads_to_its_page(
    cast: Cast, version: ModelVersion
) -> None:
    post(cast.developer, ASK, target="STAGING")
    first = post(cast.developer, ASK, target="PRODUCTION")
    request = PromotionRequest.objects.get(target=Stage.PRODUCTION)
    assert first.headers["Location"] == f"/decisions/{request.pk}/"
    with nothing_moves():
        again = post(cast.owner, ASK, target="PRODUCTION")
    assert again.headers["Location"] == first.headers["Location"]
    assert "This is the request that stands." in read(cast.owner, again.headers["Location"])


@pytest.mark.parametrize("who", ["validator", "approver", "compliance", "administrator"])
def test_who_may_not_ask_is_refused_with_the_reason(
    cast: Cast, version: ModelVersion, who: str
) -> None:
    with nothing_moves(entries=["call.refused"]):
        answer = post(getattr(cast, who), ASK, target="STAGING")
    assert answer.status_code == 403
    assert "It comes with the role model owner or developer." in answer.content.decode()


def test_asking_is_not_for_who_cannot_see_it(cast: Cast, version: ModelVersion) -> None:
    with nothing_moves():
        assert post(cast.outsider, ASK, target="STAGING").status_code == 404


@pytest.mark.parametrize("target", ["", "Staging", "NOWHERE"])
def test_an_unknown_stage_moves_nothing(cast: Cast, version: ModelVersion, target: str) -> None:
    with nothing_moves():
        answer = post(cast.developer, ASK, target=target)
    assert answer.status_code == 422
    assert "The stages are Draft, Staging, Production, Archived." in answer.content.decode()


def test_a_way_that_no_policy_opens_is_refused(cast: Cast, version: ModelVersion) -> None:
    with nothing_moves(entries=["call.refused"]):
        answer = post(cast.developer, ASK, target="PRODUCTION")
    assert answer.status_code == 403
    page = answer.content.decode()
    assert "No policy in force lets a Tier 3 version go from Draft to Production." in page


def test_the_address_is_for_asking_only(cast: Cast, version: ModelVersion) -> None:
    read(cast.developer, ASK, status=405)


@pytest.mark.parametrize("who", ["developer", "owner"])
def test_requester_and_owner_take_a_request_back(cast: Cast, who: str) -> None:
    request = waiting_request(cast)
    user = getattr(cast, who)
    assert "Take the request back" in read(user, f"/decisions/{request.pk}/")
    answer = post(user, f"/decisions/{request.pk}/withdraw/", reason="Too early.")
    assert answer.status_code == 302
    request.refresh_from_db()
    assert request.state == RequestState.WITHDRAWN
    page = read(cast.approver, f"/decisions/{request.pk}/")
    assert f"Withdrawn by {user.name}" in page
    assert "“Too early.”" in page


def test_taking_back_needs_a_reason(cast: Cast) -> None:
    request = waiting_request(cast)
    with nothing_moves():
        answer = post(cast.developer, f"/decisions/{request.pk}/withdraw/", reason=" ")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "The request still stands." in page
    assert "Say why you take the request back." in page


@pytest.mark.parametrize("who", ["validator", "approver", "compliance", "administrator"])
def test_nobody_else_takes_it_back(cast: Cast, who: str) -> None:
    request = waiting_request(cast)
    user = getattr(cast, who)
    assert "Take the request back" not in read(user, f"/decisions/{request.pk}/")
    with nothing_moves(entries=["call.refused"]):
        answer = post(user, f"/decisions/{request.pk}/withdraw/", reason="I say so.")
    assert answer.status_code == 403
    assert "Only who asked, or the model" in answer.content.decode()


def test_what_is_decided_cannot_be_taken_back(cast: Cast) -> None:
    request = waiting_request(cast)
    sign(request, cast.validator, Role.VALIDATOR)
    sign(request, cast.approver, Role.APPROVER)
    with nothing_moves(entries=["call.refused"]):
        answer = post(cast.owner, f"/decisions/{request.pk}/withdraw/", reason="Oh no.")
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "is closed already: approved." in page
    assert "Oh no." in page
