"""Setting another tier than the worked-out one: what it takes, and why it is refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from governance.core.errors import InvalidInput, Problem
from governance.inventory.rules.questionnaires.scorecards import Direction, Floor, Scorecard


@dataclass(frozen=True, kw_only=True)
class Override:
    """What people ask for: another tier, who approves it, why, and for how many days."""

    to_tier: int
    approvers: frozenset[str] = frozenset()
    rationale: str = ""
    days: int | None = None


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """An override is accepted if nothing stands against it."""

    override: Override
    reasons: tuple[Problem, ...] = ()

    @property
    def accepted(self) -> bool:
        return not self.reasons

    @property
    def word(self) -> str:
        return "accepted" if self.accepted else "refused"


def override_from(entry: Mapping[str, Any]) -> Override:
    """Return the override that was written down. Raises InvalidInput for what is none."""
    if problems := list(_form_problems(entry)):
        raise InvalidInput(*problems)
    return Override(
        to_tier=entry["to_tier"],
        approvers=frozenset(entry.get("approvers", ())),
        rationale=entry.get("rationale") or "",
        days=entry.get("days"),
    )


def _form_problems(entry: Mapping[str, Any]) -> Iterator[Problem]:
    for key in entry:
        if key not in {"to_tier", "approvers", "rationale", "days"}:
            said = "An override has to_tier, approvers, rationale and days."
            yield Problem(field=f"override.{key}", rule="known", message=said)
    if not _is_integer(entry.get("to_tier")):
        yield _wrong("to_tier", "is the number of a tier")
    approvers = entry.get("approvers", [])
    if not isinstance(approvers, list) or not all(isinstance(one, str) for one in approvers):
        yield _wrong("approvers", "is a list of texts")
    if not isinstance(entry.get("rationale", ""), str | None):
        yield _wrong("rationale", "is text")
    if entry.get("days") is not None and not _is_integer(entry["days"]):
        yield _wrong("days", "is a whole number or null")


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _wrong(key: str, is_what: str) -> Problem:
    return Problem(field=f"override.{key}", rule="type", message=f"{key} {is_what}.")


def judge_override(
    scorecard: Scorecard, override: Override, *, tier: int | None, floors: Iterable[Floor]
) -> Verdict:
    """Judge an override of the tier that the score and the floors gave.

    Raises InvalidInput if the scorecard has no tier of that number.
    """
    if not scorecard.name_of(override.to_tier):
        said = f"There is no Tier {override.to_tier}. Tiers are {_numbers(scorecard)}."
        raise InvalidInput(Problem(field="override.to_tier", rule="known", message=said))
    if tier is None:
        said = "There is no tier that it could override."
        reasons: tuple[Problem, ...] = (_reason("to_tier", "no_tier", said),)
    elif override.to_tier == tier:
        reasons = (_reason("to_tier", "no_change", f"Tier {tier} is the tier already."),)
    else:
        is_looser = override.to_tier > tier
        direction = scorecard.downward if is_looser else scorecard.upward
        steps = abs(override.to_tier - tier)
        reasons = (*_objections(direction, override, steps), *_past(direction, override, floors))
    return Verdict(override=override, reasons=reasons)


def _numbers(scorecard: Scorecard) -> str:
    return ", ".join(str(one.tier) for one in scorecard.thresholds)


def _objections(direction: Direction, override: Override, steps: int) -> Iterator[Problem]:
    if not direction.allowed:
        yield _reason("to_tier", "allowed", "The questionnaire allows no override of this kind.")
        return
    if steps > direction.max_steps:
        said = f"It moves by {steps} tiers; at most {direction.max_steps} are allowed."
        yield _reason("to_tier", "max_steps", said)
    if missing := [one for one in direction.approvers if one not in override.approvers]:
        said = f"It lacks the approval of {' and '.join(missing)}."
        yield _reason("approvers", "approvers", said)
    if direction.rationale_required and not override.rationale.strip():
        yield _reason("rationale", "rationale_required", "It says no reason.")
    if direction.max_days is not None and not 1 <= (override.days or 0) <= direction.max_days:
        said = f"It says no end within {direction.max_days} days."
        yield _reason("days", "max_days", said)


def _past(direction: Direction, override: Override, floors: Iterable[Floor]) -> Iterator[Problem]:
    """Only a looser tier lies past a floor: what has no `not_past` never goes that way."""
    if not direction.not_past:
        return
    for floor in floors:
        if override.to_tier > floor.tier and (floor.hard or direction.not_past == "any_floor"):
            said = f"It goes past the floor {floor.id}, Tier {floor.tier}: {floor.reason}."
            yield _reason("to_tier", "not_past", said)


def _reason(key: str, rule: str, message: str) -> Problem:
    return Problem(field=f"override.{key}", rule=rule, message=message)
