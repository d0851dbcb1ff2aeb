"""Manual checks: what a person found, told as any other check is told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from governance.accounts.rules import Role
from governance.approvals.rules.dossier import TickFacts
from governance.approvals.rules.gates import CheckResult, Outcome
from governance.approvals.rules.policies import ManualCheck
from governance.core.errors import NotFound


class NoSuchCheck(NotFound):
    """The policy has no such manual check."""

    code = "no_such_check"


def judge_manual(
    checks: Iterable[ManualCheck], ticks: Sequence[TickFacts]
) -> tuple[CheckResult, ...]:
    """Judge each by its tick, of which a dossier holds the newest; without one it is not shown."""
    found = {tick.check: tick for tick in ticks}
    return tuple(_judged(check, found.get(check.id)) for check in checks)


def _judged(check: ManualCheck, tick: TickFacts | None) -> CheckResult:
    role = check.role.label.lower()
    required = "found to hold"
    if tick is None:
        outcome, measured = Outcome.NOT_SHOWN, "not looked at"
        sentence = f"Nobody who holds the role {role} has looked: {check.ask}"
    elif tick.holds:
        outcome, measured = Outcome.PASS, "holds"
        sentence = f"Found to hold: {check.ask}"
    else:
        outcome, measured = Outcome.FAIL, "does not hold"
        sentence = f"Found not to hold: {check.ask}"
    return CheckResult(
        id=check.id,
        label=check.label,
        outcome=outcome,
        measured=measured,
        required=required,
        sentence=sentence,
        mender=check.role,
        source=f"looked at by hand, as {Role(tick.role).label.lower()}" if tick else "",
    )
