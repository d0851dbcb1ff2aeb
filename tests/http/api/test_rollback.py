"""/api/v1/models/NAME/slots/SLOT/rollback: one call, one person's proof, one signature."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from governance.accounts.actions import create_unit
from governance.accounts.models import User
from governance.accounts.queries import CONSOLE
from governance.accounts.rules import ORDINARY_SCOPES, Role, Scope
from governance.approvals.models import PromotionRequest
from governance.audit.models import LedgerEntry, Prose
from governance.audit.verification import verify
from governance.registry.actions.slots import create_slot
from governance.registry.models import ModelVersion, Slot
from governance.registry.rules import Move, Stage
from governance.validation.actions.findings import open_finding
from tests import factories as f
from tests.authenticators import code_now, make_app, make_passkey
from tests.factories import NOON, PASSWORD, Cast
from tests.http.portal.deciding import read
from tests.remembering import remembered
from tests.reviewing import also
from tests.world import nothing_moves

pytestmark = pytest.mark.django_db

EU = "eu-retail/primary"
DEFAULT = "/api/v1/models/churn-model/slots/primary/rollback"
ALMA = "alma.second@bank.example"
REFUSED = ["call.refused"]

Call = Callable[..., Any]


@pytest.fixture(autouse=True)
def _nobody_has_tried() -> None:
    cache.clear()


@pytest.fixture
def second(cast: Cast) -> ModelVersion:
    return two_champions(cast)


@remembered
def two_champions(cast: Cast) -> ModelVersion:
    """Version 2 serves, and version 1, approved earlier, is archived."""
    f.make_policies(cast)
    model = f.make_model(cast)
    f.make_champion(cast, f.make_version(cast, model))
    version = f.make_version(cast, model, artifact="b" * 64)
    f.make_champion(cast, version)
    return version


@pytest.fixture
def secret(cast: Cast) -> str:
    return f.make_token(cast, name="runbook", scopes=[Scope.ROLL_BACK], at=timezone.now())[1]


@pytest.fixture
def call(client: Client, secret: str) -> Call:
    def call(address: str, body: Any = None, *, token: str = secret) -> Any:
        headers = {"Authorization": f"Bearer {token}"}
        if body is None:
            return client.get(address, headers=headers)
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return client.generic("POST", address, data, "application/json", headers=headers)

    return call


def seen(call: Call, address: str = DEFAULT) -> str:
    answer = call(address)
    assert answer.status_code == 200, answer.content
    return str(answer.json()["digest"])


def said(digest: str, **other: Any) -> dict[str, Any]:
    return {
        "digest": digest, "reason": "It drifts.", "approver": ALMA, "password": PASSWORD,
    } | other  # fmt: skip


def stages(version: ModelVersion) -> dict[int, str]:
    return dict(version.model.versions.values_list("number", "stage"))


def test_says_what_returns_what_goes_and_who_could_decide_it(
    call: Call, second: ModelVersion
) -> None:
    with nothing_moves():
        body = call(DEFAULT).json()
    first = second.model.versions.get(number=1)
    assert body["returning"] == {"version": "1", "label": None, "digest": first.digest}
    assert body["leaving"] == {"version": "2", "label": None, "digest": second.digest}
    assert (body["model"], body["slot"]) == ("churn-model", "primary")
    assert body["rests_on"]["request"] == "D-2"
    assert [(one["name"], one["role"]) for one in body["rests_on"]["signatures"]] == [
        ("Vera Valid", "VALIDATOR"), ("Arno Approver", "APPROVER"),
    ]  # fmt: skip
    assert body["meaning"].startswith("I return this version to service")
    assert body["who"] == [
        {"role": "APPROVER", "name": "Alma Second"}, {"role": "APPROVER", "name": "Arno Approver"},
    ]  # fmt: skip


def test_an_approver_who_proves_themself_rolls_back_in_one_call(
    call: Call, cast: Cast, second: ModelVersion
) -> None:
    digest = seen(call)
    answer = call(DEFAULT, said(digest))
    assert answer.status_code == 200, answer.content
    assert stages(second) == {1: Stage.PRODUCTION, 2: Stage.ARCHIVED}
    request = PromotionRequest.objects.get(move=Move.ROLLED_BACK)
    body = answer.json()
    assert (body["version"], body["request"]) == ("1", request.reference)
    assert (body["digest"], body["link"]) == (
        digest, f"{settings.BASE_URL}/decisions/{request.pk}/",
    )  # fmt: skip
    signed = request.sign_offs.get()
    assert (signed.signer, signed.proof) == (cast.second_approver, "PASSWORD")
    assert (request.requested_by, request.requested_via[:8]) == (cast.second_approver, "service:")
    entry = LedgerEntry.objects.of_stream(second.model.stream).latest("seq")
    assert (entry.verb, entry.actor, entry.source) == (
        "version.rolled_back", cast.second_approver.ref, "API",
    )  # fmt: skip
    assert "It drifts." in read(cast.owner, f"/decisions/{request.pk}/")
    assert verify().intact


def test_the_same_call_again_answers_what_the_first_one_did(
    call: Call, second: ModelVersion
) -> None:
    body = said(seen(call))
    first = call(DEFAULT, body)
    with nothing_moves():
        again = call(DEFAULT, body)
    assert (again.status_code, again.json()) == (200, first.json())
    with nothing_moves(entries=REFUSED):
        other = call(DEFAULT, body | {"approver": "arno.approver@bank.example"})
    assert other.json()["code"] == "nothing_to_roll_back_to"


def test_the_digest_of_another_decision_is_no_rollback_done_before(
    call: Call, cast: Cast, second: ModelVersion
) -> None:
    """The approver's signature under the promotion of version 2 says nothing about a rollback."""
    promoted = PromotionRequest.objects.get(version=second, target=Stage.PRODUCTION)
    with nothing_moves(entries=REFUSED):
        answer = call(DEFAULT, said(promoted.decided_digest, approver=cast.approver.email))
    assert (answer.status_code, answer.json()["code"]) == (409, "dossier_changed")


def test_whoever_signs_in_with_a_code_gives_one_here_too(
    call: Call, cast: Cast, second: ModelVersion
) -> None:
    """A token and a password that leaked must not do what a browser would not be let in for."""
    app = make_app(cast.second_approver, at=timezone.now())
    cache.clear()
    digest = seen(call)
    for given, rule in (
        ({}, "proof_missing"),
        ({"code": "0000000"}, "code_wrong"),
        ({"code": code_now(app), "password": "wrong"}, "password_wrong"),
    ):
        with nothing_moves(entries=REFUSED):
            answer = call(DEFAULT, said(digest, **given))
        assert (answer.status_code, answer.json()["code"]) == (403, rule)
    cache.clear()
    code = code_now(app)
    answer = call(DEFAULT, said(digest, code=code))
    assert answer.status_code == 200, answer.content
    assert PromotionRequest.objects.get(move=Move.ROLLED_BACK).sign_offs.get().proof == "TOTP"
    # A call that is sent again is no second try with a code that is spent.
    with nothing_moves():
        assert call(DEFAULT, said(digest, code=code)).json() == answer.json()


def test_tries_at_codes_are_counted_although_the_password_is_right(
    call: Call, cast: Cast, second: ModelVersion
) -> None:
    make_app(cast.second_approver, at=timezone.now())
    cache.clear()
    digest = seen(call)
    told = [call(DEFAULT, said(digest, code="0000000")).json()["detail"] for _ in range(6)]
    assert ["4 tries left" in told[0], "0 tries left" in told[4], "Wait five" in told[5]] == [
        True
    ] * 3


def test_a_passkey_is_for_the_page(call: Call, cast: Cast, second: ModelVersion) -> None:
    make_passkey(cast.second_approver, at=timezone.now())
    digest = seen(call)
    with nothing_moves(entries=REFUSED):
        answer = call(DEFAULT, said(digest))
    assert (answer.status_code, answer.json()["code"]) == (403, "proof_missing")
    assert "do this on the page" in answer.json()["detail"]


def test_a_code_of_no_app_proves_nothing(call: Call, second: ModelVersion) -> None:
    digest = seen(call)
    with nothing_moves(entries=REFUSED):
        assert call(DEFAULT, said(digest, code="123456")).json()["code"] == "code_wrong"


@pytest.mark.parametrize(
    ("who", "code", "reason"),
    [
        ("owner", "duties_not_separated", "You own or have owned churn-model."),
        ("developer", "duties_not_separated", "You are or were a developer of churn-model."),
        ("validator", "permission_missing", "Only an approver in Retail credit"),
        ("compliance", "permission_missing", "Only an approver in Retail credit"),
        ("administrator", "permission_missing", "Only an approver in Retail credit"),
        ("outsider", "permission_missing", "Only an approver in Retail credit"),
    ],
)
def test_others_are_refused_with_the_reason(
    call: Call, cast: Cast, second: ModelVersion, who: str, code: str, reason: str
) -> None:
    user = getattr(cast, who)
    if who in {"owner", "developer"}:
        also(user, Role.APPROVER, cast.unit)
    User.objects.filter(pk=cast.administrator.pk).update(is_superuser=True)
    digest = seen(call)
    with nothing_moves(entries=REFUSED):
        answer = call(DEFAULT, said(digest, approver=user.email))
    assert (answer.status_code, answer.json()["code"]) == (403, code)
    assert reason in answer.json()["detail"]


def test_whether_an_address_is_anybodys_is_not_told(
    call: Call, cast: Cast, second: ModelVersion
) -> None:
    digest = seen(call)
    former = f.make_person("Fred Former", Role.APPROVER, unit=cast.root)
    User.objects.filter(pk=former.pk).update(is_active=False)
    answers = [
        call(DEFAULT, said(digest, approver=email, password=password)).json()
        for email in ("nobody@bank.example", cast.validator.email, former.email, "no address")
        for password in (PASSWORD, "wrong")
    ]
    assert all(answer == answers[0] for answer in answers)
    assert answers[0]["code"] == "permission_missing"
    assert stages(second)[2] == Stage.PRODUCTION


def test_five_wrong_passwords_lock_here_as_on_the_page(
    call: Call, cast: Cast, second: ModelVersion
) -> None:
    digest = seen(call)
    with nothing_moves(entries=REFUSED):
        for left in (4, 3, 2, 1, 0):
            answer = call(DEFAULT, said(digest, password="no"))
            assert f"{left} tries left" in answer.json()["detail"]
            assert (answer.status_code, answer.json()["code"]) == (403, "password_wrong")
        assert "Wait five minutes" in call(DEFAULT, said(digest)).json()["detail"]
    assert stages(second)[2] == Stage.PRODUCTION


def test_a_password_that_somebody_else_gave_proves_nothing(
    call: Call, cast: Cast, second: ModelVersion
) -> None:
    User.objects.filter(pk=cast.second_approver.pk).update(password_chosen_at=None)
    digest = seen(call)
    with nothing_moves(entries=REFUSED):
        answer = call(DEFAULT, said(digest))
    assert (answer.status_code, answer.json()["code"]) == (403, "password_not_own")


def test_what_changed_in_between_is_answered_with_the_new_digest(
    call: Call, cast: Cast, second: ModelVersion
) -> None:
    digest = seen(call)
    open_finding(version=second, finding=f.due_finding("HIGH"), actor=cast.validator, at=NOON)
    with nothing_moves(entries=REFUSED):
        answer = call(DEFAULT, said(digest))
    body = answer.json()
    assert (answer.status_code, body["code"]) == (409, "dossier_changed")
    assert (body["seen"], body["now"]) == (digest, seen(call))
    assert call(DEFAULT, said(body["now"])).status_code == 200


@pytest.mark.parametrize("scopes", [ORDINARY_SCOPES, [Scope.READ], [Scope.REQUEST, Scope.REJECT]])
def test_only_a_token_made_for_it_passes_a_rollback_on(
    call: Call, cast: Cast, second: ModelVersion, scopes: list[Scope]
) -> None:
    other = f.make_token(cast, name="pipeline", scopes=scopes, at=timezone.now())[1]
    digest = seen(call)
    for password in (PASSWORD, "wrong"):
        entries = REFUSED if password == PASSWORD else []
        with nothing_moves(entries=entries):
            answer = call(DEFAULT, said(digest, password=password), token=other)
        assert (answer.status_code, answer.json()["code"]) == (403, "permission_missing")
        assert answer.json()["permission"] == "approvals:promotion:roll_back"
    assert call(DEFAULT, token=other).status_code == 200


def test_a_token_alone_authorizes_nothing(call: Call, cast: Cast, second: ModelVersion) -> None:
    digest = seen(call)
    with nothing_moves():
        for missing in ("password", "approver", "digest", "reason"):
            answer = call(DEFAULT, said(digest) | {missing: ""})
            assert answer.status_code == 422
            assert answer.json()["problems"][0]["field"] == missing


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"reason": "   "}, "reason"),
        ({"reason": "x" * 4001}, "reason"),
        ({"code": "1" * 33}, "code"),
        ({"password": ["x"]}, "password"),
        ({"password": "x" * 5000}, "password"),
        ({"digest": "x" * 65}, "digest"),
        ({"approver": "a\x00@b"}, "approver"),
        ({"approver": 17, "reason": None}, "reason"),
    ],
)
def test_a_field_that_is_wrong_is_named_and_the_password_not_said_back(
    call: Call, second: ModelVersion, body: dict[str, Any], field: str
) -> None:
    digest = seen(call)
    with nothing_moves():
        answer = call(DEFAULT, said(digest) | body)
    assert answer.status_code == 422
    assert field in {problem["field"] for problem in answer.json()["problems"]}
    assert PASSWORD not in answer.content.decode()
    assert "xxxx" not in answer.content.decode()


def test_the_password_is_nowhere_afterwards(
    call: Call, cast: Cast, second: ModelVersion, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = "not-the-password-4711"
    digest = seen(call)
    with caplog.at_level(logging.DEBUG):
        answers = [
            call(DEFAULT, said(digest, password=wrong)),
            call(DEFAULT, json.dumps(said(digest, password=wrong)).encode()[:-1]),
            call(DEFAULT, said("0" * 64, password=wrong)),
            call(DEFAULT, said(digest)),
        ]
    assert [answer.status_code for answer in answers] == [403, 400, 409, 200]
    told = " ".join(answer.content.decode() for answer in answers) + caplog.text
    kept = " ".join(
        [*LedgerEntry.objects.values_list("text", flat=True),
         *Prose.objects.values_list("text", flat=True)]
    )  # fmt: skip
    for secret in (wrong, PASSWORD):
        assert secret not in told
        assert secret not in kept
    refused = LedgerEntry.objects.filter(verb="call.refused").oldest_first()
    assert [entry.facts["approver"] for entry in refused] == [cast.second_approver.ref] * 2
    assert {entry.facts["call"] for entry in refused} == {"POST rollback"}


def test_a_slot_whose_name_has_a_slash_is_in_the_address(
    call: Call, cast: Cast, second: ModelVersion
) -> None:
    slot = create_slot(model=second.model, name=EU, actor=cast.owner, at=NOON)
    address = f"/api/v1/models/churn-model/slots/{EU}/rollback"
    with nothing_moves():
        answer = call(address)
    assert (answer.status_code, answer.json()["code"]) == (403, "nothing_to_roll_back_to")
    with nothing_moves(entries=REFUSED):
        assert call(address, said("0" * 64)).json()["code"] == "nothing_to_roll_back_to"
    assert call(address.replace("/primary/", "%2Fprimary/")).json() == answer.json()
    assert slot == Slot.objects.get(name=EU)


def test_what_the_token_may_not_see_is_not_there(
    call: Call, cast: Cast, second: ModelVersion
) -> None:
    digest = seen(call)
    markets = create_unit(path="bank/markets", name="Markets", actor=CONSOLE, at=NOON)
    theirs = replace(cast, unit=markets)
    other = f.make_token(theirs, name="theirs", at=timezone.now())[1]
    with nothing_moves():
        assert call(DEFAULT, token=other).status_code == 404
        assert call(DEFAULT, said(digest), token=other).status_code == 404
        for address in (
            "/api/v1/models/unknown/slots/primary/rollback",
            "/api/v1/models/churn-model/slots/nowhere/rollback",
            "/api/v1/models/churn-model/slots/%00/rollback",
            "/api/v1/models/churn-model/slots/primary/",
        ):
            assert call(address).status_code == 404
            assert call(address, said(digest)).status_code == 404


def test_an_old_token_and_none_at_all(client: Client, call: Call, second: ModelVersion) -> None:
    digest = seen(call)
    with nothing_moves():
        assert (
            client.post(DEFAULT, said(digest), content_type="application/json").status_code == 401
        )
        assert call(DEFAULT, said(digest), token="unknown").status_code == 401
