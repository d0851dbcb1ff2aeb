"""Frameworks, and which of them apply to a model: pages that say why and what is unknown."""

from __future__ import annotations

import pytest
from django.test import Client, override_settings

from governance.inventory.actions import create_model, edit_model
from governance.inventory.models import Model
from tests import factories
from tests.factories import NOON, Cast, edited_record, later
from tests.http.portal.test_reading import page_of, queries_of

HIGH_RISK = {"ai_act_class": "HIGH_RISK_ANNEX_III", "ai_act_reason": "It decides on loans."}
RULES = "/models/churn-model/rules/"


@pytest.fixture
def model(cast: Cast) -> Model:
    model = factories.make_model(cast)
    return edit_model(
        model=model, record=edited_record(model, **HIGH_RISK), actor=cast.owner, at=later(hours=1)
    )


@pytest.mark.usefixtures("model")
class TestRules:
    def test_it_says_what_applies_why_and_from_when(self, cast: Cast) -> None:
        page = page_of(cast.auditor, RULES)
        assert "EU AI Act, deployer" in page
        assert "The firm uses a system that is high risk in an area of Annex III." in page
        assert ">2 Dec 2027</time>" in page
        assert "Regulation (EU) 2026/1744 of 8 July 2026" in page

    def test_it_says_what_is_unknown_and_what_would_answer_it(self, cast: Cast) -> None:
        page = page_of(cast.auditor, RULES)
        assert "Unknown until the origin is recorded." in page
        assert "If the origin is “Vendor model”, it does not apply." in page
        assert "Otherwise, it applies from 2 December 2027." in page
        assert "Set the origin in the record of the model." in page

    def test_it_shows_how_the_answers_came_about(self, cast: Cast) -> None:
        """Each by the law of its day: this one was made before the dates moved."""
        page = page_of(cast.auditor, RULES)
        assert "EU AI Act class: not recorded → High risk, area of Annex III" in page
        assert (
            "EU AI Act, deployer: now applies from 2 August 2026, because the firm uses a system"
        ) in page

    def test_versions_that_ended_stand_apart(self, cast: Cast) -> None:
        page = page_of(cast.auditor, RULES)
        assert "Versions that have ended" in page
        assert "2024/1689 as published" in page

    def test_before_anything_is_on_record_it_shows_what_would_be(self, cast: Cast) -> None:
        factories.make_unscoped_model(cast, name="older")
        page = page_of(cast.auditor, "/models/older/rules/")
        assert "Nothing is on record yet" in page
        assert "Unknown until the EU AI Act class is recorded." in page

    @override_settings(FIRM_FACTS={"us_banking_organization": "no"})
    def test_it_says_when_files_or_settings_have_moved_on(self, cast: Cast) -> None:
        assert "have changed since this was put on record" in page_of(cast.auditor, RULES)

    def test_the_model_leads_there(self, cast: Cast) -> None:
        assert f'href="{RULES}"' in page_of(cast.auditor, "/models/churn-model/")

    def test_no_page_says_that_anything_keeps_the_rules(self, cast: Cast) -> None:
        for path in (RULES, "/frameworks/", "/frameworks/osfi-e-23/", "/frameworks/obligations/"):
            said = page_of(cast.auditor, path).partition("<main")[2].partition("</main>")[0]
            assert said
            assert "complian" not in said.lower()

    def test_who_may_not_see_the_model_sees_no_rules(self, cast: Cast, client: Client) -> None:
        client.force_login(cast.outsider)
        assert client.get(RULES).status_code == 404


@pytest.mark.usefixtures("model")
class TestFrameworks:
    def test_each_with_version_validity_and_supersession(self, cast: Cast) -> None:
        page = page_of(cast.auditor, "/frameworks/")
        assert "From 4 April 2011 until 17 April 2026" in page
        assert 'Superseded by <a href="/frameworks/sr-26-2/">SR 26-2</a>' in page
        assert 'Supersedes <a href="/frameworks/sr-11-7/">SR 11-7</a>' in page

    def test_only_what_the_reader_sees_is_counted(self, cast: Cast) -> None:
        counted = '<a href="/frameworks/eu-ai-act-deployer/#models">1 model</a>'
        assert counted in page_of(cast.auditor, "/frameworks/")
        assert counted not in page_of(cast.outsider, "/frameworks/")

    def test_one_with_its_rules_in_words_and_its_models(self, cast: Cast) -> None:
        page = page_of(cast.auditor, "/frameworks/eu-ai-act-high-risk-provider/")
        assert "If the EU AI Act class is “Prohibited practice”" in page
        assert "Applies from 2 August 2028" in page
        assert 'href="/models/churn-model/rules/"' in page
        assert "Unknown until the origin is recorded" in page
        assert "churn-model" not in page_of(cast.outsider, "/frameworks/eu-ai-act-deployer/")

    @override_settings(FIRM_FRAMEWORKS={"nist-ai-rmf-1.0": "2025-03-01"})
    def test_what_the_firm_took_on_is_said_with_its_day(self, cast: Cast) -> None:
        page = page_of(cast.auditor, "/frameworks/nist-ai-rmf-1.0/")
        assert "The firm follows it from 1 March 2025 on." in page

    def test_what_it_asks_for_by_group_with_where_it_came_from(self, cast: Cast) -> None:
        page = page_of(cast.auditor, "/frameworks/sr-26-2/")
        assert "43 requirements, of which 8 are asked of the firm" in page
        assert '<li id="SR262-VII-02">' in page
        assert "Evidence: validation report and attachment. Concerns: Validator." in page
        assert "Where it does not apply: It was not bought from a vendor." in page
        assert '<a href="/frameworks/sr-11-7/#SR117-V-26">Back-testing</a>' in page

    def test_where_a_superseded_point_went_or_that_it_is_gone(self, cast: Cast) -> None:
        page = page_of(cast.auditor, "/frameworks/sr-11-7/")
        assert 'Is part of <a href="/frameworks/sr-26-2/#SR262-V-09">Outcomes analysis</a>' in page
        assert 'Has no counterpart in <a href="/frameworks/sr-26-2/">SR 26-2</a>' in page

    def test_a_version_that_no_file_says_anything_of_says_so(self, cast: Cast) -> None:
        page = page_of(cast.auditor, "/frameworks/eu-ai-act-deployer/")
        assert page.count("No file says what this version asks for.") == 1
        assert "34 requirements" in page

    def test_one_that_is_not_there(self, cast: Cast, client: Client) -> None:
        client.force_login(cast.auditor)
        assert client.get("/frameworks/sr-99/").status_code == 404

    def test_the_schema_is_given_out(self, cast: Cast, client: Client) -> None:
        client.force_login(cast.auditor)
        answer = client.get("/frameworks/schema.json")
        assert answer.headers["Content-Type"] == "application/schema+json"
        assert answer.json()["title"] == "Framework"

    @pytest.mark.parametrize(
        ("kind", "title"),
        [
            ("requirements", "Requirements"),
            ("crosswalks", "Crosswalk"),
            ("obligations", "Obligations"),
        ],
    )
    def test_so_are_those_of_what_it_asks_for(
        self, cast: Cast, client: Client, kind: str, title: str
    ) -> None:
        client.force_login(cast.auditor)
        assert client.get(f"/frameworks/{kind}.json").json()["title"] == title


@pytest.mark.usefixtures("model")
class TestObligations:
    PATH = "/frameworks/obligations/"

    def test_the_next_day_stands_first_with_its_source(self, cast: Cast) -> None:
        page = page_of(cast.auditor, self.PATH)
        assert page.index("Marking by older generative systems") < page.index(
            "Use of what is high risk in an area of Annex III"
        )
        assert "Art. 50(2); Art. 111(4)" in page
        assert "Becoming aware of the incident" in page
        assert "Within 15 days" in page
        assert "For 10 years" in page
        assert "Every year" in page

    def test_what_is_due_by_a_superseded_one_stands_on_its_own_page_alone(self, cast: Cast) -> None:
        assert "Review each model" not in page_of(cast.auditor, self.PATH)
        assert "Review each model" in page_of(cast.auditor, "/frameworks/sr-11-7/")

    def test_only_models_that_the_reader_sees_are_named(self, cast: Cast) -> None:
        named = '<a href="/models/churn-model/rules/">churn-model</a>'
        assert named in page_of(cast.auditor, self.PATH)
        assert "churn-model" not in page_of(cast.outsider, self.PATH)

    def test_what_is_not_known_of_a_model_is_counted(self, cast: Cast) -> None:
        assert "Unknown for 1 model" in page_of(cast.auditor, self.PATH)

    def test_the_list_of_frameworks_leads_there(self, cast: Cast) -> None:
        assert f'href="{self.PATH}"' in page_of(cast.auditor, "/frameworks/")


@pytest.mark.parametrize(
    "path",
    [RULES, "/frameworks/", "/frameworks/eu-ai-act-deployer/", "/frameworks/obligations/"],
)
def test_queries_do_not_grow_with_models_nor_with_history(
    cast: Cast, model: Model, path: str
) -> None:
    few = queries_of(cast.auditor, path)
    for number in range(4):
        create_model(name=f"other-{number}", unit=cast.unit, actor=cast.developer, at=NOON)
        jurisdictions = ["DE", "FR", "GB", "US"][: number + 1]
        record = edited_record(model, jurisdictions=jurisdictions)
        edit_model(model=model, record=record, actor=cast.owner, at=later(days=number + 1))
        model.refresh_from_db()
    assert queries_of(cast.auditor, path) == few
