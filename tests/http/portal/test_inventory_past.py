"""The inventory and a model as they stood at the end of a past day."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from http import HTTPStatus
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from governance.accounts.models import User
from governance.accounts.rules import Role
from governance.approvals.actions.removals import ask_to_remove_model
from governance.inventory.actions import ModelRecord, create_model, edit_model
from governance.inventory.models import Model
from governance.registry.actions.names import rename_model
from governance.registry.rules import Stage
from governance.validation.actions.findings import open_finding
from tests import factories as f
from tests.factories import NOON, Cast, ask, later
from tests.http.portal.test_inventory_list import names_in, rows_of
from tests.http.portal.test_reading import page_of

DAY = "2026-03-02"  # of NOON


def day(number: int) -> str:
    return later(days=number).date().isoformat()


def get(user: User, path: str) -> Any:
    client = Client()
    client.force_login(user)
    return client.get(path)


@pytest.fixture
def model(cast: Cast) -> Model:
    """Made on the first day, staged on the second, edited on the third, renamed on the fourth."""
    f.make_policies(cast)
    model = f.make_model(cast)
    version = f.make_version(cast, model, metrics={"accuracy": "0.95"}, at=later(days=1))
    ask(cast, version, Stage.STAGING, at=later(days=1))
    heir = f.make_person("Hanna Heir", Role.MODEL_OWNER, unit=cast.unit)
    record = ModelRecord(
        purpose="Ranks whom to call.",
        intended_use=model.intended_use,
        kind="RANKING",
        owner=heir,
        developers=[cast.developer],
        tier=1,
        tier_reason="Decides alone now.",
        ai_act_class="MINIMAL",
        ai_act_reason="No area of Annex III.",
    )
    edit_model(model=model, record=record, actor=cast.owner, at=later(days=2))
    finding = replace(f.due_finding(), due_date=later(days=9).date())
    open_finding(version=version, finding=finding, actor=cast.validator, at=later(days=2))
    rename_model(model=model, name="callers", actor=heir, at=later(days=3))
    model.refresh_from_db()
    return model


def shown(cast: Cast, on: str, query: str = "") -> dict[str, str]:
    rows = rows_of(cast.auditor, f"?as_of={on}{query}")
    return rows[0] if rows else {}


@pytest.mark.backend
def test_the_list_says_what_stood_at_the_end_of_that_day(cast: Cast, model: Model) -> None:
    facts = ("Model", "Owner", "Tier", "EU AI Act class", "Stage", "Next due")
    due = day(9)
    assert shown(cast, DAY)["Unit"] == "Retail credit"
    for on, said in (
        (day(-1), ()),
        (DAY, ("churn-model", "Olga Owner", "Tier 3", "", "No version", "")),
        (day(1), ("churn-model", "Olga Owner", "Tier 3", "", "Staging", "")),
        (day(2), ("churn-model", "Hanna Heir", "Tier 1", "Minimal risk", "Staging", due)),
        (day(3), ("callers", "Hanna Heir", "Tier 1", "Minimal risk", "Staging", due)),
    ):
        row = shown(cast, on)
        assert tuple(row[name] for name in facts if row) == said, on


@pytest.mark.backend
def test_facets_and_words_ask_the_past(cast: Cast, model: Model) -> None:
    heir = User.objects.get(name="Hanna Heir")
    for on, query, found in (
        (DAY, "tier=3", True),
        (DAY, "tier=1", False),
        (day(2), "tier=1", True),
        (day(1), "stage=STAGING", True),
        (DAY, "stage=STAGING", False),
        (day(1), "stage=DRAFT", False),
        (DAY, "kind=CLASSIFICATION", True),
        (day(2), "kind=RANKING&ai_act_class=MINIMAL", True),
        (day(1), "ai_act_class=MINIMAL", False),
        (DAY, f"owner={cast.owner.pk}", True),
        (day(2), f"owner={cast.owner.pk}", False),
        (day(2), f"owner={heir.pk}", True),
        (DAY, "record=COMPLETE", True),
        (DAY, "record=DRAFT", False),
        (DAY, "unit=bank", True),
        (day(2), "due=month", True),
        (day(2), "due=late", False),
        (day(10), "due=late", True),
        (DAY, "due=month", False),
        (DAY, "q=likely+to+leave", True),
        (day(2), "q=likely+to+leave", False),
        (day(2), "q=whom+to+CALL", True),
        (DAY, "q=olga", True),
        (day(2), "q=olga", False),
        (day(2), "q=churn", True),
        (day(3), "q=churn", False),
        (day(3), "q=callers", True),
        (DAY, "q=purpose", False),
    ):
        assert bool(shown(cast, on, f"&{query}")) is found, (on, query)


def test_the_page_of_the_past_says_so_and_offers_nothing(cast: Cast, model: Model) -> None:
    for path in ("/models/", "/models/callers/"):
        page = page_of(cast.owner, f"{path}?as_of={DAY}")
        assert "This is the past: what the inventory said at the end of 2 Mar 2026, UTC." in page
        main = page.split("<main")[1].split("</main>")[0]
        assert 'method="post"' not in main
        assert "Edit record" not in main
        assert "Build evidence pack" not in main
        assert f'<a href="{path}">Show the present</a>' in main


@pytest.mark.backend
def test_the_record_of_that_day_in_its_own_words(cast: Cast, model: Model) -> None:
    before = page_of(cast.auditor, f"/models/callers/?as_of={day(1)}")
    assert "<h1>churn-model</h1>" in before
    assert "Called callers today." in before
    assert "Says which customers are likely to leave." in before
    assert "Ranks whom to call." not in before
    assert "Hanna Heir" not in before
    assert "1 version registered by then" in before
    assert "Dev Singh" in before
    assert "revision 1" in before
    after = page_of(cast.auditor, f"/models/callers/?as_of={day(2)}")
    assert "Ranking or recommendation" in after
    assert "Findings open then" in after
    assert "revision 2" in after
    assert "F-0001" in after


def test_an_old_link_of_the_past_leads_on(cast: Cast, model: Model) -> None:
    response = get(cast.auditor, f"/models/churn-model/?as_of={DAY}")
    assert response["Location"] == f"/models/callers/?as_of={DAY}"


def test_a_day_before_the_model_shows_nothing_and_says_so(cast: Cast, model: Model) -> None:
    page = page_of(cast.auditor, f"/models/callers/?as_of={day(-1)}")
    assert "The inventory did not know this model yet" in page
    assert "It was added on 2 Mar 2026" in page
    for fact in ("Says which", "Hanna", "Tier 1", "Version 1"):
        assert fact not in page
    assert "The inventory was empty on 1 Mar 2026" in page_of(
        cast.auditor, f"/models/?as_of={day(-1)}"
    )


def test_a_draft_and_what_was_not_kept_are_told_apart(cast: Cast) -> None:
    create_model(name="draft", unit=cast.unit, actor=cast.owner, at=NOON)
    Model.objects.create(
        name="old", unit=cast.unit, created_by="user:x", created_at=NOON, updated_at=NOON
    )
    assert "The record was empty" in page_of(cast.auditor, f"/models/draft/?as_of={DAY}")
    page = page_of(cast.auditor, f"/models/old/?as_of={DAY}")
    assert "What the record said on this day was not kept." in page
    assert "Not kept" in page_of(cast.auditor, f"/models/?as_of={DAY}")


def test_what_was_removed_since_was_there_then(cast: Cast) -> None:
    model = f.make_model(cast)
    ask_to_remove_model(model=model, actor=cast.owner, at=later(days=2))
    model.refresh_from_db()
    assert names_in(page_of(cast.auditor, f"/models/?as_of={day(1)}")) != []
    assert names_in(page_of(cast.auditor, f"/models/?as_of={day(2)}")) == []
    assert ">Removed<" in page_of(cast.auditor, f"/models/{model.name}/?as_of={day(2)}").replace(
        "</svg>", ">"
    )


@pytest.mark.parametrize("path", ["/models/", "/models.csv", "/models/churn-model/"])
@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("yesterday", "date"),
        ("2026-02-30", "date"),
        ("20260302", "date"),
        ("2026-W10-1", "date"),
        ("2026-03-02T10:00", "date"),
        ("٢٠٢٦-03-02", "date"),
        ("9999-12-31", "past"),
    ],
)
def test_a_day_that_is_none_is_refused(cast: Cast, path: str, text: str, rule: str) -> None:
    f.make_model(cast)
    response = get(cast.auditor, f"{path}?as_of={text}")
    assert response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    page = response.content.decode()
    assert "<dd>as_of</dd>" in page
    assert f"<dd>{rule}</dd>" in page
    assert "churn-model" not in page.split("<main")[1]


def test_today_is_as_it_is_now(cast: Cast) -> None:
    now: datetime = timezone.now()
    f.make_model(cast, at=now)
    page = page_of(cast.auditor, f"/models/?as_of={now.date().isoformat()}")
    assert "churn-model" in page


def test_the_past_is_shown_to_whom_the_present_is(cast: Cast, model: Model) -> None:
    assert get(cast.outsider, f"/models/callers/?as_of={DAY}").status_code == HTTPStatus.NOT_FOUND
    assert rows_of(cast.outsider, f"?as_of={DAY}") == []
