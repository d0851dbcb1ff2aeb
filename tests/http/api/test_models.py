"""Models, findings, requests and cards over REST: now, and at a past moment."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from governance.accounts.actions import create_service_account, create_unit, issue_token
from governance.accounts.queries import CONSOLE
from governance.accounts.rules import Scope
from tests import factories as f
from tests import story
from tests.factories import NOON, Cast, later, make_token
from tests.story import Story, live_through, minute

pytestmark = [pytest.mark.django_db, pytest.mark.backend]
ROOT = "/api/v1/models"
MODEL = f"{ROOT}/churn-model"
VERSION = f"{MODEL}/versions/1"


@pytest.fixture
def told(cast: Cast) -> Story:
    return live_through(cast)


@pytest.fixture
def get(client: Client, cast: Cast) -> Any:
    secret = make_token(cast, at=timezone.now())[1]
    return lambda path: client.get(path, headers={"Authorization": f"Bearer {secret}"})


def test_a_model_then_and_now(get: Any, told: Story) -> None:
    now = get(MODEL).json()
    assert (now["stage"], now["live"], now["tier"]) == ("ARCHIVED", [], 3)
    then = get(f"{MODEL}?as_of={minute(story.LIVE)}").json()
    assert then["as_of"].startswith("2026-03-04T14:00:00")
    assert (then["stage"], then["newest_version"]) == ("PRODUCTION", "1")
    (role,) = then["live"]
    assert (role["slot"], role["role"], role["version"]) == ("primary", "CHAMPION", "1")
    assert role["request"] == told.request.ref
    assert then["versions"][0]["stage"] == "PRODUCTION"
    half = get(f"{MODEL}?as_of={minute(story.HALF_SIGNED)}").json()
    assert (half["stage"], half["live"]) == ("STAGING", [])
    assert half["owner_name"] == "Olga Owner"
    assert half["record"]["purpose"] == "Says which customers are likely to leave."
    found = get(f"{MODEL}?as_of={minute(story.FOUND)}").json()["open_findings"]
    assert found == {"high": 0, "medium": 0, "low": 1}


def test_the_present_is_the_past_at_this_moment(get: Any, told: Story) -> None:
    today = f"{timezone.now():%Y-%m-%d}"
    for path in (MODEL, f"{MODEL}/findings", f"{MODEL}/requests", ROOT):
        now, then = get(path).json(), get(f"{path}?as_of={today}").json()
        assert now | {"as_of": None} == then | {"as_of": None}, path


def test_a_version_then(get: Any, told: Story) -> None:
    then = get(f"{VERSION}?as_of={minute(story.LIVE)}").json()
    assert (then["stage"], then["card"]["revision"]) == ("PRODUCTION", 1)
    assert then["report"]["opinion"] == "FIT"
    assert [one["standing"] for one in then["requests"]] == ["DONE", "DONE"]
    assert then["digest"] == told.version.digest == get(VERSION).json()["digest"]
    assert get(f"{VERSION}?as_of={minute(story.WITHDRAWN)}").json()["card"] is None
    drafted = get(f"{VERSION}?as_of={minute(story.REGISTERED)}").json()
    assert (drafted["stage"], drafted["report"], drafted["requests"]) == ("DRAFT", None, [])


def test_the_card_that_counted_then(get: Any, told: Story) -> None:
    then = get(f"{VERSION}/card?as_of={minute(story.CARDED)}")
    assert then.status_code == 200
    card = told.version.card_revisions.get()
    assert then["Card-Digest"] == f"sha256:{card.digest}"
    for moment in (story.REGISTERED, story.WITHDRAWN):
        gone = get(f"{VERSION}/card?as_of={minute(moment)}")
        assert (gone.status_code, gone.json()["code"]) == (404, "not_then")


def test_findings_and_requests_then(get: Any, told: Story) -> None:
    def findings(at: Any) -> list[Any]:
        body = get(f"{MODEL}/findings?as_of={minute(at)}").json()
        return [(one["finding"], one["is_open"]) for one in body["findings"]]

    assert findings(story.LIVE) == []
    assert findings(story.FOUND) == [("F-0001", True)]
    assert findings(story.CLOSED) == [("F-0001", False)]

    def request(at: Any) -> Any:
        body = get(f"{MODEL}/requests?as_of={minute(at)}").json()["requests"]
        return next((one for one in body if one["ref"] == told.request.ref), None)

    assert request(story.VALIDATED) is None
    half = request(story.HALF_SIGNED)
    assert (half["standing"], half["closed_at"]) == ("OPEN", None)
    assert [one["name"] for one in half["sign_offs"]] == ["Vera Valid"]
    done = request(story.LIVE)
    assert (done["standing"], len(done["sign_offs"])) == ("DONE", 2)
    one = get(f"/api/v1/requests/{told.request.pk}?as_of={minute(story.HALF_SIGNED)}").json()
    assert one["sign_offs"] == half["sign_offs"]
    assert '"format":"countersign.dossier/2"' in one["dossier"]
    early = get(f"/api/v1/requests/{told.request.pk}?as_of={minute(story.VALIDATED)}")
    assert (early.status_code, early.json()["code"]) == (404, "not_then")


def test_what_served_then(get: Any, told: Story) -> None:
    assert get(f"/api/v1/live?as_of={minute(story.HALF_SIGNED)}").json()["slots"] == []
    (slot,) = get(f"/api/v1/live?as_of={minute(story.LIVE)}").json()["slots"]
    assert slot["roles"][0]["version"] == "1"


def test_the_list_is_paged_and_of_then(get: Any, told: Story) -> None:
    for name in ("b-model", "a-model"):
        f.make_model(told.cast, name=name, at=later(days=3))

    def names(query: str) -> tuple[list[str], str | None]:
        body = get(f"{ROOT}?{query}").json()
        return [one["model"] for one in body["models"]], body["next"]

    assert names(f"as_of={minute(story.LIVE)}") == (["churn-model"], None)
    assert names("limit=2") == (["a-model", "b-model"], "b-model")
    assert names("limit=2&after=b-model") == (["churn-model"], None)
    assert names(f"as_of={NOON:%Y-%m-%d}")[0] == ["churn-model"]
    assert names("as_of=2026-03-01") == ([], None)


@pytest.mark.parametrize("path", ["", "/churn-model", "/churn-model/versions/1"])
@pytest.mark.parametrize(("text", "rule"), [("soon", "date"), ("9999-12-31", "past")])
def test_a_moment_that_is_none(get: Any, told: Story, path: str, text: str, rule: str) -> None:
    answer = get(f"{ROOT}{path}?as_of={text}")
    assert answer.status_code == 422
    (problem,) = answer.json()["problems"]
    assert (problem["field"], problem["rule"]) == ("as_of", rule)


def test_what_was_not_there_yet_and_what_one_may_not_see(
    get: Any, client: Client, told: Story
) -> None:
    early = "as_of=2026-03-01"
    for path in (MODEL, VERSION, f"{MODEL}/findings", f"{MODEL}/requests"):
        assert get(f"{path}?{early}").json()["code"] == "not_then", path
        assert client.get(path).status_code == 401
    assert get(f"{ROOT}/no-such").status_code == 404


def test_a_token_of_another_unit_sees_none_of_it(client: Client, told: Story) -> None:
    now = timezone.now()
    elsewhere = create_unit(path="bank/cards", name="Cards", actor=CONSOLE, at=now)
    service = create_service_account(
        name="elsewhere", unit=elsewhere, responsible=told.cast.developer, actor=CONSOLE, at=now
    )
    _, secret = issue_token(service=service, scopes=[Scope.READ], actor=CONSOLE, at=now)
    for path in (MODEL, VERSION, f"{MODEL}/findings", f"/api/v1/requests/{told.request.pk}"):
        answer = client.get(
            f"{path}?as_of={minute(story.LIVE)}", headers={"Authorization": f"Bearer {secret}"}
        )
        assert answer.status_code == 404, path
    listed = client.get(ROOT, headers={"Authorization": f"Bearer {secret}"}).json()
    assert listed["models"] == []
