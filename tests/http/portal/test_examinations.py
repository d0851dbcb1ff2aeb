"""Examinations on pages: opening and keeping one, asking in it, answering."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from html import unescape

import pytest
from django.utils import timezone

from governance.accounts.models import User
from governance.audit.models import LedgerEntry
from governance.audit.rules import Verb
from governance.evidence.models import ExaminationView, InformationRequest
from governance.inventory.models import Examination, ExaminedModel, Model
from governance.portal.pages.inbox import Item
from governance.portal.pages.inbox_examinations import examination_items
from tests import factories as f
from tests.examining import answered, asked, assigned, examination, examiner
from tests.factories import Cast
from tests.http.portal.deciding import everybody_signs_in, post, read, signed_in
from tests.world import newest_entry, nothing_moves

pytestmark = pytest.mark.django_db


def ahead(days: int) -> date:
    return timezone.now().date() + timedelta(days=days)


@pytest.fixture
def model(cast: Cast) -> Model:
    everybody_signs_in(cast)
    return f.make_model(cast)


@pytest.fixture
def person(cast: Cast) -> User:
    return examiner(cast)


@pytest.fixture
def opened(cast: Cast, person: User, model: Model) -> Examination:
    row = examination(cast, [person], [model], at=timezone.now())
    person.refresh_from_db()
    return row


@pytest.fixture
def request_(cast: Cast, opened: Examination, person: User, model: Model) -> InformationRequest:
    return asked(person, model, at=timezone.now())


def said(cast: Cast, person: User, model: Model, **changed: str) -> dict[str, str]:
    return {
        "title": "Thematic review",
        "authority": "Section 12.",
        "unit": str(cast.root.pk),
        "examiners": person.email,
        "models": model.name,
        "starts_at": ahead(0).isoformat(),
        "ends_at": ahead(9).isoformat(),
    } | changed


def test_compliance_opens_one_and_keeps_it(cast: Cast, person: User, model: Model) -> None:
    other = f.make_model(cast, name="other-model")
    response = post(cast.compliance, "/examinations/new/", **said(cast, person, model))
    row = Examination.objects.get()
    assert response.headers["Location"] == f"/examinations/{row.pk}/"
    assert row.closes_at.date() == ahead(10)
    shown = read(cast.compliance, f"/examinations/{row.pk}/")
    for words in ("Thematic review", "Section 12.", person.email, model.name):
        assert words in shown
    assert "Thematic review" in read(cast.compliance, "/examinations/")
    post(
        cast.compliance, f"/examinations/{row.pk}/widen/",
        **{"widen-models": other.name, "widen-reason": "Asked for."},
    )  # fmt: skip
    post(
        cast.compliance, f"/examinations/{row.pk}/extend/",
        **{"extend-ends_at": ahead(20).isoformat(), "extend-reason": "Not done."},
    )  # fmt: skip
    assert ExaminedModel.objects.count() == 2
    assert row.extensions.get().ends_at.date() == ahead(21)
    post(cast.compliance, f"/examinations/{row.pk}/end/", **{"end-reason": "Done."})
    assert "Ended early" in read(cast.compliance, f"/examinations/{row.pk}/")
    verbs = LedgerEntry.objects.of_stream(row.stream).oldest_first().values_list("verb", flat=True)
    assert list(verbs) == [
        Verb.EXAMINATION_OPENED,
        Verb.EXAMINATION_WIDENED,
        Verb.EXAMINATION_EXTENDED,
        Verb.EXAMINATION_ENDED,
    ]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"examiners": "nobody@bank.example"}, "No account has the address"),
        ({"models": "nonsense"}, "There is no model nonsense."),
        ({"ends_at": ahead(-1).isoformat()}, "an end that is still to come"),
        ({"title": ""}, "Give the examination a title."),
        ({"models": ""}, "Name at least one model."),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    cast: Cast, person: User, model: Model, changed: dict[str, str], words: str
) -> None:
    with nothing_moves():
        response = post(
            cast.compliance, "/examinations/new/", **said(cast, person, model) | changed
        )
    assert response.status_code == 422
    shown = unescape(response.content.decode())
    assert words in shown
    assert "Section 12." in shown


def test_who_holds_a_role_cannot_be_named_and_that_is_on_record(
    cast: Cast, person: User, model: Model
) -> None:
    data = said(cast, person, model, examiners=f"{person.email}\n{cast.validator.email}")
    with nothing_moves(entries=[Verb.CALL_REFUSED]):
        response = post(cast.compliance, "/examinations/new/", **data)
    assert response.status_code == 403
    assert "holds or held a role" in response.content.decode()
    assert newest_entry("accounts").facts["rule"] == "unfit_examiner"


@pytest.mark.parametrize("way", ["widen", "extend", "end"])
def test_keeping_one_needs_its_words(cast: Cast, opened: Examination, way: str) -> None:
    with nothing_moves():
        response = post(cast.compliance, f"/examinations/{opened.pk}/{way}/")
    assert response.status_code == 422


def test_nobody_else_sees_examinations(cast: Cast, opened: Examination) -> None:
    for who in (cast.owner, cast.approver, cast.administrator, cast.outsider):
        read(who, f"/examinations/{opened.pk}/", status=404)
        read(who, f"/examinations/{opened.pk}/views.csv", status=404)
        assert opened.title not in read(who, "/examinations/")
        assert "Opening an examination takes the role compliance" in read(who, "/examinations/new/")


def test_what_was_opened_is_a_file(
    cast: Cast, opened: Examination, person: User, model: Model
) -> None:
    read(person, "/")
    read(person, f"/models/{model.name}/?x=%3D1%2B1")
    text = read(cast.compliance, f"/examinations/{opened.pk}/views.csv")
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert [(row["page"], row["model"], row["address"]) for row in rows] == [
        ("home", "", "/"),
        ("model", model.name, f"/models/{model.name}/?x=%3D1%2B1"),
    ]
    assert {row["examiner"] for row in rows} == {person.name}
    assert model.name in read(cast.compliance, f"/examinations/{opened.pk}/")


def test_the_examiners_home_says_what_is_open_and_until_when(
    opened: Examination, person: User, model: Model
) -> None:
    shown = read(person, "/")
    for words in (opened.title, model.name, "What you open is recorded", "Ask for information"):
        assert words in shown
    assert "/people/" not in shown
    assert "/policies/" not in shown
    assert ExaminationView.objects.get().page == "home"


def test_a_request_goes_to_and_fro_on_pages(
    cast: Cast, opened: Examination, person: User, model: Model
) -> None:
    version = f.make_version(cast, model)
    about = f"/models/{model.name}/"
    read(person, about)
    read(person, f"/information-requests/new/?page={about}")
    post(
        person, "/information-requests/new/", subject="Challengers", question="Which ones?",
        model="", wished_date=ahead(3).isoformat(), page=about,
    )  # fmt: skip
    row = InformationRequest.objects.get()
    address = f"/information-requests/{row.pk}/"
    assert (row.model, row.about is not None) == (model, True)
    assert "Nobody yet" in read(cast.compliance, address)
    post(cast.compliance, f"{address}assign/", **{"assign-assignee": str(cast.owner.pk)})
    assert "Challengers" in read(cast.owner, "/")
    post(
        cast.owner, f"{address}answer/",
        **{"answer-text": "Two of them.", "answer-attached": [version.ref]},
    )  # fmt: skip
    shown = read(person, address)
    assert "Two of them." in shown
    assert f"/models/{model.name}/versions/1/" in shown
    post(person, f"{address}follow-up/", **{"follow_up-text": "And in April?"})
    assert "And in April?" in read(cast.owner, address)
    post(cast.owner, f"{address}answer/", **{"answer-text": "None."})
    post(person, f"{address}accept/")
    assert "Accepted" in read(cast.compliance, address)
    assert "Challengers" not in read(cast.owner, "/")


def test_an_answer_that_names_what_is_outside_is_refused_and_stays(
    cast: Cast, request_: InformationRequest
) -> None:
    outside = f.make_model(cast, name="other-model")
    assigned(cast, request_, cast.owner, at=timezone.now())
    with nothing_moves():
        response = post(
            cast.owner, f"/information-requests/{request_.pk}/answer/",
            **{"answer-text": "Here it is.", "answer-attached": [outside.ref]},
        )  # fmt: skip
    assert response.status_code == 422
    assert "Here it is." in response.content.decode()


def test_others_answer_nothing_and_that_is_on_record(
    cast: Cast, opened: Examination, request_: InformationRequest
) -> None:
    address = f"/information-requests/{request_.pk}/answer/"
    with nothing_moves(entries=[Verb.CALL_REFUSED]):
        response = post(cast.compliance, address, **{"answer-text": "x"})
    assert response.status_code == 403
    assert newest_entry(opened.stream).facts["rule"] == "not_yours_to_answer"
    with nothing_moves():
        assert post(cast.validator, address, **{"answer-text": "x"}).status_code == 404


def test_what_is_refused_to_an_examiner_is_on_record_in_the_examination(
    opened: Examination, person: User, model: Model
) -> None:
    signed_in(person)
    with nothing_moves(entries=[Verb.CALL_REFUSED]):
        response = post(person, f"/models/{model.name}/changes/", reason="x")
    assert response.status_code == 403
    assert "An examiner reads." in response.content.decode()
    entry = newest_entry(opened.stream)
    assert (entry.facts["rule"], entry.actor) == ("examiners_read", person.ref)


def test_a_page_that_comes_back_with_an_error_is_recorded_too(
    opened: Examination, person: User
) -> None:
    assert post(person, "/information-requests/new/").status_code == 422
    assert ExaminationView.objects.get().page == "information_new"


def test_the_second_factor_is_theirs_to_keep_as_everybodys(
    opened: Examination, person: User
) -> None:
    read(person, "/security/")
    assert signed_in(person).get("/password/").status_code == 200
    assert not ExaminationView.objects.exists()


def test_what_is_late_stands_first_in_the_inbox(
    cast: Cast, opened: Examination, person: User, model: Model
) -> None:
    now = timezone.now()
    row = asked(person, model, at=now, wished_date=now.date())
    unassigned = list(examination_items(cast.compliance, at=now))
    assert [item.href for item in unassigned] == [f"/information-requests/{row.pk}/"]
    assigned(cast, row, cast.owner, at=now)
    (item,) = examination_items(cast.owner, at=now)
    assert isinstance(item, Item)
    assert not item.is_late(now.date())
    assert item.is_late(now.date() + timedelta(days=1))
    assert not list(examination_items(cast.compliance, at=now))
    answered(row, cast.owner, at=now)
    assert not list(examination_items(cast.owner, at=now))
