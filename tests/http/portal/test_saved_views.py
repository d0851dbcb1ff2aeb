"""Views that people keep of the inventory: theirs to name, share and delete, and no record."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import pytest
from django.test import Client

from governance.accounts.actions import create_unit
from governance.accounts.models import Unit, User
from governance.accounts.queries import CONSOLE
from governance.accounts.rules import Role
from governance.audit.models import LedgerEntry
from governance.core.errors import InvalidInput
from governance.inventory.actions.views import save_view
from governance.inventory.models import SavedView
from governance.inventory.rules.views import MAX_QUERY, MAX_VIEW_NAME, MOST_VIEWS
from tests import factories as f
from tests.factories import NOON, Cast
from tests.http.portal.test_reading import page_of


def post(user: User, path: str, **said: Any) -> Any:
    client = Client()
    client.force_login(user)
    return client.post(path, said)


def keep(owner: User, name: str = "My tier 1", **changed: Any) -> SavedView:
    given: Mapping[str, Any] = {"query": "tier=1", "unit": None, "actor": owner, "at": NOON}
    return save_view(name=name, **(given | changed))


@pytest.fixture
def entries(cast: Cast) -> int:
    f.make_model(cast)
    return LedgerEntry.objects.count()


def test_a_view_is_made_of_the_list_as_it_stands(cast: Cast, entries: int) -> None:
    query = "?tier=3&tier=1&q=churn&order=-name&page=2&tier=9"
    page = page_of(cast.auditor, f"/models/{query}")
    assert 'href="/views/new/?q=churn&amp;tier=1&amp;tier=3&amp;order=-name"' in page
    shown = page_of(cast.auditor, f"/views/new/{query}")
    for label in ("“churn”", "Tier 1", "Tier 3"):
        assert f'<span class="chip">{label}</span>' in shown
    done = post(cast.auditor, f"/views/new/{query}", name="  Churn ", unit="")
    view = SavedView.objects.get()
    assert (view.owner, view.name, view.unit) == (cast.auditor, "Churn", None)
    assert done["Location"] == f"/models/?{view.query}"
    assert view.query == "q=churn&tier=1&tier=3&order=-name"
    assert LedgerEntry.objects.count() == entries


def test_it_is_a_tab_and_the_current_one_when_the_list_is_like_it(cast: Cast) -> None:
    keep(cast.auditor)
    page = page_of(cast.auditor, "/models/")
    assert '<a href="/models/?tier=1">My tier 1</a>' in page
    assert page.count('aria-current="page">In use') == 1
    page = page_of(cast.auditor, "/models/?page=1&tier=1")
    assert '<a href="/models/?tier=1" aria-current="page">My tier 1</a>' in page
    assert 'aria-current="page">In use' not in page


@pytest.mark.parametrize(
    ("name", "query", "rules"),
    [
        ("", "tier=1", {"required"}),
        ("x" * (MAX_VIEW_NAME + 1), "tier=1", {"length"}),
        ("a\u200bb", "tier=1", {"visible"}),
        ("All", "", {"required"}),
        ("All", "q=" + "x" * MAX_QUERY, {"length"}),
        ("My tier 1", "tier=2", {"unique"}),
    ],
)
@pytest.mark.backend
def test_what_cannot_be_kept_is_said(cast: Cast, name: str, query: str, rules: set[str]) -> None:
    keep(cast.owner)
    with pytest.raises(InvalidInput) as refusal:
        keep(cast.owner, name, query=query)
    assert {problem.rule for problem in refusal.value.problems} == rules
    assert SavedView.objects.count() == 1
    keep(cast.developer)


def test_there_are_not_more_than_tabs_can_be(cast: Cast) -> None:
    for number in range(MOST_VIEWS):
        keep(cast.owner, f"View {number}")
    response = post(cast.owner, "/views/new/?tier=2", name="One more", unit="")
    assert response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "delete one first" in response.content.decode()


def test_an_unnamed_view_comes_back_with_what_is_wrong(cast: Cast) -> None:
    response = post(cast.owner, "/views/new/?tier=2", name="", unit="")
    assert response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "The view was not saved." in response.content.decode()


class TestSharing:
    def test_everybody_of_the_unit_finds_it_and_nobody_else(self, cast: Cast) -> None:
        beneath = create_unit(path="bank/retail/cards", name="Cards", actor=CONSOLE, at=NOON)
        beside = create_unit(path="bank/retail-2", name="Beside", actor=CONSOLE, at=NOON)
        below = f.make_person("Bea Low", Role.DEVELOPER, unit=beneath)
        aside = f.make_person("Ada Side", Role.DEVELOPER, unit=beside)
        view = keep(cast.owner, unit=cast.unit)
        for person in (cast.developer, cast.validator, below):
            tab = 'My tier 1 <small class="faint">by Olga Owner</small>'
            assert tab in page_of(person, "/models/"), person
            assert view.name in page_of(person, "/views/")
        for person in (aside, cast.outsider, cast.approver):
            assert view.name not in page_of(person, "/models/"), person

    def test_only_with_a_unit_that_one_is_of(self, cast: Cast) -> None:
        beside = create_unit(path="bank/retail-2", name="Beside", actor=CONSOLE, at=NOON)
        for unit in (beside, cast.root):
            with pytest.raises(InvalidInput, match="You hold no role in"):
                keep(cast.owner, unit=unit)
        page = page_of(cast.owner, "/views/new/?tier=1")
        assert "Retail credit (bank/retail)" in page
        assert "Beside" not in page
        keep(cast.approver, unit=beside)

    def test_a_shared_view_shows_each_what_they_may_see(self, cast: Cast, entries: int) -> None:
        keep(cast.owner, query="tier=3", unit=cast.unit)
        assert "churn-model" in page_of(cast.developer, "/models/?tier=3")
        assert "churn-model" not in page_of(cast.outsider, "/models/?tier=3")


class TestChanging:
    def test_its_owner_renames_and_shares_it(self, cast: Cast) -> None:
        view = keep(cast.owner)
        assert page_of(cast.owner, f"/views/{view.pk}/").count("My tier 1") >= 2
        done = post(cast.owner, f"/views/{view.pk}/", name="Worst", unit=str(cast.unit.pk))
        assert done["Location"] == "/views/"
        view.refresh_from_db()
        assert (view.name, view.unit, view.query) == ("Worst", cast.unit, "tier=1")
        post(cast.owner, f"/views/{view.pk}/", name="Worst", unit="")
        view.refresh_from_db()
        assert view.unit is None

    @pytest.mark.backend
    def test_no_two_of_one_person_have_one_name(self, cast: Cast) -> None:
        keep(cast.owner)
        view = keep(cast.owner, "Other")
        response = post(cast.owner, f"/views/{view.pk}/", name="My tier 1", unit="")
        assert response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        assert "You have a view called My tier 1 already." in response.content.decode()

    def test_deleting_takes_it_from_everybody(self, cast: Cast, entries: int) -> None:
        view = keep(cast.owner, unit=cast.unit)
        assert post(cast.owner, f"/views/{view.pk}/delete/")["Location"] == "/views/"
        assert not SavedView.objects.exists()
        assert "My tier 1" not in page_of(cast.developer, "/models/")
        assert LedgerEntry.objects.count() == entries

    @pytest.mark.parametrize("step", ["", "delete/"])
    def test_what_another_keeps_is_not_there(self, cast: Cast, step: str) -> None:
        view = keep(cast.owner, unit=cast.unit)
        response = post(cast.developer, f"/views/{view.pk}/{step}", name="Mine", unit="")
        assert response.status_code == HTTPStatus.NOT_FOUND
        view.refresh_from_db()
        assert view.name == "My tier 1"


def test_the_units_of_a_form_are_those_of_the_reader(cast: Cast) -> None:
    assert Unit.objects.count() == 2
    assert "Bank (bank)" not in page_of(cast.owner, "/views/new/?tier=1")
    assert "Bank (bank)" in page_of(cast.approver, "/views/new/?tier=1")
