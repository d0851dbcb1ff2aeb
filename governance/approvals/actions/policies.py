"""Proposing policies and signing them. Two people sign before one takes effect."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from governance.accounts.models import Unit, User
from governance.accounts.permissions import Permission, require, roles_with
from governance.accounts.proof import Proof, require_proof
from governance.accounts.queries import roles_of, root_unit
from governance.accounts.rules import Actor
from governance.approvals.models import PolicySignOff, PolicyVersion
from governance.approvals.queries.policies import policies_in_force, policy_of
from governance.approvals.rules.duties import Bar, require_separation
from governance.approvals.rules.judgement import Decision, DossierChanged
from governance.approvals.rules.policies import (
    PolicyDecided,
    PolicyState,
    check_unambiguous,
    read_policy,
)
from governance.audit import actions as audit
from governance.audit.rules import Verb
from governance.core.canonical import canonical, sha256_hex
from governance.core.errors import invalid
from governance.core.models import Record

STREAM = "firm"
SIGNATURES_NEEDED = 2
STANDING = (PolicyState.PROPOSED, PolicyState.IN_FORCE)
MEANINGS = {
    Decision.APPROVE: "I approve that this policy version takes effect.",
    Decision.REJECT: "I reject this policy version.",
}


@transaction.atomic
def propose_policy(*, text: str, actor: Actor, at: datetime) -> PolicyVersion:
    """Propose a new version of the policy that the YAML text states; it has no effect yet.

    Proposing the text that the newest version has returns that version and appends nothing, as
    long as that one is proposed or in force. Appends policy.proposed. Raises InvalidInput naming
    each wrong place, PermissionMissing.
    """
    _lock_policies()
    require(actor, Permission.POLICY_PROPOSE, unit=root_unit(), at=at)
    policy = read_policy(text)
    check_unambiguous(policy, policies_in_force())
    content = canonical(policy.content)
    digest = sha256_hex(content.encode())
    rows = PolicyVersion.objects.filter(key=policy.key)
    newest = rows.order_by("-number").first()
    if newest is not None and newest.digest == digest and newest.state in STANDING:
        return newest
    row = PolicyVersion.objects.create(
        key=policy.key,
        number=newest.number + 1 if newest else 1,
        title=policy.title,
        text=text,
        content_text=content,
        digest=digest,
        proposed_by=actor.ref,
        proposed_at=at,
    )
    audit.append(
        verb=Verb.POLICY_PROPOSED,
        stream=STREAM,
        subject=row.ref,
        actor=actor.ref,
        at=at,
        facts={"key": row.key, "number": row.number, "digest": row.digest},
        records=[row],
    )
    return row


@transaction.atomic
def sign_policy(
    *,
    policy_id: UUID,
    decision: Decision,
    digest_seen: str,
    comment: str,
    proof: Proof,
    actor: User,
    at: datetime,
) -> PolicyVersion:
    """Sign a proposed policy version; the second approval puts it in force.

    The version in force before ends in the same transaction. Who proposed it may not sign.
    Appends policy.signed, policy.enacted or policy.rejected. Raises PolicyDecided,
    DossierChanged, DutiesNotSeparated, InvalidInput, PermissionMissing, ProofMissing.
    """
    _lock_policies()
    row = PolicyVersion.objects.select_for_update().get(pk=policy_id)
    unit = root_unit()
    require(actor, Permission.POLICY_SIGN, unit=unit, at=at)
    require_proof(proof, actor=actor, at=at)
    _check(row, decision, digest_seen, comment, actor=actor)
    role = next(
        r for r in roles_with(Permission.POLICY_SIGN) if r in roles_of(actor, unit=unit, at=at)
    )
    signed = PolicySignOff.objects.create(
        policy=row,
        signer=actor,
        printed_name=audit.write_prose(actor.name),
        comment=audit.write_prose(comment.strip()) if comment.strip() else None,
        role=role,
        decision=decision,
        meaning=MEANINGS[decision],
        policy_digest=row.digest,
        proof=proof.method,
        signed_at=at,
    )
    verb, written = _decide(row, decision, at=at)
    audit.append(
        verb=verb,
        stream=STREAM,
        subject=row.ref,
        actor=actor.ref,
        at=at,
        facts={
            "key": row.key,
            "number": row.number,
            "digest": row.digest,
            "decision": decision,
            "sign_off": signed.ref,
        },
        records=[signed, *written],
    )
    return row


def _lock_policies() -> None:
    """Let one act on policies go on at a time, and no decision rest on one meanwhile."""
    # The root unit stands for them all: of the first policies there are no rows to lock yet, and
    # two at once would get one number, or both come into force for the same moves.
    list(Unit.objects.select_for_update(no_key=True).filter(pk=root_unit().pk))
    # Whoever decides on a promotion locks the policy in force.
    list(PolicyVersion.objects.in_force().select_for_update().order_by("pk"))


def _check(
    row: PolicyVersion, decision: Decision, digest_seen: str, comment: str, *, actor: User
) -> None:
    if decision not in MEANINGS:
        raise invalid("decision", "choice", "A policy is approved or rejected.")
    if row.state != PolicyState.PROPOSED:
        raise PolicyDecided(f"This version is {PolicyState(row.state).label.lower()} already.")
    newer = PolicyVersion.objects.filter(key=row.key, number__gt=row.number)
    if newer.exclude(in_force_at=None).exists():
        # Else one signature of today and a forgotten one would put back what was tightened since.
        raise PolicyDecided("A newer version has taken effect since. Propose this text again.")
    if row.digest != digest_seen:
        raise DossierChanged("Nothing was signed: this is not the text that was on your screen.")
    if decision == Decision.REJECT and not comment.strip():
        raise invalid("comment", "required", "Say why you reject it.")
    if row.proposed_by == actor.ref:
        proposed = Bar(
            rule="proposer_signs_not",
            sentence="You proposed this policy version.",
            rests_on=(row.ref,),
        )
        require_separation([proposed], stream=STREAM)
    if signed := row.sign_offs.filter(signer=actor).first():
        twice = Bar(
            rule="nobody_signs_twice",
            sentence="You have signed this already.",
            rests_on=(signed.ref,),
        )
        require_separation([twice], stream=STREAM)


def _decide(row: PolicyVersion, decision: Decision, *, at: datetime) -> tuple[Verb, list[Record]]:
    if decision == Decision.REJECT:
        row.state, row.ended_at = PolicyState.REJECTED, at
        row.save(update_fields=["state", "ended_at"])
        return Verb.POLICY_REJECTED, [row]
    if row.sign_offs.filter(decision=Decision.APPROVE).count() < SIGNATURES_NEEDED:
        return Verb.POLICY_SIGNED, [row]
    # Others may have come into force since this was proposed.
    check_unambiguous(policy_of(row), policies_in_force())
    written: list[Record] = [row]
    for previous in PolicyVersion.objects.in_force().filter(key=row.key):
        previous.state, previous.ended_at = PolicyState.SUPERSEDED, at
        previous.save(update_fields=["state", "ended_at"])
        written.append(previous)
    row.state, row.in_force_at = PolicyState.IN_FORCE, at
    row.save(update_fields=["state", "in_force_at"])
    return Verb.POLICY_ENACTED, written
