"""A tree as its file states it: tracks of yes and no, outcomes, and the plan that binds them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

from governance.inventory.rules.questionnaires.questions import Question, question_from

END = "END"
"""Where a walk goes that leaves its track without an outcome."""
YES = "yes"
"""What a single question gives that is answered yes."""


class Mode(StrEnum):
    WALK = "walk"
    COLLECT = "collect"
    SINGLE = "single"


class Missing(StrEnum):
    """How a question is read that has no answer. An explicit null is open either way."""

    OPEN = "open"
    ASSUME_NO = "assume_no"


@dataclass(frozen=True, kw_only=True)
class Branch:
    """Where an answer leads: to a node, to an outcome, or with neither out of the track."""

    goto: str = ""
    outcome: str = ""


@dataclass(frozen=True, kw_only=True)
class Node:
    question: Question
    yes: Branch
    no: Branch


@dataclass(frozen=True, kw_only=True)
class Exemption:
    """A yes to it drops the match of its item, and gives `then` instead if it has one."""

    question: Question
    then: str = ""


@dataclass(frozen=True, kw_only=True)
class Item:
    question: Question
    match: str = ""
    exceptions: tuple[Exemption, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Track:
    """Questions that belong together. A walk has nodes; the others have items."""

    id: str
    mode: Mode
    title: str
    start: str = ""
    nodes: Mapping[str, Node] = field(default_factory=dict)
    items: tuple[Item, ...] = ()

    @property
    def questions(self) -> Iterator[Question]:
        yield from (node.question for node in self.nodes.values())
        for item in self.items:
            yield item.question
            yield from (one.question for one in item.exceptions)


@dataclass(frozen=True, kw_only=True)
class Given:
    """What a track has to have given: one of `values`, or anything, or nothing."""

    track: str
    values: frozenset[str] = frozenset()
    is_any: bool = False

    def holds(self, given: Mapping[str, tuple[str, ...]]) -> bool:
        found = given.get(self.track, ())
        if self.values:
            return not self.values.isdisjoint(found)
        return bool(found) is self.is_any


@dataclass(frozen=True, kw_only=True)
class Step:
    """One track of the plan: when it runs, where its result goes, whether that ends the run."""

    track: Track
    when: tuple[Given, ...] = ()
    into: str = ""
    ends_run: str = ""
    outcome: str = ""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A combination of what the tracks gave, and the outcome that it has."""

    when: tuple[Given, ...]
    outcome: str


@dataclass(frozen=True, kw_only=True)
class Duty:
    """An obligation, from which day, by which text, and for which values of a result's fields."""

    what: str
    from_date: str
    citation: str
    placed_before: str = ""
    placed_from: str = ""
    note: str = ""
    when: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a run can end with. `kind` is its class: what other questionnaires take over."""

    id: str
    label: str
    kind: str
    citation: str = ""
    applies_from: str | None = None
    then: tuple[str, ...] = ()
    duties: tuple[Duty, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Tree:
    """One version of one tree. `content` is the whole file, for pages and for its digest."""

    id: str
    version: str
    title: str
    in_use: Missing
    worked_cases: Missing
    tracks: tuple[Track, ...]
    steps: tuple[Step, ...]
    table: tuple[Row, ...]
    incomplete: str
    outcomes: Mapping[str, Outcome]
    content: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def questions(self) -> Mapping[str, Question]:
        """Every question by its id, in the order of the file."""
        return {question.id: question for track in self.tracks for question in track.questions}


def tree_from(content: dict[str, Any]) -> Tree:
    """Return the tree of content that the schema and the lint have passed."""
    spec, plan = content["spec"], content["plan"]
    tracks = {entry["id"]: _track(entry) for entry in content["tracks"]}
    shared = content.get("duties", {})
    return Tree(
        id=spec["id"],
        version=spec["version"],
        title=spec["title"],
        in_use=Missing(spec["missing_answer"]["in_use"]),
        worked_cases=Missing(spec["missing_answer"]["worked_cases"]),
        tracks=tuple(tracks.values()),
        steps=tuple(_step(entry, tracks) for entry in plan["steps"]),
        table=tuple(
            Row(when=_given(entry.get("when", {})), outcome=entry["outcome"])
            for entry in plan["outcome"]
        ),
        incomplete=plan["incomplete"],
        outcomes={entry["id"]: _outcome(entry, shared) for entry in content["outcomes"]},
        content=content,
    )


def _track(entry: Mapping[str, Any]) -> Track:
    title = entry["title"]
    nodes = (
        Node(
            question=question_from(one, section=title),
            yes=_branch(one["yes"]),
            no=_branch(one["no"]),
        )
        for one in entry.get("nodes", ())
    )
    return Track(
        id=entry["id"],
        mode=Mode(entry["mode"]),
        title=title,
        start=entry.get("start", ""),
        nodes={node.question.id: node for node in nodes},
        items=tuple(_item(one, title) for one in entry.get("items", ())),
    )


def _branch(entry: Mapping[str, str]) -> Branch:
    goto = entry.get("goto", "")
    return Branch(goto="" if goto == END else goto, outcome=entry.get("outcome", ""))


def _item(entry: Mapping[str, Any], title: str) -> Item:
    return Item(
        question=question_from(entry, section=title),
        match=entry.get("match", ""),
        exceptions=tuple(
            Exemption(question=question_from(one, section=title), then=one.get("then", ""))
            for one in entry.get("exceptions", ())
        ),
    )


def _step(entry: Mapping[str, Any], tracks: Mapping[str, Track]) -> Step:
    return Step(
        track=tracks[entry["track"]],
        when=_given(entry.get("when", {})),
        into=entry.get("into", ""),
        ends_run=entry.get("ends_run", ""),
        outcome=entry.get("outcome", ""),
    )


def _given(entry: Mapping[str, Any]) -> tuple[Given, ...]:
    return tuple(
        Given(track=track, is_any=asked == "any")
        if isinstance(asked, str)
        else Given(track=track, values=frozenset(asked))
        for track, asked in entry.items()
    )


def _outcome(entry: Mapping[str, Any], shared: Mapping[str, Iterable[Any]]) -> Outcome:
    named = [duty for name in entry.get("also", ()) for duty in shared[name]]
    return Outcome(
        id=entry["id"],
        label=entry["label"],
        kind=entry["class"],
        citation=entry.get("citation", ""),
        applies_from=entry.get("applies_from"),
        then=tuple(entry.get("then", ())),
        duties=tuple(map(_duty, [*entry["obligations"], *named])),
    )


def _duty(entry: Mapping[str, Any]) -> Duty:
    return Duty(
        what=entry["what"],
        from_date=entry["from"],
        citation=entry["citation"],
        placed_before=entry.get("placed_before", ""),
        placed_from=entry.get("placed_from", ""),
        note=entry.get("note", ""),
        when={key: tuple(values) for key, values in entry.get("when", {}).items()},
    )
