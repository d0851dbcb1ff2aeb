"""From answers to a tier: scope, weighted sum, floors, blocks, override; and the result so far."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from governance.inventory.rules.questionnaires.overrides import Override, Verdict, judge_override
from governance.inventory.rules.questionnaires.questions import (
    Answers,
    Progress,
    Question,
    check_answers,
)
from governance.inventory.rules.questionnaires.scorecards import (
    Block,
    Display,
    Facts,
    Floor,
    ScopeRule,
    Scorecard,
)


@dataclass(frozen=True, kw_only=True)
class Contribution:
    """What one answer adds to the raw score."""

    question: str
    group: str
    value: str
    points: int
    weight: int

    @property
    def raw(self) -> int:
        return self.points * self.weight


@dataclass(frozen=True, kw_only=True)
class ScorecardResult:
    """What the answers come to.

    `scope` is the rule of the gate that applied: None without a gate, or where its answers are
    missing. Without a tier there is no raw score either: the gate ended it, or `unanswered` says
    what it waits for. `floored_tier` is the tier before an override, `final_tier` after it.
    """

    scorecard: Scorecard
    scope: ScopeRule | None
    unanswered: tuple[str, ...] = ()
    contributions: tuple[Contribution, ...] = ()
    raw: int | None = None
    score: str | None = None
    computed_tier: int | None = None
    floors: tuple[Floor, ...] = ()
    floored_tier: int | None = None
    blocks: tuple[Block, ...] = ()
    override: Verdict | None = None

    @property
    def final_tier(self) -> int | None:
        if self.override and self.override.accepted:
            return self.override.override.to_tier
        return self.floored_tier

    @property
    def groups(self) -> Mapping[str, int]:
        """The raw score of each group, of what is answered."""
        found = dict.fromkeys((question.section for question in self.scorecard.scored), 0)
        for one in self.contributions:
            found[one.group] += one.raw
        return found

    @property
    def sub_scores(self) -> Mapping[str, int]:
        groups = self.groups
        return {one.id: sum(groups[key] for key in one.groups) for one in self.scorecard.sub_scores}


@dataclass(frozen=True, kw_only=True)
class Partial:
    """The result so far, and what is still possible.

    `floors` fire whatever is answered next; `possible_floors` may yet. `tiers` are the final tiers
    that can still come out, without an override; the facts are taken to stay as they are. If
    `may_end` the gate may yet say, or has said, that there is no tier at all.
    """

    scorecard: Scorecard
    scope: ScopeRule | None
    may_end: bool
    unanswered: tuple[str, ...]
    contributions: tuple[Contribution, ...]
    raw: int
    lowest_raw: int
    highest_raw: int
    tiers: tuple[int, ...]
    floors: tuple[Floor, ...]
    possible_floors: tuple[Floor, ...]
    blocks: tuple[Block, ...]


@dataclass(frozen=True, kw_only=True)
class _Scope:
    """Which rules of the gate can still be the first that holds, and what they ask."""

    rules: tuple[ScopeRule, ...]
    open: tuple[str, ...]

    @property
    def decided(self) -> ScopeRule | None:
        return self.rules[0] if self.rules and not self.open else None

    @property
    def may_score(self) -> bool:
        return not self.rules or any(rule.continues for rule in self.rules)

    @property
    def may_end(self) -> bool:
        return any(not rule.continues for rule in self.rules)


def score(
    scorecard: Scorecard,
    answers: Answers,
    *,
    facts: Facts | None = None,
    override: Override | None = None,
) -> ScorecardResult:
    """Work out the tier. Raises InvalidInput for answers, facts or a tier that cannot be."""
    check_answers(scorecard.questions, answers)
    known = scorecard.facts_with(facts or {})
    scope = _scope(scorecard, answers)
    common: dict[str, Any] = {"scorecard": scorecard, "scope": scope.decided}
    if not scope.may_score:
        verdict = _verdict(scorecard, override, tier=None, floors=())
        return ScorecardResult(**common, unanswered=scope.open, override=verdict)
    floors = tuple(one for one in scorecard.floors if one.when.holds(answers, known))
    common |= {
        "contributions": _contributions(scorecard, answers),
        "floors": floors,
        "blocks": tuple(one for one in scorecard.blocks if one.when.holds(answers, known)),
    }
    if unanswered := _unanswered(scorecard, scope, answers):
        verdict = _verdict(scorecard, override, tier=None, floors=floors)
        return ScorecardResult(**common, unanswered=unanswered, override=verdict)
    raw = sum(one.raw for one in common["contributions"])
    computed = scorecard.tier_of(raw)
    floored = min([computed, *(floor.tier for floor in floors)])
    return ScorecardResult(
        **common,
        raw=raw,
        score=shown(raw, scorecard.display),
        computed_tier=computed,
        floored_tier=floored,
        override=_verdict(scorecard, override, tier=floored, floors=floors),
    )


def partial(scorecard: Scorecard, answers: Answers, *, facts: Facts | None = None) -> Partial:
    """Return the result so far and what can still come out. Raises InvalidInput as `score` does."""
    check_answers(scorecard.questions, answers)
    known = scorecard.facts_with(facts or {})
    scope = _scope(scorecard, answers)
    # What the gate lets nobody score has no floors either.
    rules = scorecard.floors if scope.may_score else ()
    floors = tuple(one for one in rules if one.when.holds(answers, known))
    may_fire = tuple(one for one in rules if one.when.may_hold(answers, known))
    given = _contributions(scorecard, answers) if scope.may_score else ()
    raw = sum(one.raw for one in given)
    left = [one for one in scorecard.scored if answers.get(one.id) is None]
    lowest, highest = raw + sum(one.least for one in left), raw + sum(one.most for one in left)
    possible = tuple(one for one in may_fire if one not in floors)
    blocks = scorecard.blocks if scope.may_score else ()
    return Partial(
        scorecard=scorecard,
        scope=scope.decided,
        may_end=scope.may_end,
        unanswered=_unanswered(scorecard, scope, answers),
        contributions=given,
        raw=raw,
        lowest_raw=lowest if scope.may_score else 0,
        highest_raw=highest if scope.may_score else 0,
        tiers=_tiers(scorecard, lowest, highest, floors, possible) if scope.may_score else (),
        floors=floors,
        possible_floors=possible,
        blocks=tuple(one for one in blocks if one.when.holds(answers, known)),
    )


def shown(raw: int, display: Display | None) -> str | None:
    """Return the score as people see it, as a decimal without an exponent: `62.5`."""
    if display is None:
        return None
    quotient = Decimal(raw) / display.divide_by
    if display.decimals is not None:
        quotient = quotient.quantize(Decimal(1).scaleb(-display.decimals), rounding=ROUND_HALF_UP)
        return f"{quotient:f}"
    return f"{quotient.normalize():f}"


def next_of_scorecard(scorecard: Scorecard, answers: Answers) -> Question | None:
    """Return the first question that is needed and has no answer; those left open come last."""
    check_answers(scorecard.questions, answers)
    left = _unanswered(scorecard, _scope(scorecard, answers), answers)
    ordered = sorted(left, key=lambda key: key in answers)
    return scorecard.questions[ordered[0]] if ordered else None


def progress_of_scorecard(scorecard: Scorecard, answers: Answers) -> Progress:
    check_answers(scorecard.questions, answers)
    scope = _scope(scorecard, answers)
    asked = scorecard.questions if scope.may_score else {one.id: one for one in scorecard.gate}
    answered = sum(answers.get(key) is not None for key in asked)
    left = len(_unanswered(scorecard, scope, answers))
    return Progress(answered=answered, reached=answered + left)


def _verdict(
    scorecard: Scorecard, override: Override | None, *, tier: int | None, floors: Iterable[Floor]
) -> Verdict | None:
    if override is None:
        return None
    return judge_override(scorecard, override, tier=tier, floors=floors)


def _scope(scorecard: Scorecard, answers: Answers) -> _Scope:
    """Go through the gate's rules: one that fails is passed over, one that holds is the last."""
    rules: list[ScopeRule] = []
    asked: set[str] = set()
    for rule in scorecard.scope_rules:
        given = {key: answers.get(key) for key in rule.when}
        if any(value is not None and value is not rule.when[key] for key, value in given.items()):
            continue
        rules.append(rule)
        missing = {key for key, value in given.items() if value is None}
        asked |= missing
        if not missing:
            break
    order = (question.id for question in scorecard.gate)
    return _Scope(rules=tuple(rules), open=tuple(key for key in order if key in asked))


def _unanswered(scorecard: Scorecard, scope: _Scope, answers: Answers) -> tuple[str, ...]:
    scored = scorecard.scored if scope.may_score else ()
    return (*scope.open, *(one.id for one in scored if answers.get(one.id) is None))


def _contributions(scorecard: Scorecard, answers: Answers) -> tuple[Contribution, ...]:
    return tuple(
        Contribution(
            question=question.id,
            group=question.section,
            value=option.value,
            points=option.points,
            weight=question.weight,
        )
        for question in scorecard.scored
        if (option := question.option(answers.get(question.id)))
    )


def _tiers(
    scorecard: Scorecard,
    lowest: int,
    highest: int,
    floors: Iterable[Floor],
    possible: Iterable[Floor],
) -> tuple[int, ...]:
    """Every tier that a raw score of the range has, cut by the floors that hold and may hold."""
    strictest, loosest = scorecard.tier_of(highest), scorecard.tier_of(lowest)
    cap = min([scorecard.loosest, *(floor.tier for floor in floors)])
    caps = {cap, *(min(cap, floor.tier) for floor in possible)}
    return tuple(sorted({min(tier, cut) for tier in range(strictest, loosest + 1) for cut in caps}))
