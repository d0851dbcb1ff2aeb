"""The checks of a policy as a table shows them: what stands against approval first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from governance.accounts.models import User
from governance.approvals.models import PromotionRequest
from governance.approvals.queries.cases import Case
from governance.approvals.queries.reading import LIVE
from governance.approvals.rules.gates import EMERGENCY, CheckResult, Outcome, Topic
from governance.portal import links
from governance.portal.pages.overrides import OverrideRow, overridable_by
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
class Way:
    """What this reader can do about a check that is not met; without `href` who else can."""

    text: str
    href: str = ""


@dataclass(frozen=True, kw_only=True)
class CheckRow:
    label: str
    detail: str
    measured: str
    required: str
    outcome: Outcome
    gauge: Gauge | None
    href: str = ""
    excused_by: str = ""
    way: Way | None = None

    @property
    def tone(self) -> str:
        return "warn" if self.excused_by else MARKS[self.outcome][0]

    @property
    def icon(self) -> str:
        return "override" if self.excused_by else MARKS[self.outcome][1]

    @property
    def said(self) -> str:
        """The outcome in words; of a failing check that people answer for, that they do."""
        if self.excused_by:
            return "Set aside" if self.excused_by == EMERGENCY else "Overridden"
        return str(self.outcome.label)


def check_rows(
    checks: Sequence[CheckResult],
    *,
    pages: Mapping[Topic, str],
    ways: Mapping[str, Way] | None = None,
) -> list[CheckRow]:
    """Return the rows, failing first, then those that people answer for, else as the policy has it.

    `pages` gives the address of the record that a check speaks of. Below a check stand those that
    it takes in.
    """
    known = ways or {}
    rows: list[CheckRow] = []
    for check in sorted(checks, key=_place):
        rows.append(check_row(check, href=pages.get(check.about, ""), way=known.get(check.id)))
        rows += map(check_row, _parts(check))
    return rows


def _place(check: CheckResult) -> tuple[bool, bool, int]:
    return check.passed, bool(check.excused_by), ORDER.index(check.outcome)


def _parts(check: CheckResult) -> Iterator[CheckResult]:
    """Who answers for a check answers for the guardrails of it that fail."""
    for part in check.parts:
        excused_by = "" if part.passed else check.excused_by
        yield replace(part, label=f"Guardrail: {part.label}", excused_by=excused_by)


def check_row(check: CheckResult, *, href: str = "", way: Way | None = None) -> CheckRow:
    return CheckRow(
        label=check.label,
        detail=(check.passed and check.source) or check.sentence,
        measured=check.measured,
        required=check.required,
        outcome=check.outcome,
        gauge=gauge_of(check),
        href=href,
        excused_by=check.excused_by,
        way=way,
    )


def ways_on(
    case: Case,
    request: PromotionRequest,
    overrides: Sequence[OverrideRow],
    *,
    reader: User,
    at: datetime,
) -> dict[str, Way]:
    """What this reader can do about each check: look at a manual one, or answer for a failing one.

    A manual check can be looked at again while the request is open.
    """
    held = LIVE.roles(reader, unit=case.version.model.unit, at=at)
    found = {
        check.id: Way(text="Look at it", href=links.tick(request, check.id))
        for check in case.policy.manual_checks
        if check.role in held
    }
    for row in overrides:
        if row.may_sign:
            found[row.check_id] = Way(
                text="Sign the override", href=links.sign_override(request, row.id)
            )
    for check_id, others in overridable_by(case, reader=reader, at=at).items():
        if others:
            found.setdefault(check_id, Way(text=f"{others} can let it fail"))
        else:
            found.setdefault(check_id, Way(text="Override", href=links.override(request, check_id)))
    return found


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
