"""The decisions of a pack: each request, with the checks of the dossier that was decided on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from governance.approvals.rules.dossier import read_dossier
from governance.approvals.rules.gates import Outcome, check_name, judge_all
from governance.approvals.rules.judgement import RequestState
from governance.approvals.rules.policies import Policy, policy_from
from governance.audit.rules import Verb
from governance.core.wording import sentence
from governance.evidence.rules.pages import goal_of, version_number
from governance.evidence.rules.reading import Evidence, Held
from governance.registry.rules import Move


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


TONES = {
    RequestState.OPEN: "warn",
    RequestState.DONE: "ok",
    RequestState.REJECTED: "bad",
}


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
        target=goal_of(evidence, held),
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
    own = [d for d in evidence.all("dossier") if d["request_id"] == request.ref.partition(":")[2]]
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
