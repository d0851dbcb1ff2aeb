"""Each of the cast at each page of the admin, as one table."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import resolve
from django.utils import timezone

from governance.accounts.models import RoleGrant, User
from governance.accounts.rules import Role
from governance.inventory.actions import create_model
from tests.factories import Cast, make_model, make_person
from tests.http.admin.conftest import Visitor
from tests.world import nothing_moves

pytestmark = pytest.mark.django_db

PEOPLE = (
    "owner", "developer", "validator", "approver", "compliance", "auditor", "administrator",
    "outsider",
)  # fmt: skip
PAGES = {
    "index": "/admin/",
    "app inventory": "/admin/inventory/",
    "app accounts": "/admin/accounts/",
    "models": "/admin/inventory/model/",
    "model add": "/admin/inventory/model/add/",
    "model": "/admin/inventory/model/{model}/change/",
    "model history": "/admin/inventory/model/{model}/history/",
    "model delete": "/admin/inventory/model/{model}/delete/",
    "people": "/admin/accounts/user/",
    "person add": "/admin/accounts/user/add/",
    "person": "/admin/accounts/user/{user}/change/",
    "person delete": "/admin/accounts/user/{user}/delete/",
    "roles": "/admin/accounts/rolegrant/",
    "role add": "/admin/accounts/rolegrant/add/",
    "role": "/admin/accounts/rolegrant/{grant}/change/",
    "role delete": "/admin/accounts/rolegrant/{grant}/delete/",
    "units": "/admin/accounts/unit/",
    "unit add": "/admin/accounts/unit/add/",
    "unit": "/admin/accounts/unit/{unit}/change/",
    "unit delete": "/admin/accounts/unit/{unit}/delete/",
    "fields": "/admin/inventory/customfield/",
    "field add": "/admin/inventory/customfield/add/",
    "unknown": "/admin/nowhere/",
    "login": "/admin/login/",
    "password change": "/admin/password_change/",
}
OWNERS = {
    "index": 200, "app inventory": 200, "models": 200, "model add": 200, "model": 200,
    "model history": 302, "app accounts": 404,
}  # fmt: skip
ADMINISTRATORS = {
    "index": 200, "app accounts": 200, "people": 200, "person add": 200, "person": 200,
    "roles": 200, "role add": 200, "role": 200, "units": 200, "unit add": 200, "unit": 200,
    "app inventory": 200, "fields": 200, "field add": 200,
}  # fmt: skip
ABSENT = {"unknown": 404, "login": 404, "password change": 404}
EXPECTED = {"owner": OWNERS | ABSENT, "administrator": ADMINISTRATORS | ABSENT}


def addresses(cast: Cast) -> dict[str, str]:
    ids = {
        "model": make_model(cast, at=timezone.now()).pk,
        "user": cast.owner.pk,
        "grant": RoleGrant.objects.get(user=cast.owner).pk,
        "unit": cast.unit.pk,
    }
    return {place: path.format(**ids) for place, path in PAGES.items()}


def expected(person: str) -> dict[str, int]:
    """What each page answers; whatever is not listed for a person is closed to them."""
    return dict.fromkeys(PAGES, 403) | EXPECTED.get(person, {})


@pytest.mark.parametrize("person", PEOPLE)
def test_who_reads_what(cast: Cast, person: str) -> None:
    visitor, paths = Visitor(getattr(cast, person)), addresses(cast)
    with nothing_moves():
        found = {place: visitor.get(path).status_code for place, path in paths.items()}
    assert found == expected(person)


@pytest.mark.parametrize("person", PEOPLE)
def test_an_empty_post_moves_nothing(cast: Cast, person: str) -> None:
    """Whoever may not read a page may not post to it either; each such call is recorded once."""
    visitor, paths = Visitor(getattr(cast, person)), addresses(cast)
    closed = {place for place, status in expected(person).items() if status == 403}
    calls = {resolve(paths[place]).view_name for place in closed}
    with nothing_moves(entries=["call.refused"] * len(calls)):
        found = {place: visitor.post(path).status_code for place, path in paths.items()}
    assert {place for place, status in found.items() if status == 403} == closed


def test_who_is_not_signed_in_is_sent_to_sign_in(cast: Cast) -> None:
    paths = addresses(cast).values()
    with nothing_moves():
        found = [Visitor(None).get(path)["Location"] for path in paths]
        assert found == [Visitor(None).post(path)["Location"] for path in paths]
    assert found == [f"/sign-in/?next={path}" for path in paths]


def test_a_superuser_is_not_exempt(cast: Cast) -> None:
    User.objects.filter(pk=cast.outsider.pk).update(is_superuser=True)
    cast.outsider.refresh_from_db()
    visitor = Visitor(cast.outsider)
    assert {visitor.get(path).status_code for path in addresses(cast).values()} == {403}


def test_a_role_that_has_ended_opens_nothing(cast: Cast, visit: Callable[..., Visitor]) -> None:
    grant = RoleGrant.objects.get(user=cast.owner)
    visit(cast.administrator).post(
        f"/admin/accounts/rolegrant/{grant.pk}/change/", end_now="on", _save=""
    )
    assert visit(cast.owner).get("/admin/").status_code == 403


def test_a_model_of_another_unit_is_like_one_that_is_not_there(cast: Cast) -> None:
    now = timezone.now()
    builder = make_person("Elsa Where", Role.DEVELOPER, unit=cast.root, at=now)
    other = create_model(name="theirs", unit=cast.root, actor=builder, at=now)
    visitor = Visitor(cast.owner)
    for pk in (str(other.pk), "00000000-0000-0000-0000-000000000000", "not-a-uuid"):
        path = f"/admin/inventory/model/{pk}/"
        with nothing_moves():
            assert visitor.get(f"{path}change/").status_code == 404
            assert visitor.post(f"{path}change/", purpose="Mine now.").status_code == 404
            assert visitor.get(f"{path}history/").status_code == 404
    assert b"theirs" not in visitor.get("/admin/inventory/model/").content


def test_a_forged_request_is_refused(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.owner)
    with nothing_moves():
        response = client.post("/admin/inventory/model/add/", {"name": "forged"})
    assert response.status_code == 403


@pytest.mark.parametrize("theme", ["system", "light", "dark", "<script>"])
def test_the_theme_is_the_readers_choice(cast: Cast, theme: str) -> None:
    visitor = Visitor(cast.owner)
    visitor.client.cookies["theme"] = theme
    page = visitor.get("/admin/").content.decode()
    said = f'<html lang="en" data-theme="{theme}">'
    assert (said if theme in {"light", "dark"} else '<html lang="en">') in page


@pytest.mark.parametrize("field", ["owner", "developers"])
def test_people_are_found_by_a_few_letters(cast: Cast, field: str) -> None:
    query = {"app_label": "inventory", "model_name": "model", "field_name": field}
    found = Visitor(cast.owner).get("/admin/autocomplete/", term="o", **query).json()["results"]
    names = {entry["text"].partition(" · ")[0] for entry in found}
    assert cast.owner.name in names
    # Only a model owner can own a model; anybody can build one.
    assert (cast.outsider.name in names) == (field == "developers")
    assert Visitor(cast.validator).get("/admin/autocomplete/", **query).status_code == 403


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"app_label": "accounts", "model_name": "rolegrant", "field_name": "user"},
        {"app_label": "accounts", "model_name": "serviceaccount", "field_name": "responsible"},
        {"app_label": "inventory", "model_name": "model", "field_name": "unit"},
        {"app_label": "registry", "model_name": "modelversion", "field_name": "model"},
    ],
)
def test_nothing_else_is_found(cast: Cast, query: dict[str, str]) -> None:
    assert Visitor(cast.owner).get("/admin/autocomplete/", term="a", **query).status_code == 403
