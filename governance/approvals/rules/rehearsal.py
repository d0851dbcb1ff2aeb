"""Rehearsal: what a policy that is not in force would have made of decisions that were taken.

Pure, so whoever has the kept dossiers and the rows of the signatures can do it again. It judges
facts, not people: nobody was asked for what only the candidate asks for, so a signature that it
would have wanted is missing, whoever might have given it. In which order people signed is not
weighed, and neither is for how many days an override was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from django.db.models import TextChoices

from governance.accounts.rules import Role
from governance.approvals.rules.checks import judge_checks
from governance.approvals.rules.dossier import Dossier, OverrideFacts
from governance.approvals.rules.duties import Duties
from governance.approvals.rules.emergencies import emergency_policy
from governance.approvals.rules.gates import CheckResult, Outcome
from governance.approvals.rules.judgement import Judgement, RequestState, Signature, judge
from governance.approvals.rules.policies import (
    NoPolicy,
    Policy,
    Subject,
    check_unambiguous,
    policy_for,
)
from governance.core.wording import counted, day, few
from governance.registry.rules import Move

NO_POLICY = "no policy would let it go there"
NO_EMERGENCY = "the policy would know no emergency"
SIDES = {"≥": "at least", "≤": "at most", ">": "more than", "<": "less than"}


class Effect(TextChoices):
    """What the candidate would change. What people refused, no policy grants instead of them."""

    SAME = "SAME", "Same outcome"
    HELD = "HELD", "Would not be granted"
    PEOPLE_REFUSED = "PEOPLE_REFUSED", "Checks would pass; people refused"


@dataclass(frozen=True, kw_only=True)
class Applied:
    """The policy that a move would fall under, in the form in which it holds; or why there is none.

    `key` is that of the policy even where it does not let the move happen.
    """

    policy: Policy | None
    key: str = ""
    why_not: str = ""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A candidate among the policies in force, where it would replace the one of the same key."""

    candidate: Policy
    in_force: tuple[Policy, ...]

    @property
    def standing(self) -> tuple[Policy, ...]:
        others = tuple(one for one in self.in_force if one.key != self.candidate.key)
        return *others, self.candidate

    @property
    def replaced(self) -> Policy | None:
        return next((one for one in self.in_force if one.key == self.candidate.key), None)

    def concerns(self, subject: Subject) -> bool:
        """Tell whether the move falls under the candidate, or under what it would replace."""
        return self.candidate.key in (
            _key(_most_specific(self.standing, subject)),
            _key(_most_specific(self.in_force, subject)),
        )

    def applied(self, subject: Subject, *, move: Move) -> Applied:
        """Return what the move would fall under if the candidate were in force."""
        return applied_among(self.standing, subject, move=move)


def applied_among(policies: Sequence[Policy], subject: Subject, *, move: Move) -> Applied:
    """Return what the move would fall under if these policies were in force."""
    policy = _most_specific(policies, subject)
    if policy is None:
        return Applied(policy=None, why_not=NO_POLICY)
    if move != Move.EMERGENCY:
        return Applied(policy=policy, key=policy.key)
    if policy.emergency is None:
        return Applied(policy=None, key=policy.key, why_not=NO_EMERGENCY)
    return Applied(policy=emergency_policy(policy), key=policy.key)


def trial_of(candidate: Policy, in_force: Sequence[Policy]) -> Trial:
    """Return the trial, or raise InvalidInput if some move would fall under two policies alike."""
    check_unambiguous(candidate, in_force)
    return Trial(candidate=candidate, in_force=tuple(in_force))


def _most_specific(policies: Sequence[Policy], subject: Subject) -> Policy | None:
    try:
        return policy_for(policies, subject)
    except NoPolicy:
        return None


def _key(policy: Policy | None) -> str:
    return policy.key if policy else ""


@dataclass(frozen=True, kw_only=True)
class Supplement:
    """What a dossier of the first format does not say, read off the rows.

    Slot name, unit, jurisdictions and class are those of now. What card and report said and when
    the tier had been assessed last are those of then: the rows that say so never change.
    """

    slot_name: str
    unit: str
    jurisdictions: tuple[str, ...] = ()
    ai_act_class: str = ""
    tier_assessed_at: str = ""
    answered: tuple[str, ...] = ()
    report_signed_at: str = ""


def supplemented(dossier: Dossier, supplement: Supplement) -> Dossier:
    """Return a dossier of the first format with what that format had no place for."""
    card, report = dossier.card, dossier.report
    return replace(
        dossier,
        slot_name=supplement.slot_name,
        model=replace(
            dossier.model,
            unit=supplement.unit,
            jurisdictions=supplement.jurisdictions,
            ai_act_class=supplement.ai_act_class,
            tier_assessed_at=supplement.tier_assessed_at,
        ),
        card=replace(card, answered=supplement.answered) if card else None,
        report=replace(report, signed_at=supplement.report_signed_at) if report else None,
    )


@dataclass(frozen=True, kw_only=True)
class Decided:
    """What is kept of a decision. `dossier` is the very one that was signed.

    `facts` is the same for the checks, with what its format left out; they are judged as of
    `judged_at`, signatures as of `decided_at`. `duties` are those of then as far as rows tell.
    `overriders` are the roles of the signatures under overrides, by reference. Of what serves,
    `approved` is the dossier of its approval: a check that reads the champion is about the contest
    of then, whatever was measured since.
    """

    reference: str
    dossier: Dossier
    facts: Dossier
    state: RequestState
    decided_at: datetime
    judged_at: datetime
    duties: Duties
    signatures: tuple[Signature, ...] = ()
    overriders: Mapping[str, Role] = field(default_factory=dict)
    approved: Dossier | None = None


@dataclass(frozen=True, kw_only=True)
class Rehearsed:
    """What would have become of one decision, and what would stand against it, in few words."""

    applied: Applied
    effect: Effect
    objections: tuple[str, ...]
    unmet: tuple[CheckResult, ...]
    sentence: str

    @property
    def differs(self) -> bool:
        return self.effect == Effect.HELD


def subject_in(dossier: Dossier) -> Subject:
    """Return what policies tell the move by, as the dossier states it."""
    model = dossier.model
    return Subject(
        tier=model.tier,
        kind=model.kind,
        source=dossier.stage,
        target=dossier.target,
        slot=dossier.slot_name,
        ai_act_class=model.ai_act_class,
        unit=model.unit,
        jurisdictions=frozenset(model.jurisdictions),
    )


def rehearse(decided: Decided, trial: Trial) -> Rehearsed | None:
    """Say what would have become of a decision; None if the candidate changes no rule for it."""
    subject = subject_in(decided.facts)
    if not trial.concerns(subject):
        return None
    applied = trial.applied(subject, move=Move(decided.dossier.move))
    judgement = _judgement(decided, applied.policy) if applied.policy else None
    against = objections(applied, judgement)
    effect = _effect(decided, judgement, against)
    return Rehearsed(
        applied=applied,
        effect=effect,
        objections=tuple(against),
        unmet=judgement.unmet_checks if judgement else (),
        sentence=_sentence(decided, effect, against),
    )


def rehearse_live(decided: Decided, applied: Applied) -> Rehearsed:
    """Say whether what serves would be out of policy: by its facts of now, and who signed for it.

    `dossier` holds the facts of now, which the signatures are taken to be for, and `judged_at` is
    now. What the policy lets stand for so many days would have ended with them.
    """
    policy = applied.policy
    judgement = _judgement(decided, policy) if policy else None
    against = [*objections(applied, judgement), *(_ended(decided, policy) if policy else ())]
    return Rehearsed(
        applied=applied,
        effect=Effect.HELD if against else Effect.SAME,
        objections=tuple(against),
        unmet=judgement.unmet_checks if judgement else (),
        sentence=_under_this_policy(
            f"approved by {decided.reference}", against or ["nothing stands against it"]
        ),
    )


def as_signed(signatures: Iterable[Signature], *, decided: str, now: str) -> tuple[Signature, ...]:
    """Return the signatures under the dossier that was decided on, as if given for that of now."""
    return tuple(
        replace(signature, dossier_digest=now)
        for signature in signatures
        if signature.dossier_digest == decided
    )


def _judgement(decided: Decided, policy: Policy) -> Judgement:
    return judge(
        policy=policy,
        dossier=decided.dossier,
        checks=_checks(decided, policy),
        signatures=decided.signatures,
        duties=replace(decided.duties, validator_may_approve=policy.validator_may_approve),
        at=decided.decided_at,
    )


def _checks(decided: Decided, policy: Policy) -> tuple[CheckResult, ...]:
    facts, roles = decided.facts, decided.overriders
    checks = _judged(facts, policy, roles, at=decided.judged_at)
    if decided.approved is None:
        return checks
    unopposed = replace(facts, incumbent=None)
    alone = _by_id(_judged(unopposed, policy, roles, at=decided.judged_at))
    then = _by_id(_judged(decided.approved, policy, roles, at=decided.decided_at))
    return tuple(
        check if alone.get(check.id) == check else then.get(check.id, check) for check in checks
    )


def _judged(
    facts: Dossier, policy: Policy, roles: Mapping[str, Role], *, at: datetime
) -> tuple[CheckResult, ...]:
    overrides = tuple(one for one in facts.overrides if _is_let(one, policy, roles))
    return judge_checks(policy, replace(facts, overrides=overrides), at=at)


def _by_id(checks: Iterable[CheckResult]) -> dict[str, CheckResult]:
    return {check.id: check for check in checks}


def _is_let(override: OverrideFacts, policy: Policy, roles: Mapping[str, Role]) -> bool:
    """Tell whether the policy lets as many people override, in the role in which they did."""
    rule = policy.override_rule(override.check)
    if rule is None:
        return False
    return sum(1 for ref in override.sign_offs if roles.get(ref) == rule.role) >= rule.people


def _effect(decided: Decided, judgement: Judgement | None, against: Sequence[str]) -> Effect:
    if decided.state == RequestState.DONE:
        return Effect.HELD if against else Effect.SAME
    if judgement is not None and not judgement.unmet_checks:
        return Effect.PEOPLE_REFUSED
    return Effect.SAME


def objections(applied: Applied, judgement: Judgement | None) -> list[str]:
    """Say in few words what stands against a move: checks, and signatures that are missing."""
    if judgement is None:
        return [applied.why_not]
    missing = [
        f"{few(state.missing)} {state.need.label.lower()} "
        f"{'signature' if state.missing == 1 else 'signatures'} missing"
        for state in judgement.missing_needs
    ]
    return [*map(check_words, judgement.unmet_checks), *missing]


def check_words(check: CheckResult) -> str:
    """`ECE 0.051, at most 0.040`; `Model card published: none, required: published`."""
    sign, _, limit = check.required.partition(" ")
    if check.outcome == Outcome.NOT_SHOWN:
        return f"{check.label} not shown, required: {check.required}"
    if check.value and sign in SIDES:
        return f"{check.label} {check.measured}, {SIDES[sign]} {limit}"
    return f"{check.label}: {check.measured}, required: {check.required}"


def _ended(decided: Decided, policy: Policy) -> Iterable[str]:
    if policy.stands_days is None:
        return
    until = decided.decided_at + timedelta(days=policy.stands_days)
    if until < decided.judged_at:
        yield f"approved for {counted(policy.stands_days, 'day')}, which ended on {day(until)}"


def _sentence(decided: Decided, effect: Effect, against: Sequence[str]) -> str:
    was = f"{decided.reference} was {decided.state.label.lower()}"
    if effect == Effect.PEOPLE_REFUSED:
        return _under_this_policy(was, ["every check would pass", "people refused"])
    if decided.state != RequestState.DONE:
        return _under_this_policy(was, against)
    return _under_this_policy(was, against or ["it would be as well"])


def _under_this_policy(was: str, said: Sequence[str]) -> str:
    return f"{was}; under this policy: {'; '.join(said)}."
