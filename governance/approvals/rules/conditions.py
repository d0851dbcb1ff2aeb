"""What an approval may ask for, and when one that asked for something lapses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from governance.core.errors import Problem
from governance.core.wording import day
from governance.validation.rules import MAX_TITLE, Severity

MOST_CONDITIONS = 20


@dataclass(frozen=True, kw_only=True)
class ConditionDraft:
    """What a signer asks for: in one line, of whom (a user's reference), and by when."""

    text: str
    owner: str
    due_date: date | None
    severity: str = Severity.MEDIUM


def condition_problems(
    conditions: Sequence[ConditionDraft], *, owners: Iterable[str], today: date
) -> Iterable[Problem]:
    """Check what was typed, naming each place such as `conditions.0.due_date`."""
    if len(conditions) > MOST_CONDITIONS:
        message = f"An approval has at most {MOST_CONDITIONS} conditions."
        yield Problem(field="conditions", rule="count", message=message)
    known = set(owners)
    for index, one in enumerate(conditions):
        yield from _problems(one, f"conditions.{index}", known, today)


def _problems(one: ConditionDraft, place: str, owners: set[str], today: date) -> Iterable[Problem]:
    if not one.text.strip():
        message = "Say in one line what must be done."
        yield Problem(field=f"{place}.text", rule="required", message=message)
    elif len(one.text.strip()) > MAX_TITLE:
        message = f"Use at most {MAX_TITLE} characters for a condition."
        yield Problem(field=f"{place}.text", rule="length", message=message)
    if one.owner not in owners:
        message = "Choose the model’s owner or one of its developers."
        yield Problem(field=f"{place}.owner", rule="choice", message=message)
    if one.severity not in Severity.values:
        message = "Choose how severe it is: high, medium or low."
        yield Problem(field=f"{place}.severity", rule="choice", message=message)
    if one.due_date is None:
        message = "Say by when it must be done."
        yield Problem(field=f"{place}.due_date", rule="required", message=message)
    elif one.due_date <= today:
        message = f"Enter a date after {day(today)}."
        yield Problem(field=f"{place}.due_date", rule="future", message=message)
