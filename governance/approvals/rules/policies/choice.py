"""Which policy a move falls under: the most specific, and never one of two alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from governance.approvals.rules.policies.policy import Policy
from governance.approvals.rules.policies.scopes import Subject
from governance.core.errors import Refused, WrongState, invalid
from governance.registry.rules import Stage


class NoPolicy(Refused):
    """No policy in force allows this move."""

    code = "no_policy"


class PolicyDecided(WrongState):
    code = "policy_decided"


def check_unambiguous(policy: Policy, others: Iterable[Policy]) -> None:
    """Raise InvalidInput if some move would fall under this policy and another alike."""
    for other in others:
        if other.key != policy.key and policy.scope.overlaps(other.scope):
            raise invalid(
                "applies_to",
                "ambiguous",
                f"The policy {other.key} applies to some of the same moves and is as specific. "
                "Narrow applies_to in one of them.",
            )


def policy_for(policies: Sequence[Policy], subject: Subject) -> Policy:
    """Return the most specific policy that reaches the move, or raise NoPolicy."""
    reaching = [policy for policy in policies if policy.scope.reaches(subject)]
    if reaching:
        return max(reaching, key=lambda policy: policy.scope.specificity)
    source, target = Stage(subject.source), Stage(subject.target)
    ways = sorted(
        str(stage.label)
        for stage in Stage
        if stage != source
        and any(policy.scope.reaches(replace(subject, target=stage)) for policy in policies)
    )
    onward = f" From there it may go to {' or '.join(ways)}." if ways else ""
    raise NoPolicy(
        f"No policy in force lets a Tier {subject.tier} version go from {source.label} to "
        f"{target.label}.{onward}",
        tier=subject.tier,
        source=source.value,
        target=target.value,
    )
