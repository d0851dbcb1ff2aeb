"""How soon a request is to be decided, whom it concerns that it is not, and what ends by itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from governance.accounts.rules import Role
from governance.approvals.models import PromotionRequest
from governance.approvals.rules.policies import Policy
from governance.core.wording import as_date


@dataclass(frozen=True, kw_only=True)
class Timing:
    """`decide_by` is the policy's deadline; `escalated_to` the role that it concerns by now."""

    decide_by: date | None
    escalated_to: Role | None


def timing_of(request: PromotionRequest, policy: Policy, *, at: datetime) -> Timing:
    opened, days, to = request.opened_at, policy.deadline_days, policy.escalation
    waited_too_long = to is not None and opened + timedelta(days=to.after_days) <= at
    return Timing(
        decide_by=as_date(opened + timedelta(days=days)) if days else None,
        escalated_to=to.role if to and waited_too_long else None,
    )
