"""Signatures as certificates, with all their components (21 CFR 11.50) and what they set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from governance.accounts.rules import Role
from governance.approvals.rules.judgement import Decision
from governance.core.wording import day, sentence
from governance.evidence.rules.reading import Entry, Evidence, Held, version_number
from governance.registry.rules import Stage, goal_words
from governance.validation.rules import Severity

PROOFS = {
    "PASSWORD": "password re-entered",
    "TOTP": "code of an authenticator app",
    "PASSKEY": "passkey, unlocked by its holder",
    "SEEDED": "seeded with the demo, not proven",
}


@dataclass(frozen=True, kw_only=True)
class ConditionRow:
    """What an approval asked for. `finding` is what it became when the stage changed."""

    text: str
    severity: str
    owner: str
    due_date: date | None
    set_by: str
    finding: str
    closed_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """One signature. `stands_for` says whose deputy the person was, and by what."""

    name: str
    role: str
    decision: str
    meaning: str
    comment: str
    signed_at: datetime | None
    proof: str
    subject: str
    digest: str
    entry: Entry | None
    ref: str = ""
    stands_for: str = ""
    conditions: Sequence[ConditionRow] = ()


def certificates(evidence: Evidence) -> list[Certificate]:
    """The sign-offs of all promotion requests, oldest first."""
    return [sign_off(evidence, held) for held in evidence.in_order("sign_off")]


def sign_off(evidence: Evidence, held: Held) -> Certificate:
    return Certificate(
        ref=held.ref,
        name=evidence.prose(held, "printed_name"),
        role=Role(held["role"]).label,
        decision=Decision(held["decision"]).label,
        meaning=held["meaning"],
        comment=evidence.prose(held, "comment"),
        signed_at=held.at("signed_at"),
        proof=proof_words(held["proof"]),
        subject=_subject(evidence, held),
        digest=held["dossier_digest"],
        entry=evidence.written_by.get(held.ref),
        stands_for=_stands_for(evidence, held),
        conditions=conditions_of(evidence, held),
    )


def override_sign_off(evidence: Evidence, held: Held, *, subject: str) -> Certificate:
    return Certificate(
        ref=held.ref,
        name=evidence.prose(held, "printed_name"),
        role=Role(held["role"]).label,
        decision="Override",
        meaning=held["meaning"],
        comment="",
        signed_at=held.at("signed_at"),
        proof=proof_words(held["proof"]),
        subject=subject,
        digest=held["override_digest"],
        entry=evidence.written_by.get(held.ref),
    )


def proof_words(method: str) -> str:
    return PROOFS.get(method, sentence(method))


def goal_of(evidence: Evidence, request: Held) -> str:
    """Say where a request wants its version."""
    slot = evidence.get("slot", request["slot_id"])
    return goal_words(
        Stage(request["target"]),
        slot=slot["name"] if slot else "a slot that is not in this pack",
        is_default=slot is None or bool(slot.fields["is_default"]),
        share=request.fields.get("share"),
    )


def _subject(evidence: Evidence, held: Held) -> str:
    request = evidence.get("request", held["request_id"])
    if request is None:
        return "A request that is not in this pack"
    number = version_number(evidence, request)
    return f"D-{request['number']}: version {number} to {goal_of(evidence, request)}"


def _stands_for(evidence: Evidence, held: Held) -> str:
    """Say in whose name a deputy signed, and by which delegation."""
    if not held["on_behalf_of_id"]:
        return ""
    name, at = evidence.person(held, "on_behalf_of_id"), held.at("signed_at")
    lent = next((one for one in evidence.all("delegation") if _lends(one, held, at)), None)
    if lent is None:
        return f"{name}; the delegation is not in this pack"
    begins, ends = lent.at("starts_at"), lent.at("ends_at")
    span = f"from {day(begins)} to {day(ends)}" if begins and ends else "for a time"
    return f"{name}, who lent the role {span}: {evidence.prose(lent, 'reason')}"


def _lends(delegation: Held, signed: Held, at: datetime | None) -> bool:
    people = (delegation["delegator_id"], delegation["deputy_id"], delegation["role"])
    begins, ends = delegation.at("starts_at"), delegation.at("ends_at")
    same = people == (signed["on_behalf_of_id"], signed["signer_id"], signed["role"])
    return same and bool(at and begins and ends and begins <= at < ends)


def conditions_of(evidence: Evidence, signed: Held) -> list[ConditionRow]:
    """What this signature asked for, in the order in which it did."""
    rows = [one for one in evidence.all("condition") if one["sign_off_id"] == signed.key]
    rows.sort(key=lambda one: one.number("number"))
    return [_condition(evidence, one, signed) for one in rows]


def _condition(evidence: Evidence, held: Held, signed: Held) -> ConditionRow:
    became = next(
        (one for one in evidence.all("condition_finding") if one["condition_id"] == held.key), None
    )
    finding = evidence.get("finding", became["finding_id"]) if became else None
    return ConditionRow(
        text=evidence.prose(held, "text"),
        severity=Severity(held["severity"]).label,
        owner=evidence.person(held, "owner_id"),
        due_date=held.date("due_date"),
        set_by=evidence.prose(signed, "printed_name"),
        finding=f"F-{finding.number('number'):04d}" if finding else "",
        closed_at=finding.at("closed_at") if finding else None,
    )
