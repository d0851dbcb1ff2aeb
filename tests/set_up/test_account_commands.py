"""`create_admin`, `create_token` and `load_policy`: what they make, choose and refuse."""

from __future__ import annotations

import io
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from governance.accounts.models import RoleGrant, ServiceAccount, Unit, User
from governance.accounts.queries import token_holder
from governance.accounts.rules import ORDINARY_SCOPES, Role, Scope
from governance.approvals.models import PolicyVersion
from governance.audit.models import LedgerEntry
from tests.authenticators import apps_and_passkeys, make_app, make_passkey
from tests.factories import TO_STAGING, make_cast, make_person

pytestmark = pytest.mark.django_db
PASSWORD = "a-rather-long-password-9"


def run(name: str, *arguments: str) -> str:
    out = io.StringIO()
    call_command(name, *arguments, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def refused(name: str, *arguments: str) -> str:
    """Run a command that must refuse; prove that nothing moved, and return what it said."""
    before = counts()
    with pytest.raises(CommandError) as caught:
        run(name, *arguments)
    assert caught.value.returncode == 1
    assert counts() == before
    return str(caught.value)


def counts() -> list[int]:
    tables = (User, Unit, RoleGrant, ServiceAccount, PolicyVersion, LedgerEntry)
    return [table.objects.count() for table in tables]


def verbs() -> list[str]:
    return list(LedgerEntry.objects.oldest_first().values_list("verb", flat=True))


def create_admin(**options: str) -> str:
    given = {"email": "ada@bank.example", "name": "Ada Min"} | options
    return run("create_admin", *(f"--{key.replace('_', '-')}={v}" for key, v in given.items()))


@pytest.fixture
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADMIN_PASSWORD", PASSWORD)


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.mark.usefixtures("password")
def test_the_first_administrator_holds_the_root_unit() -> None:
    said = create_admin(unit_path="bank", unit_name="Bank")

    grant = RoleGrant.objects.get()
    assert (grant.role, grant.unit.path, grant.user.email) == (
        Role.ADMINISTRATOR, "bank", "ada@bank.example",
    )  # fmt: skip
    assert grant.user.check_password(PASSWORD)
    assert verbs() == ["unit.created", "user.created", "role.granted"]
    assert "ada@bank.example" in said
    assert PASSWORD not in said


@pytest.mark.usefixtures("password")
def test_without_a_unit_the_organization_gives_its_name(settings: Any) -> None:
    settings.ORGANIZATION = "Meridian Bank"
    create_admin()
    unit = Unit.objects.get()
    assert (unit.path, unit.name) == ("meridian-bank", "Meridian Bank")


@pytest.mark.usefixtures("password")
def test_a_root_that_is_there_is_used(now: datetime) -> None:
    make_person("Olga Owner", unit=make_unit(), at=now)
    create_admin()
    assert RoleGrant.objects.get().unit == Unit.objects.get()


def make_unit() -> Unit:
    return Unit.objects.create(path="bank", name="Bank")


@pytest.mark.usefixtures("password")
def test_the_second_administrator_is_not_made_here() -> None:
    create_admin()
    said = refused("create_admin", "--email=eve@bank.example", "--name=Eve")
    assert "administrator_exists" in said


def test_the_password_comes_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(PASSWORD + "\n"))
    create_admin()
    assert User.objects.get().check_password(PASSWORD)


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--email", "nonsense", "email:"),
        ("--name", " ", "name:"),
        ("--unit-path", "no path", "path:"),
    ],
)
@pytest.mark.usefixtures("password")
def test_a_wrong_value_is_named(option: str, value: str, said: str) -> None:
    given = {"--email": "ada@bank.example", "--name": "Ada Min", option: value}
    answer = refused("create_admin", *(f"{key}={value}" for key, value in given.items()))
    assert answer.startswith(said)


def test_a_weak_password_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADMIN_PASSWORD", "1234")
    said = refused("create_admin", "--email=ada@bank.example", "--name=Ada")
    assert said.startswith("password:")


@pytest.mark.usefixtures("password")
def test_a_token_on_a_fresh_portal_answers_to_the_administrator() -> None:
    create_admin(unit_path="bank", unit_name="Bank")
    issued = json.loads(run("create_token", "--service=churn-pipeline", "--json"))

    holder = token_holder(issued["token"], at=timezone.now())
    assert holder is not None
    assert holder.service.name == "churn-pipeline"
    assert holder.scopes == set(ORDINARY_SCOPES)
    assert (issued["unit"], issued["responsible"]) == ("bank", "ada@bank.example")


def test_a_token_answers_to_a_developer_where_there_is_one(now: datetime) -> None:
    cast = make_cast(at=now)
    issued = json.loads(run("create_token", "--service=churn-pipeline", "--json"))
    assert (issued["unit"], issued["responsible"]) == ("bank", cast.developer.email)


def test_a_token_as_it_was_asked_for(now: datetime) -> None:
    cast = make_cast(at=now)
    issued = json.loads(
        run(
            "create_token", "--service=reader", "--unit=bank/retail", "--days=2", "--json",
            f"--responsible={cast.owner.email}", "--scopes", "registry:read",
        )
    )  # fmt: skip
    holder = token_holder(issued["token"], at=timezone.now())
    assert holder is not None
    assert (holder.service.unit, holder.person) == (cast.unit, cast.owner)
    assert holder.scopes == {Scope.READ}


def test_a_known_service_gets_a_fresh_token(now: datetime) -> None:
    make_cast(at=now)
    first = json.loads(run("create_token", "--service=churn-pipeline", "--json"))
    second = json.loads(run("create_token", "--service=churn-pipeline", "--json"))
    assert first["token"] != second["token"]
    assert ServiceAccount.objects.count() == 1
    assert verbs()[-3:] == ["service.created", "token.issued", "token.issued"]


def test_without_json_the_token_stands_alone(now: datetime) -> None:
    make_cast(at=now)
    printed = run("create_token", "--service=churn-pipeline")
    assert token_holder(printed.strip(), at=timezone.now()) is not None


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--service=two words"], "name:"),
        (["--service=ci", "--unit=nowhere"], "unit:"),
        (["--service=ci", "--responsible=nobody@bank.example"], "responsible:"),
        (["--service=ci", "--days=0"], "expires_at:"),
        (["--service=known", "--unit=bank/retail"], "unit:"),
        (["--service=known", "--responsible=olga.owner@bank.example"], "responsible:"),
    ],
)
def test_a_token_that_cannot_be_is_refused(now: datetime, arguments: list[str], said: str) -> None:
    make_cast(at=now)
    run("create_token", "--service=known")
    assert refused("create_token", *arguments).startswith(said)


def test_no_token_before_anybody_is_there() -> None:
    assert refused("create_token", "--service=ci").startswith("unit:")


def test_what_somebody_lost_is_removed(now: datetime) -> None:
    cast = make_cast(at=now)
    make_app(cast.owner, at=now)
    make_passkey(cast.owner, at=now)
    said = run("remove_authenticators", f"--email={cast.owner.email.upper()}")
    assert said == "Olga Owner signs in and signs with the password alone now.\n"
    assert apps_and_passkeys(cast.owner) == []
    assert verbs()[-1] == "authenticator.removed"


@pytest.mark.parametrize(
    ("email", "said"),
    [
        ("nobody@bank.example", "email: Nobody signs in with nobody@bank.example."),
        ("dev.singh@bank.example", "There is no authenticator app or passkey left to remove."),
    ],
)
def test_where_nothing_was_lost_nothing_is_removed(now: datetime, email: str, said: str) -> None:
    cast = make_cast(at=now)
    make_app(cast.owner, at=now)
    assert said in refused("remove_authenticators", f"--email={email}")
    assert len(apps_and_passkeys(cast.owner)) == 1


def test_a_policy_is_proposed_and_says_what_must_happen(now: datetime, tmp_path: Path) -> None:
    make_cast(at=now)
    file = tmp_path / "to-staging.yaml"
    file.write_text(TO_STAGING)
    said = run("load_policy", str(file))

    row = PolicyVersion.objects.get()
    assert (row.key, row.number, row.state) == ("to-staging", 1, "PROPOSED")
    assert f"/policies/{row.pk}/" in said
    assert "2 more people" in said
    assert run("load_policy", str(file)) == said
    assert PolicyVersion.objects.count() == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("policy: [", "text:"),
        (TO_STAGING.replace("STAGING", "NOWHERE"), "applies_to.target:"),
        (None, "file:"),
    ],
)
def test_a_wrong_policy_is_refused(
    now: datetime, tmp_path: Path, text: str | None, said: str
) -> None:
    make_cast(at=now)
    file = tmp_path / "policy.yaml"
    if text is not None:
        file.write_text(text)
    assert said in refused("load_policy", str(file))
