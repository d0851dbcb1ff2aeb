"""The inventory list: facets that say what they leave out, orders that never lose a model, CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from governance.accounts.actions import create_unit
from governance.accounts.models import User
from governance.accounts.queries import CONSOLE
from governance.core.sheets import guarded
from governance.inventory.actions import ModelRecord, create_model
from governance.inventory.models import Model
from governance.portal.forms.inventory import ORDERS
from governance.portal.pages.inventory_csv import COLUMNS
from governance.validation.actions.findings import open_finding
from tests import factories as f
from tests.factories import NOON, Cast
from tests.http.portal.test_reading import page_of

Ask = Callable[..., Any]

QUERIES = {
    "/models/": 24,
    "/models/?tier=1&tier=3&kind=CLASSIFICATION": 24,
    "/models/?ai_act_class=MINIMAL&record=COMPLETE": 24,
    "/models/?stage=DRAFT&unit=bank&due=late": 23,
    "/models/?q=model": 23,
    "/models/?order=-name": 24,
    "/models/?page=2": 24,
    "/models/?view=attention": 23,
    "/models.csv": 15,
    "/models/?as_of=2026-03-03": 23,
    "/models/?as_of=2026-03-03&q=model&tier=3&order=tier": 24,
    "/models/model-0/": 64,
    "/models/model-0/?as_of=2026-03-03": 22,
}
"""What each page may ask of the database, however many models there are. A change is a decision."""


def get(user: User, path: str) -> Any:
    client = Client()
    client.force_login(user)
    return client.get(path)


def record(cast: Cast, **changed: Any) -> ModelRecord:
    base = ModelRecord(
        purpose="Says who leaves.",
        intended_use="Retention calls.",
        kind="CLASSIFICATION",
        owner=cast.owner,
        developers=[cast.developer],
        tier=3,
        tier_reason="Advises.",
        ai_act_class="MINIMAL",
        ai_act_reason="Decides nothing.",
    )
    return replace(base, **changed)


def make(cast: Cast, name: str, **changed: Any) -> Model:
    return create_model(
        name=name, unit=cast.unit, record=record(cast, **changed), actor=cast.owner, at=NOON
    )


def names_in(text: str) -> list[str]:
    return [part.split('"')[0] for part in text.split('class="quiet" href="/models/')[1:]]


def rows_of(user: User, query: str = "") -> list[dict[str, str]]:
    response = get(user, f"/models.csv{query}")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.backend
def test_each_facet_takes_several_values_and_says_how_many_there_are(cast: Cast) -> None:
    make(cast, "one", tier=1)
    make(cast, "two", tier=2, kind="FORECAST", ai_act_class="GPAI")
    make(cast, "three")
    create_model(name="draft", unit=cast.unit, actor=cast.owner, at=NOON)
    for query, found in (
        ("tier=1", {"one"}),
        ("tier=1&tier=2", {"one", "two"}),
        ("tier=1&tier=2&kind=FORECAST", {"two"}),
        ("ai_act_class=GPAI", {"two"}),
        ("ai_act_class=GPAI&ai_act_class=MINIMAL", {"one", "two", "three"}),
        ("record=DRAFT", {"draft"}),
        ("record=COMPLETE", {"one", "two", "three"}),
        ("record=COMPLETE&record=DRAFT", {"one", "two", "three", "draft"}),
        (f"owner={cast.owner.pk}&tier=3", {"three"}),
        ("unit=bank", {"one", "two", "three", "draft"}),
        ("unit=bank/retail&tier=1", {"one"}),
    ):
        rows = rows_of(cast.auditor, f"?{query}")
        assert {row["Model"] for row in rows} == found, query
    page = page_of(cast.auditor, "/models/?tier=1&kind=CLASSIFICATION")
    assert 'Tier 1 <span class="faint num">1</span>' in page
    assert 'Tier 3 <span class="faint num">1</span>' in page  # by the other facets alone
    assert 'Forecast <span class="faint num">0</span>' in page


@pytest.mark.backend
def test_a_unit_brings_the_units_beneath_it(cast: Cast) -> None:
    beneath = create_unit(path="bank/retail/cards", name="Cards", actor=CONSOLE, at=NOON)
    beside = create_unit(path="bank/retail-2", name="Beside", actor=CONSOLE, at=NOON)
    for name, unit in (("in", cast.unit), ("beneath", beneath), ("beside", beside)):
        make(cast, name) if unit == cast.unit else Model.objects.create(
            name=name, unit=unit, created_by="user:x", created_at=NOON, updated_at=NOON
        )
    found = {row["Model"] for row in rows_of(cast.auditor, "?unit=bank/retail")}
    assert found == {"in", "beneath"}
    assert 'Retail credit <span class="faint num">2</span>' in page_of(cast.auditor, "/models/")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("tier=9&tier=3", "Tier: “9” is none of these, so it was left out."),
        ("owner=nobody", "Owner: “nobody” is none of these"),
        ("unit=other", "Unit: “other” is none of these"),
        ("record=LOST", "Record: “LOST” is none of these"),
        ("view=everything", "“everything” is no view of the inventory"),
        ("order=size", "“size” is no order of this list"),
        ("as_of=2026-03-03&view=mine", "This view shows the present only"),
    ],
)
def test_an_unknown_value_is_said(cast: Cast, query: str, said: str) -> None:
    make(cast, "one")
    page = page_of(cast.auditor, f"/models/?{query}")
    assert "Some of these filters can’t be used." in page
    assert said in page
    assert names_in(page) == ["one/?as_of=2026-03-03" if "as_of" in query else "one/"]


def test_what_one_may_not_see_is_counted_nowhere(cast: Cast) -> None:
    make(cast, "secret")
    page = page_of(cast.outsider, "/models/")
    assert "You see no models yet" in page
    assert "Olga" not in page
    assert "Retail credit" not in page


class TestCsv:
    def test_it_has_every_page_in_the_order_of_the_list(self, cast: Cast) -> None:
        for index in range(55):
            make(cast, f"model-{index:02d}", tier=1 + index % 3)
        rows = rows_of(cast.auditor, "?order=-name&tier=1&tier=2&page=2")
        listed = names_in(page_of(cast.auditor, "/models/?order=-name&tier=1&tier=2"))
        assert [f"{row['Model']}/" for row in rows] == listed
        assert len(rows) == 37
        assert list(rows[0]) == list(COLUMNS)
        first = rows[0]
        assert (first["Tier"], first["Owner"]) == ("Tier 1", "Olga Owner")
        assert first["EU AI Act class"] == "Minimal risk"

    @pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
    def test_no_cell_runs_as_a_formula(self, cast: Cast, start: str) -> None:
        text = f"{start}cmd|' /C calc'!A0"
        assert guarded(text) == f"'{text}"
        if start.isprintable():
            make(cast, "plain", purpose=text)
            assert rows_of(cast.auditor)[0]["Purpose"] == f"'{text}"

    def test_commas_quotes_and_lines_survive(self, cast: Cast) -> None:
        purpose = 'Says "who", and\nwhy.'
        make(cast, "plain", purpose=purpose)
        assert rows_of(cast.auditor)[0]["Purpose"] == purpose

    def test_a_past_day_is_as_the_list_shows_it(self, cast: Cast) -> None:
        make(cast, "plain")
        assert rows_of(cast.auditor, "?as_of=2026-03-01") == []
        row = rows_of(cast.auditor, "?as_of=2026-03-02")[0]
        assert (row["Model"], row["Tier"], row["Owner"]) == ("plain", "Tier 3", "Olga Owner")


@pytest.mark.backend
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    order=st.sampled_from([*ORDERS, ""]),
    tiers=st.lists(st.sampled_from([None, 1, 2]), min_size=7, max_size=7),
    past=st.booleans(),
)
def test_paging_shows_each_model_once(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, order: str, tiers: list[int | None], past: bool
) -> None:
    """Equal keys abound: three tiers, and no date for most."""
    page_by(monkeypatch, 3)
    names = [f"m{index}" for index in range(len(tiers))]
    for name, tier in zip(names, tiers, strict=True):
        if not Model.objects.named(name).exists():
            make(cast, name)
        Model.objects.named(name).update(tier=tier)
    asked = QueryDict(f"order={order}{'&as_of=2026-03-04' if past else ''}")
    seen = [
        name
        for number in range(1, 4)
        for name in names_in(page_of(cast.auditor, f"/models/?{asked.urlencode()}&page={number}"))
    ]
    assert sorted(name.split("/")[0] for name in seen) == names


def page_by(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr("governance.portal.pages.inventory.PAGE_SIZE", size)


def test_queries_stay_at_their_baseline(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    page_by(monkeypatch, 4)

    def grow(numbers: range) -> None:
        for number in numbers:
            version = f.make_version(cast, make(cast, f"model-{number}"))
            open_finding(version=version, finding=f.due_finding(), actor=cast.validator, at=NOON)

    grow(range(5))
    assert {path: queries_of(cast.auditor, path) for path in QUERIES} == QUERIES
    grow(range(5, 50))
    for _ in range(14):
        f.make_version(cast, Model.objects.get(name="model-0"))
    assert {path: queries_of(cast.auditor, path) for path in QUERIES} == QUERIES


def queries_of(user: User, path: str) -> int:
    client = Client()
    client.force_login(user)
    client.get(path).getvalue()
    with CaptureQueriesContext(connection) as captured:
        response = client.get(path)
        response.getvalue()
    assert response.status_code == 200
    return len(captured)
