"""Whose artifacts the registry gives out: by policy, only those of approved versions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from governance.approvals.rules.policies import Policy, Subject
from governance.core.errors import Refused
from governance.registry.rules import Stage

APPROVED = "approved"


class DownloadNotApproved(Refused):
    """The version was never approved for Production, and the policy gives out no other."""

    code = "version_not_approved"


def gives_out_approved_alone(policy: Policy) -> bool:
    return bool(policy.content.get("downloads") == APPROVED)


def download_policy(policies: Iterable[Policy], subject: Subject) -> Policy | None:
    """Return the policy that decides whose artifacts are given out, if any reaches the model.

    The most specific of those that lead to Production for such a model, from whatever stage and
    into whatever slot; of two alike the stricter.
    """
    reaching = [policy for policy in policies if _is_about(policy, subject)]
    return max(
        reaching,
        key=lambda policy: (policy.scope.specificity, gives_out_approved_alone(policy)),
        default=None,
    )


def _is_about(policy: Policy, subject: Subject) -> bool:
    scope = replace(policy.scope, sources=frozenset(), slots=frozenset())
    return scope.reaches(replace(subject, target=Stage.PRODUCTION))
