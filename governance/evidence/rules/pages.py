"""The pages of a pack, made from the attached evidence alone: what is printed can be recomputed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from governance.accounts.rules import Role
from governance.approvals.rules.dossier import read_dossier
from governance.approvals.rules.gates import Outcome, check_name, judge_all
from governance.approvals.rules.judgement import Decision, RequestState
from governance.approvals.rules.policies import Policy, policy_from
from governance.audit.rules import Verb
from governance.cards.rules import SECTIONS
from governance.core.wording import sentence
from governance.evidence.rules.reading import Entry, Evidence, Held
from governance.registry.rules import Move, SlotRole, Stage, goal_words
from governance.validation.rules import Opinion, Severity


@dataclass(frozen=True, kw_only=True)
class VersionRow:
    ref: str
    number: int
    label: str
    stage: str
    registered_at: datetime | None
    registered_by: str
    source: str
    digest: str
    artifacts: int
    has_card: bool
    has_report: bool


@dataclass(frozen=True, kw_only=True)
class StageRow:
    version: int
    source: str
    target: str
    move: str
    changed_at: datetime | None
    entry: Entry | None


@dataclass(frozen=True, kw_only=True)
class CardPage:
    version: int
    revision: int
    published_by: str
    published_at: datetime | None
    digest: str
    sections: Sequence[tuple[str, str]]
    values: Sequence[Mapping[str, str]]


@dataclass(frozen=True, kw_only=True)
class CheckRow:
    label: str
    outcome: str
    words: str
    measured: str
    required: str


@dataclass(frozen=True, kw_only=True)
class DecisionPage:
    """One promotion request, with the checks of the dossier that was decided on, if any was."""

    reference: str
    version: int
    target: str
    move: str
    state: str
    tone: str
    opened_at: datetime | None
    closed_at: datetime | None
    requested_by: str
    reason: str
    policy: str
    dossier_digest: str
    replaces: int | None
    checks: Sequence[CheckRow]
    unmet: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """One signature, with all its components (21 CFR 11.50)."""

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


@dataclass(frozen=True, kw_only=True)
class ReportPage:
    version: int
    number: int
    opinion: str
    scope: str
    summary: str
    certificate: Certificate


@dataclass(frozen=True, kw_only=True)
class FindingRow:
    label: str
    severity: str
    title: str
    remediation: str
    owner: str
    due_date: date | None
    closed_at: datetime | None
    closing_reason: str


TONES = {
    RequestState.OPEN: "warn",
    RequestState.DONE: "ok",
    RequestState.REJECTED: "bad",
}
PROOFS = {
    "PASSWORD": "password re-entered",
    "TOTP": "code of an authenticator app",
    "PASSKEY": "passkey, unlocked by its holder",
    "SEEDED": "seeded with the demo, not proven",
}
RANK = {value: rank for rank, value in enumerate(Severity.values)}


def versions(evidence: Evidence) -> list[VersionRow]:
    """Newest first."""
    cards = {card["version_id"] for card in evidence.all("card")}
    reports = {report["version_id"] for report in evidence.all("report")}
    artifacts = [artifact["version_id"] for artifact in evidence.all("artifact")]
    rows = [
        VersionRow(
            ref=held.ref,
            number=held.number("number"),
            label=held["label"],
            stage=Stage(held["stage"]).label,
            registered_at=held.at("registered_at"),
            registered_by=evidence.person(held, "registered_by_id"),
            source=held["source"],
            digest=held["digest"],
            artifacts=artifacts.count(_key(held)),
            has_card=_key(held) in cards,
            has_report=_key(held) in reports,
        )
        for held in evidence.all("version")
    ]
    return sorted(rows, key=lambda row: row.number, reverse=True)


def _key(held: Held) -> str:
    return held.ref.partition(":")[2]


def version_number(evidence: Evidence, held: Held) -> int:
    version = evidence.get("version", held["version_id"])
    return version.number("number") if version else 0


def stage_changes(evidence: Evidence) -> list[StageRow]:
    """Oldest first."""
    return [
        StageRow(
            version=version_number(evidence, held),
            source=Stage(held["source"]).label,
            target=Stage(held["target"]).label,
            move=Move(held["move"]).label,
            changed_at=held.at("changed_at"),
            entry=evidence.written_by.get(held.ref),
        )
        for held in evidence.in_order("stage_change")
    ]


def serving(evidence: Evidence) -> list[Held]:
    """Return what answers live traffic now, by slot: champions, then canaries."""
    roles = [SlotRole.CHAMPION, SlotRole.CANARY]
    held = [row for row in evidence.in_order("slot_assignment") if not row["ended_at"]]
    return [row for role in roles for row in held if row["role"] == role]


def live_versions(evidence: Evidence, rows: Sequence[VersionRow]) -> list[VersionRow]:
    """Return the versions that answer live traffic now, champions first."""
    by_ref = {row.ref: row for row in rows}
    refs = dict.fromkeys(f"version:{one['version_id']}" for one in serving(evidence))
    return [by_ref[ref] for ref in refs if ref in by_ref]


def card_page(evidence: Evidence, rows: Sequence[VersionRow]) -> CardPage | None:
    """The newest revision of the card of what serves; else of the newest version that has one."""
    candidates = [*live_versions(evidence, rows), *rows]
    chosen = next((row for row in candidates if row.has_card), None)
    if chosen is None:
        return None
    held = max(
        (c for c in evidence.all("card") if f"version:{c['version_id']}" == chosen.ref),
        key=lambda card: card.number("number"),
    )
    body: dict[str, Any] = json.loads(held["text"])
    return CardPage(
        version=chosen.number,
        revision=held.number("number"),
        published_by=evidence.person(held, "published_by_id"),
        published_at=held.at("published_at"),
        digest=held["digest"],
        sections=[(s.title, body["sections"].get(s.key, "")) for s in SECTIONS],
        values=body.get("values", []),
    )


def decisions(evidence: Evidence) -> list[DecisionPage]:
    """Newest first."""
    requests = sorted(evidence.all("request"), key=lambda r: r.number("number"), reverse=True)
    return [_decision(evidence, held) for held in requests]


def _decision(evidence: Evidence, held: Held) -> DecisionPage:
    dossier = _dossier_of(evidence, held)
    body: dict[str, Any] = json.loads(dossier["text"]) if dossier else {}
    state = RequestState(held["state"])
    return DecisionPage(
        reference=f"D-{held['number']}",
        version=version_number(evidence, held),
        target=_goal(evidence, held),
        move=Move(held["move"]).label,
        state=state.label,
        tone=TONES.get(state, "na"),
        opened_at=held.at("opened_at"),
        closed_at=held.at("closed_at"),
        requested_by=evidence.person(held, "requested_by_id"),
        reason=evidence.prose(held, "closed_reason"),
        policy=_policy_words(evidence, body.get("policy", {})),
        dossier_digest=dossier["digest"] if dossier else "",
        replaces=(body.get("incumbent") or {}).get("number"),
        checks=list(_checks(evidence, dossier, at=held.at("closed_at"))),
        unmet=_unmet_when_asked(evidence, held),
    )


def _unmet_when_asked(evidence: Evidence, request: Held) -> list[str]:
    """The checks that failed when the request was opened, by their label in the policy."""
    entry = evidence.written_by.get(request.ref)
    if entry is None or entry.verb != Verb.REQUEST_OPENED:
        return []
    labels = _labels(_parsed(evidence, {"ref": entry.facts.get("policy")}))
    return [labels.get(check) or check_name(check) for check in entry.facts.get("unmet_checks", ())]


def _dossier_of(evidence: Evidence, request: Held) -> Held | None:
    """The dossier that decided the request, else the newest that anybody signed."""
    own = [d for d in evidence.all("dossier") if d["request_id"] == _key(request)]
    own.sort(key=lambda dossier: dossier["recorded_at"])
    decided = [d for d in own if d["digest"] == request["decided_digest"]]
    return next(reversed(decided or own), None)


def _policy_of(evidence: Evidence, facts: Mapping[str, Any]) -> Held | None:
    return evidence.get("policy", str(facts.get("ref") or "").removeprefix("policy:"))


def _policy_words(evidence: Evidence, facts: Mapping[str, Any]) -> str:
    policy = _policy_of(evidence, facts)
    if policy is None:
        return sentence(str(facts.get("rule", ""))) if facts else ""
    return f"{policy['title']}, version {policy['number']}"


def _checks(evidence: Evidence, dossier: Held | None, *, at: datetime | None) -> Iterator[CheckRow]:
    """The checks of a kept dossier, by their label in the policy; `at` is when it was decided."""
    if dossier is None:
        return
    facts, at = read_dossier(dossier["text"]), at or dossier.at("recorded_at")
    policy = _parsed(evidence, facts.policy)
    labels = _labels(policy)
    judged = {one.id: one for one in judge_all(policy.gates, facts, at=at)} if policy and at else {}
    for check in facts.checks:
        timed = judged.get(check["id"])  # its outcome depends on the day, and is kept nowhere
        outcome = Outcome(check.get("outcome") or (timed and timed.outcome) or Outcome.NOT_SHOWN)
        yield CheckRow(
            label=labels.get(check["id"]) or check_name(check["id"]),
            outcome=outcome,
            words=outcome.label,
            measured=check["measured"],
            required=check["required"],
        )


def _parsed(evidence: Evidence, facts: Mapping[str, Any]) -> Policy | None:
    policy = _policy_of(evidence, facts)
    return policy_from(json.loads(policy["content_text"])) if policy else None


def _labels(policy: Policy | None) -> dict[str, str]:
    if policy is None:
        return {}
    by_hand = {check.id: check.label for check in policy.manual_checks}
    return {gate.id: gate.label for gate in policy.gates} | by_hand


def certificates(evidence: Evidence) -> list[Certificate]:
    """The sign-offs of all promotion requests, oldest first."""
    return [_sign_off(evidence, held) for held in evidence.in_order("sign_off")]


def _goal(evidence: Evidence, request: Held) -> str:
    slot = evidence.get("slot", request["slot_id"])
    return goal_words(
        Stage(request["target"]),
        slot=slot["name"] if slot else "a slot that is not in this pack",
        is_default=slot is None or bool(slot.fields["is_default"]),
        share=request.fields.get("share"),
    )


def proof_words(method: str) -> str:
    return PROOFS.get(method, sentence(method))


def _sign_off(evidence: Evidence, held: Held) -> Certificate:
    request = evidence.get("request", held["request_id"])
    subject = "A request that is not in this pack"
    if request:
        target = _goal(evidence, request)
        number = version_number(evidence, request)
        subject = f"D-{request['number']}: version {number} to {target}"
    return Certificate(
        name=evidence.prose(held, "printed_name"),
        role=Role(held["role"]).label,
        decision=Decision(held["decision"]).label,
        meaning=held["meaning"],
        comment=evidence.prose(held, "comment"),
        signed_at=held.at("signed_at"),
        proof=proof_words(held["proof"]),
        subject=subject,
        digest=held["dossier_digest"],
        entry=evidence.written_by.get(held.ref),
    )


def reports(evidence: Evidence) -> list[ReportPage]:
    """Newest first."""
    return [_report(evidence, held) for held in reversed(evidence.in_order("report"))]


def _report(evidence: Evidence, held: Held) -> ReportPage:
    body: dict[str, Any] = json.loads(held["text"])
    number = version_number(evidence, held)
    return ReportPage(
        version=number,
        number=held.number("number"),
        opinion=Opinion(held["opinion"]).label,
        scope=body.get("scope", ""),
        summary=body.get("summary", ""),
        certificate=Certificate(
            name=evidence.prose(held, "signed_name"),
            role=Role(held["signed_role"]).label,
            decision=Opinion(held["opinion"]).label,
            meaning=held["meaning"],
            comment="",
            signed_at=held.at("signed_at"),
            proof=proof_words(held["signed_with"]),
            subject=f"Validation report {held['number']} of version {number}",
            digest=held["digest"],
            entry=evidence.written_by.get(held.ref),
        ),
    )


def findings(evidence: Evidence) -> list[FindingRow]:
    """Open ones first, worst first."""
    rows = sorted(
        evidence.all("finding"),
        key=lambda f: (bool(f["closed_at"]), RANK.get(f["severity"], 9), f["due_date"]),
    )
    return [
        FindingRow(
            label=f"F-{held.number('number'):04d}",
            severity=Severity(held["severity"]).label,
            title=held["title"],
            remediation=held["remediation"],
            owner=evidence.person(held, "owner_id"),
            due_date=held.date("due_date"),
            closed_at=held.at("closed_at"),
            closing_reason=evidence.prose(held, "closing_reason"),
        )
        for held in rows
    ]
