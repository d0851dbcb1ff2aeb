"""One question at a time, and what came of the answers so far, with its cause."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from governance.core.wording import counted, sentence
from governance.inventory.models import Model, QuestionnaireVersion
from governance.inventory.queries.assessments import Draft
from governance.inventory.rules.assessments import Matter
from governance.inventory.rules.causes import floor_cause, tier_words
from governance.inventory.rules.inquiries import Asked, Inquiry
from governance.inventory.rules.questionnaires import Tree, TreeResult
from governance.inventory.rules.questionnaires.trees import Item, Mode

SLUGS = {Matter.DETERMINATION: "determination", Matter.TIER: "tier", Matter.CLASS: "ai-act"}
"""How the address calls what is decided."""
WHAT = {
    Matter.DETERMINATION: "Whether it is a model",
    Matter.TIER: "Risk tier",
    Matter.CLASS: "EU AI Act class",
}


LATELY = 6
"""So many answers stand beside a question; the review has them all."""


@dataclass(frozen=True, kw_only=True)
class Given:
    """One answer, as the list beside the question and the review show it."""

    number: int
    asked: Asked
    answer: str
    is_given: bool
    evidence: str = ""
    points: int | None = None
    most: int | None = None


@dataclass(frozen=True, kw_only=True)
class Cause:
    """One thing that follows from the answers, and from which."""

    title: str
    text: str
    cause: str = ""
    tone: str = "mute"


@dataclass(frozen=True, kw_only=True)
class SoFar:
    """What came of the answers so far. `tiers` are those that can still come out."""

    label: str
    tiers: Sequence[int] = ()
    why: str = ""
    scope: str = ""
    raw: int | None = None
    lowest: int = 0
    highest: int = 0
    most: int = 0
    causes: Sequence[Cause] = ()
    tone: str = "mute"

    @property
    def is_decided(self) -> bool:
        return len(self.tiers) == 1


@dataclass(frozen=True, kw_only=True)
class AskingPage:
    """A question, its place among the others, and what came of those before."""

    model: Model
    matter: Matter
    row: QuestionnaireVersion
    asked: Asked
    chosen: str
    before: Asked | None
    answered: int
    reached: int
    so_far: SoFar
    all: Sequence[Given]
    rest: int
    is_whole: bool

    @property
    def what(self) -> str:
        return WHAT[self.matter]

    @property
    def given(self) -> Sequence[Given]:
        return [one for one in self.all if one.is_given]

    @property
    def number(self) -> int:
        return min(self.answered + 1, self.reached)

    @property
    def section(self) -> str:
        return section_words(self.asked.section)

    @property
    def lately_given(self) -> Sequence[Given]:
        """The answers given last before this question, newest first; all are on the review."""
        before = [one for one in self.given if one.number < self._place] or list(self.given)
        return before[: -LATELY - 1 : -1]

    @property
    def _place(self) -> int:
        return next((g.number for g in self.all if g.asked.key == self.asked.key), self.reached)


def asking_page(
    model: Model, draft: Draft, matter: Matter, asked: Asked, *, chosen: str | None = None
) -> AskingPage:
    """Show one question. `chosen` is what was typed if it came back."""
    inquiry = draft.inquiry
    answer = inquiry.answer_to(asked)
    default = asked.sent(asked.fact.default) if asked.fact else ""
    rest = inquiry.rest_of_section(asked)
    return AskingPage(
        model=model,
        matter=matter,
        row=draft.row,
        asked=asked,
        chosen=chosen if chosen is not None else asked.sent(answer) or default,
        before=inquiry.before(asked),
        answered=sum(inquiry.is_given(one) for one in inquiry.asked),
        reached=len(inquiry.asked),
        so_far=so_far_of(inquiry),
        all=given_of(inquiry),
        rest=len(rest) if len(rest) > 1 else 0,
        is_whole=inquiry.is_whole,
    )


def given_of(inquiry: Inquiry) -> list[Given]:
    """Everything that is asked with its answer, in the order of the file."""
    return [
        Given(
            number=number,
            asked=one,
            answer=one.said(inquiry.answer_to(one)) if inquiry.is_given(one) else "Open",
            is_given=inquiry.is_given(one),
            evidence=inquiry.evidence.get(one.key, ""),
            **_points(one, inquiry.answer_to(one)),
        )
        for number, one in enumerate(inquiry.asked, start=1)
    ]


def _points(asked: Asked, answer: Any) -> dict[str, int]:
    question = asked.question
    option = question.option(answer) if question and question.options else None
    if question is None or option is None:
        return {}
    return {"points": question.weight * option.points, "most": question.most}


def by_section(given: Sequence[Given]) -> list[tuple[str, list[Given]]]:
    groups = groupby(given, key=lambda one: one.asked.section)
    return [(section_words(section), list(rows)) for section, rows in groups]


def section_words(section: str) -> str:
    """A group's name as a heading; the title of a track is one already."""
    return section if " " in section else sentence(section)


def so_far_of(inquiry: Inquiry) -> SoFar:
    if isinstance(inquiry.questionnaire, Tree):
        return _tree_so_far(inquiry)
    if inquiry.matter == Matter.DETERMINATION:
        return _scope_so_far(inquiry)
    return _card_so_far(inquiry)


def _scope_so_far(inquiry: Inquiry) -> SoFar:
    scope = inquiry.so_far_of_card.scope
    if scope is None:
        return SoFar(label="Not decided yet", why="It follows from the answers to come.")
    return SoFar(label=sentence(scope.result), why=f"Rule {scope.id}. {scope.note}", tone="ink")


def _card_so_far(inquiry: Inquiry) -> SoFar:
    card, found = inquiry.card, inquiry.so_far_of_card
    given = len(found.contributions)
    why = f"{counted(given, 'scored answer')} of {len(card.scored)}"
    if found.may_end and found.scope is None:
        why += "; the gate may yet say that it has none"
    scope = found.scope
    return SoFar(
        label=" or ".join(tier_words(card, tier) for tier in found.tiers) or "No tier",
        tiers=found.tiers,
        why=why,
        scope=f"{sentence(scope.result)} ({scope.id})" if scope else "",
        raw=found.raw,
        lowest=found.lowest_raw,
        highest=found.highest_raw,
        most=card.max_raw,
        causes=[*_floor_causes(inquiry), *_block_causes(inquiry)],
    )


def _floor_causes(inquiry: Inquiry) -> Iterator[Cause]:
    card, found = inquiry.card, inquiry.so_far_of_card
    for floor in found.floors:
        hard = ", hard" if floor.hard else ""
        yield Cause(
            title=f"Floor {floor.id}: {tier_words(card, floor.tier)}{hard}",
            text=floor.reason,
            cause=floor_cause(card, floor, inquiry.answers, inquiry.all_facts),
            tone="warn",
        )


def _block_causes(inquiry: Inquiry) -> Iterator[Cause]:
    for block in inquiry.so_far_of_card.blocks:
        yield Cause(
            title=f"Block {block.id}",
            text=f"{block.reason}. No version goes live while this holds.",
            tone="bad",
        )


def _tree_so_far(inquiry: Inquiry) -> SoFar:
    found = inquiry.so_far_of_tree
    left = counted(len(found.open), "question") + " open"
    why = left if found.open else found.outcome.citation
    label = found.outcome.label if found.is_complete else "Not known yet"
    return SoFar(
        label=label,
        why=why,
        causes=list(matches_in(inquiry.tree, found)),
        tone=tone_of_class(found.outcome.id) if found.is_complete else "mute",
    )


def tone_of_class(outcome: str) -> str:
    """Bad is what may not be used, warn what most duties follow from."""
    return "bad" if outcome == "PROHIBITED" else "warn" if outcome.startswith("HIGH") else "mute"


def matches_in(tree: Tree, found: TreeResult) -> Iterator[Cause]:
    """What the answers matched, by which question; and outcomes that stand beside the class."""
    entered = {value for values in found.fields.values() for value in _several(values)}
    answers = {one.question: one.answer for one in found.path}
    for track in tree.tracks:
        if track.mode != Mode.COLLECT:
            continue
        for item in track.items:
            if answers.get(item.question.id) and _match_of(item, entered):
                yield Cause(title=item.question.citation, text=item.question.text, tone="warn")
    for value in found.fields.values():
        if isinstance(value, str) and value != tree.incomplete:
            outcome = tree.outcomes[value]
            yield Cause(title=outcome.citation, text=outcome.label, tone="ink")


def _several(values: object) -> tuple[str, ...]:
    return values if isinstance(values, tuple) else ()


def _match_of(item: Item, entered: set[str]) -> bool:
    return item.match in entered or any(one.then in entered for one in item.exceptions)
