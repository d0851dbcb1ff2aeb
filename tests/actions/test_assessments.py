"""Deciding by questionnaire: what is kept, what it sets, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from governance.accounts.models import User
from governance.accounts.permissions import Permission
from governance.accounts.queries import CONSOLE
from governance.accounts.rules import NotAPerson, PermissionMissing
from governance.core.errors import InvalidInput
from governance.inventory.actions import (
    ModelRecord,
    assess_class,
    assess_tier,
    create_model,
    determine,
    edit_model,
    keep_answers,
    publish_questionnaire,
)
from governance.inventory.models import (
    Assessment,
    ClassAssessment,
    Determination,
    Model,
    TierAssessment,
)
from governance.inventory.queries.assessments import assessment_base, draft_of
from governance.inventory.queries.known_facts import known_facts
from governance.inventory.queries.questionnaires import (
    needed_questionnaire,
    scorecard_of,
)
from governance.inventory.rules.assessments import (
    AssessmentChanged,
    Matter,
    NoQuestionnaire,
    Purpose,
)
from tests import factories as f
from tests.factories import CREDIT, MEDIUM, NOON, TIERING, Cast, ai_act_answers, edited_record
from tests.world import newest_entry, nothing_moves, refused

LATER = f.later(hours=1)


def rules_of(error: BaseException) -> list[tuple[str, str]]:
    assert isinstance(error, InvalidInput)
    return [(problem.field, problem.rule) for problem in error.problems]


@pytest.fixture
def model(cast: Cast) -> Model:
    """A model whose tier was set by hand, before anything was published."""
    model = f.make_model(cast)
    f.make_questionnaires(cast)
    return model


def kept_with(model: Model) -> set[str]:
    """What follows from another tier or class: the record's new revision."""
    revision = model.revisions.latest("number")
    return {revision.ref, revision.content.ref}


class TestTheTier:
    def test_comes_with_everything_that_gave_it(self, cast: Cast, model: Model) -> None:
        made = f.rate(cast, model, CREDIT, critical_operation=True)
        model.refresh_from_db()
        assert model.tier == 1
        assert made.questionnaire.version == "1.1.0"
        assert made.answers == CREDIT
        assert made.facts == {
            "feeds_tier": 0, "eu_ai_act_class": "none", "critical_operation": True,
        }  # fmt: skip
        result = made.result
        assert (result["raw"], result["computed_tier"], result["final_tier"]) == (250, 2, 1)
        assert result["floors"] == ["F3", "F4", "F9"]
        rating = TierAssessment.objects.get(assessment=made)
        assert (rating.tier, rating.assessed_by) == (1, cast.owner)
        assert "250 of 400 points give Tier 2 (High). A floor makes it Tier 1" in str(rating.reason)

    def test_is_one_entry_that_lists_every_row(self, cast: Cast, model: Model) -> None:
        made = assess_tier(
            model=model, answers=MEDIUM, facts={}, evidence="Campaign plan 2026.",
            actor=cast.approver, at=LATER,
        )  # fmt: skip
        rating = TierAssessment.objects.get(assessment=made)
        entry = newest_entry(model.stream)
        assert (entry.verb, entry.facts["tier"], entry.facts["raw"]) == ("tier.assessed", 3, 156)
        written = [model, made, rating, rating.reason, made.evidence]
        assert set(entry.states) == {row.ref for row in written if row} | kept_with(model)
        assert str(made.evidence) == "Campaign plan 2026."

    def test_a_first_one_completes_a_draft(self, cast: Cast) -> None:
        f.make_questionnaires(cast)
        record = ModelRecord(purpose="x", intended_use="y", kind="OTHER", owner=cast.owner)
        model = create_model(name="new", unit=cast.unit, record=record, actor=cast.owner, at=NOON)
        f.rate(cast, model)
        model.refresh_from_db()
        assert (model.tier, model.gaps) == (3, [])

    def test_what_stood_before_keeps_its_version(self, cast: Cast, model: Model) -> None:
        first = f.rate(cast, model)
        newer = publish_questionnaire(
            text=TIERING.replace("version: 1.1.0", "version: 2.0.0", 1),
            purpose=Purpose.TIERING, actor=cast.compliance, at=LATER,
        )  # fmt: skip
        second = f.rate(cast, model, at=LATER)
        first.refresh_from_db()
        assert (first.questionnaire.version, second.questionnaire) == ("1.1.0", newer)

    def test_an_open_question_leaves_nothing(self, cast: Cast, model: Model) -> None:
        answers: dict[str, Any] = {**MEDIUM, "R1": None}
        del answers["E1"]
        with refused(InvalidInput) as caught:
            f.rate(cast, model, answers)
        assert rules_of(caught.value) == [
            ("answers.E1", "unanswered"),
            ("answers.R1", "unanswered"),
        ]

    @pytest.mark.parametrize(
        ("answers", "facts", "problem"),
        [
            ({"E1": "huge"}, {}, ("answers.E1", "option")),
            ({"E9": "small"}, {}, ("answers.E9", "known")),
            ({"S1": "yes"}, {}, ("answers.S1", "type")),
            ({"S1": False, "S3": False}, {}, ("answers", "no_tier")),
            ({}, {"eu_ai_act_class": "minimal"}, ("facts.eu_ai_act_class", "known_by_portal")),
            ({}, {"feeds_tier": 1}, ("facts.feeds_tier", "known_by_portal")),
            ({}, {"critical_operation": 7}, ("facts.critical_operation", "type")),
            ({}, {"weather": "fine"}, ("facts.weather", "known")),
        ],
    )
    def test_what_cannot_be_is_refused(
        self,
        cast: Cast,
        model: Model,
        answers: dict[str, Any],
        facts: dict[str, Any],
        problem: tuple[str, str],
    ) -> None:
        with refused(InvalidInput) as caught:
            f.rate(cast, model, MEDIUM | answers, **facts)
        assert rules_of(caught.value) == [problem]

    @pytest.mark.parametrize("who", ["developer", "validator", "compliance", "administrator"])
    def test_who_may_not(self, cast: Cast, model: Model, who: str) -> None:
        with refused(PermissionMissing):
            assess_tier(model=model, answers=MEDIUM, facts={}, actor=getattr(cast, who), at=LATER)

    def test_needs_a_published_questionnaire(self, cast: Cast) -> None:
        model = f.make_model(cast)
        with refused(NoQuestionnaire):
            f.rate(cast, model)
        with refused(NoQuestionnaire):
            f.classify_model(cast, model)


class TestWhatWasOnTheScreen:
    def base(self, model: Model, answers: dict[str, Any] = MEDIUM) -> str:
        row = needed_questionnaire(Purpose.TIERING)
        card = scorecard_of(row)
        facts = card.facts_with(known_facts(model, card, at=LATER).values)
        return assessment_base(Model.objects.get(pk=model.pk), row, answers, facts)

    def confirm(self, cast: Cast, model: Model, base: str) -> Assessment:
        return assess_tier(
            model=model, answers=MEDIUM, facts={}, base=base, actor=cast.owner, at=LATER
        )

    def test_is_what_is_recorded(self, cast: Cast, model: Model) -> None:
        assert self.confirm(cast, model, self.base(model)).result["raw"] == 156

    def test_other_answers_are_shown_again(self, cast: Cast, model: Model) -> None:
        base = self.base(model, MEDIUM | {"E1": "large"})
        with refused(AssessmentChanged):
            self.confirm(cast, model, base)

    def test_so_is_a_record_that_changed(self, cast: Cast, model: Model) -> None:
        base = self.base(model)
        record = edited_record(model, purpose="Says who stays.")
        edit_model(model=model, record=record, actor=cast.owner, at=NOON)
        with refused(AssessmentChanged):
            self.confirm(cast, model, base)

    def test_so_is_a_class_that_changed(self, cast: Cast, model: Model) -> None:
        base = self.base(model)
        f.classify_model(cast, model, Q_A5B=True, Q_PROF=True)
        with refused(AssessmentChanged):
            self.confirm(cast, model, base)

    def test_so_is_a_questionnaire_that_was_superseded(self, cast: Cast, model: Model) -> None:
        base = self.base(model)
        publish_questionnaire(
            text=TIERING.replace("version: 1.1.0", "version: 1.1.1", 1),
            purpose=Purpose.TIERING, actor=cast.compliance, at=NOON,
        )  # fmt: skip
        with refused(AssessmentChanged):
            self.confirm(cast, model, base)


class TestByHandNoMore:
    @pytest.mark.parametrize(
        ("changed", "field"),
        [
            ({"tier": 1, "tier_reason": "So."}, "tier"),
            ({"ai_act_class": "MINIMAL", "ai_act_reason": "So."}, "ai_act_class"),
        ],
    )
    def test_neither_is_set_by_hand(
        self, cast: Cast, model: Model, changed: dict[str, Any], field: str
    ) -> None:
        with refused(InvalidInput) as caught:
            edit_model(
                model=model, record=edited_record(model, **changed), actor=cast.owner, at=LATER
            )
        assert rules_of(caught.value) == [(field, "assess_by_questionnaire")]

    def test_nor_with_a_new_model(self, cast: Cast) -> None:
        f.make_questionnaires(cast)
        with refused(InvalidInput) as caught:
            f.make_model(cast)
        assert rules_of(caught.value) == [("tier", "assess_by_questionnaire")]

    def test_the_rest_of_the_record_is(self, cast: Cast, model: Model) -> None:
        record = edited_record(model, purpose="Says who stays.")
        edit_model(model=model, record=record, actor=cast.owner, at=LATER)
        model.refresh_from_db()
        assert (model.purpose, model.tier) == ("Says who stays.", 3)


class TestTheClass:
    def test_comes_with_its_articles_and_dated_obligations(self, cast: Cast, model: Model) -> None:
        made = f.classify_model(cast, model, Q_A5B=True, Q_PROF=True)
        model.refresh_from_db()
        assert model.ai_act_class == "HIGH_RISK_ANNEX_III"
        result = made.result
        assert (result["citation"], result["matched"]) == ("Art. 6(2); Annex III", ["5(b)"])
        duty = next(one for one in result["obligations"] if "fundamental rights" in one["what"])
        assert (duty["from"], duty["citation"]) == ("2027-12-02", "Art. 27(1); Art. 113")
        rating = ClassAssessment.objects.get(assessment=made)
        assert str(rating.reason) == (
            "EU AI Act classification 1.0.0: High-risk: Annex III (Art. 6(2); Annex III). "
            "matched: 5(b)."
        )
        entry = newest_entry(model.stream)
        assert (entry.verb, entry.facts["class"]) == ("class.assessed", "HIGH_RISK_ANNEX_III")
        scope = model.rule_scopes.latest("number")
        told = {model.ref, made.ref, rating.ref, rating.reason.ref, scope.ref}
        assert set(entry.states) == told | kept_with(model)

    def test_keeps_what_was_asked_and_no_answer_beside_the_way(
        self, cast: Cast, model: Model
    ) -> None:
        made = f.classify_model(cast, model, Q_AI=False)
        assert set(made.answers) == {"Q_G1", "Q_AI"}
        assert made.result["outcome"] == "NOT_AI_SYSTEM"

    def test_an_open_question_leaves_nothing(self, cast: Cast, model: Model) -> None:
        answers = ai_act_answers()
        del answers["Q_A5B"]
        with refused(InvalidInput) as caught:
            assess_class(model=model, answers=answers, actor=cast.owner, at=LATER)
        assert rules_of(caught.value) == [("answers.Q_A5B", "unanswered")]

    def test_reaches_the_tier_as_the_questionnaire_says(self, cast: Cast, model: Model) -> None:
        f.classify_model(cast, model, Q_A5B=True, Q_PROF=True)
        made = f.rate(cast, model)
        assert made.facts["eu_ai_act_class"] == "high_risk"
        assert (made.result["floors"], made.result["final_tier"]) == (["F8"], 2)

    def test_one_that_was_set_by_hand_reaches_it_too(self, cast: Cast) -> None:
        model = f.make_model(cast)
        record = edited_record(model, ai_act_class="HIGH_RISK_ANNEX_III", ai_act_reason="Scores.")
        edit_model(model=model, record=record, actor=cast.owner, at=NOON)
        f.make_questionnaires(cast)
        assert f.rate(cast, model).facts["eu_ai_act_class"] == "high_risk"

    @pytest.mark.parametrize("who", ["developer", "validator", "compliance", "administrator"])
    def test_who_may_not(self, cast: Cast, model: Model, who: str) -> None:
        with refused(PermissionMissing):
            assess_class(model=model, answers=ai_act_answers(), actor=getattr(cast, who), at=LATER)


class TestTheDetermination:
    def decide(self, model: Model, actor: Any, **changed: Any) -> Determination:
        given: dict[str, Any] = {
            "answers": {"S1": True, "S2": True, "S3": False},
            "reasons": "Estimates a probability by logistic regression.",
            "next_review_date": date(2027, 3, 1),
        }
        return determine(model=model, actor=actor, at=LATER, **(given | changed))

    @pytest.mark.parametrize(
        ("answers", "result", "rule"),
        [
            ({"S1": True, "S2": True, "S3": False}, "in_scope_model", "SG2"),
            ({"S1": True, "S2": False, "S3": False}, "non_model_tool", "SG3"),
            ({"S3": True}, "outside_sr_26_2", "SG1"),
        ],
    )
    def test_says_by_which_rule(
        self, cast: Cast, model: Model, answers: dict[str, bool], result: str, rule: str
    ) -> None:
        made = self.decide(model, cast.approver, answers=answers)
        assert (made.result, made.rule, made.reviewer) == (result, rule, cast.approver)
        assert (made.answers, made.next_review_date) == (answers, date(2027, 3, 1))
        entry = newest_entry(model.stream)
        assert (entry.verb, entry.facts["rule"]) == ("model.determined", rule)
        scope = model.rule_scopes.latest("number")
        is_tool = result == "non_model_tool"
        told = {made.ref, made.reasons.ref, scope.ref} | ({model.ref} if is_tool else set())
        assert set(entry.states) == told

    def test_changes_neither_tier_nor_class(self, cast: Cast, model: Model) -> None:
        self.decide(model, cast.owner, answers={"S3": True})
        model.refresh_from_db()
        assert (model.tier, model.ai_act_class) == (3, "")

    @pytest.mark.parametrize(
        ("changed", "problems"),
        [
            ({"answers": {"S1": True, "S2": True}}, [("answers.S3", "unanswered")]),
            ({"answers": {"S3": True, "E1": "none"}}, [("answers.E1", "known")]),
            ({"reasons": " "}, [("reasons", "required")]),
            ({"next_review_date": NOON.date()}, [("next_review_date", "range")]),
            ({"next_review_date": None}, [("next_review_date", "range")]),
        ],
    )
    def test_what_is_refused(
        self, cast: Cast, model: Model, changed: dict[str, Any], problems: list[tuple[str, str]]
    ) -> None:
        with refused(InvalidInput) as caught:
            self.decide(model, cast.owner, **changed)
        assert sorted(rules_of(caught.value)) == problems

    def test_who_may_not(self, cast: Cast, model: Model) -> None:
        with refused(PermissionMissing):
            self.decide(model, cast.developer)
        with refused(PermissionMissing):
            self.decide(model, CONSOLE)


def test_a_program_answers_for_nothing(cast: Cast, model: Model) -> None:
    clock = replace(CONSOLE, held=CONSOLE.held | {Permission.TIER_ASSESS})
    with refused(NotAPerson):
        assess_tier(model=model, answers=MEDIUM, facts={}, actor=clock, at=LATER)


class TestAnswersOnTheWay:
    def keep(self, model: Model, actor: User, answers: dict[str, Any]) -> None:
        keep_answers(
            model=model, matter=Matter.TIER, questionnaire=needed_questionnaire(Purpose.TIERING),
            answers=answers, facts={}, actor=actor, at=LATER,
        )  # fmt: skip

    def kept(self, model: Model, actor: User) -> dict[str, Any]:
        return dict(draft_of(model, Matter.TIER, person=actor, at=LATER).inquiry.answers)

    def test_are_kept_for_the_person_alone(self, cast: Cast, model: Model) -> None:
        self.keep(model, cast.owner, {"S1": True})
        self.keep(model, cast.owner, {"S1": True, "S2": False})
        assert self.kept(model, cast.owner) == {"S1": True, "S2": False}
        assert self.kept(model, cast.approver) == {}

    def test_end_with_the_assessment(self, cast: Cast, model: Model) -> None:
        self.keep(model, cast.owner, {"S1": True})
        f.rate(cast, model)
        assert self.kept(model, cast.owner) == {}

    def test_begin_anew_with_another_version(self, cast: Cast, model: Model) -> None:
        self.keep(model, cast.owner, {"S1": True})
        publish_questionnaire(
            text=TIERING.replace("version: 1.1.0", "version: 1.1.1", 1),
            purpose=Purpose.TIERING, actor=cast.compliance, at=LATER,
        )  # fmt: skip
        assert self.kept(model, cast.owner) == {}


@pytest.mark.backend
@pytest.mark.parametrize("table", [Assessment, Determination, TierAssessment, ClassAssessment])
def test_history_refuses_to_be_changed(cast: Cast, model: Model, table: Any) -> None:
    f.rate(cast, model)
    f.classify_model(cast, model)
    TestTheDetermination().decide(model, cast.owner)
    for change in (
        lambda: table.objects.update(salt="0" * 32),
        lambda: table.objects.all()._raw_delete("default"),
    ):
        with nothing_moves(), pytest.raises(DatabaseError), transaction.atomic():
            change()
