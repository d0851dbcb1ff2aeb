"""Compliance sees what an erasure takes and leaves, erases with a proof, and holds back."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from governance.accounts.models import Erasure, Hold, User
from governance.approvals.models import SignOff
from governance.audit.models import LedgerEntry, Prose
from governance.audit.verification import verify
from governance.registry.actions.comments import comment_on_version
from governance.registry.models import ModelVersion
from tests import factories as f
from tests.erasing import erase, let_go, places_of
from tests.factories import NOON, PASSWORD, Cast
from tests.world import nothing_moves

pytestmark = pytest.mark.django_db
LIST = "/personal-data/"
ORDER = {"authority": "GDPR_17_1_B", "case": "DSR-2026/17", "reason": "By letter."}


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def keeper(cast: Cast) -> Client:
    return client_of(cast.compliance)


@pytest.fixture
def version(cast: Cast) -> ModelVersion:
    f.make_policies(cast)
    version = f.make_version(cast, f.make_model(cast))
    f.make_champion(cast, version)
    return version


def of(person: User) -> str:
    return reverse("personal_person", args=[person.pk])


def text_of(response: Any) -> str:
    return str(response.content.decode())


def test_the_preview_says_what_goes_what_stays_and_why(
    cast: Cast, keeper: Client, version: ModelVersion
) -> None:
    comment_on_version(version=version, text="Ask Vera Valid.", actor=cast.owner, at=NOON)
    person = let_go(cast.validator)
    with nothing_moves():
        page = text_of(keeper.get(of(person)))
    for words in (
        "Name, e-mail address and password",
        "Name printed under a decision",
        "Name printed under a validation",
        "churn-model is in use: its record is kept.",
        "Texts that hold the name",
        "Erase it for good",
        f"Erased person {person.pk.hex[:8]}",
    ):
        assert words in page, words


def test_erased_with_order_and_proof_the_name_is_nowhere_to_be_read(
    cast: Cast, keeper: Client
) -> None:
    person = let_go(cast.outsider)
    answer = keeper.post(of(person), ORDER | {"password": PASSWORD}, follow=True)
    page = text_of(answer)
    assert "Erased: 1 item. Nothing had to stay." in page
    assert "Nothing is left that could be erased." in page
    assert "Otto" not in page
    assert "GDPR Art. 17(1)(b): consent was withdrawn, case DSR-2026/17" in page
    assert Erasure.objects.get().proof == "PASSWORD"
    assert "Otto" not in text_of(keeper.get(LIST))
    assert "Erased a person’s data" in text_of(keeper.get("/audit/"))
    # The session of who erased is one of Django's own rows.
    assert places_of(["otto"]) == set()
    assert verify().intact


@pytest.mark.parametrize(
    ("changed", "status", "words"),
    [
        ({"password": "wrong"}, 403, "That password is not right."),
        ({"authority": ""}, 422, "Choose by what law it is erased."),
        ({"case": "Anna Berger"}, 422, "Enter its number"),
        ({"reason": ""}, 422, "Say why."),
    ],
)
def test_a_form_that_does_not_do_comes_back(
    cast: Cast, keeper: Client, changed: dict[str, str], status: int, words: str
) -> None:
    person = let_go(cast.outsider)
    verbs = ["call.refused"] if status == 403 else []
    with nothing_moves(entries=verbs):
        answer = keeper.post(of(person), ORDER | {"password": PASSWORD} | changed)
    assert answer.status_code == status
    assert words in text_of(answer)
    assert "Nothing was erased." in text_of(answer)


def test_who_may_still_sign_in_is_refused(cast: Cast, keeper: Client) -> None:
    assert "may still sign in" in text_of(keeper.get(of(cast.outsider)))
    with nothing_moves(entries=["call.refused"]):
        answer = keeper.post(of(cast.outsider), ORDER | {"password": PASSWORD})
    assert answer.status_code == 409
    assert LedgerEntry.objects.latest("at").subject == cast.outsider.ref


@pytest.mark.parametrize("who", ["owner", "approver", "administrator", "validator"])
def test_nobody_else_sees_or_does_any_of_it(cast: Cast, who: str) -> None:
    person, client = let_go(cast.second_approver), client_of(getattr(cast, who))
    assert client.get(LIST).status_code == 403
    assert client.get(of(person)).status_code == 403
    text = reverse("personal_text", args=[uuid4()])
    assert client.get(text).status_code == 403
    with nothing_moves(entries=["call.refused"]):
        answer = client.post(of(person), ORDER | {"password": PASSWORD})
    assert answer.status_code == 403


def test_what_does_not_exist_is_not_found(keeper: Client) -> None:
    for name in ("personal_person", "personal_lift", "personal_text"):
        assert keeper.get(reverse(name, args=[uuid4()])).status_code == 404


def test_a_hold_on_a_person_is_placed_seen_and_lifted(cast: Cast, keeper: Client) -> None:
    person = let_go(cast.outsider)
    placing = reverse("personal_hold", args=[person.pk])
    with nothing_moves():
        assert keeper.post(placing, {"hold-reason": ""}).status_code == 422
    page = text_of(keeper.post(placing, {"hold-reason": "Case 7 O 12/26."}, follow=True))
    assert "Case 7 O 12/26." in page
    assert "Erase it for good" not in page
    with nothing_moves(entries=["call.refused"]):
        assert keeper.post(of(person), ORDER | {"password": PASSWORD}).status_code == 403
    lifting = reverse("personal_lift", args=[Hold.objects.get().pk])
    assert "Lift the hold on Otto Outsider" in text_of(keeper.get(lifting))
    with nothing_moves():
        assert keeper.post(lifting, {"lift-reason": ""}).status_code == 422
    keeper.post(lifting, {"lift-reason": "Settled."})
    assert "Nothing is on hold." in text_of(keeper.get(LIST))
    assert keeper.get(lifting).status_code == 404


def test_a_model_is_held_by_its_name(cast: Cast, keeper: Client, version: ModelVersion) -> None:
    page = text_of(
        keeper.post(LIST, {"hold-model": "churn-model", "hold-reason": "A case."}, follow=True)
    )
    assert "churn-model is on hold: nothing of it is erased." in page
    assert Hold.objects.get().subject == version.model.ref
    with nothing_moves():
        answer = keeper.post(LIST, {"hold-model": "no-such", "hold-reason": "A case."})
    assert answer.status_code == 404


def test_one_text_that_must_stay_says_so(cast: Cast, keeper: Client, version: ModelVersion) -> None:
    printed = SignOff.objects.get(signer=cast.validator).printed_name
    address = reverse("personal_text", args=[printed.pk])
    page = text_of(keeper.get(address))
    assert "It has to stay." in page
    assert "Erase it for good" not in page
    with nothing_moves(entries=["call.refused"]):
        assert keeper.post(address, ORDER | {"password": PASSWORD}).status_code == 403
    assert Prose.objects.get(pk=printed.pk).text == "Vera Valid"


def test_pages_show_the_pseudonym_everywhere(
    cast: Cast, keeper: Client, version: ModelVersion
) -> None:
    """Of an owner who left: nothing that they did is lost, and nothing says who they were."""
    person = let_go(cast.owner)
    erase(cast, person, at=NOON)
    model = version.model
    for address in (
        f"/models/{model.name}/",
        f"/models/{model.name}/record/",
        f"/models/{model.name}/versions/1/",
        f"/models/{model.name}/versions/1/card/",
        f"/models/{model.name}/versions/1/card/views/reviewer/",
        "/models/",
        "/models.csv",
        "/inventory/export.csv",
        "/inventory/export.json",
        "/decisions/",
        "/audit/",
        f"/models/?as_of={timezone.now():%Y-%m-%d}",
    ):
        answer = keeper.get(address)
        found = (
            b"".join(answer.streaming_content) if answer.streaming else answer.content
        ).decode()
        assert answer.status_code == 200, address
        assert "Olga" not in found, address
        assert "olga.owner" not in found, address
    assert person.pseudonym in text_of(keeper.get(f"/models/{model.name}/"))
    assert Client().post(
        "/sign-in/", {"login": "olga.owner@bank.example", "password": PASSWORD}
    ).status_code == 200  # fmt: skip
