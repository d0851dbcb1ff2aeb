"""Coverage in the portal: heat map, one framework of one model, what changed, filing evidence."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings
from django.utils import timezone

from governance.accounts.permissions import Permission
from governance.accounts.queries import SystemActor
from governance.evidence.actions.counting import count_coverage
from governance.evidence.actions.filing import file_evidence
from governance.evidence.models import CoverageSnapshot, FiledEvidence, Inapplicability
from governance.evidence.queries.filings import requirements_asking
from governance.evidence.rules.requirements import Level
from governance.inventory.actions import edit_model
from governance.inventory.models import Model
from tests import factories as f
from tests.factories import NOON, Cast, edited_record, later
from tests.http.portal.test_reading import page_of, queries_of
from tests.world import nothing_moves

ML = "ml-test-score"
COUNTER = SystemActor(name="clock", held=frozenset({Permission.EVIDENCE_FILE}))


@pytest.fixture(autouse=True)
def chosen() -> Any:
    """The firm follows one framework by its own choice."""
    with override_settings(FIRM_FRAMEWORKS={ML: ""}):
        yield


@pytest.fixture
def model(cast: Cast) -> Model:
    """A model of which the scope is known."""
    model = f.make_model(cast)
    record = edited_record(model, origin="IN_HOUSE")
    return edit_model(model=model, record=record, actor=cast.owner, at=later(hours=1))


@pytest.fixture
def signed_in(client: Client, cast: Cast) -> Client:
    client.force_login(cast.owner)
    return client


def filed(cast: Cast, model: Model, **changed: Any) -> FiledEvidence:
    said: dict[str, Any] = {
        "title": "Minutes of February",
        "kind": "policy",
        "link": "https://minutes.bank.example",
        "made_date": NOON.date(),
        "actor": cast.owner,
        "at": NOON,
    }
    return file_evidence(model=model, **(said | changed))


class TestHeatMap:
    def test_each_cell_is_a_link_with_a_sentence(self, cast: Cast, model: Model) -> None:
        page = page_of(cast.auditor, f"/compliance/?framework={ML}")
        assert f'href="/compliance/{ML}/{model.name}/#group-' in page
        assert f"{model.name}, " in page
        assert "The firm" in page
        assert "Does not apply" in page
        assert "Not counted yet" in page

    def test_it_never_says_more_than_that_there_is_evidence(self, cast: Cast, model: Model) -> None:
        f.make_version(cast, model)
        count(model)
        pages = (
            "/compliance/",
            f"/compliance/{ML}/",
            f"/compliance/{ML}/{model.name}/",
            f"/models/{model.name}/coverage/",
            "/compliance/changes/",
        )
        for address in pages:
            page = page_of(cast.auditor, address)
            main = page[page.index("<main") : page.index("</main>")].lower()
            assert "compliant" not in main
            assert ">met<" not in main
            assert "is met" not in main

    def test_of_others_nothing_is_shown(self, cast: Cast, model: Model) -> None:
        assert model.name not in page_of(cast.outsider, "/compliance/")

    def test_the_strip_counts_all_models_as_of_the_last_night(
        self, cast: Cast, model: Model
    ) -> None:
        count(model)
        page = page_of(cast.auditor, "/compliance/")
        assert "Not counted yet" not in page
        assert "Requirements with all their evidence" in page

    def test_queries_stay_however_many_models_and_requests(self, cast: Cast, model: Model) -> None:
        f.make_version(cast, model)
        count(model)
        few = queries_of(cast.auditor, "/compliance/")
        for number in range(20):
            one = f.make_model(cast, name=f"model-{number}")
            f.make_version(cast, one)
        assert queries_of(cast.auditor, "/compliance/") == few
        page = page_of(cast.auditor, "/compliance/?page=2")
        assert "model-9" in page
        assert "Models 17 to 21 of 21" in page


class TestOneFramework:
    def test_it_says_what_is_there_what_is_missing_and_who_gives_it(
        self, cast: Cast, model: Model
    ) -> None:
        f.make_version(cast, model)
        page = page_of(cast.auditor, f"/compliance/{ML}/{model.name}/")
        assert ">Missing<" in page
        assert "Measured value of accuracy" in page
        assert f'href="/models/{model.name}/versions/1/"' in page

    def test_what_is_stale_says_since_when(self, cast: Cast, model: Model) -> None:
        filed(cast, model, kind="monitoring_result", made_date=NOON.date() - timedelta(days=400))
        page = page_of(cast.auditor, f"/compliance/{ML}/{model.name}/")
        assert "Stale" in page

    def test_what_does_not_apply_says_why(self, cast: Cast, model: Model) -> None:
        page = page_of(cast.auditor, f"/compliance/nist-ai-rmf-1.0/{model.name}/")
        assert "Does not apply" in page

    def test_what_is_unknown_says_which_fact_lacks(self, cast: Cast, model: Model) -> None:
        page = page_of(cast.auditor, f"/compliance/sr-26-2/{model.name}/")
        assert "Unknown until" in page

    @pytest.mark.parametrize(
        "address", ["/compliance/no-such/", "/compliance/ml-test-score/no-such/"]
    )
    def test_what_there_is_not_answers_404(
        self, client: Client, cast: Cast, model: Model, address: str
    ) -> None:
        client.force_login(cast.auditor)
        assert client.get(address).status_code == 404

    def test_what_one_may_not_see_answers_404(
        self, client: Client, cast: Cast, model: Model
    ) -> None:
        row = filed(cast, model, data=b"x", name="a.txt")
        client.force_login(cast.outsider)
        for address in (
            f"/compliance/{ML}/{model.name}/",
            f"/models/{model.name}/coverage/",
            f"/evidence/filed/{row.pk}/",
            f"/evidence/filed/{row.pk}/file",
            f"/evidence/filed/?model={model.name}",
            f"/evidence/filed/new/?model={model.name}",
        ):
            assert client.get(address).status_code == 404, address


def count(model: Model, **changed: Any) -> list[CoverageSnapshot]:
    said: dict[str, Any] = {"with_firm": True, "actor": COUNTER, "at": timezone.now()}
    return count_coverage(models=[model], **(said | changed))


class TestChanges:
    def test_it_shows_what_changed_since_a_day(self, cast: Cast, model: Model) -> None:
        day = timezone.now() - timedelta(days=10)
        count(model, at=day)
        f.make_version(cast, model)
        count(model)
        since = (day + timedelta(days=1)).date().isoformat()
        page = page_of(cast.auditor, f"/compliance/changes/?since={since}")
        assert f"#{first_changed()}" in page or "table-top" in page
        assert "No evidence" in page
        assert "Nothing changed" in page_of(
            cast.auditor, f"/compliance/changes/?since={timezone.now().date().isoformat()}"
        )

    @pytest.mark.parametrize("since", ["", "yesterday", "9999-01-01", "0001-01-01"])
    def test_a_day_that_is_none_is_a_month_ago(self, cast: Cast, model: Model, since: str) -> None:
        assert "What changed since" in page_of(cast.auditor, f"/compliance/changes/?since={since}")


def first_changed() -> str:
    newest = CoverageSnapshot.objects.filter(framework=ML).order_by("-taken_at").first()
    assert newest is not None
    return next(iter(newest.states))


class TestFiling:
    def test_a_document_is_filed_and_shown(self, signed_in: Client, model: Model) -> None:
        address = f"/evidence/filed/new/?model={model.name}"
        page = signed_in.get(address).content.decode()
        assert "File the evidence" in page
        answer = signed_in.post(
            address,
            {
                "title": "Board minutes",
                "kind": "policy",
                "file": SimpleUploadedFile("minutes.zip", b"PK\x03\x04bomb"),
                "made_date": "2026-03-01",
            },
        )
        row = FiledEvidence.objects.get()
        assert (answer.status_code, answer.headers["Location"]) == (
            302,
            f"/evidence/filed/{row.pk}/",
        )
        shown = signed_in.get(f"/evidence/filed/{row.pk}/").content.decode()
        assert "Board minutes" in shown
        sent = signed_in.get(f"/evidence/filed/{row.pk}/file")
        assert sent.content == b"PK\x03\x04bomb"
        assert sent.headers["Content-Disposition"].startswith("attachment")
        assert sent.headers["Content-Type"] == "application/octet-stream"
        listed = signed_in.get(f"/evidence/filed/?model={model.name}").content.decode()
        assert "Board minutes" in listed

    def test_what_was_typed_stays_when_it_is_refused(self, signed_in: Client, model: Model) -> None:
        with nothing_moves():
            answer = signed_in.post(
                f"/evidence/filed/new/?model={model.name}",
                {"title": "Board minutes", "kind": "policy", "made_date": "2026-03-01"},
            )
        page = answer.content.decode()
        assert answer.status_code == 422
        assert 'value="Board minutes"' in page
        assert "give its address, or send the file" in page

    def test_a_name_with_markup_is_printed_as_text(
        self, signed_in: Client, cast: Cast, model: Model
    ) -> None:
        row = filed(cast, model, title="<script>alert(1)</script>")
        page = signed_in.get(f"/evidence/filed/{row.pk}/").content.decode()
        assert "<script>alert(1)" not in page
        assert "&lt;script&gt;alert(1)" in page

    def test_from_a_requirement_the_form_is_filled(self, signed_in: Client, model: Model) -> None:
        key, one = next(iter(requirements_asking("", level=Level.MODEL).items()))
        page = signed_in.get(
            f"/evidence/filed/new/?model={model.name}&requirement={key}"
        ).content.decode()
        assert f'<option value="{one.evidence[0]}" selected>' in page
        assert f'<option value="{key}" selected>' in page

    def test_who_may_not_file_is_told_who_may_and_refused(
        self, client: Client, cast: Cast, model: Model
    ) -> None:
        client.force_login(cast.developer)
        address = f"/evidence/filed/new/?model={model.name}"
        assert "Filing evidence takes the role" in client.get(address).content.decode()
        said = {
            "title": "Minutes",
            "kind": "policy",
            "link": "https://a.example",
            "made_date": "2026-03-01",
        }
        with nothing_moves(entries=["call.refused"]):
            assert client.post(address, said).status_code == 403

    def test_it_is_withdrawn_with_a_reason(
        self, signed_in: Client, cast: Cast, model: Model
    ) -> None:
        row = filed(cast, model)
        address = f"/evidence/filed/{row.pk}/withdraw/"
        with nothing_moves():
            assert signed_in.post(address, {"reason": ""}).status_code == 422
        assert signed_in.post(address, {"reason": "Superseded."}).status_code == 302
        page = signed_in.get(f"/evidence/filed/{row.pk}/").content.decode()
        assert "Withdrawn" in page
        assert "Superseded." in page
        with nothing_moves(entries=["call.refused"]):
            assert signed_in.post(address, {"reason": "Again."}).status_code == 409

    def test_that_it_does_not_apply_is_stated_and_taken_back(
        self, signed_in: Client, cast: Cast, model: Model
    ) -> None:
        key = next(key for key in requirements_asking("", level=Level.MODEL) if key.startswith(ML))
        address = f"/models/{model.name}/coverage/exclude/?requirement={key}"
        assert "Why it does not apply" in signed_in.get(address).content.decode()
        with nothing_moves():
            assert signed_in.post(address, {"reason": "", "until_date": ""}).status_code == 422
        until = (timezone.now() + timedelta(days=9)).date().isoformat()
        answer = signed_in.post(address, {"reason": "It is no classifier.", "until_date": until})
        assert answer.status_code == 302
        page = signed_in.get(answer.headers["Location"]).content.decode()
        assert "It is no classifier." in page
        assert "Take the statement back" in page
        back = address.replace("exclude", "include")
        assert signed_in.post(back).status_code == 302
        assert Inapplicability.objects.filter(end=None).count() == 0
        with nothing_moves(entries=["call.refused"]):
            assert signed_in.post(back).status_code == 409
        lost = f"/models/{model.name}/coverage/exclude/?requirement=a/b"
        assert signed_in.get(lost).status_code == 404
