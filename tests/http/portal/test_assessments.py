"""Assessing on pages: one question at a time, what becomes due, and what was decided before."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance.accounts.models import User
from governance.accounts.rules import Role
from governance.inventory.actions import determine, keep_answers, publish_questionnaire
from governance.inventory.models import AnswerDraft, Assessment, Determination, Model
from governance.inventory.queries.questionnaires import needed_questionnaire
from governance.inventory.rules.assessments import Matter, Purpose
from tests import factories as f
from tests.factories import CREDIT, MEDIUM, NOON, TIERING, TYPED_FACTS, Cast, ai_act_answers
from tests.http.portal.deciding import everybody_signs_in, hidden, post, read, signed_in
from tests.world import nothing_moves

ASSESS = "/models/churn-model/assess/"
REFUSED = ["call.refused"]


@pytest.fixture
def model(cast: Cast) -> Model:
    everybody_signs_in(cast)
    model = f.make_model(cast)
    f.make_questionnaires(cast)
    return model


def asked(page: str) -> str:
    found = re.search(r'class="ask">([^<]*)<', page)
    assert found
    return unescape(found[1])


def answer(user: User, slug: str, q: str, value: str, **more: str) -> Any:
    return post(user, f"{ASSESS}{slug}/", q=q, answer=value, **more)


def keep(model: Model, person: User, matter: Matter, answers: dict[str, Any], **facts: Any) -> None:
    keep_answers(
        model=model, matter=matter, questionnaire=needed_questionnaire(matter.purpose),
        answers=answers, facts=facts, actor=person, at=NOON,
    )  # fmt: skip


def whole(model: Model, person: User, answers: dict[str, Any] = MEDIUM) -> None:
    """Everything is answered but nothing recorded."""
    keep(model, person, Matter.TIER, answers, critical_operation=False)


class TestAsking:
    def test_one_thing_at_a_time_until_all_is_answered(self, cast: Cast, model: Model) -> None:
        seen = []
        sent = {**{k: {True: "yes", False: "no"}.get(v, v) for k, v in MEDIUM.items()}}
        sent |= {"fact:critical_operation": "no"}
        page = read(cast.owner, f"{ASSESS}tier/")
        for _ in sent:
            key = hidden(page, "q")
            seen.append(key)
            assert answer(cast.owner, "tier", key, str(sent[key])).status_code == 302
            response = signed_in(cast.owner).get(f"{ASSESS}tier/")
            if response.status_code == 302:
                break
            page = response.content.decode()
        assert seen == list(sent)
        assert response.url == f"{ASSESS}tier/review/"
        assert not Assessment.objects.exists()

    def test_the_result_so_far_stands_beside_it_with_its_cause(
        self, cast: Cast, model: Model
    ) -> None:
        keep(model, cast.owner, Matter.TIER, {"S3": False, "S1": True, "S2": True, "P2": "access"})
        page = read(cast.owner, f"{ASSESS}tier/")
        assert "48 so far" in page
        assert "48 to 400 of 400 can come of it" in page
        assert "Floor F4: Tier 2 (High), hard" in page
        assert "because P2 is “Access to credit, insurance" in page
        assert "Question 5 of 14" in page

    def test_a_tree_says_what_matched_and_by_which_article(self, cast: Cast, model: Model) -> None:
        answers = ai_act_answers(Q_T1=True)
        del answers["Q_A5B"], answers["Q_T1_X"]
        keep(model, cast.owner, Matter.CLASS, answers)
        page = read(cast.owner, f"{ASSESS}ai-act/")
        assert "Not known yet" in page
        assert "Art. 50(1)" in page

    def test_one_goes_back_and_changes_an_answer(self, cast: Cast, model: Model) -> None:
        keep(model, cast.owner, Matter.TIER, {"S1": True})
        page = read(cast.owner, f"{ASSESS}tier/?q=S1")
        assert asked(page).startswith("Does the tool turn input data")
        assert 'value="yes" checked' in page
        answer(cast.owner, "tier", "S1", "no")
        assert AnswerDraft.objects.get().answers == {"S1": False}

    def test_no_to_all_that_is_left_of_a_list(self, cast: Cast, model: Model) -> None:
        answers = {**ai_act_answers(), "Q_A5B": True, "Q_A5B_FRAUD": False, "Q_A5B_PRUD": False}
        for key in ("Q_A1A", "Q_A2", "Q_A8A"):
            del answers[key]
        keep(model, cast.owner, Matter.CLASS, answers)
        page = read(cast.owner, f"{ASSESS}ai-act/")
        assert "No to all 3 that are open in this section" in page
        post(cast.owner, f"{ASSESS}ai-act/", q="Q_A1A", do="rest")
        kept = AnswerDraft.objects.get().answers
        assert (kept["Q_A1A"], kept["Q_A2"], kept["Q_A8A"], kept["Q_A5B"]) == (
            False, False, False, True,
        )  # fmt: skip

    def test_what_is_left_open_comes_last(self, cast: Cast, model: Model) -> None:
        post(cast.owner, f"{ASSESS}tier/", q="S1", do="leave")
        assert hidden(read(cast.owner, f"{ASSESS}tier/"), "q") == "S2"
        assert AnswerDraft.objects.get().answers == {"S1": None}

    @pytest.mark.parametrize(
        ("q", "value", "said"),
        [
            ("S1", "", "Choose one of the answers."),
            ("S1", "maybe", "Choose one of the answers."),
            ("E1", "huge", "Choose one of the answers."),
            ("fact:feeds_tier", "two", "Enter a whole number."),
            ("fact:feeds_tier", "9", "It is at most 4."),
            ("fact:feeds_tier", "9" * 40, "Enter a whole number."),
        ],
    )
    def test_what_cannot_be_an_answer_keeps_nothing(
        self, cast: Cast, model: Model, q: str, value: str, said: str
    ) -> None:
        publish_questionnaire(
            text=TYPED_FACTS, purpose=Purpose.TIERING, actor=cast.compliance, at=NOON
        )
        with nothing_moves():
            response = answer(cast.owner, "tier", q, value)
        assert (response.status_code, said in response.content.decode()) == (422, True)

    def test_what_is_not_asked_is_passed_over(self, cast: Cast, model: Model) -> None:
        for q in ("Z9", "fact:eu_ai_act_class", ""):
            with nothing_moves():
                assert answer(cast.owner, "tier", q, "yes").url == f"{ASSESS}tier/"

    def test_answers_are_the_person_s_own(self, cast: Cast, model: Model) -> None:
        answer(cast.owner, "tier", "S1", "yes")
        assert hidden(read(cast.approver, f"{ASSESS}tier/"), "q") == "S1"

    @pytest.mark.parametrize("slug", ["tier", "ai-act", "determination"])
    def test_who_may_not_assess_is_told_who_may(self, cast: Cast, model: Model, slug: str) -> None:
        page = read(cast.validator, f"{ASSESS}{slug}/", status=403)
        assert "It comes with the role model owner or approver." in page
        with nothing_moves(entries=REFUSED):
            assert answer(cast.validator, slug, "S1", "yes").status_code == 403

    def test_nothing_else_is_assessed(self, cast: Cast, model: Model) -> None:
        read(cast.owner, f"{ASSESS}mood/", status=404)
        read(cast.outsider, f"{ASSESS}tier/", status=404)

    def test_without_a_questionnaire_one_is_told_so(self, cast: Cast) -> None:
        f.make_model(cast)
        assert "No questionnaire was published" in read(cast.owner, f"{ASSESS}tier/", status=409)


class TestRecording:
    def test_all_answers_are_gone_over_first(self, cast: Cast, model: Model) -> None:
        whole(model, cast.owner)
        page = read(cast.owner, f"{ASSESS}tier/review/")
        assert "How widely is it used?" in page
        assert "One business line" in page
        assert f'href="{ASSESS}tier/?q=E3&amp;review=1"' in page
        assert "Filled in by the portal" in page
        assert "See what this makes due" in page

    def test_an_open_question_leaves_no_result(self, cast: Cast, model: Model) -> None:
        whole(model, cast.owner, {**MEDIUM, "R1": None})
        page = read(cast.owner, f"{ASSESS}tier/review/")
        assert "1 question open. Without it there is no result." in page
        assert signed_in(cast.owner).get(f"{ASSESS}tier/preview/").url == f"{ASSESS}tier/review/"

    def test_a_changed_answer_leads_back_to_the_review(self, cast: Cast, model: Model) -> None:
        whole(model, cast.owner)
        response = answer(cast.owner, "tier", "E3", "enterprise", review="1")
        assert response.url == f"{ASSESS}tier/review/"

    def test_what_becomes_due_is_told_before_it_is(self, cast: Cast, model: Model) -> None:
        whole(model, cast.owner, CREDIT)
        with nothing_moves():
            page = read(cast.owner, f"{ASSESS}tier/preview/")
        assert "Tier 1 (critical), until now Tier 3 (medium)" in page
        assert "A floor makes it Tier 1 (Critical)" in page
        assert "every 12 months" in page

    def test_confirming_records_it(self, cast: Cast, model: Model) -> None:
        whole(model, cast.owner, CREDIT)
        base = hidden(read(cast.owner, f"{ASSESS}tier/preview/"), "base")
        response = post(cast.owner, f"{ASSESS}tier/preview/", base=base, evidence="Figures of May.")
        made = Assessment.objects.get()
        assert response.url == f"/models/churn-model/assessments/{made.pk}/"
        model.refresh_from_db()
        assert (model.tier, AnswerDraft.objects.get().answers) == (1, {})
        page = read(cast.auditor, response.url)
        assert "Figures of May." in page
        assert "250 of 400" in page
        assert "because P2 is “Access to credit" in page
        assert made.digest[:8] in page

    def test_what_changed_meanwhile_is_shown_again(self, cast: Cast, model: Model) -> None:
        whole(model, cast.owner, CREDIT)
        base = hidden(read(cast.owner, f"{ASSESS}tier/preview/"), "base")
        f.classify_model(cast, model)
        with nothing_moves(entries=REFUSED):
            response = post(cast.owner, f"{ASSESS}tier/preview/", base=base, evidence="Kept.")
        page = response.content.decode()
        assert response.status_code == 409
        assert "was changed after you looked" in page
        assert "Kept.</textarea>" in page
        fresh = hidden(page, "base")
        assert fresh != base
        assert post(cast.owner, f"{ASSESS}tier/preview/", base=fresh).status_code == 302

    @pytest.mark.parametrize("base", ["", "0" * 64])
    def test_nobody_confirms_what_they_did_not_see(
        self, cast: Cast, model: Model, base: str
    ) -> None:
        whole(model, cast.owner)
        with nothing_moves(entries=REFUSED):
            response = post(cast.owner, f"{ASSESS}tier/preview/", base=base)
        assert response.status_code == 409

    def test_a_class_comes_with_its_dated_obligations(self, cast: Cast, model: Model) -> None:
        answers = ai_act_answers(Q_A5B=True, Q_PROF=True)
        keep(model, cast.owner, Matter.CLASS, answers)
        page = read(cast.owner, f"{ASSESS}ai-act/preview/")
        assert "2027-12-02" in page
        assert "Assess the impact on fundamental rights before use" in page
        response = post(cast.owner, f"{ASSESS}ai-act/preview/", base=hidden(page, "base"))
        result = read(cast.auditor, response.url)
        assert "Art. 27(1); Art. 113" in result
        assert "Annex III 5(b)" in result

    def test_a_class_says_that_the_tier_follows(self, cast: Cast, model: Model) -> None:
        f.rate(cast, model)
        keep(model, cast.owner, Matter.CLASS, ai_act_answers(Q_A5B=True, Q_PROF=True))
        page = read(cast.owner, f"{ASSESS}ai-act/preview/")
        assert "the same answers would give Tier 2 (High)" in page

    def test_a_prohibited_practice_says_what_it_stops(self, cast: Cast, model: Model) -> None:
        keep(model, cast.owner, Matter.CLASS, ai_act_answers(Q_P_F=True))
        page = read(cast.owner, f"{ASSESS}ai-act/preview/")
        assert "This bars every promotion at once." in page


class TestWhatAnAnswerRestsOn:
    def test_is_typed_beside_it_and_shown_on_each_page(self, cast: Cast, model: Model) -> None:
        whole(model, cast.owner)
        link = "https://wiki.bank/plan?a=1&b=2"
        answer(cast.owner, "tier", "E3", "one_line", evidence="Ledger of <May>.")
        answer(cast.owner, "tier", "fact:critical_operation", "no", evidence=link)
        assert "Ledger of &lt;May&gt;.</textarea>" in read(cast.owner, f"{ASSESS}tier/?q=E3")
        page = read(cast.owner, f"{ASSESS}tier/review/")
        shown = '<a href="https://wiki.bank/plan?a=1&amp;b=2" rel="noreferrer">'
        assert ("Ledger of &lt;May&gt;." in page, shown in page) == (True, True)
        base = hidden(read(cast.owner, f"{ASSESS}tier/preview/"), "base")
        made = post(cast.owner, f"{ASSESS}tier/preview/", base=base)
        page = read(cast.auditor, made.url)
        assert ("Ledger of &lt;May&gt;." in page, shown in page) == (True, True)

    @pytest.mark.parametrize("said", ["javascript:alert(1)", "https://a b", "see https://a.b"])
    def test_only_an_address_becomes_a_link(self, cast: Cast, model: Model, said: str) -> None:
        whole(model, cast.owner)
        answer(cast.owner, "tier", "E3", "one_line", evidence=said)
        page = read(cast.owner, f"{ASSESS}tier/review/")
        assert (said in page, "noreferrer" in page) == (True, False)

    @pytest.mark.parametrize("do", ["", "leave"])
    @pytest.mark.parametrize(
        ("said", "why"), [("x" * 1001, "at most 1000"), ("a\x07b", "control characters")]
    )
    def test_what_cannot_be_kept_keeps_nothing(
        self, cast: Cast, model: Model, do: str, said: str, why: str
    ) -> None:
        with nothing_moves():
            response = answer(cast.owner, "tier", "S1", "yes", evidence=said, do=do)
        page = response.content.decode()
        assert (response.status_code, why in page, 'value="yes" checked' in page) == (
            422, True, True,
        )  # fmt: skip

    def test_changed_after_one_looked_it_is_shown_again(self, cast: Cast, model: Model) -> None:
        whole(model, cast.owner)
        base = hidden(read(cast.owner, f"{ASSESS}tier/preview/"), "base")
        answer(cast.owner, "tier", "E3", "one_line", evidence="Ledger of May.")
        with nothing_moves(entries=REFUSED):
            assert post(cast.owner, f"{ASSESS}tier/preview/", base=base).status_code == 409

    def test_a_determination_says_it_as_a_whole(self, cast: Cast, model: Model) -> None:
        page = read(cast.owner, f"{ASSESS}determination/")
        assert "What this answer rests on" not in page
        answer(cast.owner, "determination", "S1", "yes", evidence="Never asked.")
        assert AnswerDraft.objects.get().evidence == {}


class TestTheDetermination:
    def test_is_recorded_with_reasons_and_a_review(self, cast: Cast, model: Model) -> None:
        keep(model, cast.owner, Matter.DETERMINATION, {"S1": True, "S2": True, "S3": False})
        assert signed_in(cast.owner).get(f"{ASSESS}determination/").status_code == 302
        page = read(cast.owner, f"{ASSESS}determination/review/")
        assert "In scope model" in page
        response = post(
            cast.owner, f"{ASSESS}determination/review/", reasons="A logistic regression.",
            next_review_date="2099-01-01",
        )  # fmt: skip
        assert response.url == ASSESS
        made = Determination.objects.get()
        assert (made.result, made.rule) == ("in_scope_model", "SG2")
        page = read(cast.auditor, ASSESS)
        assert "A logistic regression." in page
        assert "1 Jan 2099" in page

    def test_says_what_is_missing(self, cast: Cast, model: Model) -> None:
        keep(model, cast.owner, Matter.DETERMINATION, {"S3": True})
        with nothing_moves():
            response = post(
                cast.owner, f"{ASSESS}determination/review/", reasons="", next_review_date="1999"
            )
        page = response.content.decode()
        assert response.status_code == 422
        assert "Say what this rests on." in page
        assert "Enter a date such as 2026-11-19." in page

    def test_its_answers_are_taken_over_by_the_tier(self, cast: Cast, model: Model) -> None:
        determine(
            model=model, answers={"S1": True, "S2": True, "S3": False}, reasons="So.",
            next_review_date=f.later(days=90).date(), actor=cast.owner, at=NOON,
        )  # fmt: skip
        assert hidden(read(cast.owner, f"{ASSESS}tier/"), "q") == "E1"


class TestWhatWasBefore:
    def test_a_model_page_leads_there(self, cast: Cast, model: Model) -> None:
        assert f'href="{ASSESS}"' in read(cast.auditor, "/models/churn-model/")

    def test_a_reader_sees_what_stands_and_no_way_to_change_it(
        self, cast: Cast, model: Model
    ) -> None:
        f.rate(cast, model)
        page = read(cast.auditor, ASSESS)
        assert "156 of 400 points give Tier 3 (Medium)." in page
        assert "Assessing a model takes the role model owner or approver." in page
        assert "Answer anew" not in page
        assert "Answer anew" in read(cast.owner, ASSESS)

    def test_the_difference_to_the_one_before(self, cast: Cast, model: Model) -> None:
        f.rate(cast, model)
        second = f.rate(cast, model, {**MEDIUM, "C2": "continuous"})
        page = read(cast.auditor, f"/models/churn-model/assessments/{second.pk}/")
        assert "C2: <del>Recalibrated about quarterly</del>" in page
        assert "Points: <del>156</del> <ins>168</ins>" in page
        assert "Tier: <del>3</del> <ins>2</ins>" in page
        assert "Floors: <del>None</del> <ins>F7</ins>" in page
        assert "4 differences from the one before" in read(cast.auditor, ASSESS)

    def test_one_begins_with_the_answers_of_last_time(self, cast: Cast, model: Model) -> None:
        f.rate(cast, model)
        response = post(cast.approver, f"{ASSESS}tier/begin/")
        assert response.url == f"{ASSESS}tier/review/"
        assert AnswerDraft.objects.get(person=cast.approver).answers == MEDIUM

    def test_facts_that_changed_since_are_told(self, cast: Cast, model: Model) -> None:
        f.rate(cast, model)
        f.classify_model(cast, model, Q_A5B=True, Q_PROF=True)
        page = read(cast.auditor, ASSESS)
        assert "eu ai act class is high risk, and was none" in page
        assert "The same answers would now give Tier 2 (High)." in page

    def test_an_assessment_of_another_model_is_not_found(self, cast: Cast, model: Model) -> None:
        made = f.rate(cast, model)
        read(cast.owner, f"/models/other/assessments/{made.pk}/", status=404)
        read(cast.outsider, f"/models/churn-model/assessments/{made.pk}/", status=404)

    @pytest.mark.parametrize("path", ["assess/", "assessments/{}/"])
    def test_queries_do_not_grow_with_assessments(
        self, cast: Cast, model: Model, path: str
    ) -> None:
        first = f.rate(cast, model)
        f.classify_model(cast, model)

        def queries() -> int:
            where = f"/models/churn-model/{path.format(first.pk)}"
            read(cast.auditor, where)
            with CaptureQueriesContext(connection) as captured:
                read(cast.auditor, where)
            return len(captured)

        f.rate(cast, model)
        few = queries()
        for change in ("enterprise", "one_team"):
            f.rate(cast, model, {**MEDIUM, "E3": change})
            f.classify_model(cast, model, Q_T1=True)
        assert queries() == few


class TestQuestionnaires:
    def test_are_listed_for_everybody_who_signs_in(self, cast: Cast, model: Model) -> None:
        publish_questionnaire(
            text=TIERING.replace("version: 1.1.0", "version: 1.2.0", 1),
            purpose=Purpose.TIERING, actor=cast.compliance, at=NOON,
        )  # fmt: skip
        page = read(cast.outsider, "/questionnaires/")
        assert page.count("Asked now") == 2
        assert page.count("Superseded") == 1

    def test_an_empty_list_says_how_one_is_published(self, cast: Cast) -> None:
        assert "manage.py load_questionnaire" in read(cast.owner, "/questionnaires/")

    def test_one_shows_weights_floors_cases_and_its_text(self, cast: Cast, model: Model) -> None:
        row = needed_questionnaire(Purpose.TIERING)
        page = read(cast.outsider, f"/questionnaires/{row.pk}/")
        for said in (
            "How widely is it used?", "At least Tier 1 (Critical). Large balance",
            "Retail credit application score, automated", "every 36 months", "sum_of_weights: 100",
            row.digest[:8],
        ):  # fmt: skip
            assert said in page

    def test_a_tree_shows_its_articles(self, cast: Cast, model: Model) -> None:
        row = needed_questionnaire(Purpose.AI_ACT)
        page = read(cast.outsider, f"/questionnaires/{row.pk}/")
        assert "Annex III 5(b)" in page
        assert "outcome: HIGH_RISK_ANNEX_III" in page

    def test_an_unknown_one_is_not_found(self, cast: Cast, model: Model) -> None:
        read(cast.owner, f"/questionnaires/{model.pk}/", status=404)


class TestAnotherTier:
    def propose(self, cast: Cast, **changed: str) -> Any:
        given = {"to_tier": "4", "rationale": "A hard spend cap.", "days": "90"} | changed
        return post(cast.owner, f"{ASSESS}override/", **given)

    @pytest.fixture
    def rated(self, cast: Cast, model: Model) -> Model:
        f.rate(cast, model)
        return model

    def test_is_proposed_and_approved_on_pages(self, cast: Cast, rated: Model) -> None:
        assert "By at most one tier, for at most 365 days" in read(cast.owner, f"{ASSESS}override/")
        where = self.propose(cast).url
        for person, capacity in (
            (cast.validator, "mrm_function"),
            (cast.approver, "senior_management"),
        ):
            page = read(person, where)
            assert "Your approval" in page
            response = post(
                person, where, capacity=capacity, digest=hidden(page, "digest"),
                password=f.PASSWORD,
            )  # fmt: skip
            assert response.status_code == 302
        rated.refresh_from_db()
        assert rated.tier == 4
        page = read(cast.auditor, where)
        assert "In force" in page
        assert "Vera Valid" in page
        assert "Override" in read(cast.auditor, ASSESS)

    def test_what_is_not_allowed_comes_back_with_the_reason(self, cast: Cast, rated: Model) -> None:
        with nothing_moves():
            response = self.propose(cast, days="400")
        assert response.status_code == 422
        assert "It says no end within 365 days." in response.content.decode()

    @pytest.mark.parametrize(
        ("who", "said"),
        [
            ("owner", "You own or built this model"),
            ("compliance", "Approving an override takes the role"),
        ],
    )
    def test_who_may_not_approve_is_told_why(
        self, cast: Cast, rated: Model, who: str, said: str
    ) -> None:
        where = self.propose(cast).url
        person = getattr(cast, who)
        page = read(person, where)
        assert said in page
        assert "Approve this tier" not in page

    def test_whoever_posts_all_the_same_is_refused_on_record(
        self, cast: Cast, rated: Model
    ) -> None:
        where = self.propose(cast).url
        f.grant_role(
            user=cast.owner, role=Role.VALIDATOR, unit=cast.unit, starts_at=NOON,
            actor=f.CONSOLE, at=NOON,
        )  # fmt: skip
        digest = rated.assessments.get().tier_overrides.get().digest
        with nothing_moves(entries=REFUSED):
            response = post(
                cast.owner, where, capacity="mrm_function", digest=digest, password=f.PASSWORD
            )
        assert response.status_code == 403
        assert "You own or built this model" in response.content.decode()

    def test_a_wrong_password_approves_nothing(self, cast: Cast, rated: Model) -> None:
        where = self.propose(cast).url
        digest = rated.assessments.get().tier_overrides.get().digest
        with nothing_moves(entries=REFUSED):
            response = post(
                cast.validator, where, capacity="mrm_function", digest=digest, password="no"
            )
        assert (response.status_code, "That password" in response.content.decode()) == (403, True)

    def test_nothing_by_hand_is_overridden(self, cast: Cast, model: Model) -> None:
        assert "Assess it first." in read(cast.owner, f"{ASSESS}override/", status=409)
