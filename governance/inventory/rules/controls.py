"""What a tier asks for beside approvals: controls by name, and when one falls due."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from governance.core.wording import MISSING, counted, sentence

MONTHS = "_months"
DAYS = "_days"


@dataclass(frozen=True, kw_only=True)
class Control:
    """One control as it is and as it would be, in words."""

    label: str
    before: str
    after: str


def changed_controls(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Control]:
    """Say which controls differ between two tiers, in the order of the stricter file."""
    for key in dict.fromkeys([*after, *before]):
        old, new = before.get(key), after.get(key)
        if old != new:
            yield Control(label=label_of(key), before=control_words(key, old),
                          after=control_words(key, new))  # fmt: skip


def label_of(key: str) -> str:
    """`Revalidation`, `Finding days`: the unit stands with the value."""
    return sentence(key.removesuffix(MONTHS) if key.endswith(MONTHS) else key)


def control_words(key: str, value: Any) -> str:
    """`12 months`, `monthly`, `high 90, medium 180`; `none` of null, `n/a` of nothing."""
    if value is None:
        return "None"
    if isinstance(value, Mapping):
        # A kept questionnaire has its keys by the alphabet; what is due first is told first.
        parts = sorted(value.items(), key=lambda part: (str(type(part[1])), part[1]))
        return ", ".join(f"{name.replace('_', ' ')} {one}" for name, one in parts)
    if isinstance(value, int):
        return f"every {counted(value, 'month')}" if key.endswith(MONTHS) else str(value)
    return str(value) or MISSING


def due_after(day: date, months: int) -> date:
    """The same day so many months later, or the last of a shorter month."""
    year, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + year, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))
