"""What is asked, and how an answer may look, in every kind of questionnaire."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from governance.core.errors import InvalidInput, Problem

Answer = bool | str | None
Answers = Mapping[str, Answer]
"""Answers by question; null says that it was asked and is open."""


@dataclass(frozen=True, kw_only=True)
class Option:
    """One of the answers that a question of a scorecard lets one choose from."""

    value: str
    points: int
    label: str


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question as a page asks it; without options it is answered yes or no.

    `section` is the group or the title of the track that it stands in.
    """

    id: str
    text: str
    citation: str = ""
    section: str = ""
    weight: int = 0
    options: tuple[Option, ...] = ()

    @property
    def is_yes_or_no(self) -> bool:
        return not self.options

    def option(self, value: Answer) -> Option | None:
        return next((one for one in self.options if one.value == value), None)

    @property
    def least(self) -> int:
        """The fewest points that its options give, weighted."""
        return self.weight * min(option.points for option in self.options)

    @property
    def most(self) -> int:
        return self.weight * max(option.points for option in self.options)

    def problem(self, answer: Any) -> Problem | None:
        """Say what is wrong with an answer; an open one is in order."""
        if answer is None:
            return None
        if self.is_yes_or_no:
            said = f"{self.id} is answered true, false or null, not {answer!r}."
            return None if isinstance(answer, bool) else self._problem("type", said)
        if not isinstance(answer, str):
            return self._problem("type", f"{self.id} is answered with text, not {answer!r}.")
        values = ", ".join(option.value for option in self.options)
        said = f"{self.id} has no option {answer!r}. Its options are {values}."
        return None if self.option(answer) else self._problem("option", said)

    def _problem(self, rule: str, message: str) -> Problem:
        return Problem(field=f"answers.{self.id}", rule=rule, message=message)


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How many of the questions that are reached so far have an answer."""

    answered: int
    reached: int


def question_from(entry: Mapping[str, Any], *, section: str) -> Question:
    return Question(
        id=entry["id"],
        text=entry["text"],
        citation=entry.get("citation", ""),
        section=section,
        weight=entry.get("weight", 0),
        options=tuple(Option(**option) for option in entry.get("options", ())),
    )


def check_answers(questions: Mapping[str, Question], answers: Answers) -> None:
    """Raise InvalidInput for a question that nobody asks, or an answer that it cannot have."""
    if problems := list(_problems(questions, answers)):
        raise InvalidInput(*problems)


def _problems(questions: Mapping[str, Question], answers: Answers) -> Iterator[Problem]:
    for key, answer in answers.items():
        question = questions.get(key)
        if question is None:
            said = f"The questionnaire asks no question {key}."
            yield Problem(field=f"answers.{key}", rule="known", message=said)
        elif problem := question.problem(answer):
            yield problem
