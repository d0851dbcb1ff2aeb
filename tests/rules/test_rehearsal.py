"""What a candidate would have made of a decision: pure, over kept facts, so an auditor can too."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from governance.accounts.rules import Role
from governance.approvals.rules.dossier import (
    FIRST_FORMAT,
    CardFacts,
    Dossier,
    FindingFacts,
    ModelFacts,
    OverrideFacts,
    ReportFacts,
    ResultFact,
    TickFacts,
    VersionFacts,
    read_dossier,
)
from governance.approvals.rules.duties import Duties
from governance.approvals.rules.gates import gate_from
from governance.approvals.rules.judgement import Decision, RequestState, Signature
from governance.approvals.rules.overrides import check_digest
from governance.approvals.rules.policies import Policy, read_policy
from governance.approvals.rules.rehearsal import (
    NO_EMERGENCY,
    NO_POLICY,
    Decided,
    Effect,
    Rehearsed,
    Supplement,
    as_signed,
    rehearse,
    rehearse_live,
    subject_in,
    supplemented,
    trial_of,
)
from governance.core.errors import InvalidInput
from governance.registry.rules import Move

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ECE_GATE = {"check": "metric", "metric": "ece", "at_most": "0.060", "label": "ECE"}
POLICY = """\
policy: to-production
title: To Production
applies_to: {target: PRODUCTION, from: [STAGING]}
gates:
  - {check: metric, metric: ece, at_most: 0.060, label: ECE}
  - {check: card_published}
sign_offs:
  - {role: VALIDATOR, meaning: "I find it fit."}
  - {role: APPROVER, meaning: "I approve."}
validator_may_approve: true
"""
IN_FORCE = read_policy(POLICY)


def result(metric: str, value: str) -> ResultFact:
    return ResultFact(
        ref=f"evaluation:{metric}", metric=metric, value=value, slice="", source="POSTED",
        dataset_digest="d" * 64, received_at="2026-03-01T12:00:00.000000Z",
    )  # fmt: skip


DOSSIER = Dossier(
    move="PROMOTED",
    stage="STAGING",
    target="PRODUCTION",
    slot="slot:1",
    slot_name="default",
    model=ModelFacts(
        ref="model:1", name="churn", tier=2, kind="CLASSIFICATION", owner="user:o",
        unit="bank/retail",
    ),
    version=VersionFacts(
        ref="version:2", number=2, digest="v" * 64, source="models:/m-1", run_id="run",
        registered_by="user:d", results=(result("ece", "0.051"),),
    ),
    incumbent=None,
    rollback_target=None,
    card=CardFacts(ref="card:1", number=3, digest="c" * 64),
    report=ReportFacts(ref="report:1", opinion="FIT", digest="r" * 64, signed_by="user:v"),
    findings=(),
    policy={"key": "to-production"},
)  # fmt: skip


def signature(person: str, role: Role, dossier: Dossier = DOSSIER, **changed: Any) -> Signature:
    given = {
        "ref": f"sign_off:{person}", "signer": f"user:{person}", "role": role,
        "decision": Decision.APPROVE, "dossier_digest": dossier.digest,
        "signed_at": NOON - timedelta(days=2),
    }  # fmt: skip
    return Signature(**(given | changed))


def decided(dossier: Dossier = DOSSIER, **changed: Any) -> Decided:
    signed = (
        signature("v", Role.VALIDATOR, dossier),
        signature("a", Role.APPROVER, dossier),
    )
    given: dict[str, Any] = {
        "reference": "D-12", "dossier": dossier, "facts": dossier, "state": RequestState.DONE,
        "decided_at": NOON, "judged_at": NOON, "signatures": signed,
        "duties": Duties(model_name="churn", version_number=2, validated_by=frozenset({"user:v"})),
    }  # fmt: skip
    return Decided(**(given | changed))


def candidate(*changes: tuple[str, str], text: str = POLICY) -> Policy:
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return read_policy(text)


def rehearsed(policy: Policy, *others: Policy, of: Decided | None = None) -> Rehearsed:
    found = rehearse(of or decided(), trial_of(policy, [IN_FORCE, *others]))
    assert found is not None
    return found


SIGNED = 'sign_offs:\n  - {role: VALIDATOR, meaning: "I find it fit."}\n'
MANUAL = (
    "manual_checks:\n"
    "  - {id: use, label: Use read, ask: The use is as the card says, role: VALIDATOR}\n"
)
COMPLIANCE = SIGNED + '  - {role: COMPLIANCE, meaning: "The evidence is complete."}\n'


@pytest.mark.parametrize(
    ("changes", "objections"),
    [
        ([], ()),
        ([("0.060", "0.051")], ()),
        ([("0.060", "0.040")], ("ECE 0.051, at most 0.040",)),
        (
            [("0.060", "0.040"), (SIGNED, COMPLIANCE)],
            ("ECE 0.051, at most 0.040", "one compliance signature missing"),
        ),
        ([("metric: ece", "metric: psi")], ("ECE not shown, required: ≤ 0.060",)),
        (
            [("role: APPROVER,", "role: APPROVER, count: 3,")],
            ("two approver signatures missing",),
        ),
        (
            [("role: APPROVER,", "any_of: [APPROVER, COMPLIANCE], count: 2,")],
            ("one approver or compliance signature missing",),
        ),
        (
            [("gates:", "gates:\n  - {check: no_open_finding, severity: LOW}")],
            ("No open low finding: 1, required: 0",),
        ),
        (
            [("gates:", MANUAL + "gates:")],
            ("Use read not shown, required: found to hold",),
        ),
        (
            [("title:", "approval: {usable_days: 1}\ntitle:")],
            ("one validator signature missing", "one approver signature missing"),
        ),
        ([("from: [STAGING]", "from: [DRAFT]")], (NO_POLICY,)),
    ],
)  # fmt: skip
def test_a_candidate_says_what_would_have_stood_against_it(
    changes: list[tuple[str, str]], objections: tuple[str, ...]
) -> None:
    finding = FindingFacts(ref="finding:1", severity="LOW", due_date="2026-04-01")
    found = rehearsed(candidate(*changes), of=decided(replace(DOSSIER, findings=(finding,))))
    assert found.objections == objections
    assert found.effect == (Effect.HELD if objections else Effect.SAME)
    said = "; ".join(objections) or "it would be as well"
    assert found.sentence == f"D-12 was approved; under this policy: {said}."


@pytest.mark.parametrize(
    ("state", "limit", "effect", "said"),
    [
        (RequestState.DONE, "0.060", Effect.SAME, "was approved; under this policy: it would be"),
        (RequestState.DONE, "0.040", Effect.HELD, "was approved; under this policy: ECE 0.051"),
        (
            RequestState.REJECTED, "0.060", Effect.PEOPLE_REFUSED,
            "was rejected; under this policy: every check would pass; people refused.",
        ),
        (
            RequestState.RETURNED, "0.060", Effect.PEOPLE_REFUSED,
            "was returned for changes; under this policy: every check would pass; people refused.",
        ),
        (RequestState.REJECTED, "0.040", Effect.SAME, "was rejected; under this policy: ECE 0.051"),
        (RequestState.RETURNED, "0.040", Effect.SAME, "ECE 0.051, at most 0.040"),
    ],
)  # fmt: skip
def test_what_people_refused_no_policy_grants(
    state: RequestState, limit: str, effect: Effect, said: str
) -> None:
    found = rehearsed(candidate(("0.060", limit)), of=decided(state=state, signatures=()))
    if state == RequestState.DONE:
        found = rehearsed(candidate(("0.060", limit)))
    assert found.effect == effect
    assert said in found.sentence
    assert found.differs == (effect == Effect.HELD)


class TestWhichPolicyApplies:
    NARROW = candidate(
        ("policy: to-production", "policy: tier-2"), ("from: [", "tiers: [2], from: ["),
        ("0.060", "0.040"),
    )  # fmt: skip

    def test_a_narrower_candidate_takes_the_move_over(self) -> None:
        assert rehearsed(self.NARROW).differs

    def test_a_move_that_it_does_not_reach_is_not_told(self) -> None:
        other = replace(DOSSIER, model=replace(DOSSIER.model, tier=1))
        assert rehearse(decided(other), trial_of(self.NARROW, [IN_FORCE])) is None
        elsewhere = replace(DOSSIER, target="ARCHIVED")
        assert rehearse(decided(elsewhere), trial_of(IN_FORCE, [IN_FORCE])) is None

    def test_a_more_specific_one_in_force_keeps_the_move(self) -> None:
        trial = trial_of(candidate(("0.060", "0.040")), [IN_FORCE, self.NARROW])
        assert rehearse(decided(), trial) is None

    def test_what_the_new_version_lets_go_falls_to_another(self) -> None:
        wide = candidate(("policy: to-production", "policy: wide"), (", from: [STAGING]", ""))
        found = rehearsed(candidate(("[STAGING]", "[DRAFT]")), wide)
        assert (found.applied.key, found.objections) == ("wide", ())

    def test_two_alike_are_refused(self) -> None:
        with pytest.raises(InvalidInput, match="as specific"):
            trial_of(candidate(("policy: to-production", "policy: rival")), [IN_FORCE])


class TestSignaturesOfThen:
    def test_one_for_other_facts_does_not_count(self) -> None:
        stale = signature("a", Role.APPROVER, dossier_digest="0" * 64)
        found = rehearsed(IN_FORCE, of=decided(signatures=(signature("v", Role.VALIDATOR), stale)))
        assert found.objections == ("one approver signature missing",)

    def test_who_validated_does_not_approve_where_the_candidate_says_so(self) -> None:
        strict = candidate(("validator_may_approve: true", "validator_may_approve: false"))
        both = (signature("b", Role.VALIDATOR), signature("v", Role.APPROVER))
        assert not rehearsed(IN_FORCE, of=decided(signatures=both)).differs
        found = rehearsed(strict, of=decided(signatures=both))
        assert found.objections == ("one approver signature missing",)

    def test_nor_who_builds_in_the_unit(self) -> None:
        of = decided(duties=Duties(
            model_name="churn", version_number=2, unit_builders=frozenset({"user:a"}),
        ))  # fmt: skip
        strict = candidate(("role: APPROVER,", "role: APPROVER, independent_of: [UNIT],"))
        assert rehearsed(strict, of=of).objections == ("one approver signature missing",)
        assert not rehearsed(IN_FORCE, of=of).differs


OVERRIDES = """\
overrides:
  - {checks: ["metric.*"], role: HEAD_OF_MODEL_RISK, people: 2, longest_days: 90}
"""


@pytest.mark.parametrize(
    ("text", "roles", "differs"),
    [
        (OVERRIDES, [Role.HEAD_OF_MODEL_RISK, Role.HEAD_OF_MODEL_RISK], False),
        (OVERRIDES, [Role.HEAD_OF_MODEL_RISK, Role.COMPLIANCE], True),
        (OVERRIDES.replace("people: 2", "people: 3"), [Role.HEAD_OF_MODEL_RISK] * 2, True),
        (OVERRIDES.replace("metric.*", "card_*"), [Role.HEAD_OF_MODEL_RISK] * 2, True),
        ("", [Role.HEAD_OF_MODEL_RISK] * 2, True),
    ],
)
def test_an_override_counts_if_the_candidate_lets_as_many_in_that_role(
    text: str, roles: list[Role], differs: bool
) -> None:
    check = gate_from(ECE_GATE | {"at_most": "0.040"}).judge(DOSSIER, at=NOON)
    override = OverrideFacts(
        check=check.id, ref="override:1", check_digest=check_digest(check),
        expires_date="2026-05-01", sign_offs=("override_sign_off:0", "override_sign_off:1"),
    )  # fmt: skip
    dossier = replace(DOSSIER, overrides=(override,))
    overriders = {f"override_sign_off:{n}": role for n, role in enumerate(roles)}
    policy = candidate(("0.060", "0.040"), text=POLICY + text)
    assert rehearsed(policy, of=decided(dossier, overriders=overriders)).differs == differs


def test_a_tick_of_then_answers_for_a_manual_check() -> None:
    tick = TickFacts(
        check="manual.use", ref="tick:1", holds=True, by="user:v", role="VALIDATOR",
        at="2026-03-01T12:00:00.000000Z",
    )  # fmt: skip
    of = decided(replace(DOSSIER, ticks=(tick,)))
    assert not rehearsed(candidate(("gates:", MANUAL + "gates:")), of=of).differs


def test_an_emergency_is_judged_by_what_the_candidate_says_of_emergencies() -> None:
    dossier = replace(DOSSIER, move="EMERGENCY", card=None)
    one = decided(dossier, signatures=(signature("a", Role.APPROVER, dossier),))
    assert rehearsed(IN_FORCE, of=one).objections == (NO_EMERGENCY,)
    text = POLICY + "emergency: {role: APPROVER, people: 2, stands_days: 5}\n"
    found = rehearsed(candidate(text=text), of=one)
    assert found.objections == ("one approver signature missing",)


class TestFirstFormat:
    """A dossier as it was first written: what it has no place for comes from the rows."""

    TEXT = replace(DOSSIER, format=FIRST_FORMAT).text()
    SUPPLEMENT = Supplement(
        slot_name="eu-retail/primary", unit="bank/retail", jurisdictions=("DE",),
        ai_act_class="HIGH_RISK", tier_assessed_at="2026-01-01T00:00:00.000000Z",
        answered=("use",), report_signed_at="2026-02-01T00:00:00.000000Z",
    )  # fmt: skip

    def test_the_text_lacks_them(self) -> None:
        assert not {"slot_name"} & json.loads(self.TEXT).keys()
        assert read_dossier(self.TEXT).model.unit == ""

    def test_a_policy_for_a_slot_and_a_unit_reaches_it(self) -> None:
        kept = read_dossier(self.TEXT)
        narrow = candidate(
            ("policy: to-production", "policy: eu"), ("0.060", "0.040"),
            ("from: [STAGING]", "slots: ['eu-retail/*'], units: [bank/retail], from: [STAGING]"),
        )  # fmt: skip
        trial = trial_of(narrow, [IN_FORCE])
        assert rehearse(decided(kept), trial) is None
        facts = supplemented(kept, self.SUPPLEMENT)
        found = rehearse(decided(kept, facts=facts), trial)
        assert found is not None
        assert found.objections == ("ECE 0.051, at most 0.040",)

    def test_the_signatures_still_count_for_what_was_signed(self) -> None:
        kept = read_dossier(self.TEXT)
        facts = supplemented(kept, self.SUPPLEMENT)
        assert facts.digest != kept.digest
        assert rehearsed(IN_FORCE, of=decided(kept, facts=facts)).objections == ()

    def test_everything_is_taken_over(self) -> None:
        facts = supplemented(read_dossier(self.TEXT), self.SUPPLEMENT)
        assert facts.card is not None
        assert facts.report is not None
        subject = subject_in(facts)
        assert (subject.slot, subject.unit, subject.ai_act_class) == (
            "eu-retail/primary", "bank/retail", "HIGH_RISK",
        )  # fmt: skip
        assert subject.jurisdictions == {"DE"}
        assert facts.model.tier_assessed_at == self.SUPPLEMENT.tier_assessed_at
        assert facts.card.answered == ("use",)
        assert facts.report.signed_at == self.SUPPLEMENT.report_signed_at


class TestWhatServes:
    NOW = NOON + timedelta(days=200)

    def serving(self, dossier: Dossier = DOSSIER) -> Decided:
        signed = as_signed(decided().signatures, decided=DOSSIER.digest, now=dossier.digest)
        return decided(dossier, signatures=signed, judged_at=self.NOW)

    def live(self, policy: Policy, dossier: Dossier = DOSSIER) -> Rehearsed:
        of = self.serving(dossier)
        trial = trial_of(policy, [IN_FORCE])
        return rehearse_live(of, trial.applied(subject_in(dossier), move=Move.PROMOTED))

    def test_signatures_stand_for_what_has_become_of_it(self) -> None:
        worse = replace(
            DOSSIER, version=replace(DOSSIER.version, results=(result("ece", "0.070"),))
        )
        assert not self.live(IN_FORCE).differs
        found = self.live(IN_FORCE, worse)
        assert found.sentence == ("approved by D-12; under this policy: ECE 0.070, at most 0.060.")

    def test_those_for_other_facts_than_were_decided_on_do_not(self) -> None:
        stale = signature("a", Role.APPROVER, dossier_digest="0" * 64)
        assert as_signed([stale], decided=DOSSIER.digest, now="1" * 64) == ()

    @pytest.mark.parametrize(("days", "ended"), [(199, True), (200, False), (365, False)])
    def test_an_approval_ends_with_its_days(self, days: int, ended: bool) -> None:
        found = self.live(candidate(("title:", f"approval: {{stands_days: {days}}}\ntitle:")))
        assert found.differs == ended
        if ended:
            assert found.objections == (
                "approved for 199 days, which ended on 17 Sep 2026",
            )  # fmt: skip

    def test_without_a_policy_it_is_out_of_it(self) -> None:
        assert self.live(candidate(("[STAGING]", "[DRAFT]"))).objections == (NO_POLICY,)
