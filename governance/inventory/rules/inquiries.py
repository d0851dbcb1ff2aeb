"""One person's way through a questionnaire about one model: what is asked, what comes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from governance.core.errors import invalid
from governance.inventory.rules.assessments import (
    FACT,
    Evidence,
    Matter,
    kept_answers,
    kept_evidence,
)
from governance.inventory.rules.questionnaires import (
    Answers,
    Facts,
    Missing,
    Partial,
    Question,
    Questionnaire,
    Scorecard,
    ScorecardResult,
    Tree,
    TreeResult,
    classify,
    partial,
    score,
)
from governance.inventory.rules.questionnaires.scorecards import Fact
from governance.inventory.rules.questionnaires.trees import Mode


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One thing that is asked: a question of the file, or a fact that the portal does not know."""

    question: Question | None = None
    fact: Fact | None = None

    @property
    def key(self) -> str:
        return self.question.id if self.question else f"{FACT}{self._fact.id}"

    @property
    def name(self) -> str:
        """How the file calls it."""
        return self.question.id if self.question else self._fact.id

    @property
    def text(self) -> str:
        return self.question.text if self.question else self._fact.text

    @property
    def citation(self) -> str:
        return self.question.citation if self.question else ""

    @property
    def section(self) -> str:
        return self.question.section if self.question else "facts"

    @property
    def is_number(self) -> bool:
        return self.fact is not None and self.fact.type == "integer"

    @property
    def choices(self) -> list[tuple[str, str]]:
        """What one chooses from, as a form sends it and as people read it."""
        if self.question and self.question.options:
            return [(option.value, option.label) for option in self.question.options]
        if self.fact and self.fact.type == "enum":
            return [(value, value.replace("_", " ")) for value in self.fact.values]
        return [] if self.is_number else [("yes", "Yes"), ("no", "No")]

    @property
    def _fact(self) -> Fact:
        assert self.fact is not None
        return self.fact

    def read(self, sent: str) -> bool | int | str:
        """Return the answer that a form sent. Raises InvalidInput."""
        values = [value for value, _ in self.choices]
        if self.is_number:
            return self._number(sent)
        if sent not in values:
            raise invalid("answer", "choice", "Choose one of the answers.")
        return sent == "yes" if values == ["yes", "no"] else sent

    def _number(self, sent: str) -> int:
        stated = sent.strip()
        # As the file would hold it: ASCII digits and a sign, and no more than an integer has.
        plain = stated.removeprefix("-")
        if not (plain.isascii() and plain.isdecimal() and len(plain) <= 15):
            raise invalid("answer", "number", "Enter a whole number.")
        if wrong := self._fact.wrong(int(stated)):
            raise invalid("answer", "range", f"It {wrong}.")
        return int(stated)

    def sent(self, answer: Any) -> str:
        """The answer as a form sends it, to show what was chosen; "" where nothing was."""
        if isinstance(answer, bool):
            return "yes" if answer else "no"
        return "" if answer is None else str(answer)

    def said(self, answer: Any) -> str:
        """The answer as people read it."""
        if answer is None:
            return "Left open"
        return dict(self.choices).get(self.sent(answer), str(answer))


@dataclass(frozen=True, kw_only=True)
class Inquiry:
    """Answers so far. `facts` are those that were typed, `known` those that the portal fills in.

    `evidence` is what they rest on, by the key of what is asked.
    """

    matter: Matter
    questionnaire: Questionnaire
    answers: Answers = field(default_factory=dict)
    facts: Facts = field(default_factory=dict)
    known: Facts = field(default_factory=dict)
    evidence: Evidence = field(default_factory=dict)

    @property
    def card(self) -> Scorecard:
        assert isinstance(self.questionnaire, Scorecard)
        return self.questionnaire

    @property
    def tree(self) -> Tree:
        assert isinstance(self.questionnaire, Tree)
        return self.questionnaire

    @cached_property
    def asked(self) -> list[Asked]:
        """Everything that is reached so far, in the order of the file; facts come last."""
        if isinstance(self.questionnaire, Tree):
            path = {one.question for one in self.so_far_of_tree.path}
            found = [one for key, one in self.tree.questions.items() if key in path]
            return [Asked(question=one) for one in found]
        open_keys = set(self.so_far_of_card.unanswered)
        gate = {question.id for question in self.card.gate}
        wanted = [
            question
            for key, question in self.card.questions.items()
            if (key in open_keys or self.answers.get(key) is not None)
            and (key in gate or self._may_score)
        ]
        if self.matter == Matter.DETERMINATION:
            return [Asked(question=one) for one in wanted if one.id in gate]
        facts = [fact for fact in self.card.facts if fact.id not in self.known]
        typed = [Asked(fact=fact) for fact in facts] if self._may_score else []
        return [*(Asked(question=one) for one in wanted), *typed]

    @property
    def _may_score(self) -> bool:
        scope = self.so_far_of_card.scope
        return scope is None or scope.continues

    def answer_to(self, asked: Asked) -> Any:
        given = self.facts if asked.fact else self.answers
        return given.get(asked.name)

    def is_given(self, asked: Asked) -> bool:
        return self.answer_to(asked) is not None

    @cached_property
    def open(self) -> list[Asked]:
        """What is still to be answered; what was left open comes last."""
        left = [one for one in self.asked if not self.is_given(one)]
        return sorted(left, key=lambda one: one.name in self.answers)

    @property
    def next(self) -> Asked | None:
        return self.open[0] if self.open else None

    @property
    def is_whole(self) -> bool:
        """Tell whether the result can be recorded; a tree may leave open what changes nothing."""
        if isinstance(self.questionnaire, Tree):
            return self.tree_result.is_complete
        return not self.open

    def named(self, key: str) -> Asked | None:
        """Return what is asked under that key now, if it is."""
        return next((one for one in self.asked if one.key == key), None)

    def before(self, asked: Asked) -> Asked | None:
        """What stands before it, to go back to."""
        keys = [one.key for one in self.asked]
        index = keys.index(asked.key) if asked.key in keys else 0
        return self.asked[index - 1] if index else None

    def rest_of_section(self, asked: Asked) -> list[Question]:
        """The questions of a list of yes and no that are still open, this one among them."""
        if not isinstance(self.questionnaire, Tree) or asked.question is None:
            return []
        for track in self.tree.tracks:
            items = [item.question for item in track.items]
            if track.mode == Mode.COLLECT and asked.question in items:
                return [one for one in items if self.answers.get(one.id) is None]
        return []

    def with_answer(self, asked: Asked, answer: Any) -> Inquiry:
        given: Mapping[str, Any] = self.facts if asked.fact else self.answers
        given = {**given, asked.name: answer}
        return self._with(**({"facts": given} if asked.fact else {"answers": given}))

    @property
    def takes_evidence(self) -> bool:
        """Tell whether answers can say what they rest on; a determination says it as a whole."""
        return self.matter != Matter.DETERMINATION

    def with_evidence(self, asked: Asked, text: str) -> Inquiry:
        """Say what the answer rests on; nothing where the text is blank."""
        others = {key: said for key, said in self.evidence.items() if key != asked.key}
        return self._with(evidence=others | ({asked.key: text} if text.strip() else {}))

    @property
    def typed(self) -> Facts:
        return {key: value for key, value in self.facts.items() if key not in self.known}

    @property
    def kept_evidence(self) -> Evidence:
        """What would be kept with the answers that count."""
        answers = kept_answers(self.questionnaire, self.answers)
        return kept_evidence(self.questionnaire, self.evidence, answers=answers, typed=self.typed)

    def with_no_to(self, questions: Sequence[Question]) -> Inquiry:
        return self._with(answers={**self.answers, **{one.id: False for one in questions}})

    def _with(self, **changed: Any) -> Inquiry:
        so_far = {"answers": self.answers, "facts": self.facts, "evidence": self.evidence}
        return Inquiry(
            matter=self.matter,
            questionnaire=self.questionnaire,
            known=self.known,
            **(so_far | changed),
        )

    @cached_property
    def all_facts(self) -> Facts:
        return self.card.facts_with({**self.typed, **self.known})

    @cached_property
    def so_far_of_card(self) -> Partial:
        return partial(self.card, self.answers, facts=self.all_facts)

    @cached_property
    def card_result(self) -> ScorecardResult:
        return score(self.card, self.answers, facts=self.all_facts)

    @cached_property
    def so_far_of_tree(self) -> TreeResult:
        """With what nobody answered as open, whatever the file says of use."""
        return classify(self.tree, self.answers, missing=Missing.OPEN)

    @cached_property
    def tree_result(self) -> TreeResult:
        return classify(self.tree, self.answers)


def admitted(questionnaire: Questionnaire, answers: Answers) -> dict[str, Any]:
    """Return the answers that this questionnaire could have been given."""
    return {
        key: value
        for key, value in answers.items()
        if (question := questionnaire.questions.get(key)) and question.problem(value) is None
    }


def admitted_evidence(inquiry: Inquiry, evidence: Evidence) -> dict[str, str]:
    """The same of what answers rest on: of those that are given in this inquiry."""
    given = {one.key for one in inquiry.asked if inquiry.is_given(one)}
    return {key: text for key, text in evidence.items() if key in given}


def admitted_facts(card: Scorecard, facts: Facts, *, known: Facts) -> dict[str, Any]:
    """The same of facts that people type."""
    return {
        fact.id: facts[fact.id]
        for fact in card.facts
        if fact.id in facts and fact.id not in known and not fact.wrong(facts[fact.id])
    }
