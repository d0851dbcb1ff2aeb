"""The checks of a policy as a table shows them: what stands against approval first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from governance.approvals.rules.gates import CheckResult, Outcome
from governance.portal.pages.version import MARKS

ORDER = (Outcome.FAIL, Outcome.NOT_SHOWN, Outcome.PASS)
MARGIN = 0.6
"""How much wider than the distance of value and limit a gauge is drawn, on either side."""


@dataclass(frozen=True, kw_only=True)
class Gauge:
    """Where a value lies against its limit, and the ends of the scale it is drawn on."""

    value: float
    limit: float
    low: float
    high: float
    passes: str


@dataclass(frozen=True, kw_only=True)
class CheckRow:
    label: str
    detail: str
    measured: str
    required: str
    outcome: Outcome
    gauge: Gauge | None
    href: str = ""

    @property
    def tone(self) -> str:
        return MARKS[self.outcome][0]

    @property
    def icon(self) -> str:
        return MARKS[self.outcome][1]


def check_rows(checks: Sequence[CheckResult], *, pages: dict[str, str]) -> list[CheckRow]:
    """Return the rows, failing first, else in the order of the policy.

    `pages` gives the address of the record that a check speaks of, by the check's id.
    """
    rows = [check_row(check, href=pages.get(check.id.partition(".")[0], "")) for check in checks]
    return sorted(rows, key=lambda row: ORDER.index(row.outcome))


def check_row(check: CheckResult, *, href: str = "") -> CheckRow:
    return CheckRow(
        label=check.label,
        detail=(check.passed and check.source) or check.sentence,
        measured=check.measured,
        required=check.required,
        outcome=check.outcome,
        gauge=gauge_of(check),
        href=href,
    )


def gauge_of(check: CheckResult) -> Gauge | None:
    """Return the gauge where there are two numbers; its scale keeps both well inside."""
    if not check.value or not check.limit:
        return None
    value, limit = float(Decimal(check.value)), float(Decimal(check.limit))
    spread = max(abs(value - limit), abs(limit) * 0.05, 1e-9) * MARGIN
    low, high = min(value, limit) - spread, max(value, limit) + spread
    if 0 <= value <= 1 and 0 <= limit <= 1:
        low, high = max(low, 0.0), min(high, 1.0)
    return Gauge(value=value, limit=limit, low=low, high=high, passes=check.passes)
