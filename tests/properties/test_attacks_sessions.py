"""Sessions, passwords, redirects and forged requests."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from governance.accounts.actions import edit_user, end_role, revoke_token
from governance.accounts.models import ApiToken, User
from governance.accounts.proof import TRIES, ProofGiven, prove
from governance.accounts.queries import CONSOLE, token_holder
from governance.accounts.rules import PasswordWrong, Role, Scope
from governance.approvals.models import PromotionRequest, SignOff
from governance.audit.models import LedgerEntry
from governance.registry.models import ModelVersion
from governance.registry.rules import Stage
from tests import factories as f
from tests.factories import NOON, PASSWORD, Cast
from tests.world import nothing_moves, rows

pytestmark = pytest.mark.django_db
GUESS = ProofGiven(password="guess")


@pytest.fixture(autouse=True)
def _fresh_cache() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def request_(cast: Cast) -> PromotionRequest:
    f.make_policies(cast)
    return f.make_ready(cast, f.make_version(cast, f.make_model(cast)))


def signed_in(user: User, **kwargs: Any) -> Client:
    client = Client(**kwargs)
    client.post("/sign-in/", {"login": user.email, "password": PASSWORD})
    assert "_auth_user_id" in client.session
    return client


class TestPasswords:
    def test_after_five_wrong_ones_the_right_one_waits_too(self, cast: Cast) -> None:
        for _ in range(TRIES):
            with pytest.raises(PasswordWrong):
                prove(cast.approver, given=GUESS, at=NOON)
        with pytest.raises(PasswordWrong):
            prove(cast.approver, given=ProofGiven(password=PASSWORD), at=NOON)

    def test_the_right_one_clears_the_count(self, cast: Cast) -> None:
        for _ in range(TRIES - 1):
            with pytest.raises(PasswordWrong):
                prove(cast.approver, given=GUESS, at=NOON)
        assert prove(cast.approver, given=ProofGiven(password=PASSWORD), at=NOON)
        with pytest.raises(PasswordWrong, match="4 tries left"):
            prove(cast.approver, given=GUESS, at=NOON)

    def test_tries_at_once_are_as_many_tries(
        self, cast: Cast, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """All look at the password before any has been counted, unless counting comes first."""
        looked, gate = [], threading.Barrier(12, timeout=3)

        def slow(self: User, raw_password: str) -> bool:
            looked.append(raw_password)
            return False

        monkeypatch.setattr(User, "check_password", slow)

        def guess() -> None:
            gate.wait()
            with pytest.raises(PasswordWrong):
                prove(cast.approver, given=GUESS, at=NOON)

        threads = [threading.Thread(target=guess) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(looked) == TRIES

    def test_sign_in_is_throttled(self, cast: Cast) -> None:
        client = Client()
        for _ in range(12):
            client.post("/sign-in/", {"login": cast.approver.email, "password": "guess"})
        client.post("/sign-in/", {"login": cast.approver.email, "password": PASSWORD})
        assert "_auth_user_id" not in client.session

    def test_an_unknown_address_is_answered_like_a_wrong_password(self, cast: Cast) -> None:
        said = []
        for email in (cast.approver.email, "nobody@bank.example"):
            page = Client().post("/sign-in/", {"login": email, "password": "guess"})
            said.append(page.content.decode().replace(email, "*"))
        assert said[0].count("error") == said[1].count("error")
        assert "nobody" not in said[1].replace("nobody@bank.example", "")


class TestSessions:
    def test_signing_in_gives_a_new_session(self, cast: Cast) -> None:
        client = Client()
        client.get("/sign-in/")
        client.cookies["sessionid"] = "a" * 32
        client.post("/sign-in/", {"login": cast.owner.email, "password": PASSWORD})
        assert client.cookies["sessionid"].value != "a" * 32

    def test_a_new_password_ends_the_other_sessions(self, cast: Cast) -> None:
        here, there = signed_in(cast.owner), signed_in(cast.owner)
        answer = here.post(
            "/password/",
            {"oldpassword": PASSWORD, "password1": "a-new-horse-8!", "password2": "a-new-horse-8!"},
        )
        assert answer.status_code == 302
        assert here.get("/").status_code == 200
        assert there.get("/").status_code == 302

    def test_a_closed_account_is_out_at_once(self, cast: Cast) -> None:
        client = signed_in(cast.approver)
        edit_user(
            user=cast.approver, name=cast.approver.name, is_active=False,
            actor=cast.administrator, at=timezone.now(),
        )  # fmt: skip
        assert client.get("/").status_code == 302

    @pytest.mark.parametrize(
        "target",
        ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)",
         "http:evil.example", "/\r\nSet-Cookie: a=b", "https:///evil.example"],
    )  # fmt: skip
    def test_no_address_leads_out(self, cast: Cast, target: str) -> None:
        for client, path, data in (
            (Client(), "/sign-in/", {"login": cast.owner.email, "password": PASSWORD}),
            (signed_in(cast.owner), "/theme/", {"theme": "dark"}),
            (signed_in(cast.owner), "/sign-out/", {}),
        ):
            answer = client.post(path, data | {"next": target})
            place = answer.headers.get("Location", "/")
            assert place.startswith("/"), place
            assert not place.startswith(("//", "/\\")), place
            assert "Set-Cookie: a=b" not in place


class TestForgedRequests:
    @pytest.mark.parametrize(
        "path",
        ["/decisions/{id}/sign/", "/decisions/{id}/withdraw/", "/models/churn-model/roll-back/",
         "/models/churn-model/versions/1/ask/", "/policies/new/", "/theme/", "/password/",
         "/policies/rehearse/", "/sign-out/", "/admin/accounts/rolegrant/add/", "/evidence/",
         "/models/churn-model/versions/1/card/publish/"],
    )  # fmt: skip
    def test_without_the_token_of_our_page_nothing_is_done(
        self, cast: Cast, request_: PromotionRequest, path: str
    ) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(cast.approver)
        before = rows()
        answer = client.post(path.format(id=request_.pk), {"decision": "APPROVE"})
        assert answer.status_code == 403
        assert rows() == before

    def test_a_session_opens_no_interface_for_machines(
        self, cast: Cast, request_: PromotionRequest
    ) -> None:
        """They ask for no token of ours, so no cookie may count there."""
        client = signed_in(cast.developer)
        body = {"name": "churn-model", "version": "1", "stage": "Archived"}
        for prefix in ("/api", "/ajax-api"):
            path = f"{prefix}/2.0/mlflow/model-versions/transition-stage"
            assert client.post(path, body, content_type="application/json").status_code == 401
        path = "/api/v1/models/churn-model/versions/1/evaluations"
        assert client.get(path).status_code == 401
        assert ModelVersion.objects.get().stage == Stage.STAGING

    @pytest.mark.parametrize("path", ["/", "/sign-in/", "/nowhere/", "/admin/", "/policies/"])
    def test_every_answer_carries_its_armour(self, cast: Cast, path: str) -> None:
        answer = signed_in(cast.owner).get(path)
        assert answer["X-Frame-Options"] == "DENY"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Referrer-Policy"] == "same-origin"
        policy = answer["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy

    def test_what_a_caller_calls_its_request_goes_no_further_than_a_name(self, cast: Cast) -> None:
        answer = signed_in(cast.owner).get("/", headers={"X-Request-ID": "a\tb<script>" * 9})
        assert "script" not in answer["X-Request-ID"]


class TestTokens:
    def holds(self, secret: str) -> bool:
        return token_holder(secret, at=timezone.now()) is not None

    def test_when_one_stops_to_hold(self, cast: Cast) -> None:
        now = timezone.now()
        _, secret = f.make_token(cast, at=now)
        assert self.holds(secret)
        assert not self.holds(secret[:-1])
        assert not self.holds(secret.upper())
        assert not self.holds("")
        assert token_holder(secret, at=now + timedelta(days=91)) is None
        revoke_token(token=ApiToken.objects.get(), actor=CONSOLE, at=now)
        assert not self.holds(secret)

    def test_it_falls_with_who_answers_for_it(self, cast: Cast) -> None:
        _, secret = f.make_token(cast, at=timezone.now())
        edit_user(
            user=cast.developer, name=cast.developer.name, is_active=False,
            actor=cast.administrator, at=timezone.now(),
        )  # fmt: skip
        assert not self.holds(secret)

    def test_a_reader_can_change_nothing(self, cast: Cast, request_: PromotionRequest) -> None:
        _, secret = f.make_token(cast, scopes=[Scope.READ], at=timezone.now())
        client = Client(headers={"Authorization": f"Bearer {secret}"})
        name = {"name": "churn-model"}
        calls = {
            "registered-models/create": {"name": "other"},
            "registered-models/set-tag": name | {"key": "a", "value": "b"},
            "model-versions/create": name | {"source": "s3://a"},
            "model-versions/set-tag": name | {"version": "1", "key": "a", "value": "b"},
            "model-versions/transition-stage": name | {"version": "1", "stage": "Archived"},
        }
        for path, body in calls.items():
            with nothing_moves(entries=["call.refused"]):
                answer = client.post(
                    f"/api/2.0/mlflow/{path}", body, content_type="application/json"
                )
            assert answer.status_code == 403, path


def test_a_role_that_ends_between_two_clicks_signs_nothing(
    cast: Cast, request_: PromotionRequest
) -> None:
    client = signed_in(cast.approver)
    page = client.get(f"/decisions/{request_.pk}/sign/?role=APPROVER").content.decode()
    seen = page.partition('name="seen" value="')[2].partition('"')[0]
    assert seen
    end_role(grant=cast.approver.grants.get(), actor=CONSOLE, at=timezone.now())
    answer = client.post(
        f"/decisions/{request_.pk}/sign/",
        {"step": "sign", "decision": "APPROVE", "role": Role.APPROVER, "seen": seen,
         "comment": "", "password": PASSWORD},
    )  # fmt: skip
    assert answer.status_code in {403, 404}
    assert not SignOff.objects.exists()
    assert not LedgerEntry.objects.filter(verb="request.signed").exists()
