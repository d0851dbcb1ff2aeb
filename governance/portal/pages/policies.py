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
from governance.approvals.rules.policies import Need, Policy, PolicyState
from governance.core.wording import few
from governance.inventory.rules import Kind, Tier
from governance.portal.pages.certificates import Certificate, certificates, entry_numbers
from governance.portal.pages.diffs import Line, diff_lines
from governance.portal.pages.may import why_not
from governance.portal.pages.verdicts import role_noun
from governance.registry.rules import Stage

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

    @property
    def look(self) -> tuple[str, str]:
        return LOOKS[PolicyState(self.row.state)]

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
    row: PolicyVersion
    policy: Policy
    look: tuple[str, str]
    proposer: str
    applies: str
    gates: Sequence[tuple[str, str]]
    needs: Sequence[tuple[str, str]]
    certificates: Sequence[Certificate]
    in_force: PolicyVersion | None
    diff: Sequence[Line]
    why_not: Sequence[str]
    meanings: dict[Decision, str]
    needed: int = SIGNATURES_NEEDED

    @property
    def is_open(self) -> bool:
        return self.row.state == PolicyState.PROPOSED

    @property
    def missing(self) -> int:
        return max(self.needed - len(self.certificates), 0) if self.is_open else 0


def policy_list() -> list[PolicyGroup]:
    """Every policy with its versions, in one query."""
    groups = groupby(policy_versions(), key=lambda row: row.key)
    return [
        policy_group([PolicyRow(row=row, policy=policy_of(row)) for row in rows])
        for _, rows in groups
    ]


def policy_group(rows: Sequence[PolicyRow]) -> PolicyGroup:
    by_state = {state: [row for row in rows if row.row.state == state] for state in PolicyState}
    in_force = next(iter(by_state[PolicyState.IN_FORCE]), None)
    return PolicyGroup(
        title=(in_force or rows[0]).row.title,
        in_force=in_force,
        proposed=by_state[PolicyState.PROPOSED],
        earlier=[*by_state[PolicyState.SUPERSEDED], *by_state[PolicyState.REJECTED]],
    )


def policy_page(row: PolicyVersion, *, reader: User, at: datetime) -> PolicyPage:
    """Read one version of a policy, beside the version that it would replace or replaced."""
    policy, rows = policy_of(row), policy_sign_offs(row)
    before = compared_with(row)
    entries = entry_numbers(STREAM, subjects=[row.ref], kind=PolicySignOff.REF)
    return PolicyPage(
        row=row,
        policy=policy,
        look=LOOKS[PolicyState(row.state)],
        proposer=labels_of([row.proposed_by]).get(row.proposed_by, "the console"),
        applies=applies_to(policy),
        gates=[(gate.label, gate.asks) for gate in policy.gates],
        needs=[(need_sentence(need), need.meaning) for need in policy.needs],
        certificates=certificates(list(rows), entries=entries),
        in_force=before,
        diff=diff_lines(before.text, row.text) if before else (),
        why_not=reasons(row, rows, reader=reader, at=at),
        meanings=MEANINGS,
    )


def compared_with(row: PolicyVersion) -> PolicyVersion | None:
    """The version in force; for one that is or was in force itself, the one before it."""
    others = PolicyVersion.objects.filter(key=row.key).exclude(pk=row.pk)
    if row.state in {PolicyState.PROPOSED, PolicyState.REJECTED}:
        return others.in_force().first()
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


def applies_to(policy: Policy) -> str:
    """Say in one sentence which moves fall under a policy."""
    scope = policy.scope
    tiers = _listed([f"Tier {tier.value}" for tier in Tier if tier in scope.tiers])
    kinds = _listed([kind.label.lower() for kind in Kind if kind in scope.kinds])
    sources = _listed([stage.label for stage in Stage if stage in scope.sources])
    return (
        f"{f'{tiers} models' if tiers else 'Models of every tier'}"
        f"{f' of kind {kinds}' if kinds else ''}, "
        f"{f'going from {sources}' if sources else 'going'} to {scope.target.label}."
    )


def _listed(words: Sequence[str]) -> str:
    """`Draft`, `Draft or Staging`, `Tier 1, Tier 2 or Tier 3`."""
    return " or ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def need_sentence(need: Need) -> str:
    who = f"{few(need.count)} {role_noun(need.label, need.count)}"
    return f"{who[:1].upper()}{who[1:]} {'signs' if need.count == 1 else 'sign'}"
