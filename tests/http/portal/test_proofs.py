"""Proving who one is on pages: codes and passkeys beside the password, and where they are kept."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.test import Client

from governance.accounts.models import User
from governance.accounts.proof import TRIES
from governance.approvals.actions import propose_policy
from governance.approvals.models import PolicySignOff, PromotionRequest, SignOff
from governance.audit.models import LedgerEntry
from governance.registry.models import ModelVersion
from governance.validation.actions.validations import save_validation
from governance.validation.models import Report
from governance.validation.queries import pending_report
from governance.validation.rules import Opinion, ValidationRecord
from tests import factories
from tests.authenticators import Device, apps_and_passkeys, code_now, make_app, make_passkey
from tests.factories import NOON, PASSWORD, Cast
from tests.http.portal.deciding import (
    carried,
    everybody_signs_in,
    hidden,
    post,
    read,
    signed_in,
    waiting_request,
)
from tests.http.portal.test_rolling_back import two_champions
from tests.world import nothing_moves

REFUSED = ["call.refused"]
AT_LOCALHOST: dict[str, Any] = {"headers": {"host": "localhost"}}
"""Where browsers offer passkeys without TLS."""
RECORD = ValidationRecord(
    scope="Concept and data.", opinion=Opinion.FIT, summary="The results agree.", findings=()
)


@pytest.fixture(autouse=True)
def _at_their_desks(cast: Cast) -> None:
    everybody_signs_in(cast)
    cache.clear()


@pytest.fixture
def request_(cast: Cast) -> PromotionRequest:
    return waiting_request(cast)


def sign(user: User, request: PromotionRequest, **given: str) -> Any:
    """Post the sign step with something else than the password."""
    told = {
        "step": "sign", "decision": "REJECT", "role": "APPROVER",
        "seen": carried(user, request), "comment": "The holdout is too small.", "password": "",
    }  # fmt: skip
    return post(user, f"/decisions/{request.pk}/sign/", **(told | given))


def fresh_app(user: User) -> str:
    """An app whose code of this moment is not spent."""
    secret = make_app(user)
    cache.clear()
    return secret


class TestCodes:
    def test_a_code_signs(self, cast: Cast, request_: PromotionRequest) -> None:
        secret = fresh_app(cast.approver)
        answer = sign(cast.approver, request_, code=code_now(secret))
        assert answer.status_code == 302
        assert SignOff.objects.get().proof == "TOTP"
        assert "Code of an authenticator app" in read(cast.approver, f"/decisions/{request_.pk}/")

    def test_a_wrong_one_signs_nothing_and_keeps_what_was_typed(
        self, cast: Cast, request_: PromotionRequest
    ) -> None:
        fresh_app(cast.approver)
        with nothing_moves(entries=REFUSED):
            answer = sign(cast.approver, request_, code="000000")
        page = answer.content.decode()
        assert answer.status_code == 403
        assert "That code is not right, or was used already." in page
        assert "The holdout is too small." in page
        assert "000000" not in page
        assert LedgerEntry.objects.latest("at", "seq").facts["rule"] == "code_wrong"

    def test_a_used_one_signs_nothing(self, cast: Cast, request_: PromotionRequest) -> None:
        secret = fresh_app(cast.approver)
        code = code_now(secret)
        other = factories.make_version(cast, request_.model, artifact="b" * 64)
        second = factories.make_ready(cast, other)
        assert sign(cast.approver, second, code=code).status_code == 302
        with nothing_moves(entries=REFUSED):
            assert sign(cast.approver, request_, code=code).status_code == 403

    def test_somebody_elses_signs_nothing(self, cast: Cast, request_: PromotionRequest) -> None:
        fresh_app(cast.approver)
        secret = fresh_app(cast.second_approver)
        with nothing_moves(entries=REFUSED):
            assert sign(cast.approver, request_, code=code_now(secret)).status_code == 403

    def test_who_has_no_app_is_asked_for_no_code(
        self, cast: Cast, request_: PromotionRequest
    ) -> None:
        secret = fresh_app(cast.second_approver)
        page = read(cast.approver, f"/decisions/{request_.pk}/sign/?role=APPROVER")
        assert 'name="code"' not in page
        with nothing_moves():
            answer = sign(cast.approver, request_, code=code_now(secret))
        assert answer.status_code == 422
        assert "Enter your password again." in answer.content.decode()

    def test_wrong_codes_and_wrong_passwords_are_counted_together(
        self, cast: Cast, request_: PromotionRequest
    ) -> None:
        secret = fresh_app(cast.approver)
        for number in range(TRIES):
            wrong = {"code": "000000"} if number % 2 else {"password": "guess"}
            assert sign(cast.approver, request_, **wrong).status_code == 403
        with nothing_moves(entries=REFUSED):
            answer = sign(cast.approver, request_, code=code_now(secret))
        assert "Wait five minutes" in answer.content.decode()
        with nothing_moves(entries=REFUSED):
            answer = sign(cast.approver, request_, password=PASSWORD)
        assert "Wait five minutes" in answer.content.decode()

    def test_nothing_given_signs_nothing_and_says_what_is_wanted(
        self, cast: Cast, request_: PromotionRequest
    ) -> None:
        fresh_app(cast.approver)
        with nothing_moves():
            answer = sign(cast.approver, request_)
        assert answer.status_code == 422
        assert "Give your password or a code of your app." in answer.content.decode()

    def test_the_password_still_signs(self, cast: Cast, request_: PromotionRequest) -> None:
        fresh_app(cast.approver)
        assert sign(cast.approver, request_, password=PASSWORD).status_code == 302
        assert SignOff.objects.get().proof == "PASSWORD"


class TestPasskeys:
    ORIGIN = "http://localhost"

    def answer(
        self, user: User, device: Device, page: str, *, origin: str = ORIGIN
    ) -> dict[str, str]:
        """What a browser adds to the form of the page once the passkey was used."""
        act = hidden(page.replace('data-act="', 'name="act" value="'), "act")
        asked = signed_in(user).post("/security/challenge/", {"act": act}, **AT_LOCALHOST).json()
        response = device.answers(asked["options"], origin=origin)
        return {"passkey": json.dumps(response), "challenge": asked["challenge"]}

    def page(self, user: User, path: str) -> str:
        answer = signed_in(user).get(path, **AT_LOCALHOST)
        assert answer.status_code == 200
        return str(answer.content.decode())

    def post(self, user: User, path: str, **data: str) -> Any:
        return signed_in(user).post(path, data, **AT_LOCALHOST)

    def sign(self, user: User, request: PromotionRequest, page: str, **given: str) -> Any:
        told = {
            "step": "sign", "decision": "APPROVE", "role": "APPROVER", "comment": "",
            "seen": hidden(page, "seen"), "password": "",
        }  # fmt: skip
        return self.post(user, f"/decisions/{request.pk}/sign/", **(told | given))

    def step(self, request: PromotionRequest, decision: str = "APPROVE") -> str:
        return f"/decisions/{request.pk}/sign/?role=APPROVER&decision={decision}"

    def test_a_passkey_signs_a_decision(self, cast: Cast, request_: PromotionRequest) -> None:
        device = make_passkey(cast.approver)
        page = self.page(cast.approver, self.step(request_, "REJECT"))
        given = self.answer(cast.approver, device, page) | {
            "decision": "REJECT",
            "comment": "The holdout is too small.",
        }
        assert self.sign(cast.approver, request_, page, **given).status_code == 302
        assert SignOff.objects.get().proof == "PASSKEY"
        shown = self.page(cast.approver, f"/decisions/{request_.pk}/")
        assert "Passkey, unlocked by its holder" in shown

    def test_what_was_meant_for_one_decision_signs_no_other(
        self, cast: Cast, request_: PromotionRequest
    ) -> None:
        device = make_passkey(cast.approver)
        rejecting = self.page(cast.approver, self.step(request_, "REJECT"))
        given = self.answer(cast.approver, device, rejecting)
        page = self.page(cast.approver, self.step(request_))
        with nothing_moves(entries=REFUSED):
            answer = self.sign(cast.approver, request_, page, **given)
        assert answer.status_code == 403
        assert "That passkey answered for something else." in answer.content.decode()

    @pytest.mark.parametrize("passkey", ["x", "[]", "1", "{}", "[" * 9000, '{"response": 1}'])
    def test_what_no_browser_sends(
        self, cast: Cast, request_: PromotionRequest, passkey: str
    ) -> None:
        device = make_passkey(cast.approver)
        page = self.page(cast.approver, self.step(request_))
        given = self.answer(cast.approver, device, page)
        answer = self.sign(cast.approver, request_, page, **(given | {"passkey": passkey}))
        assert answer.status_code in {403, 422}
        assert SignOff.objects.count() == 0

    def test_an_answer_is_never_printed_again(self, cast: Cast, request_: PromotionRequest) -> None:
        """Otherwise it would be sent once more with the password, and be wrong once more."""
        device = make_passkey(cast.approver)
        page = self.page(cast.approver, self.step(request_))
        given = self.answer(cast.approver, device, page, origin="http://evil.example")
        answer = self.sign(cast.approver, request_, page, **given).content.decode()
        assert "That passkey was not accepted." in answer
        assert given["challenge"] not in answer

    def test_at_an_address_of_numbers_no_passkey_is_asked_for(
        self, cast: Cast, request_: PromotionRequest
    ) -> None:
        make_passkey(cast.approver)
        numbers = {"headers": {"host": "127.0.0.1"}}
        page = signed_in(cast.approver).get(self.step(request_), **numbers).content.decode()
        assert "data-passkey" not in page
        page = signed_in(cast.approver).get("/security/", **numbers).content.decode()
        assert "Passkeys do not work at this address." in page
        assert "Blue key" in page

    def test_who_has_none_gets_no_challenge(self, cast: Cast) -> None:
        with nothing_moves(entries=REFUSED):
            answer = self.post(cast.owner, "/security/challenge/", act="anything")
        assert answer.status_code == 409


class TestWhereElseOneSigns:
    def test_a_policy(self, cast: Cast) -> None:
        factories.make_policies(cast)
        lowered = factories.TO_PRODUCTION.replace("0.90", "0.85")
        row = propose_policy(text=lowered, actor=cast.administrator, at=NOON)
        secret = fresh_app(cast.approver)
        told = {"decision": "APPROVE", "comment": "", "password": "", "digest": row.digest}
        with nothing_moves(entries=REFUSED):
            post(cast.approver, f"/policies/{row.pk}/sign/", code="000000", **told)
        answer = post(cast.approver, f"/policies/{row.pk}/sign/", code=code_now(secret), **told)
        assert answer.status_code == 302
        assert PolicySignOff.objects.get(policy=row).proof == "TOTP"
        assert "Code of an authenticator app" in read(cast.owner, f"/policies/{row.pk}/")

    def test_a_validation_report(self, cast: Cast) -> None:
        version = factories.make_version(cast, factories.make_model(cast))
        draft = save_validation(
            version=version, record=RECORD, base=None, actor=cast.validator, at=NOON
        )
        secret = fresh_app(cast.validator)
        path = "/models/churn-model/versions/1/validation/"
        told = {"digest": pending_report(draft).digest, "password": ""}
        with nothing_moves(entries=REFUSED):
            post(cast.validator, f"{path}sign/", code="000000", **told)
        answer = post(cast.validator, f"{path}sign/", code=code_now(secret), **told)
        assert answer.status_code == 302
        assert Report.objects.get().signed_with == "TOTP"
        assert "Code of an authenticator app" in read(cast.validator, path)

    def test_a_rollback(self, cast: Cast) -> None:
        two_champions(cast)
        secret = fresh_app(cast.second_approver)
        path = "/models/churn-model/roll-back/"
        told = {
            "seen": hidden(read(cast.second_approver, path), "seen"),
            "reason": "It drifts.",
            "password": "",
        }
        with nothing_moves(entries=REFUSED):
            post(cast.second_approver, path, code="000000", **told)
        answer = post(cast.second_approver, path, code=code_now(secret), **told)
        assert answer.status_code == 302
        assert SignOff.objects.get(signer=cast.second_approver).proof == "TOTP"
        assert ModelVersion.objects.get(number=1).stage == "PRODUCTION"


class TestKeepingThem:
    """The pages under /security/."""

    def test_an_app_is_added_and_removed(self, cast: Cast) -> None:
        page = read(cast.owner, "/security/app/")
        secret = shown_key(page)
        assert 'src="data:image/svg+xml;base64,' in page
        told = {"secret": hidden(page, "secret"), "password": PASSWORD}
        assert secret not in told["secret"]
        added = post(cast.owner, "/security/app/", code=code_now(secret), **told)
        assert added.headers["Location"] == "/security/"
        row = Authenticator.objects.get(user=cast.owner)
        page = read(cast.owner, "/security/")
        assert "Your authenticator app is added." in page
        assert f"/security/{row.pk}/remove/" in page
        removed = post(cast.owner, f"/security/{row.pk}/remove/", password=PASSWORD)
        assert removed.headers["Location"] == "/security/"
        assert apps_and_passkeys(cast.owner) == []
        assert "Removed an authenticator of Olga Owner" in read(cast.auditor, "/audit/")
        verbs = list(LedgerEntry.objects.oldest_first().values_list("verb", flat=True))
        assert verbs[-2:] == ["authenticator.added", "authenticator.removed"]

    @pytest.mark.parametrize(
        ("wrong", "status", "said"),
        [
            ({"password": "guess"}, 403, "That password is not right."),
            ({"password": ""}, 422, "Enter your password again."),
            ({"code": "000000"}, 422, "That is not the code of this moment."),
            ({"code": ""}, 422, "Enter the code that your app shows."),
        ],
    )
    def test_what_adds_no_app(
        self, cast: Cast, wrong: dict[str, str], status: int, said: str
    ) -> None:
        page = read(cast.owner, "/security/app/")
        secret = shown_key(page)
        told = {
            "secret": hidden(page, "secret"), "password": PASSWORD, "code": code_now(secret),
        } | wrong  # fmt: skip
        with nothing_moves(entries=REFUSED if status == 403 else []):
            answer = post(cast.owner, "/security/app/", **told)
        page = answer.content.decode()
        assert answer.status_code == status
        assert said in page
        # The key in the app stays the right one.
        assert shown_key(page) == secret
        assert apps_and_passkeys(cast.owner) == []

    @pytest.mark.parametrize("secret", ["", "gAAAA", "JBSWY3DPEHPK3PXP"])
    def test_a_key_that_we_never_showed(self, cast: Cast, secret: str) -> None:
        told = {"secret": secret, "password": PASSWORD, "code": "000000"}
        with nothing_moves(entries=REFUSED):
            answer = post(cast.owner, "/security/app/", **told)
        assert answer.status_code == 409
        assert apps_and_passkeys(cast.owner) == []

    def test_a_key_that_was_shown_to_somebody_else(self, cast: Cast) -> None:
        page = read(cast.owner, "/security/app/")
        told = {
            "secret": hidden(page, "secret"),
            "password": PASSWORD,
            "code": code_now(shown_key(page)),
        }
        with nothing_moves(entries=REFUSED):
            assert post(cast.approver, "/security/app/", **told).status_code == 409
        assert apps_and_passkeys(cast.approver) == []

    def test_nobody_adds_one_with_a_password_that_somebody_gave_them(self, cast: Cast) -> None:
        User.objects.filter(pk=cast.owner.pk).update(password_chosen_at=None)
        page = read(cast.owner, "/security/app/")
        told = {
            "secret": hidden(page, "secret"),
            "password": PASSWORD,
            "code": code_now(shown_key(page)),
        }
        with nothing_moves(entries=REFUSED):
            answer = post(cast.owner, "/security/app/", **told)
        assert answer.status_code == 403
        assert "choose one of your own first" in answer.content.decode()
        assert apps_and_passkeys(cast.owner) == []
        assert "Given to you" in read(cast.owner, "/security/")

    def test_a_passkey_is_added(self, cast: Cast) -> None:
        device, client = Device(), signed_in(cast.owner)
        offered = client.post("/security/passkey/options/", **AT_LOCALHOST).json()
        told = {
            "name": "Laptop", "password": PASSWORD, "challenge": offered["challenge"],
            "passkey": json.dumps(device.makes(offered["options"], origin="http://localhost")),
        }  # fmt: skip
        answer = client.post("/security/passkey/", told, **AT_LOCALHOST)
        assert answer.headers["Location"] == "/security/"
        page = read(cast.owner, "/security/")
        assert "Laptop" in page
        assert "Never used" in page

    def test_a_passkey_that_the_browser_did_not_make(self, cast: Cast) -> None:
        client = signed_in(cast.owner)
        told = {"name": "Laptop", "password": PASSWORD, "challenge": "", "passkey": ""}
        for given in ({}, {"passkey": "[]"}, {"passkey": "{"}):
            with nothing_moves():
                answer = client.post("/security/passkey/", told | given, **AT_LOCALHOST)
            assert answer.status_code == 422
            assert "No passkey was added." in answer.content.decode()
        with nothing_moves(entries=REFUSED):
            answer = client.post("/security/passkey/", told | {"passkey": "{}"}, **AT_LOCALHOST)
        assert answer.status_code == 403
        assert 'value="Laptop"' in answer.content.decode()

    def test_a_wrong_password_removes_nothing(self, cast: Cast) -> None:
        make_app(cast.owner)
        number = Authenticator.objects.get().pk
        with nothing_moves(entries=REFUSED):
            answer = post(cast.owner, f"/security/{number}/remove/", password="guess")
        assert answer.status_code == 403
        assert "That password is not right." in answer.content.decode()
        assert len(apps_and_passkeys(cast.owner)) == 1

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_somebody_elses_does_not_exist(self, cast: Cast, method: str) -> None:
        make_app(cast.owner)
        path = f"/security/{Authenticator.objects.get().pk}/remove/"
        with nothing_moves():
            for user in (cast.approver, cast.administrator):
                answer = getattr(signed_in(user), method)(path, {"password": PASSWORD})
                assert answer.status_code == 404
        assert len(apps_and_passkeys(cast.owner)) == 1

    def test_nobody_comes_here_without_signing_in(self, cast: Cast) -> None:
        for path in ("", "app/", "passkey/", "1/remove/"):
            assert Client().get(f"/security/{path}").status_code == 302
        for path in ("challenge/", "passkey/options/"):
            assert Client().post(f"/security/{path}").status_code == 302


class TestSigningIn:
    def first_step(self, user: User, **target: str) -> Client:
        client = Client(headers={"host": "localhost"})
        told = {"login": user.email, "password": PASSWORD} | target
        answer = client.post("/sign-in/", told)
        assert answer.headers["Location"].startswith("/sign-in/second-step/")
        assert client.get("/").status_code == 302
        return client

    def test_it_asks_for_a_code_and_then_goes_on(self, cast: Cast) -> None:
        secret = fresh_app(cast.owner)
        count = LedgerEntry.objects.count()
        client = self.first_step(cast.owner, next="/policies/")
        assert LedgerEntry.objects.count() == count
        page = client.get("/sign-in/second-step/").content.decode()
        assert "Enter the code that your authenticator app shows now." in page
        assert "data-passkey" not in page
        answer = client.post("/sign-in/second-step/", {"code": code_now(secret)})
        assert answer.headers["Location"] == "/policies/"
        assert client.get("/").status_code == 200
        assert LedgerEntry.objects.count() == count + 1
        assert LedgerEntry.objects.latest("at", "seq").verb == "user.signed_in"

    def test_a_wrong_or_used_code_lets_nobody_in(self, cast: Cast) -> None:
        secret = fresh_app(cast.owner)
        code = code_now(secret)
        self.first_step(cast.owner).post("/sign-in/second-step/", {"code": code})
        client = self.first_step(cast.owner)
        for given in ("000000", code, ""):
            with nothing_moves():
                answer = client.post("/sign-in/second-step/", {"code": given})
            assert answer.status_code == 200
            assert "You are not signed in." in answer.content.decode()
            assert client.get("/").status_code == 302

    def test_a_code_that_let_somebody_in_signs_nothing(
        self, cast: Cast, request_: PromotionRequest
    ) -> None:
        secret = fresh_app(cast.approver)
        code = code_now(secret)
        self.first_step(cast.approver).post("/sign-in/second-step/", {"code": code})
        with nothing_moves(entries=REFUSED):
            assert sign(cast.approver, request_, code=code).status_code == 403

    def test_the_right_code_waits_too_after_too_many_wrong_ones(self, cast: Cast) -> None:
        secret = fresh_app(cast.owner)
        client = self.first_step(cast.owner)
        for _ in range(12):
            client.post("/sign-in/second-step/", {"code": "000000"})
        client.post("/sign-in/second-step/", {"code": code_now(secret)})
        assert client.get("/").status_code == 302

    def test_a_passkey_is_the_second_step(self, cast: Cast) -> None:
        device = make_passkey(cast.owner)
        client = self.first_step(cast.owner)
        page = client.get("/sign-in/second-step/").content.decode()
        assert 'name="code"' not in page
        options = json.loads(hidden(page.replace("data-options=", 'name="o" value='), "o"))
        answer = device.answers(options, origin="http://localhost")
        done = client.post("/sign-in/second-step/", {"credential": json.dumps(answer)})
        assert done.headers["Location"] == "/"
        assert client.get("/").status_code == 200

    def test_where_passkeys_do_not_work_it_says_so(self, cast: Cast) -> None:
        make_passkey(cast.owner)
        client = Client(headers={"host": "127.0.0.1"})
        client.post("/sign-in/", {"login": cast.owner.email, "password": PASSWORD})
        page = client.get("/sign-in/second-step/").content.decode()
        assert "Passkeys do not work at this address." in page
        assert "data-passkey" not in page

    @pytest.mark.parametrize("credential", ["", "{}", "[]", "1", '{"response": 1}', "[" * 9000])
    def test_what_no_passkey_answers_lets_nobody_in(self, cast: Cast, credential: str) -> None:
        make_passkey(cast.owner)
        client = self.first_step(cast.owner)
        client.get("/sign-in/second-step/")
        answer = client.post("/sign-in/second-step/", {"credential": credential})
        assert answer.status_code == 200
        assert client.get("/").status_code == 302

    def test_an_unverified_holder_is_not_let_in(self, cast: Cast) -> None:
        device = make_passkey(cast.owner)
        client = self.first_step(cast.owner)
        page = client.get("/sign-in/second-step/").content.decode()
        options = json.loads(hidden(page.replace("data-options=", 'name="o" value='), "o"))
        answer = device.answers(options, origin="http://localhost", verified=False)
        client.post("/sign-in/second-step/", {"credential": json.dumps(answer)})
        assert client.get("/").status_code == 302

    def test_the_second_step_alone_leads_nowhere(self, cast: Cast) -> None:
        secret = fresh_app(cast.owner)
        client = Client()
        assert client.get("/sign-in/second-step/").headers["Location"].startswith("/sign-in/")
        client.post("/sign-in/second-step/", {"code": code_now(secret)})
        assert client.get("/").status_code == 302

    def test_under_another_secret_key_it_says_what_to_do(self, cast: Cast, settings: Any) -> None:
        secret = fresh_app(cast.owner)
        settings.SECRET_KEY = "another-secret-key-" * 4
        client = self.first_step(cast.owner)
        answer = client.post("/sign-in/second-step/", {"code": code_now(secret)})
        assert "remove_authenticators" in answer.content.decode()
        assert client.get("/").status_code == 302


def shown_key(page: str) -> str:
    found = re.search(r'<dd class="mono wrap">([A-Z2-7 ]+)</dd>', page)
    assert found
    return found[1].replace(" ", "")
