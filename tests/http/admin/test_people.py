"""An administrator lets people in, gives and ends roles, and keeps the tree of units."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from governance.accounts.models import RoleGrant, RoleGrantEnd, Unit, User
from governance.accounts.permissions import Permission, may
from governance.accounts.rules import Role
from governance.audit.models import LedgerEntry
from tests.factories import Cast, make_person
from tests.http.admin.conftest import Visitor
from tests.world import nothing_moves

pytestmark = pytest.mark.django_db
PEOPLE = "/admin/accounts/user/"
ROLES = "/admin/accounts/rolegrant/"
UNITS = "/admin/accounts/unit/"
PASSWORD = "a-rather-long-password-9"


@pytest.fixture
def admin(cast: Cast) -> Visitor:
    return Visitor(cast.administrator)


def newest() -> LedgerEntry:
    return LedgerEntry.objects.of_stream("accounts").newest_first()[0]


def count() -> int:
    return LedgerEntry.objects.count()


def person(cast: Cast, **changed: Any) -> dict[str, Any]:
    form = {"email": "new@bank.example", "name": "Nora New", "password": PASSWORD}
    return form | {"unit": str(cast.root.pk)} | changed


def grant(cast: Cast, **changed: Any) -> dict[str, Any]:
    form = {"user": str(cast.outsider.pk), "role": "VALIDATOR", "unit": str(cast.unit.pk)}
    return form | {"starts_at": timezone.now().date().isoformat(), "ends_at": ""} | changed


def test_a_person_is_let_in_with_one_entry(cast: Cast, admin: Visitor) -> None:
    before = count()
    assert admin.post(f"{PEOPLE}add/", **person(cast)).status_code == 302
    made = User.objects.get(email="new@bank.example")
    assert made.check_password(PASSWORD)
    assert not made.is_superuser
    assert (count(), newest().verb, newest().subject) == (before + 1, "user.created", made.ref)
    # Letting somebody in gives no role.
    assert Visitor(made).get("/admin/").status_code == 403


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"email": "nonsense"}, "E-mail: Enter a valid email address."),
        ({"email": "OLGA.owner@bank.example"}, "Somebody has this e-mail address already."),
        ({"name": ""}, "Full name: This field is required."),
        ({"password": "1234"}, "First password: "),
        ({"unit": "nonsense"}, "Let in by: "),
    ],
)
def test_a_person_who_cannot_be_let_in(
    cast: Cast, admin: Visitor, changed: dict[str, str], said: str
) -> None:
    with nothing_moves():
        response = admin.post(f"{PEOPLE}add/", **person(cast, **changed))
    page = response.content.decode()
    assert said in page
    assert PASSWORD not in page


def test_whoever_leaves_signs_in_no_more(cast: Cast, admin: Visitor) -> None:
    leaving = Visitor(cast.owner)
    before = count()
    admin.post(f"{PEOPLE}{cast.owner.pk}/change/", name=cast.owner.name)
    cast.owner.refresh_from_db()
    assert not cast.owner.is_active
    assert (count(), newest().verb) == (before + 1, "user.deactivated")
    assert leaving.get("/admin/")["Location"].startswith("/sign-in/")


def test_a_name_is_corrected(cast: Cast, admin: Visitor) -> None:
    admin.post(
        f"{PEOPLE}{cast.owner.pk}/change/", name="Olga Öwner", is_active="on", email="x@y.zz"
    )
    cast.owner.refresh_from_db()
    assert (cast.owner.name, cast.owner.email) == ("Olga Öwner", "olga.owner@bank.example")
    assert (newest().verb, newest().facts) == ("user.updated", {"changed": ["name"]})


def test_nobody_switches_their_own_account_off(cast: Cast, admin: Visitor) -> None:
    with nothing_moves(entries=["call.refused"]):
        response = admin.post(
            f"{PEOPLE}{cast.administrator.pk}/change/", name=cast.administrator.name
        )
    assert response.status_code == 403
    assert b"Another administrator" in response.content


def test_rights_cannot_be_slipped_in(cast: Cast, admin: Visitor) -> None:
    data = person(cast, is_superuser="on", is_staff="on", is_demo="on", groups="1")
    admin.post(f"{PEOPLE}add/", **data)
    made = User.objects.get(email="new@bank.example")
    assert (made.is_superuser, made.is_demo) == (False, False)


def test_a_role_is_given_with_one_entry(cast: Cast, admin: Visitor) -> None:
    before = count()
    assert admin.post(f"{ROLES}add/", **grant(cast)).status_code == 302
    row = RoleGrant.objects.get(user=cast.outsider)
    assert (row.role, row.unit, row.ends_at, row.granted_by) == (
        Role.VALIDATOR, cast.unit, None, cast.administrator.ref,
    )  # fmt: skip
    assert (count(), newest().verb, newest().subject) == (before + 1, "role.granted", row.ref)
    now = timezone.now()
    assert may(cast.outsider, Permission.PROMOTION_SIGN, unit=cast.unit, at=now)


def test_a_role_lasts_to_the_end_of_its_last_day(cast: Cast, admin: Visitor) -> None:
    first = timezone.now().date() + timedelta(days=2)
    last = first + timedelta(days=3)
    admin.post(f"{ROLES}add/", **grant(cast, starts_at=first.isoformat(), ends_at=last.isoformat()))
    row = RoleGrant.objects.get(user=cast.outsider)
    assert row.starts_at == datetime(first.year, first.month, first.day, tzinfo=UTC)
    assert row.ends_at == row.starts_at + timedelta(days=4)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"role": "KING"}, "Role: Select a valid choice"),
        ({"user": ""}, "Person: This field is required."),
        ({"starts_at": "2020-01-01"}, "First day: Enter today or a later day."),
        ({"starts_at": "soon"}, "First day: Enter a valid date."),
        ({"ends_at": "2020-01-01"}, "Last day: Enter an end that is after the start."),
    ],
)
def test_a_role_that_cannot_be_given(
    cast: Cast, admin: Visitor, changed: dict[str, str], said: str
) -> None:
    with nothing_moves():
        response = admin.post(f"{ROLES}add/", **grant(cast, **changed))
    assert said in response.content.decode()


def test_a_role_is_ended_by_a_row_and_only_once(cast: Cast, admin: Visitor) -> None:
    row = RoleGrant.objects.get(user=cast.validator)
    path, before = f"{ROLES}{row.pk}/change/", count()
    assert b"End this role now" in admin.get(path).content
    assert admin.post(path, end_now="on").status_code == 302
    assert RoleGrantEnd.objects.get(grant=row).ended_by == cast.administrator.ref
    assert (count(), newest().verb) == (before + 1, "role.ended")
    assert not may(cast.validator, Permission.PROMOTION_SIGN, unit=cast.unit, at=timezone.now())

    assert b"End this role now" not in admin.get(path).content
    with nothing_moves(entries=["call.refused"]):
        assert admin.post(path, end_now="on").status_code == 409


def test_a_role_is_not_ended_by_accident_nor_edited(cast: Cast, admin: Visitor) -> None:
    row = RoleGrant.objects.get(user=cast.validator)
    with nothing_moves():
        response = admin.post(f"{ROLES}{row.pk}/change/", role="ADMINISTRATOR")
    assert b"Tick this to end the role" in response.content


def test_an_administrator_of_a_unit_reaches_that_unit_only(cast: Cast) -> None:
    local = make_person("Lo Cal", Role.ADMINISTRATOR, unit=cast.unit, at=timezone.now())
    visitor = Visitor(local)
    above = RoleGrant.objects.get(user=cast.approver)
    with nothing_moves():
        assert visitor.get(f"{ROLES}{above.pk}/change/").status_code == 404
        assert visitor.post(f"{ROLES}{above.pk}/change/", end_now="on").status_code == 404
        assert visitor.get(f"{UNITS}{cast.root.pk}/change/").status_code == 404
        given = visitor.post(f"{ROLES}add/", **grant(cast, unit=str(cast.root.pk)))
        assert b"Unit: Select a valid choice" in given.content
        assert b'name="_save"' not in visitor.get(f"{PEOPLE}{cast.owner.pk}/change/").content
    with nothing_moves(entries=["call.refused", "call.refused"]):
        assert visitor.post(f"{PEOPLE}{cast.owner.pk}/change/", name="Gone").status_code == 403
        assert visitor.post(f"{UNITS}add/", path="other", name="Other").status_code == 403
    assert visitor.post(f"{ROLES}add/", **grant(cast)).status_code == 302


def test_units_are_added_and_renamed_with_one_entry_each(cast: Cast, admin: Visitor) -> None:
    before = count()
    admin.post(f"{UNITS}add/", path="bank/treasury", name="Treasury")
    unit = Unit.objects.get(path="bank/treasury")
    assert (count(), newest().verb) == (before + 1, "unit.created")
    admin.post(f"{UNITS}{unit.pk}/change/", name="Treasury and markets", path="elsewhere")
    unit.refresh_from_db()
    assert (unit.name, unit.path) == ("Treasury and markets", "bank/treasury")
    assert (count(), newest().verb) == (before + 2, "unit.updated")


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("bank/retail", "Path: There is a unit at bank/retail already."),
        ("bank//x", "Path: A unit’s path"),
        ("bank/two words", "Path: A unit’s path"),
        ("", "Path: This field is required."),
    ],
)
def test_a_unit_that_cannot_be(cast: Cast, admin: Visitor, path: str, said: str) -> None:
    with nothing_moves():
        response = admin.post(f"{UNITS}add/", path=path, name="X")
    assert said.replace("’", "&#x27;") in response.content.decode()


@pytest.mark.parametrize("kind", ["user", "rolegrant", "unit"])
def test_nothing_is_deleted(cast: Cast, admin: Visitor, kind: str) -> None:
    row = {"user": cast.outsider, "unit": cast.unit, "rolegrant": RoleGrant.objects.all()[0]}[kind]
    with nothing_moves(entries=["call.refused"]):
        response = admin.post(f"/admin/accounts/{kind}/{row.pk}/delete/", post="yes")
    assert response.status_code == 403
    with nothing_moves():
        admin.post(
            f"/admin/accounts/{kind}/", action="delete_selected", _selected_action=str(row.pk)
        )
