"""People, roles, units and pipelines: each act with its entry, each refusal moving nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from governance.accounts.actions import (
    create_first_administrator,
    create_service_account,
    create_unit,
    create_user,
    edit_service_account,
    edit_user,
    end_role,
    grant_role,
    issue_token,
    rename_unit,
    revoke_token,
)
from governance.accounts.models import ApiToken, RoleGrant, ServiceAccount, Unit, User
from governance.accounts.proof import ProofGiven, prove
from governance.accounts.queries import CONSOLE, holders_of, roles_of
from governance.accounts.rules import (
    AdministratorExists,
    GrantEnded,
    OwnAccount,
    OwnGrant,
    PasswordNotOwn,
    PermissionMissing,
    Role,
    Scope,
)
from governance.accounts.sessions import change_password, note_sign_in, note_sign_out
from governance.accounts.tokens import admit
from governance.audit.models import LedgerEntry
from governance.core.errors import DomainError, InvalidInput
from tests import factories as f
from tests.factories import NOON, PASSWORD, Cast
from tests.world import newest_entry, nothing_moves, refused

LATER = f.later(hours=1)
OTHERS = ["owner", "developer", "validator", "approver", "compliance", "outsider"]


def last() -> LedgerEntry:
    return newest_entry("accounts")


def rules_of(error: DomainError) -> list[tuple[str, str]]:
    assert isinstance(error, InvalidInput)
    return [(problem.field, problem.rule) for problem in error.problems]


@pytest.fixture
def service(cast: Cast) -> ServiceAccount:
    return create_service_account(
        name="pipeline", unit=cast.unit, responsible=cast.developer, actor=CONSOLE, at=NOON
    )


@pytest.fixture
def token(service: ServiceAccount) -> ApiToken:
    return issue_token(service=service, scopes=list(Scope), actor=CONSOLE, at=NOON)[0]


class TestUnits:
    def create(self, actor: User, **changed: Any) -> Unit:
        given = {"path": "bank/markets", "name": " Markets ", "actor": actor, "at": LATER}
        return create_unit(**(given | changed))

    def rename(self, cast: Cast, actor: User, name: str = "Retail") -> Unit:
        return rename_unit(unit=cast.unit, name=name, actor=actor, at=LATER)

    def test_create(self, cast: Cast) -> None:
        unit = self.create(cast.administrator)
        assert (unit.name, last().verb, list(last().states)) == (
            "Markets", "unit.created", [unit.ref],
        )  # fmt: skip

    @pytest.mark.parametrize(
        ("wrong", "problem"),
        [
            ({"path": "bank//markets"}, ("path", "path")),
            ({"path": "bank/Markets & more"}, ("path", "path")),
            ({"path": "bank/Retail"}, ("path", "path")),
            ({"path": f"bank/{'m' * 200}"}, ("path", "length")),
            ({"path": "bank/retail"}, ("path", "unique")),
            ({"name": " "}, ("name", "required")),
            ({"name": "m" * 81}, ("name", "length")),
        ],
    )
    def test_a_wrong_unit(self, cast: Cast, wrong: dict[str, str], problem: Any) -> None:
        with refused(InvalidInput) as caught:
            self.create(cast.administrator, **wrong)
        assert rules_of(caught.value) == [problem]

    def test_rename(self, cast: Cast) -> None:
        self.rename(cast, cast.administrator)
        cast.unit.refresh_from_db()
        assert (cast.unit.name, last().verb) == ("Retail", "unit.updated")
        with nothing_moves():
            self.rename(cast, cast.administrator)

    @pytest.mark.parametrize("name", ["", "m" * 81])
    def test_a_wrong_name(self, cast: Cast, name: str) -> None:
        with refused(InvalidInput):
            self.rename(cast, cast.administrator, name)

    @pytest.mark.parametrize("who", OTHERS)
    def test_who_may_not(self, cast: Cast, who: str) -> None:
        with refused(PermissionMissing):
            self.create(getattr(cast, who))
        with refused(PermissionMissing):
            self.rename(cast, getattr(cast, who))

    def test_an_administrator_of_a_branch_stays_in_it(self, cast: Cast) -> None:
        below = f.make_person("Bo Branch", Role.ADMINISTRATOR, unit=cast.unit)
        self.create(below, path="bank/retail/cards")
        with refused(PermissionMissing):
            self.create(below)


class TestLettingPeopleIn:
    def create(self, cast: Cast, actor: User, **changed: Any) -> User:
        given = {
            "email": " New.Person@Bank.Example ", "name": "New Person", "password": PASSWORD,
            "unit": cast.unit, "actor": actor, "at": LATER,
        }  # fmt: skip
        return create_user(**(given | changed))

    def test_create(self, cast: Cast) -> None:
        user = self.create(cast, cast.administrator)
        assert user.email == "new.person@bank.example"
        assert user.check_password(PASSWORD)
        assert (last().verb, last().facts) == ("user.created", {"demo": False})
        assert user.permissions(unit=cast.unit, at=LATER) == frozenset()

    def test_the_entry_tells_nothing_of_the_person(self, cast: Cast) -> None:
        user = self.create(cast, cast.administrator)
        assert user.email not in last().text
        assert user.name not in last().text

    @pytest.mark.parametrize(
        ("wrong", "problem"),
        [
            ({"email": "nobody"}, ("email", "email")),
            ({"email": f"{'n' * 60}@{'.'.join(['b' * 60] * 4)}.example"}, ("email", "email")),
            ({"email": "OLGA.owner@bank.example"}, ("email", "unique")),
            ({"name": " "}, ("name", "required")),
            ({"name": "n" * 121}, ("name", "length")),
            ({"password": "short"}, ("password", "strength")),
            ({"password": "new.person@bank.example"}, ("password", "strength")),
        ],
    )
    def test_a_wrong_person(self, cast: Cast, wrong: dict[str, str], problem: Any) -> None:
        with refused(InvalidInput) as caught:
            self.create(cast, cast.administrator, **wrong)
        assert set(rules_of(caught.value)) == {problem}

    @pytest.mark.parametrize("who", OTHERS)
    def test_who_may_not(self, cast: Cast, who: str) -> None:
        with refused(PermissionMissing):
            self.create(cast, getattr(cast, who))


class TestLettingPeopleGo:
    def edit(self, user: User, actor: User, *, name: str = "", is_active: bool = True) -> User:
        return edit_user(
            user=user, name=name or user.name, is_active=is_active, actor=actor, at=LATER
        )

    def test_switched_off_and_on(self, cast: Cast) -> None:
        off = self.edit(cast.approver, cast.administrator, is_active=False)
        assert (last().verb, last().facts) == ("user.deactivated", {"changed": ["is_active"]})
        assert off.permissions(unit=cast.unit, at=LATER) == frozenset()
        assert cast.approver not in holders_of(Role.APPROVER, unit=cast.unit, at=LATER)
        self.edit(cast.approver, cast.administrator)
        assert last().verb == "user.updated"

    def test_another_name(self, cast: Cast) -> None:
        self.edit(cast.approver, cast.administrator, name=" Arno Anders ")
        cast.approver.refresh_from_db()
        assert (cast.approver.name, last().verb) == ("Arno Anders", "user.updated")

    def test_what_is_so_already_writes_nothing(self, cast: Cast) -> None:
        with nothing_moves():
            self.edit(cast.approver, cast.administrator)

    @pytest.mark.parametrize("name", [" ", "n" * 121])
    def test_a_wrong_name(self, cast: Cast, name: str) -> None:
        with refused(InvalidInput):
            self.edit(cast.approver, cast.administrator, name=name)

    def test_nobody_switches_themself_off(self, cast: Cast) -> None:
        with refused(OwnAccount):
            self.edit(cast.administrator, cast.administrator, is_active=False)

    @pytest.mark.parametrize("who", OTHERS)
    def test_who_may_not(self, cast: Cast, who: str) -> None:
        with refused(PermissionMissing):
            self.edit(cast.approver, getattr(cast, who), is_active=False)

    def test_it_takes_the_right_over_the_whole_firm(self, cast: Cast) -> None:
        below = f.make_person("Bo Branch", Role.ADMINISTRATOR, unit=cast.unit)
        with refused(PermissionMissing):
            self.edit(cast.validator, below, is_active=False)


class TestTheFirstAdministrator:
    def create(self, **changed: Any) -> User:
        given = {
            "email": "ada@bank.example", "name": "Ada", "password": PASSWORD,
            "unit_path": "bank", "unit_name": "Bank", "actor": CONSOLE, "at": NOON,
        }  # fmt: skip
        return create_first_administrator(**(given | changed))

    @pytest.mark.django_db
    def test_three_acts(self) -> None:
        user = self.create()
        assert roles_of(user, unit=Unit.objects.get(), at=NOON) == {Role.ADMINISTRATOR}
        assert [entry.verb for entry in LedgerEntry.objects.oldest_first()] == [
            "unit.created", "user.created", "role.granted",
        ]  # fmt: skip

    @pytest.mark.django_db
    def test_all_or_nothing(self) -> None:
        with refused(InvalidInput):
            self.create(password="short")

    def test_only_the_first(self, cast: Cast) -> None:
        with refused(AdministratorExists):
            self.create()


class TestRoles:
    def grant(self, cast: Cast, actor: User, **changed: Any) -> RoleGrant:
        given = {
            "user": cast.outsider, "role": Role.VALIDATOR, "unit": cast.unit,
            "starts_at": LATER, "actor": actor, "at": LATER,
        }  # fmt: skip
        return grant_role(**(given | changed))

    def test_a_role_holds_from_its_start_to_its_end(self, cast: Cast) -> None:
        start, end = f.later(days=1), f.later(days=3)
        grant = self.grant(cast, cast.administrator, starts_at=start, ends_at=end)
        assert (last().verb, list(last().states)) == ("role.granted", [grant.ref])

        def holds(at: Any) -> bool:
            return roles_of(cast.outsider, unit=cast.unit, at=at) == {Role.VALIDATOR}

        assert [holds(at) for at in (LATER, start, f.later(days=2), end)] == [
            False, True, True, False,
        ]  # fmt: skip

    def test_a_role_ends_at_once(self, cast: Cast) -> None:
        grant = cast.validator.grants.get()
        end = end_role(grant=grant, actor=cast.administrator, at=LATER)
        assert (last().verb, last().subject) == ("role.ended", grant.ref)
        assert list(last().states) == [end.ref]
        assert roles_of(cast.validator, unit=cast.unit, at=LATER) == set()
        assert roles_of(cast.validator, unit=cast.unit, at=NOON) == {Role.VALIDATOR}

    def test_one_that_has_not_begun_never_begins(self, cast: Cast) -> None:
        grant = self.grant(cast, cast.administrator, starts_at=f.later(days=9))
        end_role(grant=grant, actor=cast.administrator, at=LATER)
        assert roles_of(cast.outsider, unit=cast.unit, at=f.later(days=10)) == set()

    def test_an_end_before_the_start(self, cast: Cast) -> None:
        with refused(InvalidInput):
            self.grant(cast, cast.administrator, ends_at=LATER)

    def test_nobody_gives_themself_a_role(self, cast: Cast) -> None:
        with refused(OwnGrant):
            self.grant(cast, cast.administrator, user=cast.administrator)

    def test_what_has_ended_does_not_end_again(self, cast: Cast) -> None:
        grant = cast.validator.grants.get()
        end_role(grant=grant, actor=cast.administrator, at=LATER)
        with refused(GrantEnded):
            end_role(grant=grant, actor=cast.administrator, at=LATER)

    def test_what_has_run_out_does_not_end(self, cast: Cast) -> None:
        grant = self.grant(cast, cast.administrator, ends_at=f.later(days=1))
        with refused(GrantEnded):
            end_role(grant=grant, actor=cast.administrator, at=f.later(days=1))

    @pytest.mark.parametrize("who", OTHERS)
    def test_who_may_not(self, cast: Cast, who: str) -> None:
        with refused(PermissionMissing):
            self.grant(cast, getattr(cast, who))
        with refused(PermissionMissing):
            end_role(grant=cast.validator.grants.get(), actor=getattr(cast, who), at=LATER)


class TestPipelines:
    def create(self, cast: Cast, actor: User, **changed: Any) -> ServiceAccount:
        given = {
            "name": "nightly", "unit": cast.unit, "responsible": cast.developer,
            "actor": actor, "at": LATER,
        }  # fmt: skip
        return create_service_account(**(given | changed))

    def edit(self, service: ServiceAccount, actor: User, **changed: Any) -> ServiceAccount:
        given = {"responsible": service.responsible, "is_active": True}
        return edit_service_account(service=service, actor=actor, at=LATER, **(given | changed))

    def test_create(self, cast: Cast) -> None:
        service = self.create(cast, cast.administrator)
        assert (last().verb, list(last().states)) == ("service.created", [service.ref])
        assert last().facts == {"unit": cast.unit.ref, "responsible": cast.developer.ref}

    @pytest.mark.parametrize(
        ("wrong", "problem"),
        [
            ({"name": "night shift"}, ("name", "slug")),
            ({"name": "n" * 81}, ("name", "length")),
            ({"name": "pipeline"}, ("name", "unique")),
        ],
    )
    def test_a_wrong_name(
        self, cast: Cast, service: ServiceAccount, wrong: dict[str, str], problem: Any
    ) -> None:
        with refused(InvalidInput) as caught:
            self.create(cast, cast.administrator, **wrong)
        assert rules_of(caught.value) == [problem]

    def test_nobody_answers_who_cannot_sign_in(self, cast: Cast, service: ServiceAccount) -> None:
        gone = edit_user(user=cast.outsider, name="Otto", is_active=False, actor=CONSOLE, at=LATER)
        with refused(InvalidInput):
            self.create(cast, cast.administrator, responsible=gone)
        with refused(InvalidInput):
            self.edit(service, cast.administrator, responsible=gone)

    def test_answers_to_somebody_else(self, cast: Cast, service: ServiceAccount) -> None:
        self.edit(service, cast.administrator, responsible=cast.owner)
        service.refresh_from_db()
        assert (service.responsible, last().verb) == (cast.owner, "service.updated")
        with nothing_moves():
            self.edit(service, cast.administrator)

    def test_switched_off_when_whoever_answered_is_gone(
        self, cast: Cast, service: ServiceAccount
    ) -> None:
        edit_user(user=cast.developer, name="Dev", is_active=False, actor=CONSOLE, at=LATER)
        service = ServiceAccount.objects.get()
        off = self.edit(service, cast.administrator, is_active=False)
        assert not off.is_active
        with refused(InvalidInput):
            self.edit(off, cast.administrator)

    @pytest.mark.parametrize("who", OTHERS)
    def test_who_may_not(self, cast: Cast, service: ServiceAccount, who: str) -> None:
        with refused(PermissionMissing):
            self.create(cast, getattr(cast, who))
        with refused(PermissionMissing):
            self.edit(service, getattr(cast, who), is_active=False)


class TestTokens:
    def issue(self, service: ServiceAccount, actor: User, **changed: Any) -> tuple[ApiToken, str]:
        given = {"service": service, "scopes": [Scope.READ], "actor": actor, "at": LATER}
        return issue_token(**(given | changed))

    def test_the_secret_is_kept_as_a_digest_only(self, cast: Cast, service: ServiceAccount) -> None:
        token, secret = self.issue(service, cast.administrator)
        assert token.sha256 == hashlib.sha256(secret.encode()).hexdigest()
        assert secret not in str(ApiToken.objects.values())
        assert (last().verb, list(last().states)) == ("token.issued", [token.ref])
        assert secret not in last().text

    def test_lasts_ninety_days_unless_it_says_otherwise(
        self, cast: Cast, service: ServiceAccount
    ) -> None:
        _, secret = self.issue(service, cast.administrator)
        assert admit(secret, at=f.later(LATER, days=89)) is not None
        assert admit(secret, at=f.later(LATER, days=90)) is None

    @pytest.mark.parametrize(
        ("wrong", "problem"),
        [
            ({"scopes": []}, ("scopes", "required")),
            ({"expires_at": LATER}, ("expires_at", "future")),
        ],
    )
    def test_a_wrong_token(
        self, cast: Cast, service: ServiceAccount, wrong: dict[str, Any], problem: Any
    ) -> None:
        with refused(InvalidInput) as caught:
            self.issue(service, cast.administrator, **wrong)
        assert rules_of(caught.value) == [problem]

    def test_revoked_it_holds_no_more(self, cast: Cast, service: ServiceAccount) -> None:
        token, secret = self.issue(service, cast.administrator)
        revoke_token(token=token, actor=cast.administrator, at=LATER)
        assert (last().verb, list(last().states)) == ("token.revoked", [token.ref])
        assert admit(secret, at=LATER) is None
        with nothing_moves():
            revoke_token(token=token, actor=cast.administrator, at=f.later(hours=2))

    @pytest.mark.parametrize("who", OTHERS)
    def test_who_may_not(
        self, cast: Cast, service: ServiceAccount, token: ApiToken, who: str
    ) -> None:
        with refused(PermissionMissing):
            self.issue(service, getattr(cast, who))
        with refused(PermissionMissing):
            revoke_token(token=token, actor=getattr(cast, who), at=LATER)


class TestOnesOwnAccount:
    @pytest.mark.parametrize(
        ("note", "verb"), [(note_sign_in, "user.signed_in"), (note_sign_out, "user.signed_out")]
    )
    def test_signing_in_and_out(self, cast: Cast, note: Callable[..., None], verb: str) -> None:
        with nothing_moves(entries=[verb]):
            note(user=cast.owner, at=LATER)
        assert (last().subject, last().actor) == (cast.owner.ref, cast.owner.ref)

    def test_another_password(self, cast: Cast) -> None:
        change_password(user=cast.owner, password="another-horse-8-staple", at=LATER)
        cast.owner.refresh_from_db()
        assert cast.owner.check_password("another-horse-8-staple")
        assert last().verb == "password.changed"

    def test_the_same_one_is_no_choice(self, cast: Cast) -> None:
        with refused(InvalidInput):
            change_password(user=cast.owner, password=PASSWORD, at=LATER)

    def test_nobody_signs_with_a_password_that_somebody_gave_them(self, cast: Cast) -> None:
        given = create_user(
            email="new@bank.example", name="Nora New", password=PASSWORD, unit=cast.unit,
            actor=cast.administrator, at=LATER,
        )  # fmt: skip
        with refused(PasswordNotOwn):
            prove(given, given=ProofGiven(password=PASSWORD), at=LATER)
        change_password(user=given, password="another-horse-8-staple", at=LATER)
        given.refresh_from_db()
        chosen = ProofGiven(password="another-horse-8-staple")
        assert prove(given, given=chosen, at=LATER).user_ref == given.ref

    def test_a_weak_one(self, cast: Cast) -> None:
        with refused(InvalidInput):
            change_password(user=cast.owner, password="olga.owner", at=LATER)
