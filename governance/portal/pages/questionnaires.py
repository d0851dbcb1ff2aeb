"""Published questionnaires as people read them: what is asked, weighed, floored and worked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from governance.accounts.queries import labels_of
from governance.inventory.models import QuestionnaireVersion
from governance.inventory.queries.questionnaires import questionnaire_of, questionnaire_versions
from governance.inventory.rules.assessments import Purpose
from governance.inventory.rules.causes import said, tier_words
from governance.inventory.rules.controls import control_words, label_of
from governance.inventory.rules.questionnaires import Question, Questionnaire, Scorecard
from governance.inventory.rules.questionnaires.scorecards import Condition
from governance.portal.pages.asking import section_words


@dataclass(frozen=True, kw_only=True)
class QuestionnaireRow:
    """One version in the list; the newest of its purpose is asked."""

    row: QuestionnaireVersion
    is_asked: bool


@dataclass(frozen=True, kw_only=True)
class RuleRow:
    """A floor or a block, in words."""

    id: str
    says: str
    when: str
    is_hard: bool


@dataclass(frozen=True, kw_only=True)
class CaseRow:
    """A worked case of the file, which it was published with only because it comes out so."""

    id: str
    name: str
    expects: str


@dataclass(frozen=True, kw_only=True)
class QuestionnairePage:
    row: QuestionnaireVersion
    questionnaire: Questionnaire
    publisher: str
    is_asked: bool
    sections: Sequence[tuple[str, Sequence[Question]]]
    rules: Sequence[RuleRow]
    cases: Sequence[CaseRow]
    controls: Sequence[tuple[str, Sequence[str]]]
    others: Sequence[QuestionnaireVersion]

    @property
    def card(self) -> Scorecard | None:
        return self.questionnaire if isinstance(self.questionnaire, Scorecard) else None

    @property
    def disclaimer(self) -> str:
        return str(self.questionnaire.content["spec"].get("disclaimer", ""))


def questionnaire_list() -> list[tuple[str, list[QuestionnaireRow]]]:
    """Every version by what it decides on, newest first, in one query."""
    groups = groupby(questionnaire_versions(), key=lambda row: row.purpose)
    return [
        (
            str(Purpose(purpose).label),
            [QuestionnaireRow(row=row, is_asked=index == 0) for index, row in enumerate(rows)],
        )
        for purpose, rows in groups
    ]


def questionnaire_page(row: QuestionnaireVersion) -> QuestionnairePage:
    """Read one version, with the others for the same purpose beside it."""
    found, same = questionnaire_of(row), questionnaire_versions()
    same = [one for one in same if one.purpose == row.purpose]
    return QuestionnairePage(
        row=row,
        questionnaire=found,
        publisher=labels_of([row.published_by]).get(row.published_by, "the console"),
        is_asked=same[0] == row,
        sections=_sections(found),
        rules=_rules(found) if isinstance(found, Scorecard) else (),
        cases=[_case(case) for case in found.content["test_cases"]],
        controls=_controls(found) if isinstance(found, Scorecard) else (),
        others=[one for one in same if one != row],
    )


def _sections(found: Questionnaire) -> list[tuple[str, list[Question]]]:
    groups = groupby(found.questions.values(), key=lambda question: question.section)
    return [(section_words(section), list(questions)) for section, questions in groups]


def _rules(card: Scorecard) -> list[RuleRow]:
    floors = [
        RuleRow(
            id=one.id,
            says=f"At least {tier_words(card, one.tier)}. {one.reason}",
            when=_when(one.when),
            is_hard=one.hard,
        )
        for one in card.floors
    ]
    blocks = [
        RuleRow(id=one.id, says=f"Blocks. {one.reason}", when=_when(one.when), is_hard=False)
        for one in card.blocks
    ]
    return floors + blocks


def _when(when: Condition) -> str:
    given = {**when.answers, **when.facts}
    return "; ".join(f"{key} is {' or '.join(map(said, values))}" for key, values in given.items())


def _case(case: Mapping[str, Any]) -> CaseRow:
    expects = (f"{key.replace('_', ' ')}: {_expected(one)}" for key, one in case["expect"].items())
    return CaseRow(id=case["id"], name=case["name"], expects=", ".join(expects))


def _expected(value: Any) -> str:
    return (" ".join(map(str, value)) or "none") if isinstance(value, list) else said(value)


def _controls(card: Scorecard) -> list[tuple[str, list[str]]]:
    keys = dict.fromkeys(key for one in card.tier_controls.values() for key in one)
    return [
        (label_of(key), [control_words(key, one.get(key)) for one in card.tier_controls.values()])
        for key in keys
    ]
