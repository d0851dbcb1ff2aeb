"""Version, card, validation, decision and slots as they stood at a past minute."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Any

import pytest
from django.test import Client

from governance.accounts.models import User
from governance.approvals.models import EvidenceOpening
from tests import story
from tests.factories import Cast, later
from tests.story import Story, live_through, minute

pytestmark = [pytest.mark.django_db, pytest.mark.backend]
MODEL = "/models/churn-model/"
VERSION = f"{MODEL}versions/1/"
CARD = f"{VERSION}card/"
VALIDATION = f"{VERSION}validation/"


@pytest.fixture
def told(cast: Cast) -> Story:
    return live_through(cast)


def get(user: User, path: str) -> Any:
    client = Client()
    client.force_login(user)
    return client.get(path)


def main_of(user: User, path: str, at: datetime) -> str:
    answer = get(user, f"{path}?as_of={minute(at)}")
    assert answer.status_code == HTTPStatus.OK
    return str(answer.content.decode().split("<main")[1].split("</main>")[0])


def pages_of(told: Story) -> list[str]:
    decision = f"/decisions/{told.request.pk}/"
    return ["/models/", MODEL, VERSION, CARD, VALIDATION, decision, "/decisions/", "/live/"]


def test_every_page_says_that_it_is_the_past_and_offers_nothing(told: Story) -> None:
    for path in pages_of(told):
        page = main_of(told.cast.owner, path, story.LIVE)
        assert "This is the past: what " in page, path
        assert "at 4 Mar 2026, 14:00:00 UTC" in page, path
        assert "Nothing can be done here." in page, path
        assert 'method="post"' not in page, path
        for word in ("Edit", "Sign", "Withdraw", "Raise a finding", "Record a validation"):
            assert f">{word}<" not in page, (path, word)
    assert not EvidenceOpening.objects.exists()


def test_every_page_of_the_present_leads_to_its_past(told: Story) -> None:
    for path in pages_of(told):
        if path != CARD:
            page = get(told.cast.owner, path).content.decode()
            assert 'name="as_of"' in page or 'name="on"' in page, path


def test_a_moment_that_is_none_is_refused_on_each_of_them(told: Story) -> None:
    for path in pages_of(told):
        for text, rule in (("soon", "date"), ("9999-12-31T10:00Z", "past")):
            answer = get(told.cast.owner, f"{path}?as_of={text}")
            assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY, path
            assert f"<dd>{rule}</dd>" in answer.content.decode()


def test_who_may_not_see_it_now_sees_nothing_of_then(told: Story) -> None:
    hidden = [MODEL, VERSION, CARD, VALIDATION, f"/decisions/{told.request.pk}/"]
    for path in hidden:
        answer = get(told.cast.outsider, f"{path}?as_of={minute(story.LIVE)}")
        assert answer.status_code == HTTPStatus.NOT_FOUND, path
    for path in ("/models/", "/decisions/", "/live/"):
        assert "churn-model" not in main_of(told.cast.outsider, path, story.LIVE)


def test_the_version_page(told: Story) -> None:
    reader = told.cast.auditor
    before = main_of(reader, VERSION, later(hours=1))
    assert "This version was not registered yet" in before
    drafted = main_of(reader, VERSION, story.REGISTERED)
    assert "Draft" in drafted
    assert "None published" in drafted
    assert "Nothing had been asked for" in drafted
    live = main_of(reader, VERSION, story.LIVE)
    assert "Champion in primary" in live
    assert "Revision 1" in live
    assert "No finding was open." in live
    assert "Thin slice" in main_of(reader, VERSION, story.FOUND)
    assert "No finding was open." in main_of(reader, VERSION, story.CLOSED)
    archived = main_of(reader, VERSION, story.ARCHIVED)
    assert "Nowhere" in archived
    assert "None published" in archived


def test_the_card_that_counted_then(told: Story) -> None:
    reader = told.cast.auditor
    assert "No card counted then" in main_of(reader, CARD, story.REGISTERED)
    card = main_of(reader, CARD, story.CARDED)
    assert "Revision 1" in card
    assert "What there is to say on" in card
    assert "No card counted then" in main_of(reader, CARD, story.WITHDRAWN)


def test_the_validation(told: Story) -> None:
    reader = told.cast.auditor
    before = main_of(reader, VALIDATION, story.CARDED)
    assert "Nobody had signed a validation" in before
    assert "Report 1 by Vera Valid" in main_of(reader, VALIDATION, story.VALIDATED)
    assert "1 open then, 0 closed" in main_of(reader, VALIDATION, story.FOUND)
    assert "0 open then, 1 closed" in main_of(reader, VALIDATION, story.CLOSED)


def test_the_decision_and_who_had_signed(told: Story) -> None:
    reader, path = told.cast.auditor, f"/decisions/{told.request.pk}/"
    before = main_of(reader, path, story.VALIDATED)
    assert "Nobody had asked for this yet" in before
    asked = main_of(reader, path, story.ASKED)
    assert ">Open<" in asked.replace("</svg>", ">")
    assert "Nobody had signed one" in asked
    half = main_of(reader, path, story.HALF_SIGNED)
    assert "Vera Valid" in half
    assert "Arno Approver" not in half
    assert "Accuracy" in half
    done = main_of(reader, path, story.LIVE)
    assert "Arno Approver" in done
    assert ">Approved<" in done.replace("</svg>", ">")
    listed = main_of(reader, "/decisions/", story.HALF_SIGNED)
    assert ">Open<" in listed.replace("</svg>", ">")
    assert "D-1" in listed


def test_what_served(told: Story) -> None:
    reader = told.cast.auditor
    assert "Nothing serves here" in main_of(reader, "/live/", story.HALF_SIGNED)
    assert "Version 1" in main_of(reader, "/live/", story.LIVE)
    assert "Nothing serves here" in main_of(reader, "/live/", story.ARCHIVED)
    day = get(reader, f"/live/?on={story.LIVE:%Y-%m-%d}").content.decode()
    assert "This is the past: what served at the end of 4 Mar 2026, UTC." in day


def test_the_list_at_a_minute(told: Story) -> None:
    reader = told.cast.auditor
    half = main_of(reader, "/models/", story.HALF_SIGNED)
    assert "Staging" in half
    live = main_of(reader, "/models/", story.LIVE)
    assert "primary" in live
    link = f'href="{MODEL}?as_of=2026-03-04T14:00:00.000000Z"'
    assert link in live
