"""What single answers rest on: kept as prose beside the assessment, and part of its digest."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, transaction

from governance.audit.models import Prose
from governance.audit.verification import verify
from governance.core.canonical import digest
from governance.core.errors import InvalidInput
from governance.inventory.actions import assess_class, assess_tier, keep_answers
from governance.inventory.models import AnswerDraft, AnswerEvidence, Assessment, Model
from governance.inventory.queries.assessments import draft_of, evidence_of, inquiry_of_last_time
from governance.inventory.queries.questionnaires import needed_questionnaire
from governance.inventory.rules.assessments import (
    FACT,
    MAX_EVIDENCE,
    AssessmentChanged,
    Matter,
    Purpose,
    assessment_digest,
)
from tests import factories as f
from tests.factories import MEDIUM, NOON, Cast, ai_act_answers
from tests.world import newest_entry, nothing_moves, refused

SAID = {"E1": "Ledger of May, page 3.", f"{FACT}critical_operation": "https://wiki.bank/plan"}


@pytest.fixture
def model(cast: Cast) -> Model:
    model = f.make_model(cast)
    f.make_questionnaires(cast)
    return model


def rate(cast: Cast, model: Model, said: dict[str, str], **more: Any) -> Assessment:
    return assess_tier(
        model=model, answers=MEDIUM, facts={"critical_operation": False}, answer_evidence=said,
        actor=cast.owner, at=f.later(minutes=Assessment.objects.count()), **more,
    )  # fmt: skip


def erase(row: Assessment, asked: str) -> None:
    """Erase as the database lets one: the text is gone, its digest stays."""
    text = row.answer_evidence.get(asked=asked).text
    Prose.objects.filter(pk=text.pk).update(text="", salt="", erased_at=NOON)


def recomputed(row: Assessment) -> str:
    texts = {one.asked: one.text.digest for one in row.answer_evidence.select_related("text")}
    return assessment_digest(
        model=row.model.ref, questionnaire=row.questionnaire.digest, answers=row.answers,
        facts=row.facts, result=row.result, evidence=texts,
    )  # fmt: skip


def test_stands_beside_each_answer(cast: Cast, model: Model) -> None:
    made = rate(cast, model, SAID, evidence="All of it.")
    assert evidence_of(made) == SAID
    assert str(made.evidence) == "All of it."


def test_is_told_with_the_one_entry(cast: Cast, model: Model) -> None:
    made = rate(cast, model, SAID)
    rows = made.answer_evidence.select_related("text")
    told = newest_entry(model.stream).states
    assert {row.ref for row in rows} | {row.text.ref for row in rows} <= set(told)


def test_is_part_of_the_digest_that_outlives_the_text(cast: Cast, model: Model) -> None:
    made = rate(cast, model, SAID)
    assert recomputed(made) == made.digest
    other = rate(cast, model, SAID | {"E1": "Ledger of June."})
    assert other.digest != made.digest
    erase(made, "E1")
    assert evidence_of(made)["E1"].startswith("[erased")
    assert recomputed(made) == made.digest
    assert verify().intact


def test_an_assessment_without_any_is_digested_as_before(cast: Cast, model: Model) -> None:
    made = f.rate(cast, model)
    assert made.digest == recomputed(made) == digest(
        {
            "model": model.ref, "questionnaire": made.questionnaire.digest,
            "answers": made.answers, "facts": made.facts, "result": made.result,
        }
    )  # fmt: skip


def test_of_an_answer_that_does_not_count_nothing_is_kept(cast: Cast, model: Model) -> None:
    said = {"Q_AI": "No model in it.", "Q_A5B": "Beside the way.", "Q_G1": " \r\n "}
    made = assess_class(
        model=model, answers=ai_act_answers(Q_AI=False), answer_evidence=said, actor=cast.owner,
        at=NOON,
    )  # fmt: skip
    assert evidence_of(made) == {"Q_AI": "No model in it."}


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        ({"Z9": "Ledger."}, "known"),
        ({"E1": "x" * (MAX_EVIDENCE + 1)}, "length"),
        ({"E1": "a\x07b"}, "length"),
    ],
)
def test_what_cannot_be_is_refused(
    cast: Cast, model: Model, said: dict[str, str], rule: str
) -> None:
    with refused(InvalidInput) as caught:
        rate(cast, model, said)
    assert isinstance(caught.value, InvalidInput)
    assert [(one.field, one.rule) for one in caught.value.problems] == [
        (f"evidence.{next(iter(said))}", rule)
    ]


class TestOnTheWay:
    def keep(self, model: Model, cast: Cast, said: dict[str, str]) -> None:
        keep_answers(
            model=model, matter=Matter.TIER, questionnaire=needed_questionnaire(Purpose.TIERING),
            answers=MEDIUM, facts={"critical_operation": False}, evidence=said, actor=cast.owner,
            at=NOON,
        )  # fmt: skip

    def test_it_is_kept_with_the_answers_and_ends_with_them(self, cast: Cast, model: Model) -> None:
        self.keep(model, cast, SAID)
        draft = draft_of(model, Matter.TIER, person=cast.owner, at=NOON)
        assert draft.inquiry.kept_evidence == SAID
        rate(cast, model, SAID)
        assert AnswerDraft.objects.get().evidence == {}

    def test_it_is_taken_over_from_last_time_unless_it_was_erased(
        self, cast: Cast, model: Model
    ) -> None:
        made = rate(cast, model, SAID)
        erase(made, "E1")
        draft = draft_of(model, Matter.TIER, person=cast.approver, at=NOON)
        again = inquiry_of_last_time(draft, model)
        assert again.evidence == {key: SAID[key] for key in SAID if key != "E1"}


@pytest.mark.backend
def test_history_refuses_to_be_changed(cast: Cast, model: Model) -> None:
    rate(cast, model, SAID)
    with nothing_moves(), pytest.raises(DatabaseError), transaction.atomic():
        AnswerEvidence.objects.update(asked="E2")
    with refused(AssessmentChanged):
        rate(cast, model, SAID, base="0" * 64)
