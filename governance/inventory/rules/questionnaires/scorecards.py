"""A scorecard as its file states it: what is asked, weighed, floored, blocked and overridden."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from governance.core.errors import InvalidInput, Problem
from governance.inventory.rules.questionnaires.questions import Answers, Question, question_from

FactValue = bool | int | str
Facts = Mapping[str, FactValue]


@dataclass(frozen=True, kw_only=True)
class ScopeRule:
    """Where these answers are given, the gate's result is this one, and there is a tier or none."""

    id: str
    when: Mapping[str, bool]
    result: str
    continues: bool
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Which value of a fact follows from the result of another questionnaire."""

    questionnaire: str
    outcomes: Mapping[str, FactValue]
    classes: Mapping[str, FactValue]


@dataclass(frozen=True, kw_only=True)
class Fact:
    """What is known of the model beside the answers, and what holds where it is not given.

    `known_as` is what whoever keeps records of models calls it; without it, somebody types it.
    """

    id: str
    text: str
    type: str
    default: FactValue
    values: tuple[str, ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    taken_from: Origin | None = None
    known_as: str = ""

    def wrong(self, value: Any) -> str:
        """Say what the fact would have to be; nothing where the value is such."""
        if self.type == "boolean":
            return "" if isinstance(value, bool) else "is true or false"
        if self.type == "enum":
            known = isinstance(value, str) and value in self.values
            return "" if known else f"is one of {', '.join(self.values)}"
        if isinstance(value, bool) or not isinstance(value, int):
            return "is a whole number"
        if self.minimum is not None and value < self.minimum:
            return f"is at least {self.minimum}"
        if self.maximum is not None and value > self.maximum:
            return f"is at most {self.maximum}"
        return ""


@dataclass(frozen=True, kw_only=True)
class Condition:
    """Holds if each question and each fact named has one of the values."""

    answers: Mapping[str, tuple[Any, ...]]
    facts: Mapping[str, tuple[Any, ...]]

    def holds(self, answers: Answers, facts: Facts) -> bool:
        return self.may_hold(answers, facts) and all(
            answers.get(key) is not None for key in self.answers
        )

    def may_hold(self, answers: Answers, facts: Facts) -> bool:
        """Tell whether it holds or could yet, once the open questions are answered."""
        return all(
            answers.get(key) is None or answers[key] in values
            for key, values in self.answers.items()
        ) and all(facts[key] in values for key, values in self.facts.items())


@dataclass(frozen=True, kw_only=True)
class Floor:
    """A rule that can only make the tier stricter. No override passes a hard one."""

    id: str
    when: Condition
    tier: int
    hard: bool
    reason: str


@dataclass(frozen=True, kw_only=True)
class Block:
    """A rule that keeps the model from approval, whatever its tier."""

    id: str
    when: Condition
    effect: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Threshold:
    """The tier of a raw score from `min_raw` upward."""

    tier: int
    name: str
    min_raw: int


@dataclass(frozen=True, kw_only=True)
class SubScore:
    id: str
    groups: tuple[str, ...]
    max_raw: int


@dataclass(frozen=True, kw_only=True)
class Display:
    """How people see the score: divided, and exact unless it is rounded half up to `decimals`."""

    divide_by: int
    maximum: int
    decimals: int | None = None


@dataclass(frozen=True, kw_only=True)
class Direction:
    """What an override needs that makes the tier stricter, or looser.

    `not_past` is `hard_floor` or `any_floor`: to a looser tier than such a floor it never goes.
    """

    allowed: bool
    max_steps: int = 0
    approvers: tuple[str, ...] = ()
    rationale_required: bool = True
    max_days: int | None = None
    not_past: str = ""
    on_expiry: str = ""


@dataclass(frozen=True, kw_only=True)
class Scorecard:
    """One version of one scorecard. `content` is the whole file, for pages and for its digest."""

    id: str
    version: str
    title: str
    gate: tuple[Question, ...]
    scope_rules: tuple[ScopeRule, ...]
    scored: tuple[Question, ...]
    facts: tuple[Fact, ...]
    max_raw: int
    display: Display | None
    sub_scores: tuple[SubScore, ...]
    thresholds: tuple[Threshold, ...]
    floors: tuple[Floor, ...]
    blocks: tuple[Block, ...]
    upward: Direction
    downward: Direction
    reassess_when: tuple[str, ...]
    tier_controls: Mapping[int, Mapping[str, Any]]
    content: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def questions(self) -> Mapping[str, Question]:
        """Every question by its id, in the order of the file."""
        return {question.id: question for question in self.gate + self.scored}

    @property
    def loosest(self) -> int:
        return self.thresholds[-1].tier

    def tier_of(self, raw: int) -> int:
        return next(one.tier for one in self.thresholds if raw >= one.min_raw)

    def name_of(self, tier: int) -> str:
        return next((one.name for one in self.thresholds if one.tier == tier), "")

    def facts_with(self, given: Facts) -> dict[str, FactValue]:
        """Return every fact, by default where it is not given. Raises InvalidInput."""
        if problems := list(self._fact_problems(given)):
            raise InvalidInput(*problems)
        return {fact.id: given.get(fact.id, fact.default) for fact in self.facts}

    def _fact_problems(self, given: Facts) -> Iterator[Problem]:
        known = {fact.id: fact for fact in self.facts}
        for key, value in given.items():
            if key not in known:
                said = f"The questionnaire knows no fact {key}."
                yield Problem(field=f"facts.{key}", rule="known", message=said)
            elif wrong := known[key].wrong(value):
                said = f"{key} {wrong}, not {value!r}."
                yield Problem(field=f"facts.{key}", rule="type", message=said)


def scorecard_from(content: dict[str, Any]) -> Scorecard:
    """Return the scorecard of content that the schema and the lint have passed."""
    spec, scoring = content["spec"], content["scoring"]
    gate, override = content.get("scope_gate", {}), content.get("manual_override", {})
    return Scorecard(
        id=spec["id"],
        version=spec["version"],
        title=spec["title"],
        gate=tuple(question_from(one, section="scope") for one in gate.get("questions", ())),
        scope_rules=tuple(map(_scope_rule, gate.get("rules", ()))),
        scored=tuple(question_from(one, section=one["group"]) for one in content["questions"]),
        facts=tuple(map(fact_from, content.get("facts", ()))),
        max_raw=scoring["max_raw"],
        display=Display(**scoring["display_score"]) if "display_score" in scoring else None,
        sub_scores=tuple(
            SubScore(id=key, groups=tuple(one["groups"]), max_raw=one["max_raw"])
            for key, one in scoring.get("sub_scores", {}).items()
        ),
        thresholds=tuple(Threshold(**one) for one in content["thresholds"]["tiers"]),
        floors=tuple(map(_floor, content.get("floor_rules", {}).get("rules", ()))),
        blocks=tuple(map(_block, content.get("blocks", ()))),
        upward=_direction(override.get("upward", {})),
        downward=_direction(override.get("downward", {})),
        reassess_when=tuple(content.get("reassess_when", ())),
        tier_controls={
            one["tier"]: {key: value for key, value in one.items() if key != "tier"}
            for one in content.get("tier_controls", {}).get("tiers", ())
        },
        content=content,
    )


def fact_from(entry: Mapping[str, Any]) -> Fact:
    return Fact(
        id=entry["id"],
        text=entry["text"],
        type=entry["type"],
        default=entry["default"],
        values=tuple(entry.get("values", ())),
        minimum=entry.get("minimum"),
        maximum=entry.get("maximum"),
        taken_from=_origin(entry.get("taken_from")),
        known_as=entry.get("known_as", ""),
    )


def approvers_of(direction: Mapping[str, Any]) -> Sequence[str]:
    """`approvers`, or `approver` where it is one."""
    if "approver" in direction:
        return [direction["approver"]]
    several: Sequence[str] = direction.get("approvers", ())
    return several


def _scope_rule(entry: Mapping[str, Any]) -> ScopeRule:
    return ScopeRule(
        id=entry["id"],
        when=entry["when"],
        result=entry["result"],
        continues=entry["continue_scoring"],
        note=entry.get("note", ""),
    )


def _origin(entry: Mapping[str, Any] | None) -> Origin | None:
    if entry is None:
        return None
    return Origin(
        questionnaire=entry["questionnaire"],
        outcomes=entry.get("outcomes", {}),
        classes=entry.get("classes", {}),
    )


def _condition(entry: Mapping[str, Any]) -> Condition:
    return Condition(
        answers={key: tuple(values) for key, values in entry.get("answers", {}).items()},
        facts={key: tuple(values) for key, values in entry.get("facts", {}).items()},
    )


def _floor(entry: Mapping[str, Any]) -> Floor:
    return Floor(
        id=entry["id"],
        when=_condition(entry["when"]),
        tier=entry["floor"],
        hard=entry["hard"],
        reason=entry["reason"],
    )


def _block(entry: Mapping[str, Any]) -> Block:
    return Block(
        id=entry["id"],
        when=_condition(entry["when"]),
        effect=entry["effect"],
        reason=entry["reason"],
    )


def _direction(entry: Mapping[str, Any]) -> Direction:
    return Direction(
        allowed=entry.get("allowed", False),
        max_steps=entry.get("max_steps", 0),
        approvers=tuple(approvers_of(entry)),
        rationale_required=entry.get("rationale_required", True),
        max_days=entry.get("max_days"),
        not_past=entry.get("not_past", ""),
        on_expiry=entry.get("on_expiry", ""),
    )
