"""Whether an approval still stands: its time, its conditions, and what was changed since."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from governance.core.errors import Refused
from governance.core.wording import day
from governance.inventory.rules import AiActClass
from governance.inventory.rules.model_changes import AcceptedChange, Materiality


class ApprovalLapsed(Refused):
    """What was approved stands no longer."""

    code = "approval_lapsed"


@dataclass(frozen=True, kw_only=True)
class OwedCondition:
    """A condition of an approval that is a finding by now."""

    label: str
    due_date: date
    is_met: bool


@dataclass(frozen=True, kw_only=True)
class Approval:
    """What is known of the approval on which a version serves.

    `reference` is how people call the request. `overrides` are the days with which overrides of
    failing checks end, `is_emergency` says that the review is still to come. `changes` are all
    that were accepted of the model.
    """

    reference: str
    approved_at: datetime
    stands_until: datetime | None = None
    is_emergency: bool = False
    overrides: tuple[date, ...] = ()
    conditions: tuple[OwedCondition, ...] = ()
    ai_act_class: str = ""
    changes: tuple[AcceptedChange, ...] = ()


@dataclass(frozen=True, kw_only=True)
class LapseReason:
    """One reason why an approval stands no longer: the rule, since when, and a sentence."""

    rule: str
    since: datetime
    sentence: str


def lapses(approval: Approval, *, at: datetime) -> list[LapseReason]:
    """Return why the approval stands no longer, the earliest reason first; empty while it does."""
    found = [*_of_time(approval, at), *_of_conditions(approval.conditions, approval, at)]
    found += _of_changes(approval)
    if approval.ai_act_class == AiActClass.PROHIBITED:
        sentence = "The model is classed as a prohibited practice under the EU AI Act."
        found.append(
            LapseReason(rule="not_prohibited", since=approval.approved_at, sentence=sentence)
        )
    return sorted(found, key=lambda reason: reason.since)


def _of_time(approval: Approval, at: datetime) -> Iterable[LapseReason]:
    until = approval.stands_until
    if until is None or at <= until:
        return
    if approval.is_emergency:
        rule = "emergency_not_confirmed"
        said = f"It went live in an emergency by {approval.reference} and was not confirmed by"
    elif any(end_of_day(one) == until for one in approval.overrides):
        rule = "override_expired"
        said = f"A check was overridden for {approval.reference}, and the override ended on"
    else:
        rule = "approval_expired"
        said = f"The approval {approval.reference} stood until"
    yield LapseReason(rule=rule, since=until, sentence=f"{said} {day(until)}.")


def _of_conditions(
    conditions: Iterable[OwedCondition], approval: Approval, at: datetime
) -> Iterable[LapseReason]:
    for one in conditions:
        since = end_of_day(one.due_date)
        if not one.is_met and since < at:
            sentence = (
                f"The approval {approval.reference} asked for {one.label} by {day(one.due_date)}, "
                "and that is still open."
            )
            yield LapseReason(rule="condition_not_met", since=since, sentence=sentence)


def _of_changes(approval: Approval) -> Iterable[LapseReason]:
    """A material change since the approval: what was signed is no longer what serves."""
    for one in approval.changes:
        if one.materiality == Materiality.MATERIAL and one.accepted_at > approval.approved_at:
            sentence = (
                f"The model was changed materially on {day(one.accepted_at)} (change "
                f"{one.number}), after {approval.reference} was approved."
            )
            yield LapseReason(rule="material_change", since=one.accepted_at, sentence=sentence)


def end_of_day(one: date) -> datetime:
    return datetime.combine(one, time.max, tzinfo=UTC)
