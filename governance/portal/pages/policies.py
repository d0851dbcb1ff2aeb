"""Policies that explain themselves: what they ask for, in sentences, and what changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from governance.accounts.models import User
from governance.accounts.permissions import Permission, may
from governance.accounts.queries import labels_of, root_unit
from governance.approvals.actions.policies import MEANINGS, SIGNATURES_NEEDED, STREAM
from governance.approvals.models import PolicySignOff, PolicyVersion
from governance.approvals.queries.policies import policy_of, policy_sign_offs, policy_versions
from governance.approvals.rules.judgement import Decision
from governance.approvals.rules.policies import Policy, PolicyState
from governance.core.diffs import Line, diff_lines
from governance.core.instants import Instant, limit_of
from governance.portal.pages.certificates import Certificate, certificates, entry_numbers
from governance.portal.pages.may import why_not
from governance.portal.pages.policy_words import (
    applies_to,
    check_sentence,
    need_sentence,
    separation_sentence,
    terms_of,
)

OVER = {PolicyState.SUPERSEDED, PolicyState.REJECTED}
LOOKS = {
    PolicyState.PROPOSED: ("ink", "clock"),
    PolicyState.IN_FORCE: ("ok", "check"),
    PolicyState.SUPERSEDED: ("mute", "stage-archived"),
    PolicyState.REJECTED: ("bad", "cross"),
}


@dataclass(frozen=True, kw_only=True)
class PolicyRow:
    """One version of a policy in the list."""

    row: PolicyVersion
    policy: Policy
    state: PolicyState

    @property
    def look(self) -> tuple[str, str]:
        return LOOKS[self.state]

    @property
    def applies(self) -> str:
        return applies_to(self.policy)


@dataclass(frozen=True, kw_only=True)
class PolicyGroup:
    """All versions of one policy: what holds, what is proposed, and what was before."""

    title: str
    in_force: PolicyRow | None
    proposed: Sequence[PolicyRow]
    earlier: Sequence[PolicyRow]


@dataclass(frozen=True, kw_only=True)
class PolicyPage:
    """`in_force_at` and `ended_at` are those that had come by the moment of the page."""

    instant: Instant | None
    row: PolicyVersion
    policy: Policy
    state: PolicyState
    in_force_at: datetime | None
    ended_at: datetime | None
    proposer: str
    applies: str
    gates: Sequence[tuple[str, str]]
    manual: Sequence[tuple[str, str]]
    needs: Sequence[tuple[str, str]]
    terms: Sequence[tuple[str, str]]
    separation: str
    certificates: Sequence[Certificate]
    in_force: PolicyRow | None
    diff: Sequence[Line]
    why_not: Sequence[str]
    meanings: dict[Decision, str]
    needed: int = SIGNATURES_NEEDED

    @property
    def is_open(self) -> bool:
        return self.state == PolicyState.PROPOSED

    @property
    def look(self) -> tuple[str, str]:
        return LOOKS[self.state]

    @property
    def missing(self) -> int:
        return max(self.needed - len(self.certificates), 0) if self.is_open else 0


def policy_list(instant: Instant | None = None) -> list[PolicyGroup]:
    """Every policy with its versions, now or as they stood at a past moment, in one query."""
    by = limit_of(instant)
    groups = groupby(policy_versions(by=by), key=lambda row: row.key)
    return [policy_group([policy_row(row, by=by) for row in rows]) for _, rows in groups]


def policy_row(row: PolicyVersion, *, by: datetime | None) -> PolicyRow:
    return PolicyRow(row=row, policy=policy_of(row), state=row.state_at(by))


def policy_group(rows: Sequence[PolicyRow]) -> PolicyGroup:
    by_state = {state: [row for row in rows if row.state == state] for state in PolicyState}
    in_force = next(iter(by_state[PolicyState.IN_FORCE]), None)
    return PolicyGroup(
        title=(in_force or rows[0]).row.title,
        in_force=in_force,
        proposed=by_state[PolicyState.PROPOSED],
        earlier=[*by_state[PolicyState.SUPERSEDED], *by_state[PolicyState.REJECTED]],
    )


def policy_page(
    row: PolicyVersion, *, reader: User, at: datetime, instant: Instant | None = None
) -> PolicyPage:
    """Read one version of a policy, beside the version that it would replace or replaced."""
    by = limit_of(instant)
    policy, rows, state = policy_of(row), policy_sign_offs(row, by=by), row.state_at(by)
    before = compared_with(row, by=by)
    entries = entry_numbers(STREAM, subjects=[row.ref], kind=PolicySignOff.REF)
    return PolicyPage(
        instant=instant,
        row=row,
        policy=policy,
        state=state,
        in_force_at=None if state == PolicyState.PROPOSED else row.in_force_at,
        ended_at=row.ended_at if state in OVER else None,
        proposer=labels_of([row.proposed_by]).get(row.proposed_by, "the console"),
        applies=applies_to(policy),
        gates=[(gate.label, gate.asks) for gate in policy.gates],
        manual=[(check.label, check_sentence(check)) for check in policy.manual_checks],
        needs=[
            (need_sentence(need, policy), need.meaning)
            for need in sorted(policy.needs, key=lambda need: need.step)
        ],
        terms=terms_of(policy),
        separation=separation_sentence(policy),
        certificates=certificates(list(rows), entries=entries),
        in_force=policy_row(before, by=by) if before else None,
        diff=diff_lines(before.text, row.text) if before else (),
        why_not=() if instant else reasons(row, rows, reader=reader, at=at),
        meanings=MEANINGS,
    )


def compared_with(row: PolicyVersion, *, by: datetime | None = None) -> PolicyVersion | None:
    """The version in force; for one that is or was in force itself, the one before it."""
    others = PolicyVersion.objects.filter(key=row.key).exclude(pk=row.pk)
    if row.state_at(by) in {PolicyState.PROPOSED, PolicyState.REJECTED}:
        return others.in_force(by=by).first()
    return (
        others.exclude(in_force_at=None).filter(number__lt=row.number).order_by("-number").first()
    )


def reasons(
    row: PolicyVersion, rows: Sequence[PolicySignOff], *, reader: User, at: datetime
) -> list[str]:
    """Say why this reader does not sign this version; empty when they may."""
    if row.proposed_by == reader.ref:
        return ["You proposed this policy version, so two others sign it."]
    if any(one.signer_id == reader.pk for one in rows):
        return ["You have signed this already."]
    said = why_not(reader, Permission.POLICY_SIGN, "Signing a policy", unit=root_unit(), at=at)
    return [said] if said else []


def why_no_proposal(reader: User, *, at: datetime) -> str:
    return why_not(reader, Permission.POLICY_PROPOSE, "Proposing a policy", unit=root_unit(), at=at)


def may_propose(reader: User, *, at: datetime) -> bool:
    return may(reader, Permission.POLICY_PROPOSE, unit=root_unit(), at=at)
