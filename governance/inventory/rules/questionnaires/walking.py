"""From yes and no to an outcome: the tracks as the plan orders them, and what stays open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from governance.inventory.rules.questionnaires.questions import (
    Answers,
    Progress,
    Question,
    check_answers,
)
from governance.inventory.rules.questionnaires.trees import (
    YES,
    Duty,
    Item,
    Missing,
    Mode,
    Outcome,
    Step,
    Track,
    Tree,
)

Field = str | tuple[str, ...] | None


@dataclass(frozen=True, kw_only=True)
class Reached:
    """A question that was asked, and how it was read. `assumed`: a no that nobody gave."""

    question: str
    answer: bool | None
    assumed: bool = False


@dataclass(frozen=True, kw_only=True)
class Obligation:
    """Something that follows from an outcome, and of which outcome it is."""

    duty: Duty
    outcome: str


@dataclass(frozen=True, kw_only=True)
class TreeResult:
    """What the answers lead to.

    `fields` are those that the plan names: matches where a track collects, an outcome or None
    where it walks. `path` holds what was asked, in the plan's order. Questions may be open beside
    an outcome that they cannot change.
    """

    tree: Tree
    outcome: Outcome
    fields: Mapping[str, Field]
    path: tuple[Reached, ...]

    @property
    def is_complete(self) -> bool:
        return self.outcome.id != self.tree.incomplete

    @property
    def open(self) -> tuple[str, ...]:
        return tuple(one.question for one in self.path if one.answer is None)

    @property
    def assumed_no(self) -> tuple[str, ...]:
        return tuple(one.question for one in self.path if one.assumed)

    @property
    def obligations(self) -> tuple[Obligation, ...]:
        """Those of the outcome, then those of an outcome that stands in a field."""
        beside = (value for value in self.fields.values() if isinstance(value, str))
        named = dict.fromkeys((self.outcome.id, *beside))
        return tuple(
            Obligation(duty=duty, outcome=key)
            for key in named
            for duty in self.tree.outcomes[key].duties
            if self._concerns(duty)
        )

    def _concerns(self, duty: Duty) -> bool:
        return all(
            not set(values).isdisjoint(self._values(key)) for key, values in duty.when.items()
        )

    def _values(self, key: str) -> tuple[str, ...]:
        value = self.fields[key]
        return value if isinstance(value, tuple) else (value,) if value else ()


@dataclass(kw_only=True)
class _Run:
    """One run through a tree: remembers what was asked."""

    answers: Answers
    missing: Missing
    path: list[Reached] = field(default_factory=list)

    def ask(self, question: Question) -> bool | None:
        given = self.answers.get(question.id)
        assumed = self.missing == Missing.ASSUME_NO and question.id not in self.answers
        answer = False if assumed else given if isinstance(given, bool) else None
        self.path.append(Reached(question=question.id, answer=answer, assumed=assumed))
        return answer

    def through(self, track: Track) -> tuple[tuple[str, ...], bool]:
        """Return what the track gives, and whether a walk stopped at an open question."""
        if track.mode == Mode.WALK:
            return self._walk(track)
        if track.mode == Mode.COLLECT:
            return tuple(found for item in track.items for found in self._collect(item)), False
        return ((YES,) if self.ask(track.items[0].question) else ()), False

    def _walk(self, track: Track) -> tuple[tuple[str, ...], bool]:
        current = track.start
        while current:
            node = track.nodes[current]
            answer = self.ask(node.question)
            if answer is None:
                return (), True
            branch = node.yes if answer else node.no
            if branch.outcome:
                return (branch.outcome,), False
            current = branch.goto
        return (), False

    def _collect(self, item: Item) -> Iterator[str]:
        """An open exception drops nothing: until it is answered the match stands."""
        if not self.ask(item.question):
            return
        # Every exception is asked, so that the record is whole.
        excepted = [one for one in item.exceptions if self.ask(one.question)]
        if not excepted:
            yield item.match
        yield from (one.then for one in excepted if one.then)


def classify(tree: Tree, answers: Answers, *, missing: Missing | None = None) -> TreeResult:
    """Run the tree's plan. Missing answers are read as the file says of use, unless told otherwise.

    Raises InvalidInput for a question that the tree does not ask, or an answer that is no answer.
    """
    check_answers(tree.questions, answers)
    run = _Run(answers=answers, missing=tree.in_use if missing is None else missing)
    fields = {step.into: _nothing(step) for step in tree.steps if step.into}
    given: dict[str, tuple[str, ...]] = {}
    for step in tree.steps:
        if not all(one.holds(given) for one in step.when):
            continue
        values, is_open = run.through(step.track)
        given[step.track.id] = values
        if step.into:
            fields[step.into] = _entered(step, fields[step.into], values, is_open, tree.incomplete)
        if ended := _ended(step, values, is_open, tree.incomplete):
            return _result(tree, run, fields, ended)
    if any(one.answer is None for one in run.path):
        return _result(tree, run, fields, tree.incomplete)
    row = next(row for row in tree.table if all(one.holds(given) for one in row.when))
    return _result(tree, run, fields, row.outcome)


def next_of_tree(tree: Tree, answers: Answers) -> Question | None:
    """Return the first question of the file that is reached and has no answer.

    Those that were left open, by an explicit null, come last.
    """
    left = set(classify(tree, answers, missing=Missing.OPEN).open)
    ordered = sorted((key for key in tree.questions if key in left), key=lambda key: key in answers)
    return tree.questions[ordered[0]] if ordered else None


def progress_of_tree(tree: Tree, answers: Answers) -> Progress:
    found = classify(tree, answers, missing=Missing.OPEN)
    return Progress(answered=len(found.path) - len(found.open), reached=len(found.path))


def _nothing(step: Step) -> Field:
    return None if step.track.mode == Mode.WALK else ()


def _entered(
    step: Step, before: Field, values: tuple[str, ...], is_open: bool, incomplete: str
) -> Field:
    """A field of matches grows by each track that enters it; an outcome stands alone."""
    if isinstance(before, tuple):
        return before + values
    return incomplete if is_open else values[0] if values else None


def _ended(step: Step, values: tuple[str, ...], is_open: bool, incomplete: str) -> str:
    """Return the outcome that the run ends with here, if it does."""
    if step.ends_run == "match" and values:
        return step.outcome
    if step.ends_run == "outcome":
        return incomplete if is_open else values[0] if values else ""
    return ""


def _result(tree: Tree, run: _Run, fields: Mapping[str, Field], outcome: str) -> TreeResult:
    return TreeResult(
        tree=tree, outcome=tree.outcomes[outcome], fields=fields, path=tuple(run.path)
    )
