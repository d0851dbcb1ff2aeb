"""Emergencies: the same policy, with other people who sign and only its integrity checks."""

from __future__ import annotations

from dataclasses import replace

from governance.approvals.rules.policies import Need, Policy
from governance.core.errors import Refused

MEANING = (
    "I let this version go live now, before its review, and see to it that the review follows."
)


class NoEmergency(Refused):
    """The policy of this move knows no emergency."""

    code = "no_emergency"


def emergency_policy(policy: Policy) -> Policy:
    """Return the policy as it holds in an emergency. Raises NoEmergency.

    Its checks are judged as ever and told, but only those stand against the move that nobody can
    answer for. What goes live so stands for the days that the policy gives the review.
    """
    rule = policy.emergency
    if rule is None:
        raise NoEmergency(
            f"The policy “{policy.title}” lets nothing go live in an emergency. Ask for the "
            "ordinary promotion."
        )
    return replace(
        policy,
        needs=(Need(roles=(rule.role,), count=rule.people, meaning=MEANING),),
        manual_checks=(),
        overrides=(),
        usable_days=None,
        stands_days=rule.stands_days,
    )
