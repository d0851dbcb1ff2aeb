"""Administrators see who holds what, and let pipelines in; a token is shown once."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from governance.accounts.models import ApiToken, RoleGrant, ServiceAccount, User
from governance.accounts.queries import token_holder
from governance.accounts.rules import Role, Scope
from governance.audit.models import LedgerEntry
from tests.factories import Cast, make_cast, make_person, make_token
from tests.world import nothing_moves

pytestmark = pytest.mark.django_db
LIST = "/service-accounts/"
ONE = f"{LIST}churn-pipeline/"
NEW_TOKEN = f"{ONE}tokens/new/"


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast(at=timezone.now())


@pytest.fixture
def secret(cast: Cast) -> str:
    return make_token(cast, at=timezone.now())[1]


@pytest.fixture
def admin(cast: Cast) -> Client:
    return client_of(cast.administrator)


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def newest() -> LedgerEntry:
    return LedgerEntry.objects.of_stream("accounts").newest_first()[0]


def text_of(response: Any) -> str:
    return str(response.content.decode())


def test_roles_are_listed_by_unit(cast: Cast, admin: Client) -> None:
    page = text_of(admin.get("/people/"))
    root, retail = page.index(">Bank<"), page.index(">Retail credit<")
    assert root < page.index(cast.approver.name) < retail < page.index(cast.validator.name)
    assert cast.outsider.name not in page
    grant = RoleGrant.objects.get(user=cast.validator)
    assert f"/admin/accounts/rolegrant/{grant.pk}/change/" in page


def test_an_administrator_of_a_unit_sees_that_unit(cast: Cast) -> None:
    local = client_of(make_person("Lo Cal", Role.ADMINISTRATOR, unit=cast.unit))
    page = text_of(local.get("/people/"))
    assert cast.validator.name in page
    assert cast.approver.name not in page


PEOPLE = ("owner", "developer", "validator", "approver", "compliance", "auditor", "outsider")


@pytest.mark.parametrize("person", PEOPLE)
def test_nobody_else_is_let_in_here(cast: Cast, secret: str, person: str) -> None:
    client, token = client_of(getattr(cast, person)), ApiToken.objects.get()
    revoke = f"{ONE}tokens/{token.pk}/revoke/"
    pages = ("/people/", LIST, f"{LIST}new/", ONE, NEW_TOKEN)
    with nothing_moves():
        assert {client.get(path).status_code for path in pages} == {403}
    posts = {f"{LIST}new/": "name", ONE: "responsible", NEW_TOKEN: "days", revoke: "x"}
    with nothing_moves(entries=["call.refused"] * len(posts)):
        assert {client.post(path, {key: "1"}).status_code for path, key in posts.items()} == {403}


def test_a_pipeline_is_let_in_with_one_entry(cast: Cast, admin: Client) -> None:
    data = {"name": "fraud-ci", "unit": cast.unit.pk, "responsible": cast.developer.pk}
    response = admin.post(f"{LIST}new/", data)
    assert response["Location"] == f"{LIST}fraud-ci/tokens/new/"
    row = ServiceAccount.objects.get()
    assert (row.name, row.unit, row.responsible) == ("fraud-ci", cast.unit, cast.developer)
    assert (newest().verb, newest().subject) == ("service.created", row.ref)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"name": "two words"}, "A service&#39;s name has letters, digits, - and _ only."),
        ({"name": "churn-pipeline"}, "There is a service account churn-pipeline already."),
        ({"unit": "elsewhere"}, "Unit: "),
        ({"responsible": ""}, "Responsible person: This field is required."),
    ],
)
def test_a_pipeline_that_cannot_be_let_in(
    cast: Cast, admin: Client, secret: str, changed: dict[str, str], said: str
) -> None:
    data = {"name": "fraud-ci", "unit": str(cast.unit.pk), "responsible": str(cast.developer.pk)}
    with nothing_moves():
        response = admin.post(f"{LIST}new/", data | changed)
    assert response.status_code == 422
    assert said in text_of(response)
    assert "No service account was made." in text_of(response)


def test_a_token_is_shown_once(cast: Cast, admin: Client, secret: str) -> None:
    scopes = [Scope.READ.value, Scope.REGISTER.value]
    response = admin.post(NEW_TOKEN, {"scopes": scopes, "days": "30"})
    found = re.search(r'data-testid="token">(cs_[\w-]+)<', text_of(response))
    assert found is not None
    assert "no-store" in response["Cache-Control"]
    holder = token_holder(found[1], at=timezone.now())
    assert holder is not None
    assert holder.scopes == {Scope.READ, Scope.REGISTER}
    assert newest().verb == "token.issued"
    # Nothing that is kept or shown later tells it.
    assert found[1] not in text_of(admin.get(ONE))
    assert not LedgerEntry.objects.filter(text__contains=found[1]).exists()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"scopes": [], "days": "30"}, "Choose at least one thing the token may do."),
        ({"scopes": ["everything"], "days": "30"}, "What it may do: Select a valid choice."),
        ({"scopes": ["registry:read"], "days": "0"}, "greater than or equal to 1."),
        ({"scopes": ["registry:read"], "days": "9999"}, "less than or equal to 366."),
    ],
)
def test_a_token_that_cannot_be(
    admin: Client, secret: str, data: dict[str, Any], said: str
) -> None:
    with nothing_moves():
        response = admin.post(NEW_TOKEN, data)
    assert response.status_code == 422
    assert said in text_of(response)


def test_a_token_is_revoked_at_once(cast: Cast, admin: Client, secret: str) -> None:
    path = f"{ONE}tokens/{ApiToken.objects.get().pk}/revoke/"
    assert admin.post(path)["Location"] == ONE
    assert token_holder(secret, at=timezone.now()) is None
    assert newest().verb == "token.revoked"
    assert "Revoked" in text_of(admin.get(ONE))
    # A second click finds it revoked and writes nothing.
    with nothing_moves():
        assert admin.post(path).status_code == 302
    assert admin.get(path).status_code == 405


def test_somebody_else_answers_for_a_pipeline(cast: Cast, admin: Client, secret: str) -> None:
    data = {"responsible": cast.owner.pk, "is_active": "on"}
    assert admin.post(ONE, data)["Location"] == ONE
    assert ServiceAccount.objects.get().responsible == cast.owner
    assert newest().verb == "service.updated"
    with nothing_moves():
        admin.post(ONE, data)


def test_a_pipeline_that_is_switched_off_opens_nothing(
    cast: Cast, admin: Client, secret: str
) -> None:
    admin.post(ONE, {"responsible": cast.developer.pk})
    assert token_holder(secret, at=timezone.now()) is None
    assert "Switched off" in text_of(admin.get(LIST))


def test_a_pipeline_of_another_unit_is_like_one_that_is_not_there(
    cast: Cast, admin: Client
) -> None:
    other = make_person("Lo Cal", Role.ADMINISTRATOR, unit=cast.unit)
    data = {"name": "above", "unit": cast.root.pk, "responsible": cast.developer.pk}
    admin.post(f"{LIST}new/", data)
    local = client_of(other)
    with nothing_moves():
        for name in ("above", "never-was"):
            assert local.get(f"{LIST}{name}/").status_code == 404
            assert local.post(f"{LIST}{name}/tokens/new/", {"days": "3"}).status_code == 404
        assert "above" not in text_of(local.get(LIST))
