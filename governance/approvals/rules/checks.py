"""All checks of a move: what its policy asks for, what always holds, and what people answer for."""

from __future__ import annotations

from datetime import datetime

from governance.approvals.rules.dossier import Dossier
from governance.approvals.rules.gates import CheckResult, judge_all, standing_checks
from governance.approvals.rules.manual import judge_manual
from governance.approvals.rules.overrides import excused
from governance.approvals.rules.policies import Policy
from governance.registry.rules import Move


def judge_checks(policy: Policy, dossier: Dossier, *, at: datetime) -> tuple[CheckResult, ...]:
    """Judge what a policy asks for, and what always holds; failing ones may be excused."""
    asked_for = (
        *judge_all(policy.gates, dossier, at=at),
        *judge_manual(policy.manual_checks, dossier.ticks),
    )
    return excused(
        (*asked_for, *standing_checks(dossier, said=asked_for)),
        overrides=dossier.overrides,
        in_emergency=dossier.move == Move.EMERGENCY,
        at=at,
    )
