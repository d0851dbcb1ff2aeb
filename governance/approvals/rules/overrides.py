"""Failing checks that people answer for, for a time, and what nobody can answer for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime

from governance.approvals.rules.dossier import OverrideFacts
from governance.approvals.rules.gates import EMERGENCY, CheckResult
from governance.approvals.rules.policies import OverrideRule, Policy
from governance.core.canonical import digest
from governance.core.errors import Refused, WrongState
from governance.core.wording import as_date, day

NEVER_EXCUSED = frozenset(
    {"artifacts_complete", "artifacts_match", "not_prohibited", "owner_assigned"}
)
"""What is signed is unknown without the first two, unlawful or nobody's with the others."""

MEANING = (
    "I let this check fail for a time, for the reason stated, and find the compensating control "
    "sufficient."
)


class NotOverridable(Refused):
    """No policy lets anybody answer for this check, or it does not fail."""

    code = "not_overridable"


class OverrideChanged(WrongState):
    """What was on the screen is not the override, or not the check, that stands here now."""

    code = "override_changed"


def rule_of(policy: Policy, check_id: str) -> OverrideRule | None:
    """Return by which rule people may answer for a check; None for what nobody can answer for."""
    return None if check_id in NEVER_EXCUSED else policy.override_rule(check_id)


def check_digest(check: CheckResult) -> str:
    """Return the digest of what a check found: another value is another thing to answer for."""
    return digest(check.facts())


def override_digest(
    *, request: str, check: CheckResult, reason: str, control: str, expires_date: date
) -> str:
    """Return the digest that is signed; `reason` and `control` are digests of prose."""
    return digest(
        {
            "request": request,
            "check": check.facts(),
            "reason": reason,
            "control": control,
            "expires_date": expires_date.isoformat(),
        }
    )


def excused(
    checks: Iterable[CheckResult],
    *,
    overrides: Sequence[OverrideFacts],
    in_emergency: bool,
    at: datetime,
) -> tuple[CheckResult, ...]:
    """Return the checks, with those that people answer for marked so.

    An override ends with its day, and is of what the check found when it was signed.
    """
    in_force = {(o.check, o.check_digest): o for o in overrides if not has_expired(o, at=at)}
    found = []
    for check in checks:
        if not check.passed and check.id not in NEVER_EXCUSED:
            override = in_force.get((check.id, check_digest(check)))
            by = override.ref if override else EMERGENCY if in_emergency else ""
            check = replace(check, excused_by=by, sentence=_said(check, override))
        found.append(check)
    return tuple(found)


def has_expired(override: OverrideFacts, *, at: datetime) -> bool:
    return date.fromisoformat(override.expires_date) < as_date(at)


def _said(check: CheckResult, override: OverrideFacts | None) -> str:
    if override is None:
        return check.sentence
    until = day(date.fromisoformat(override.expires_date))
    return f"{check.sentence} Overridden until {until}."
