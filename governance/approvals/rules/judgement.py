"""The decision: what a dossier has earned under a policy, and what is still outstanding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

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


class NotYourTurn(Refused):
    """The policy has others sign first."""

    code = "not_your_turn"


@dataclass(frozen=True, kw_only=True)
class Signature:
    """What the decision reads of a sign-off. A deputy signs `on_behalf_of` somebody."""

    ref: str
    signer: str
    role: Role
    decision: Decision
    dossier_digest: str
    signed_at: datetime
    on_behalf_of: str = ""

    @property
    def people(self) -> frozenset[str]:
        """Whose signature it is: a deputy's is also that of whom they stand for."""
        return frozenset(filter(None, (self.signer, self.on_behalf_of)))


@dataclass(frozen=True, kw_only=True)
class NeedState:
    """A sign-off that the policy asks for, and the signatures that count towards it."""

    need: Need
    given: tuple[Signature, ...]

    @property
    def missing(self) -> int:
        return self.need.count - len(self.given)

    @property
    def open_roles(self) -> tuple[Role, ...]:
        """In which roles somebody may still sign; in a quorum each role signs once."""
        if self.missing <= 0:
            return ()
        taken = {signature.role for signature in self.given} if self.need.is_quorum else set()
        return tuple(role for role in self.need.roles if role not in taken)


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What stands for and against a move: pure, the same for the page, the answer and the act.

    `stale` signatures were given for other facts, `expired` ones too long ago, and `void` ones by
    somebody who has had a hand in it since.
    """

    checks: tuple[CheckResult, ...]
    needs: tuple[NeedState, ...]
    stale: tuple[Signature, ...]
    dossier_digest: str
    is_open: bool = False
    expired: tuple[Signature, ...] = ()
    void: tuple[Signature, ...] = ()

    @property
    def unmet_checks(self) -> tuple[CheckResult, ...]:
        return tuple(check for check in self.checks if not check.is_met)

    @property
    def excused_checks(self) -> tuple[CheckResult, ...]:
        """Those that fail and that people answer for."""
        return tuple(check for check in self.checks if check.is_met and not check.passed)

    @property
    def missing_needs(self) -> tuple[NeedState, ...]:
        return tuple(state for state in self.needs if state.missing > 0)

    @property
    def step(self) -> int:
        """The step whose turn it is; a need of a later one waits."""
        return min((state.need.step for state in self.missing_needs), default=0)

    @property
    def is_met(self) -> bool:
        return not self.unmet_checks and not self.missing_needs

    @property
    def signatures(self) -> tuple[Signature, ...]:
        return tuple(signature for state in self.needs for signature in state.given)

    def state_for(self, role: Role) -> NeedState | None:
        """Return what is asked of those who hold the role."""
        return next((state for state in self.needs if role in state.need.roles), None)


def judge(
    *,
    policy: Policy,
    dossier: Dossier,
    checks: Sequence[CheckResult],
    signatures: Sequence[Signature],
    duties: Duties,
    at: datetime,
) -> Judgement:
    """Weigh the signatures against the policy.

    A signature counts if it approves exactly this dossier, was given no longer ago than the policy
    lets it count, nobody whose signature it is is barred by a duty as they stand now, and none of
    them has signed already.
    """
    digest = dossier.digest
    valid, stale, expired, void, seen = [], [], [], [], set[str]()
    for signature in signatures:
        if signature.decision != Decision.APPROVE:
            continue
        if signature.dossier_digest != digest:
            stale.append(signature)
        elif _is_spent(signature, policy, at=at):
            expired.append(signature)
        elif not signature.people & seen and not _barred(signature, policy, duties):
            seen |= signature.people
            valid.append(signature)
        else:
            void.append(signature)
    return Judgement(
        checks=tuple(checks),
        needs=tuple(NeedState(need=need, given=_counting(need, valid)) for need in policy.needs),
        stale=tuple(stale),
        expired=tuple(expired),
        void=tuple(void),
        dossier_digest=digest,
        is_open=policy.is_open,
    )


def _counting(need: Need, valid: Sequence[Signature]) -> tuple[Signature, ...]:
    """The earliest that the need asks for: of a quorum one in each role."""
    fitting = [signature for signature in valid if signature.role in need.roles]
    if need.is_quorum:
        first: dict[Role, Signature] = {}
        for signature in fitting:
            first.setdefault(signature.role, signature)
        fitting = list(first.values())
    return tuple(fitting[: need.count])


def _is_spent(signature: Signature, policy: Policy, *, at: datetime) -> bool:
    days = policy.usable_days
    return days is not None and signature.signed_at + timedelta(days=days) <= at


def _barred(signature: Signature, policy: Policy, duties: Duties) -> bool:
    need = policy.need_for(signature.role)
    independent_of = need.independent_of if need else frozenset()
    return any(
        bar.rule != "nobody_signs_twice"
        for person in signature.people
        for bar in bars(person, duties, role=signature.role, independent_of=independent_of)
    )


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
            roles=[role for state in judgement.missing_needs for role in state.open_roles],
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
        role = state.need.label.lower()
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
