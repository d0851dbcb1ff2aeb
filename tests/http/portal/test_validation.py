"""The validation's pages: reading, recording, signing, findings, and every refusal."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from governance.accounts.models import User
from governance.accounts.rules import Role
from governance.registry.models import ModelVersion
from governance.validation.models import Finding, Report, Validation
from governance.validation.queries import pending_report
from tests import factories
from tests.factories import NOON, PASSWORD, Cast, due_finding, make_report
from tests.reviewing import also
from tests.world import nothing_moves

pytestmark = pytest.mark.django_db
PAGE = "/models/churn-model/versions/1/validation/"
SOON = (timezone.now() + timedelta(days=60)).date().isoformat()
REPORT = {
    "base": "0",
    "opinion": "FIT_WITH_CONDITIONS",
    "scope": "Eight quarters.",
    "summary": "**Stable** in all.",
}
FINDING = {
    "findings.0.severity": "HIGH",
    "findings.0.title": "Thin slice",
    "findings.0.description": "Only 412 rows.",
    "findings.0.remediation": "Collect more.",
    "findings.0.owner": "",
    "findings.0.due_date": SOON,
}


@pytest.fixture(autouse=True)
def _fresh_tries() -> None:
    cache.clear()


@pytest.fixture
def cast() -> Cast:
    return factories.make_cast()


@pytest.fixture
def version(cast: Cast) -> ModelVersion:
    return factories.make_version(cast, factories.make_model(cast))


@pytest.fixture
def validator(cast: Cast, version: ModelVersion) -> Client:
    return reader(cast.validator)


def reader(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text_of(response: HttpResponse) -> str:
    return response.content.decode()


def seen_digest() -> str:
    return pending_report(Validation.objects.select_related("version").get()).digest


def test_from_the_empty_page_to_a_signed_report(validator: Client) -> None:
    assert "Record a validation" in text_of(validator.get(PAGE))
    saved = validator.post(f"{PAGE}record/", REPORT | FINDING)
    assert saved.headers["Location"] == f"{PAGE}sign/"
    step = text_of(validator.get(f"{PAGE}sign/"))
    assert "find it fit for the stated use, with conditions, with 1 finding to close." in step
    assert seen_digest() in step
    signed = validator.post(
        f"{PAGE}sign/", {"digest": seen_digest(), "password": PASSWORD}, follow=True
    )
    page = text_of(signed)
    assert "Signed as report 1." in page
    assert "<strong>Stable</strong>" in page
    assert Report.objects.get().digest in page
    assert Finding.objects.get().title in page


def test_adding_and_removing_a_finding_saves_nothing(validator: Client) -> None:
    with nothing_moves():
        more = text_of(validator.post(f"{PAGE}record/", REPORT | FINDING | {"more": "1"}))
        less = text_of(validator.post(f"{PAGE}record/", REPORT | FINDING | {"remove": "0"}))
    assert 'name="findings.1.title"' in more
    assert 'value="Thin slice"' in more
    assert "findings.0.title" not in less
    assert "Eight quarters.</textarea>" in less


def test_findings_in_which_nothing_was_typed_are_left_out(validator: Client) -> None:
    second = {key.replace(".0.", ".2."): value for key, value in FINDING.items()}
    blank = dict.fromkeys(FINDING, "")
    validator.post(f"{PAGE}record/", REPORT | blank | second)
    assert [f.title for f in Validation.objects.get().record.findings] == ["Thin slice"]


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"findings.0.due_date": "2020-01-01"}, "id_findings.0.due_date", "Enter a date after"),
        ({"findings.0.due_date": "soon"}, "id_findings.0.due_date", "Enter a valid date"),
        ({"findings.0.title": ""}, "id_findings.0.title", "Name the finding in one line"),
        ({"findings.0.severity": "URGENT"}, "id_findings.0.severity_0", "Select a valid choice"),
        ({"findings.0.owner": "user:x"}, "id_findings.0.owner", "Select a valid choice"),
        ({"scope": "x" * 50_001}, "id_scope", "use at most 50,000"),
    ],
)
def test_wrong_input_is_named_and_kept(
    validator: Client, change: dict[str, str], field: str, words: str
) -> None:
    with nothing_moves():
        response = validator.post(f"{PAGE}record/", REPORT | FINDING | change)
    page = text_of(response)
    assert response.status_code == 422
    assert "<title>Error:" in page
    assert f'href="#{field}"' in page
    assert words in page
    assert "Only 412 rows.</textarea>" in page


def test_an_old_form_saves_nothing_and_keeps_what_was_typed(validator: Client) -> None:
    validator.post(f"{PAGE}record/", REPORT | {"stay": "1"})
    with nothing_moves(entries=["call.refused"]):
        response = validator.post(f"{PAGE}record/", REPORT | {"scope": "Other"})
    assert response.status_code == 409
    assert "Other</textarea>" in text_of(response)


def test_an_unfinished_draft_has_nothing_to_sign(validator: Client) -> None:
    validator.post(f"{PAGE}record/", {"base": "0", "scope": "Only this."})
    step = text_of(validator.get(f"{PAGE}sign/"))
    assert "Choose an opinion." in step
    assert 'name="password"' not in step
    with nothing_moves():
        answer = validator.post(f"{PAGE}sign/", {"digest": "0" * 64, "password": PASSWORD})
    assert answer.status_code == 422


def test_a_wrong_password_signs_nothing(validator: Client) -> None:
    validator.post(f"{PAGE}record/", REPORT | FINDING)
    with nothing_moves(entries=["call.refused"]):
        answer = validator.post(f"{PAGE}sign/", {"digest": seen_digest(), "password": "wrong"})
    assert answer.status_code == 403
    page = text_of(answer)
    assert "Nothing was signed." in page
    assert "That password is not right. 4 tries left." in page


def test_no_password_signs_nothing(validator: Client) -> None:
    validator.post(f"{PAGE}record/", REPORT | FINDING)
    with nothing_moves():
        answer = validator.post(f"{PAGE}sign/", {"digest": seen_digest(), "password": ""})
    assert answer.status_code == 422
    assert "Enter your password again." in text_of(answer)


def test_a_text_that_changed_is_not_signed(validator: Client) -> None:
    validator.post(f"{PAGE}record/", REPORT | FINDING)
    seen = seen_digest()
    validator.post(f"{PAGE}record/", REPORT | FINDING | {"base": "1", "summary": "Worse."})
    with nothing_moves(entries=["call.refused"]):
        answer = validator.post(f"{PAGE}sign/", {"digest": seen, "password": PASSWORD})
    page = text_of(answer)
    assert answer.status_code == 409
    assert "Worse." in page
    assert seen_digest() in page


def test_a_double_click_signs_once(validator: Client) -> None:
    validator.post(f"{PAGE}record/", REPORT | FINDING)
    data = {"digest": seen_digest(), "password": PASSWORD}
    answers = [validator.post(f"{PAGE}sign/", data) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert Report.objects.count() == 1


@pytest.mark.parametrize("who", ["owner", "developer"])
def test_builders_are_told_why_and_refused(cast: Cast, version: ModelVersion, who: str) -> None:
    client = reader(also(getattr(cast, who), Role.VALIDATOR, cast.unit))
    page = text_of(client.get(PAGE))
    assert f"You became {who} of this model" in page
    assert "Record a validation" not in page
    with nothing_moves(entries=["call.refused"]):
        response = client.post(f"{PAGE}record/", REPORT)
    assert response.status_code == 403
    assert "rule “not independent”" in text_of(response)


@pytest.mark.parametrize("who", ["approver", "auditor", "administrator"])
def test_others_are_told_who_validates(cast: Cast, version: ModelVersion, who: str) -> None:
    client = reader(getattr(cast, who))
    assert "Recording a validation takes the role validator" in text_of(client.get(PAGE))
    with nothing_moves(entries=["call.refused"]):
        assert client.post(f"{PAGE}record/", REPORT).status_code == 403


@pytest.mark.parametrize("tail", ["", "record/", "sign/", "findings/new/", "findings/1/close/"])
def test_what_one_may_not_see_does_not_exist(cast: Cast, version: ModelVersion, tail: str) -> None:
    assert reader(cast.outsider).get(PAGE + tail).status_code == 404


def test_raising_and_closing_a_finding(validator: Client, cast: Cast) -> None:
    finding = {key.removeprefix("findings.0."): value for key, value in FINDING.items()}
    page = validator.post(f"{PAGE}findings/new/", finding | {"owner": cast.owner.ref}, follow=True)
    assert "F-0001 is open." in text_of(page)
    assert "Owner Olga Owner" in text_of(page)
    with nothing_moves():
        empty = validator.post(f"{PAGE}findings/1/close/", {"reason": " "})
    assert empty.status_code == 422
    done = validator.post(f"{PAGE}findings/1/close/", {"reason": "Run 7 shows it."}, follow=True)
    assert "F-0001 is closed." in text_of(done)
    assert "by Vera Valid: Run 7 shows it." in text_of(done)
    with nothing_moves(entries=["call.refused"]):
        again = validator.post(f"{PAGE}findings/1/close/", {"reason": "Again."})
    assert again.status_code == 409
    assert "F-0001 is closed already." in text_of(again)


def test_a_finding_that_is_not_there(validator: Client) -> None:
    assert validator.get(f"{PAGE}findings/7/close/").status_code == 404


def test_builders_cannot_close_findings(cast: Cast, version: ModelVersion) -> None:
    make_report(cast, version, findings=[due_finding()], at=NOON)
    client = reader(also(cast.owner, Role.VALIDATOR, cast.unit))
    assert "Close finding" not in text_of(client.get(PAGE))
    with nothing_moves(entries=["call.refused"]):
        assert client.post(f"{PAGE}findings/1/close/", {"reason": "x"}).status_code == 403
    assert Finding.objects.get().closed_at is None


def test_an_older_report_stays_and_says_so(cast: Cast, version: ModelVersion) -> None:
    make_report(cast, version, opinion="NOT_FIT")
    make_report(cast, version, opinion="FIT")
    page = text_of(reader(cast.auditor).get(f"{PAGE}?report=1"))
    assert "report 2 replaced it" in page
    assert "Not fit for the stated use" in page
