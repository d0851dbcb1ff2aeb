"""Promotion requests as a pack prints them: what was found, who signed, and in spite of what."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from governance.approvals.rules.dossier import Dossier, read_dossier
from governance.approvals.rules.gates import (
    EMERGENCY,
    CheckResult,
    Outcome,
    check_name,
    judge_all,
)
from governance.approvals.rules.judgement import RequestState
from governance.approvals.rules.overrides import excused
from governance.approvals.rules.policies import Policy, policy_from
from governance.audit.rules import Verb
from governance.core.wording import day, sentence
from governance.evidence.rules.reading import Entry, Evidence, Held, version_number
from governance.evidence.rules.signatures import (
    Certificate,
    ConditionRow,
    goal_of,
    override_sign_off,
    sign_off,
)
from governance.registry.rules import Move


@dataclass(frozen=True, kw_only=True)
class CheckRow:
    """`excused_by` is the override, or EMERGENCY, by which a check that fails did not count."""

    id: str
    label: str
    outcome: str
    words: str
    measured: str
    required: str
    excused_by: str = ""

    @property
    def excused(self) -> str:
        """Why a check that is not met did not stand against the move."""
        said = {"": "", EMERGENCY: "set aside in the emergency"}
        return said.get(self.excused_by, "overridden")


@dataclass(frozen=True, kw_only=True)
class OverrideRow:
    """A failing check that people answer for. Not `in_force`: the decision did not rest on it."""

    check: str
    found: str
    reason: str
    control: str
    expires_date: date | None
    proposed_by: str
    proposed_at: datetime | None
    in_force: bool
    digest: str
    signers: Sequence[Certificate]


@dataclass(frozen=True, kw_only=True)
class LapseRow:
    why: str
    since: datetime | None
    noted_at: datetime | None
    entry: Entry | None


@dataclass(frozen=True, kw_only=True)
class Remark:
    """What somebody wrote while the request was open, or found in a manual check."""

    name: str
    said: str
    text: str
    at: datetime | None


@dataclass(frozen=True, kw_only=True)
class DecisionPage:
    """One promotion request, with the checks of the dossier that was decided on, if any was.

    `emergency` is why it was one, else empty.
    """

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
    emergency: str = ""
    stands_until: datetime | None = None
    signatures: Sequence[Certificate] = ()
    conditions: Sequence[ConditionRow] = ()
    overrides: Sequence[OverrideRow] = ()
    lapses: Sequence[LapseRow] = ()
    remarks: Sequence[Remark] = ()


TONES = {
    RequestState.OPEN: "warn",
    RequestState.DONE: "ok",
    RequestState.REJECTED: "bad",
}
LAPSED = {
    "approval_expired": "The time for which it was approved has passed",
    "condition_not_met": "A condition of the approval was not met in time",
    "emergency_not_confirmed": "It was not confirmed in time after the emergency",
    "not_prohibited": "The model is classed as a prohibited practice",
    "material_change": "The model was changed materially since",
    "override_expired": "An override that it rests on has ended",
}


@dataclass(frozen=True, kw_only=True)
class Kept:
    """The dossier that a request is printed with: its digest, its facts, and as of when."""

    digest: str
    text: str
    at: datetime

    @property
    def body(self) -> dict[str, Any]:
        facts: dict[str, Any] = json.loads(self.text)
        return facts


def decisions(evidence: Evidence) -> list[DecisionPage]:
    """Newest first."""
    requests = sorted(evidence.all("request"), key=lambda r: r.number("number"), reverse=True)
    return [decision(evidence, held, kept_dossier(evidence, held)) for held in requests]


def decision(evidence: Evidence, held: Held, kept: Kept | None) -> DecisionPage:
    """Print a request with this dossier; without one nobody has decided or signed."""
    body = kept.body if kept else {}
    state, signed = RequestState(held["state"]), _signed(evidence, held)
    checks = list(_checks(evidence, kept)) if kept else []
    is_emergency = held["move"] == Move.EMERGENCY
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
        dossier_digest=kept.digest if kept else "",
        replaces=_replaced(body),
        checks=checks,
        unmet=_unmet_when_asked(evidence, held),
        emergency=evidence.prose(held, "reason") if is_emergency else "",
        stands_until=held.at("stands_until"),
        signatures=signed,
        conditions=[condition for one in signed for condition in one.conditions],
        overrides=list(_overrides(evidence, held, body, checks)),
        lapses=list(_lapses(evidence, held)),
        remarks=sorted(_remarks(evidence, held), key=lambda one: str(one.at)),
    )


def _remarks(evidence: Evidence, request: Held) -> Iterator[Remark]:
    """Comments on the version from the asking to the decision, and every look at a manual check."""
    since, until = request["opened_at"], request["closed_at"] or "9999"
    for one in evidence.all("version_comment"):
        if one["version_id"] == request["version_id"] and since <= one["written_at"] <= until:
            said = "took back what was written" if one["removed_at"] else "wrote"
            yield Remark(
                name=evidence.person(one, "author_id"),
                said=said,
                text="" if one["removed_at"] else evidence.prose(one, "body"),
                at=one.at("written_at"),
            )
    for one in evidence.all("tick"):
        if one["request_id"] == request.key:
            found = "holds" if one.fields.get("holds") else "does not hold"
            yield Remark(
                name=evidence.person(one, "ticked_by_id"),
                said=f"found that it {found}: {check_name(one['check_id'])}",
                text=evidence.prose(one, "note"),
                at=one.at("ticked_at"),
            )


def kept_dossier(evidence: Evidence, request: Held) -> Kept | None:
    """The dossier that decided the request, else the newest that anybody signed."""
    own = [d for d in evidence.all("dossier") if d["request_id"] == request.key]
    own.sort(key=lambda dossier: dossier["recorded_at"])
    decided = [d for d in own if d["digest"] == request["decided_digest"]]
    held = next(reversed(decided or own), None)
    at = request.at("closed_at") or (held.at("recorded_at") if held else None)
    return Kept(digest=held["digest"], text=held["text"], at=at) if held and at else None


def _replaced(body: Mapping[str, Any]) -> int | None:
    """The number of the version that would retire; one that is confirmed replaces nothing."""
    incumbent = body.get("incumbent") or {}
    is_same = incumbent and incumbent["ref"] == body["version"]["ref"]
    return None if is_same else incumbent.get("number")


def _signed(evidence: Evidence, request: Held) -> list[Certificate]:
    rows = [one for one in evidence.in_order("sign_off") if one["request_id"] == request.key]
    return [sign_off(evidence, one) for one in rows]


def _unmet_when_asked(evidence: Evidence, request: Held) -> list[str]:
    """The checks that failed when the request was opened, by their label in the policy."""
    entry = evidence.written_by.get(request.ref)
    if entry is None or entry.verb != Verb.REQUEST_OPENED:
        return []
    policy = _policy_of(evidence, {"ref": entry.facts.get("policy")})
    return [_label(policy, check) for check in entry.facts.get("unmet_checks", ())]


def _policy_row(evidence: Evidence, facts: Mapping[str, Any]) -> Held | None:
    return evidence.get("policy", str(facts.get("ref") or "").removeprefix("policy:"))


def _policy_of(evidence: Evidence, facts: Mapping[str, Any]) -> Policy | None:
    row = _policy_row(evidence, facts)
    return policy_from(json.loads(row["content_text"])) if row else None


def _policy_words(evidence: Evidence, facts: Mapping[str, Any]) -> str:
    policy = _policy_row(evidence, facts)
    if policy is None:
        return sentence(str(facts.get("rule", ""))) if facts else ""
    return f"{policy['title']}, version {policy['number']}"


def _label(policy: Policy | None, check: str) -> str:
    if policy is None:
        return check_name(check)
    said = {gate.id: gate.label for gate in policy.gates}
    said |= {manual.id: manual.label for manual in policy.manual_checks}
    return said.get(check) or check_name(check)


def _checks(evidence: Evidence, kept: Kept) -> Iterator[CheckRow]:
    """The checks as kept, and who answered for those that were not met."""
    policy, dossier = _policy_of(evidence, kept.body.get("policy", {})), read_dossier(kept.text)
    found = excused(
        [_result(one, policy, dossier, at=kept.at) for one in dossier.checks],
        overrides=dossier.overrides,
        in_emergency=dossier.move == Move.EMERGENCY,
        at=kept.at,
    )
    for one in found:
        yield CheckRow(
            id=one.id,
            label=one.label,
            outcome=one.outcome,
            words=one.outcome.label,
            measured=one.measured,
            required=one.required,
            excused_by=one.excused_by,
        )


def _result(
    facts: Mapping[str, str], policy: Policy | None, dossier: Dossier, *, at: datetime
) -> CheckResult:
    """What a check found. Of what depends on the day no outcome is kept; it is judged again."""
    outcome = facts.get("outcome") or _outcome_then(facts["id"], policy, dossier, at=at)
    return CheckResult(
        id=facts["id"],
        label=_label(policy, facts["id"]),
        outcome=Outcome(outcome),
        measured=facts["measured"],
        required=facts["required"],
        sentence="",
        is_timed="outcome" not in facts,
    )


def _outcome_then(check: str, policy: Policy | None, dossier: Dossier, *, at: datetime) -> str:
    gates = [gate for gate in policy.gates if gate.id == check] if policy else []
    judged = judge_all(gates, dossier, at=at)
    return judged[0].outcome if judged else Outcome.NOT_SHOWN


def _overrides(
    evidence: Evidence, request: Held, body: Mapping[str, Any], checks: Sequence[CheckRow]
) -> Iterator[OverrideRow]:
    """Those that were proposed for the request, those that the decision rests on first."""
    policy, excusing = (
        _policy_of(evidence, body.get("policy", {})),
        {c.excused_by: c for c in checks},
    )
    rows = [one for one in evidence.in_order("override") if one["request_id"] == request.key]
    for held in sorted(rows, key=lambda one: one.ref not in excusing):
        check, label = excusing.get(held.ref), _label(policy, held["check_id"])
        yield OverrideRow(
            check=label,
            found=f"{check.measured}, required {check.required}" if check else "",
            reason=evidence.prose(held, "reason"),
            control=evidence.prose(held, "control"),
            expires_date=held.date("expires_date"),
            proposed_by=evidence.person(held, "proposed_by_id"),
            proposed_at=held.at("proposed_at"),
            in_force=check is not None,
            digest=held["digest"],
            signers=_overriders(evidence, held, f"D-{request['number']}: override of {label}"),
        )


def _overriders(evidence: Evidence, override: Held, subject: str) -> list[Certificate]:
    rows = [
        one for one in evidence.in_order("override_sign_off") if one["override_id"] == override.key
    ]
    return [override_sign_off(evidence, one, subject=subject) for one in rows]


def _lapses(evidence: Evidence, request: Held) -> Iterator[LapseRow]:
    for held in evidence.in_order("lapse"):
        if held["request_id"] == request.key:
            yield LapseRow(
                why=LAPSED.get(held["rule"], sentence(held["rule"])),
                since=held.at("since"),
                noted_at=held.at("noted_at"),
                entry=evidence.written_by.get(held.ref),
            )


def reservations(page: DecisionPage) -> list[str]:
    """Say in sentences under what an approval was given: what has to be printed wherever it is."""
    if page.state != RequestState.DONE.label:
        return []
    found = [f"{page.reference} let version {page.version} go live in an emergency."] * bool(
        page.emergency
    )
    for one in page.overrides:
        if one.in_force and one.expires_date:
            found.append(
                f"{page.reference} rests on an override of the check {one.check} until "
                f"{day(one.expires_date)}."
            )
    open_ones = sum(1 for one in page.conditions if one.finding and one.closed_at is None)
    if open_ones:
        are = "condition is" if open_ones == 1 else "conditions are"
        found.append(f"{open_ones} {are} open of the approval {page.reference}.")
    for lapse in page.lapses:
        since = f" since {day(lapse.since)}" if lapse.since else ""
        found.append(f"The approval {page.reference} lapsed{since}. {lapse.why}.")
    return found
