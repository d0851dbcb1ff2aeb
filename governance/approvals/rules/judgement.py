"""The decision: what a dossier has earned under a policy, and what is still outstanding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import TextChoices

from governance.accounts.rules import Role
from governance.approvals.rules.dossier import Dossier
from governance.approvals.rules.duties import Duties, bars
from governance.approvals.rules.gates import CheckResult
from governance.approvals.rules.policies import Need, Policy
from governance.core.errors import Refused, WrongState
from governance.core.wording import counted
from governance.registry.rules import Authorization, Move, Stage


class Decision(TextChoices):
    """What a signature says."""

    APPROVE = "APPROVE", "Approve"
    RETURN = "RETURN", "Return for changes"
    REJECT = "REJECT", "Reject"


class RequestState(TextChoices):
    """Where a request stands. OVERTAKEN is never stored: the version moved by another way."""

    OPEN = "OPEN", "Open"
    DONE = "DONE", "Approved"
    RETURNED = "RETURNED", "Returned for changes"
    REJECTED = "REJECTED", "Rejected"
    WITHDRAWN = "WITHDRAWN", "Withdrawn"
    OVERTAKEN = "OVERTAKEN", "Overtaken"


class ApprovalMissing(Refused):
    """Checks fail, or people have yet to sign."""

    code = "approval_missing"


class ChecksNotMet(Refused):
    """Nobody can approve while a required check fails."""

    code = "checks_not_met"


class DossierChanged(WrongState):
    """What was on the screen is not what stands here now. Nothing was signed."""

    code = "dossier_changed"


class RequestClosed(WrongState):
    code = "request_closed"


class AnotherShareAsked(WrongState):
    """A request for another share of the same slot's traffic is open."""

    code = "another_share_asked"


class AlreadyDecided(Refused):
    """The same facts were rejected or returned before."""

    code = "already_decided"


class NotNeeded(Refused):
    """The policy asks for no sign-off in this role, or has all it asks for."""

    code = "sign_off_not_needed"


@dataclass(frozen=True, kw_only=True)
class Signature:
    """What the decision reads of a sign-off."""

    ref: str
    signer: str
    role: Role
    decision: Decision
    dossier_digest: str


@dataclass(frozen=True, kw_only=True)
class NeedState:
    """One need of the policy and the valid signatures that count towards it."""

    need: Need
    given: tuple[Signature, ...]

    @property
    def missing(self) -> int:
        return self.need.count - len(self.given)


@dataclass(frozen=True, kw_only=True)
class Judgement:
    checks: tuple[CheckResult, ...]
    needs: tuple[NeedState, ...]
    stale: tuple[Signature, ...]
    dossier_digest: str
    is_open: bool = False

    @property
    def unmet_checks(self) -> tuple[CheckResult, ...]:
        return tuple(check for check in self.checks if not check.passed)

    @property
    def missing_needs(self) -> tuple[NeedState, ...]:
        return tuple(state for state in self.needs if state.missing > 0)

    @property
    def is_met(self) -> bool:
        return not self.unmet_checks and not self.missing_needs

    @property
    def signatures(self) -> tuple[Signature, ...]:
        return tuple(signature for state in self.needs for signature in state.given)


def judge(
    *,
    policy: Policy,
    dossier: Dossier,
    checks: Sequence[CheckResult],
    signatures: Sequence[Signature],
    duties: Duties,
) -> Judgement:
    """Weigh the signatures against the policy.

    A signature counts if it approves exactly this dossier, its signer is barred by no duty as
    they stand now, and no other signature of the same person counts already.
    """
    digest = dossier.digest
    valid, stale, seen = [], [], set()
    for signature in signatures:
        if signature.decision != Decision.APPROVE:
            continue
        if signature.dossier_digest != digest:
            stale.append(signature)
        elif signature.signer not in seen and not _barred(signature, duties):
            seen.add(signature.signer)
            valid.append(signature)
    needs = []
    for need in policy.needs:
        given = tuple(s for s in valid if s.role == need.role)[: need.count]
        valid = [s for s in valid if s not in given]
        needs.append(NeedState(need=need, given=given))
    return Judgement(
        checks=tuple(checks),
        needs=tuple(needs),
        stale=tuple(stale),
        dossier_digest=digest,
        is_open=policy.is_open,
    )


def _barred(signature: Signature, duties: Duties) -> bool:
    found = bars(signature.signer, duties, role=signature.role)
    return any(bar.rule != "nobody_signs_twice" for bar in found)


def authorize(judgement: Judgement, *, dossier: Dossier, request_ref: str) -> Authorization:
    """Return the authorization that this dossier has earned, or raise ApprovalMissing.

    Nothing enters Production without a signature, whatever a policy says; only where the operator
    chose the policy set open, which is no policy, it may.
    """
    unsigned = dossier.target == Stage.PRODUCTION and not judgement.signatures
    if not judgement.is_met or (unsigned and not judgement.is_open):
        raise ApprovalMissing(
            " ".join(outstanding(judgement)),
            checks=[check.id for check in judgement.unmet_checks],
            roles=[state.need.role for state in judgement.missing_needs],
        )
    return Authorization(
        move=Move(dossier.move),
        request_ref=request_ref,
        version_ref=dossier.version.ref,
        target=Stage(dossier.target),
        slot_ref=dossier.slot,
        incumbent_ref=dossier.incumbent.ref if dossier.incumbent else None,
        policy_ref=str(dossier.policy.get("ref", "")),
        dossier_digest=judgement.dossier_digest,
        sign_offs=tuple(signature.ref for signature in judgement.signatures),
        share=dossier.share,
    )


def outstanding(judgement: Judgement) -> list[str]:
    """Say in sentences what is still missing."""
    sentences = [f"{check.label}: {check.sentence}" for check in judgement.unmet_checks]
    for state in judgement.missing_needs:
        role = state.need.role.label.lower()
        sentences.append(f"{counted(state.missing, f'{role} signature')} missing.")
    return sentences


MOVES: dict[tuple[Stage, Stage], Move] = {
    (source, target): (
        Move.ARCHIVED
        if target == Stage.ARCHIVED
        else Move.DEMOTED
        if (source, target)
        in {
            (Stage.STAGING, Stage.DRAFT),
            (Stage.PRODUCTION, Stage.STAGING),
            (Stage.PRODUCTION, Stage.DRAFT),
            (Stage.ARCHIVED, Stage.DRAFT),
        }
        else Move.PROMOTED
    )
    for source in Stage
    for target in Stage
    if source != target or target == Stage.PRODUCTION
}
"""Which kind of move each change of stage is; a rollback and a share are asked for by name.

From Production to Production a version goes into another slot.
"""
