"""What a decision rests on: the facts as they stand now, or as they were kept when it was taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from governance.accounts.queries import labels_of
from governance.approvals.models import DossierCopy, PolicyVersion, PromotionRequest
from governance.approvals.queries.cases import ROLLBACK_POLICY, Case, approved_dossier
from governance.approvals.queries.policies import policy_of
from governance.approvals.rules.checks import judge_checks
from governance.approvals.rules.dossier import Dossier, read_dossier
from governance.approvals.rules.emergencies import emergency_policy
from governance.approvals.rules.gates import CheckResult, Outcome
from governance.approvals.rules.policies import Policy
from governance.cards.queries.names import named
from governance.portal.pages.card_changes import written_changes
from governance.portal.pages.changes import (
    SAID_ELSEWHERE,
    Change,
    changes,
    people_in,
    revisions,
)
from governance.registry.models import ModelVersion
from governance.registry.rules import Move, Stage

SEVERITIES = ("high", "medium", "low")


@dataclass(frozen=True, kw_only=True)
class Grounds:
    policy: Policy
    dossier: Dossier
    checks: Sequence[CheckResult]
    digest: str

    @property
    def passed(self) -> int:
        return sum(1 for check in self.checks if check.passed)

    @property
    def look(self) -> tuple[str, str]:
        """Tone and icon of the checks: none fails, or people answer for those that do, or not."""
        if self.passed == len(self.checks):
            return "ok", "check"
        return ("warn", "override") if all(c.is_met for c in self.checks) else ("bad", "cross")

    @property
    def needed(self) -> int:
        """How many signatures the policy asks for."""
        return sum(need.count for need in self.policy.needs)

    @property
    def findings(self) -> str:
        """`1 high, 2 low`, or an empty string."""
        found = [finding.severity.lower() for finding in self.dossier.findings]
        return ", ".join(f"{found.count(s)} {s}" for s in SEVERITIES if s in found)

    @property
    def replaced(self) -> int | None:
        """The number of the version that would retire, or did; only Production replaces one."""
        incumbent = self.dossier.incumbent
        goes = incumbent is not None and self.dossier.target == Stage.PRODUCTION
        return incumbent.number if incumbent and goes else None


@dataclass(frozen=True, kw_only=True)
class Since:
    """What differs from the approval under which the champion went live."""

    version: int
    request: PromotionRequest
    approved_at: datetime
    changes: Sequence[Change]


def present_grounds(case: Case) -> Grounds:
    return Grounds(
        policy=case.policy,
        dossier=case.dossier,
        checks=case.judgement.checks,
        digest=case.digest,
    )


def kept_grounds(request: PromotionRequest) -> Grounds | None:
    """Return what was decided on, from the copy that was kept; None if it never came to that."""
    copy = DossierCopy.objects.filter(request=request, digest=request.decided_digest).first()
    return grounds_of(copy, at=request.closed_at or copy.recorded_at) if copy else None


def grounds_of(copy: DossierCopy, *, at: datetime) -> Grounds:
    """Return what a kept dossier says, its timed checks as of that moment."""
    dossier = copy.dossier
    policy = policy_behind(dossier)
    return Grounds(
        policy=policy,
        dossier=dossier,
        checks=kept_checks(dossier, policy, at=at),
        digest=copy.digest,
    )


def policy_behind(dossier: Dossier) -> Policy:
    """Return the very policy version that a dossier names."""
    ref = str(dossier.policy.get("ref", ""))
    if not ref:
        return ROLLBACK_POLICY
    policy = policy_of(PolicyVersion.objects.get(pk=ref.partition(":")[2]))
    return emergency_policy(policy) if dossier.move == Move.EMERGENCY else policy


def kept_checks(dossier: Dossier, policy: Policy, *, at: datetime) -> list[CheckResult]:
    """Return the kept results with the words that the policy has for them.

    Outcome and values are those that were kept, whatever the code would find today; the outcome of
    a timed check is that of `at`, when it was decided. Both are in the order of the policy.
    """
    judged = judge_checks(policy, dossier, at=at)
    return [
        replace(
            said,
            outcome=Outcome(kept.get("outcome", said.outcome)),
            measured=kept["measured"],
            required=kept["required"],
        )
        for said, kept in zip(judged, dossier.checks, strict=False)
    ]


def since_approval(grounds: Grounds) -> Since | None:
    """Compare with the dossier under which the champion was approved; None without one."""
    dossier = grounds.dossier
    if dossier.incumbent is None or dossier.incumbent.ref == dossier.version.ref:
        return None
    champion = ModelVersion.objects.get(pk=dossier.incumbent.ref.partition(":")[2])
    copy = approved_dossier(champion)
    if copy is None:
        return None
    before = read_dossier(copy.text)
    names = labels_of(people_in(before, dossier))
    # Another policy applies to another move; only a new version of the same one is a change.
    other = before.policy.get("key") != dossier.policy.get("key")
    return Since(
        version=champion.number,
        request=copy.request,
        approved_at=copy.request.closed_at or copy.recorded_at,
        changes=[
            *card_differences(before, dossier),
            *changes(
                before,
                dossier,
                names=names,
                leaving_out=(*SAID_ELSEWHERE, "Policy") if other else SAID_ELSEWHERE,
            ),
        ],
    )


def card_differences(before: Dossier, after: Dossier) -> list[Change]:
    """Compare the cards that two dossiers point to, by words; none without both."""
    if before.card is None or after.card is None:
        return []
    found = revisions(before.card.ref, after.card.ref)
    old, new = found.get(before.card.ref), found.get(after.card.ref)
    if old is None or new is None:
        return []
    return written_changes(named(old.card), named(new.card))
