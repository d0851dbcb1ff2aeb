"""Apps and passkeys: added and removed with one entry each, and what they prove."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import generate_totp_secret
from django.core.cache import cache
from fido2.utils import websafe_encode

from governance.accounts.actions import add_app, add_passkey, remove_authenticator, remove_lost
from governance.accounts.models import User
from governance.accounts.passkeys import ADDING, Answer, ask, can_be_used_at, offer
from governance.accounts.proof import TRIES, Proof, ProofGiven, prove
from governance.accounts.queries import CONSOLE
from governance.accounts.rules import (
    AuthenticatorExists,
    AuthenticatorGone,
    CodeWrong,
    OwnAccount,
    PasskeyWrong,
    PasswordWrong,
    PermissionMissing,
    ProofMissing,
    ProofWrong,
)
from governance.audit.models import LedgerEntry
from governance.core.errors import DomainError, InvalidInput
from tests import factories as f
from tests import world
from tests.authenticators import (
    ORIGIN,
    Device,
    answer_to,
    apps_and_passkeys,
    code_now,
    make_app,
    make_passkey,
    touched,
)
from tests.factories import NOON, PASSWORD, Cast, make_proof
from tests.world import newest_entry

LATER = f.later(hours=1)
ACT = "sign request:1 APPROVE"


@pytest.fixture(autouse=True)
def _nothing_counted() -> None:
    cache.clear()


def prove_by(user: User, **given: Any) -> Proof:
    return prove(user, given=ProofGiven(**given), at=NOON)


@contextmanager
def refused(error: type[DomainError]) -> Iterator[pytest.ExceptionInfo[DomainError]]:
    """Expect a refusal, and that no row has moved, allauth's included."""
    before = list(Authenticator.objects.order_by("pk").values())
    with world.refused(error) as caught:
        yield caught
    assert list(Authenticator.objects.order_by("pk").values()) == before


def told(entry: LedgerEntry) -> tuple[str, dict[str, Any]]:
    return entry.verb, entry.facts


class TestApps:
    def add(self, user: User, secret: str, **other: Any) -> Authenticator:
        given = {"code": code_now(secret), "proof": make_proof(user), "actor": user, "at": NOON}
        return add_app(secret=secret, **(given | other))

    def test_one_entry_without_the_secret(self, cast: Cast) -> None:
        secret = generate_totp_secret()
        count = LedgerEntry.objects.count()
        row = self.add(cast.approver, secret)
        entry = newest_entry("accounts")
        assert LedgerEntry.objects.count() == count + 1
        assert told(entry) == (
            "authenticator.added",
            {"authenticators": {f"authenticator:{row.pk}": "TOTP"}},
        )
        assert (entry.subject, entry.actor) == (cast.approver.ref, cast.approver.ref)
        assert secret not in json.dumps([entry.text, row.data])

    def test_what_is_stored_is_sealed_under_the_secret_key(self, cast: Cast, settings: Any) -> None:
        secret = make_app(cast.approver)
        stored = Authenticator.objects.get().data["secret"]
        assert secret not in stored
        settings.SECRET_KEY = "another-secret-key-" * 4
        with pytest.raises(DomainError, match="SECRET_KEY"):
            prove_by(cast.approver, code=code_now(secret))

    @pytest.mark.parametrize("code", ["000000", "", "12345", "abcdef"])
    def test_a_wrong_code_adds_nothing(self, cast: Cast, code: str) -> None:
        # That it is the code of this moment by chance is one in a million.
        with refused(InvalidInput) as caught:
            self.add(cast.approver, "JBSWY3DPEHPK3PXP" * 2, code=code)
        assert isinstance(caught.value, InvalidInput)
        assert [problem.field for problem in caught.value.problems] == ["code"]

    def test_there_is_one(self, cast: Cast) -> None:
        make_app(cast.approver)
        with refused(AuthenticatorExists):
            self.add(cast.approver, generate_totp_secret())

    @pytest.mark.parametrize("method", ["TOTP", "PASSKEY", "SEEDED"])
    def test_only_the_password_adds_one(self, cast: Cast, method: str) -> None:
        proof = Proof(user_ref=cast.approver.ref, method=method, at=NOON)
        with refused(ProofMissing):
            self.add(cast.approver, generate_totp_secret(), proof=proof)

    def test_somebody_elses_proof(self, cast: Cast) -> None:
        for proof in (make_proof(cast.owner), make_proof(cast.approver, at=LATER)):
            with refused(ProofMissing):
                self.add(cast.approver, generate_totp_secret(), proof=proof)

    def test_the_code_that_added_it_signs_nothing(self, cast: Cast) -> None:
        secret = generate_totp_secret()
        code = code_now(secret)
        self.add(cast.approver, secret, code=code)
        with refused(CodeWrong):
            prove_by(cast.approver, code=code)


class TestPasskeys:
    def add(self, user: User, device: Device, **other: Any) -> Authenticator:
        offered = offer(user, origin=ORIGIN, at=NOON)
        given = {
            "name": " Blue key ",
            "answer": answer_to(offered, device.makes(offered.options), act=ADDING),
            "proof": make_proof(user), "actor": user, "at": NOON,
        }  # fmt: skip
        return add_passkey(**(given | other))

    def test_one_entry(self, cast: Cast) -> None:
        count = LedgerEntry.objects.count()
        row = self.add(cast.approver, Device())
        assert LedgerEntry.objects.count() == count + 1
        assert told(newest_entry("accounts")) == (
            "authenticator.added",
            {"authenticators": {f"authenticator:{row.pk}": "PASSKEY"}},
        )
        assert str(row) == "Blue key"

    def test_the_same_one_twice(self, cast: Cast) -> None:
        device = make_passkey(cast.approver)
        with refused(AuthenticatorExists):
            self.add(cast.approver, device)

    @pytest.mark.parametrize("name", ["", "  ", "x" * 61])
    def test_a_name_that_cannot_be(self, cast: Cast, name: str) -> None:
        with refused(InvalidInput):
            self.add(cast.approver, Device(), name=name)

    def test_only_the_password_adds_one(self, cast: Cast) -> None:
        proof = Proof(user_ref=cast.approver.ref, method="PASSKEY", at=NOON)
        with refused(ProofMissing):
            self.add(cast.approver, Device(), proof=proof)

    @pytest.mark.parametrize("wrong", ["unverified", "origin", "below", "other", "late", "act"])
    def test_what_was_not_made_for_us(self, cast: Cast, wrong: str) -> None:
        user, device = cast.approver, Device()
        whose = cast.owner if wrong == "other" else user
        offered = offer(whose, origin=ORIGIN, at=f.later(hours=-1) if wrong == "late" else NOON)
        places = {"origin": "http://evil.example", "below": "http://evil.localhost:8000"}
        response = device.makes(
            offered.options, origin=places.get(wrong, ORIGIN), verified=wrong != "unverified"
        )
        answer = answer_to(offered, response, act=ACT if wrong == "act" else ADDING)
        with refused(PasskeyWrong):
            self.add(user, device, answer=answer)

    @pytest.mark.parametrize(
        "garbage",
        [{}, {"response": 1}, {"response": {"attestationObject": []}}, "deep"],
        ids=["empty", "number", "list", "deep"],
    )
    def test_what_no_browser_sends(self, cast: Cast, garbage: Any) -> None:
        offered = offer(cast.approver, origin=ORIGIN, at=NOON)
        response = Device().makes(offered.options)
        if garbage == "deep":
            deep = websafe_encode(b"\x81" * 9000 + b"\x01")
            garbage = {"response": response["response"] | {"attestationObject": deep}}
        answer = answer_to(offered, response | garbage if garbage else {}, act=ADDING)
        with refused(PasskeyWrong):
            self.add(cast.approver, Device(), answer=answer)


class TestRemoving:
    def test_ones_own(self, cast: Cast) -> None:
        make_passkey(cast.approver)
        secret = make_app(cast.approver)
        row = Authenticator.objects.get(type="totp")
        count = LedgerEntry.objects.count()
        remove_authenticator(
            authenticator=row, proof=make_proof(cast.approver), actor=cast.approver, at=NOON
        )
        assert LedgerEntry.objects.count() == count + 1
        assert told(newest_entry("accounts")) == (
            "authenticator.removed",
            {"authenticators": {f"authenticator:{row.pk}": "TOTP"}},
        )
        assert [kind for _, kind in apps_and_passkeys(cast.approver)] == ["webauthn"]
        with refused(CodeWrong):
            prove_by(cast.approver, code=code_now(secret))

    def test_a_removed_passkey_signs_nothing(self, cast: Cast) -> None:
        lost, kept = make_passkey(cast.approver), make_passkey(cast.approver)
        answer = touched(cast.approver, lost, ACT)
        remove_authenticator(
            authenticator=Authenticator.objects.order_by("pk")[0],
            proof=make_proof(cast.approver), actor=cast.approver, at=NOON,
        )  # fmt: skip
        with refused(PasskeyWrong):
            prove_by(cast.approver, passkey=answer)
        assert prove_by(cast.approver, passkey=touched(cast.approver, kept, ACT))

    @pytest.mark.parametrize("who", ["owner", "administrator"])
    def test_not_somebody_elses(self, cast: Cast, who: str) -> None:
        make_app(cast.approver)
        row, other = Authenticator.objects.get(), getattr(cast, who)
        with refused(AuthenticatorGone):
            remove_authenticator(authenticator=row, proof=make_proof(other), actor=other, at=NOON)

    def test_with_the_password_only(self, cast: Cast) -> None:
        make_app(cast.approver)
        proof = Proof(user_ref=cast.approver.ref, method="TOTP", at=NOON)
        with refused(ProofMissing):
            remove_authenticator(
                authenticator=Authenticator.objects.get(), proof=proof, actor=cast.approver, at=NOON
            )

    def test_all_that_somebody_lost(self, cast: Cast) -> None:
        make_app(cast.approver)
        make_passkey(cast.approver)
        make_app(cast.owner)
        pairs = apps_and_passkeys(cast.approver)
        count = LedgerEntry.objects.count()
        remove_lost(user=cast.approver, actor=CONSOLE, at=NOON)
        entry = newest_entry("accounts")
        assert LedgerEntry.objects.count() == count + 1
        assert (entry.subject, entry.actor) == (cast.approver.ref, CONSOLE.ref)
        assert told(entry) == (
            "authenticator.removed",
            {
                "authenticators": {
                    f"authenticator:{pairs[0][0]}": "TOTP",
                    f"authenticator:{pairs[1][0]}": "PASSKEY",
                }
            },
        )
        assert apps_and_passkeys(cast.approver) == []
        assert len(apps_and_passkeys(cast.owner)) == 1

    @pytest.mark.parametrize(
        ("whose", "who", "error"),
        [("approver", "owner", PermissionMissing), ("approver", "approver", PermissionMissing),
         ("administrator", "administrator", OwnAccount),
         ("outsider", "administrator", AuthenticatorGone)],
    )  # fmt: skip
    def test_who_may_not(self, cast: Cast, whose: str, who: str, error: type[DomainError]) -> None:
        for user in (cast.approver, cast.administrator):
            make_app(user)
        with refused(error):
            remove_lost(user=getattr(cast, whose), actor=getattr(cast, who), at=NOON)


class TestProofs:
    def test_each_says_which_it_was(self, cast: Cast) -> None:
        device, secret = make_passkey(cast.approver), make_app(cast.approver)
        cache.clear()
        given = {
            "PASSWORD": {"password": PASSWORD},
            "TOTP": {"code": code_now(secret)},
            "PASSKEY": {"passkey": touched(cast.approver, device, ACT)},
        }
        for method, what in given.items():
            expected = Proof(user_ref=cast.approver.ref, method=method, at=NOON)
            assert prove_by(cast.approver, **what) == expected

    def test_a_code_may_be_typed_in_groups_but_once(self, cast: Cast) -> None:
        secret = make_app(cast.approver)
        cache.clear()
        code = code_now(secret)
        assert prove_by(cast.approver, code=f"{code[:3]} {code[3:]}")
        with refused(CodeWrong):
            prove_by(cast.approver, code=code)

    def test_a_code_of_another_moment(self, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
        secret = make_app(cast.approver)
        cache.clear()
        code, now = code_now(secret), time.time()
        for seconds in (-60, -30, 30, 60):
            with monkeypatch.context() as patch:
                patch.setattr("allauth.mfa.totp.internal.auth.time.time", lambda s=seconds: now + s)
                with refused(CodeWrong):
                    prove_by(cast.approver, code=code)
        assert prove_by(cast.approver, code=code)

    def test_somebody_elses_proves_nothing(self, cast: Cast) -> None:
        device, secret = make_passkey(cast.owner), make_app(cast.owner)
        make_passkey(cast.approver)
        make_app(cast.approver)
        cache.clear()
        with refused(CodeWrong):
            prove_by(cast.approver, code=code_now(secret))
        theirs, asked = touched(cast.owner, device, ACT), ask_approver(cast)
        mine = answer_to(asked, device.answers(asked.options), act=ACT)
        for answer in (theirs, mine):
            with refused(PasskeyWrong):
                prove_by(cast.approver, passkey=answer)

    def test_a_passkey_answers_once(self, cast: Cast) -> None:
        device = make_passkey(cast.approver)
        answer = touched(cast.approver, device, ACT)
        assert prove_by(cast.approver, passkey=answer)
        with refused(PasskeyWrong) as caught:
            prove_by(cast.approver, passkey=answer)
        assert "already" in caught.value.message

    def test_a_passkey_answers_for_one_act(self, cast: Cast) -> None:
        device = make_passkey(cast.approver)
        given = touched(cast.approver, device, ACT)
        other = Answer(
            response=given.response, sealed=given.sealed, act="sign request:2", origin=ORIGIN
        )
        with refused(PasskeyWrong):
            prove_by(cast.approver, passkey=other)
        assert prove_by(cast.approver, passkey=given)

    def test_a_passkey_answers_within_two_minutes(self, cast: Cast) -> None:
        device = make_passkey(cast.approver)
        for seconds, holds in ((119, True), (121, False)):
            at = NOON - timedelta(seconds=seconds)
            given = touched(cast.approver, device, ACT, at=at)
            if holds:
                assert prove_by(cast.approver, passkey=given)
            else:
                with refused(PasskeyWrong):
                    prove_by(cast.approver, passkey=given)

    def test_a_device_that_did_not_verify_its_holder(self, cast: Cast) -> None:
        device = make_passkey(cast.approver)
        given = touched(cast.approver, device, ACT, verified=False)
        with refused(PasskeyWrong):
            prove_by(cast.approver, passkey=given)

    @pytest.mark.parametrize("origin", ["http://evil.example", "http://a.localhost:8000"])
    def test_an_answer_to_another_address(self, cast: Cast, origin: str) -> None:
        device = make_passkey(cast.approver)
        asked = ask_approver(cast)
        answer = answer_to(asked, device.answers(asked.options, origin=origin), act=ACT)
        with refused(PasskeyWrong):
            prove_by(cast.approver, passkey=answer)

    def test_a_forged_signature(self, cast: Cast) -> None:
        device = make_passkey(cast.approver)
        thief = Device()
        thief.credential_id = device.credential_id
        with refused(PasskeyWrong):
            prove_by(cast.approver, passkey=touched(cast.approver, thief, ACT))

    def test_whoever_has_no_passkey_is_asked_for_none(self, cast: Cast) -> None:
        with refused(AuthenticatorGone):
            ask_approver(cast)

    def test_wrong_tries_of_all_kinds_are_counted_together(self, cast: Cast) -> None:
        device, secret = make_passkey(cast.approver), make_app(cast.approver)
        cache.clear()
        wrong: list[dict[str, Any]] = [
            {"password": "guess"},
            {"code": "000000"},
            {"passkey": touched(cast.approver, device, ACT, verified=False)},
        ]
        for number in range(TRIES):
            with pytest.raises(ProofWrong):
                prove_by(cast.approver, **wrong[number % 3])
        right: dict[type[DomainError], dict[str, Any]] = {
            PasswordWrong: {"password": PASSWORD},
            CodeWrong: {"code": code_now(secret)},
            PasskeyWrong: {"passkey": touched(cast.approver, device, ACT)},
        }
        for error, given in right.items():
            with refused(error) as caught:
                prove_by(cast.approver, **given)
            assert "Wait five minutes" in caught.value.message

    def test_what_was_given_deliberately_counts(self, cast: Cast) -> None:
        """A browser fills a password in unasked; it must not cover up a wrong code."""
        make_app(cast.approver)
        with refused(CodeWrong):
            prove_by(cast.approver, password=PASSWORD, code="000000")


def ask_approver(cast: Cast) -> Any:
    return ask(cast.approver, act=ACT, origin=ORIGIN, at=NOON)


@pytest.mark.parametrize(
    ("origin", "can"),
    [("https://countersign.example", True), ("https://countersign.example:8443", True),
     ("http://localhost:8000", True), ("http://countersign.example", False),
     ("http://127.0.0.1:8000", False), ("https://10.0.0.7", False), ("https://[::1]:8000", False)],
)  # fmt: skip
def test_where_browsers_offer_passkeys(origin: str, can: bool) -> None:
    assert can_be_used_at(origin) is can
