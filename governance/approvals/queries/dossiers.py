"""Gathering the facts of a decision, at one moment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from governance.approvals.models import Override, OverrideSignOff, PromotionRequest, SignOff
from governance.approvals.queries.reading import LIVE, Reading
from governance.approvals.rules.checks import judge_checks
from governance.approvals.rules.dossier import (
    Basis,
    CardFacts,
    ConditionFacts,
    Dossier,
    FindingFacts,
    ModelFacts,
    OverrideFacts,
    ReportFacts,
    ResultFact,
    TickFacts,
    VersionFacts,
)
from governance.approvals.rules.duties import Duties, bars
from governance.approvals.rules.gates import CheckResult
from governance.approvals.rules.policies import OverrideRule, Policy
from governance.cards.models import CardRevision
from governance.cards.rules.completeness import answered
from governance.core.canonical import digest, timestamp
from governance.inventory.models import Model
from governance.inventory.queries.model_changes import unvalidated_changes
from governance.registry.models import EvaluationResult, ModelVersion, Slot
from governance.registry.rules import CheckOutcome, Move, Stage
from governance.validation.models import Report

ROLLBACK_KEY = "rollback"
ROLLBACK_RULE = "rollback/1"


def gather(
    version: ModelVersion,
    *,
    slot: Slot,
    move: Move,
    target: Stage,
    policy: Policy,
    request: PromotionRequest | None,
    duties: Duties,
    at: datetime,
    share: int | None = None,
    reading: Reading = LIVE,
) -> tuple[Dossier, tuple[CheckResult, ...]]:
    """Return the dossier of a move and what the policy's checks find in it at that moment."""
    champion, fallback = reading.champion(slot), reading.last_incumbent(slot)
    card, report = reading.card(version), reading.report(version)
    dossier = Dossier(
        move=move,
        stage=version.stage,
        target=target,
        slot=slot.ref,
        slot_name=slot.name,
        model=model_facts(version.model, report, reading, at=at),
        version=replace(
            version_facts(version, reading), artifact_check=_check_of_files(version, reading)
        ),
        incumbent=version_facts(champion, reading) if champion else None,
        rollback_target=fallback.ref if fallback else None,
        card=card_facts(card) if card else None,
        report=report_facts(report) if report else None,
        findings=finding_facts(version.model, reading),
        policy=_policy_facts(policy),
        basis=_basis(version, slot, reading) if move == Move.ROLLED_BACK else None,
        share=share,
        ticks=tick_facts(request, reading) if request else (),
        overrides=override_facts(request, policy, duties, reading) if request else (),
        conditions=condition_facts(version, reading),
    )
    checks = judge_checks(policy, dossier, at=at)
    return replace(dossier, checks=tuple(check.facts() for check in checks)), checks


def _policy_facts(policy: Policy) -> dict[str, Any]:
    if policy.key == ROLLBACK_KEY:
        return {"rule": ROLLBACK_RULE}
    return {
        "ref": policy.ref,
        "key": policy.key,
        "number": policy.number,
        "digest": policy.digest,
    }


def card_facts(card: CardRevision) -> CardFacts:
    return CardFacts(
        ref=card.ref, number=card.number, digest=card.digest, answered=answered(card.card)
    )


def report_facts(report: Report) -> ReportFacts:
    return ReportFacts(
        ref=report.ref,
        opinion=report.opinion,
        digest=report.digest,
        signed_by=report.signed_by.ref,
        signed_at=timestamp(report.signed_at),
    )


def tick_facts(request: PromotionRequest, reading: Reading = LIVE) -> tuple[TickFacts, ...]:
    """The newest tick of each manual check, by check."""
    newest = {row.check_id: row for row in reading.ticks(request)}
    return tuple(
        TickFacts(
            check=check_id,
            ref=row.ref,
            holds=row.holds,
            by=f"user:{row.ticked_by_id}",
            role=row.role,
            at=timestamp(row.ticked_at),
        )
        for check_id, row in sorted(newest.items())
    )


def override_facts(
    request: PromotionRequest, policy: Policy, duties: Duties, reading: Reading = LIVE
) -> tuple[OverrideFacts, ...]:
    """The overrides that as many people signed as the policy asks for, by check.

    Whoever has become a builder since does not count any more. Of two for one finding of a check
    the newer stands.
    """
    found: dict[tuple[str, str], OverrideFacts] = {}
    for row in reading.overrides(request):
        rule = policy.override_rule(row.check_id)
        signed = [] if rule is None else counting_overriders(row, rule, duties)
        if rule is not None and len(signed) >= rule.people:
            found[row.check_id, row.check_digest] = OverrideFacts(
                check=row.check_id,
                ref=row.ref,
                check_digest=row.check_digest,
                expires_date=row.expires_date.isoformat(),
                sign_offs=tuple(sorted(one.ref for one in signed)),
            )
    return tuple(found[key] for key in sorted(found))


def counting_overriders(
    override: Override, rule: OverrideRule, duties: Duties
) -> list[OverrideSignOff]:
    """The signatures under an override that count as duties stand now."""
    duties = replace(duties, overridden_by=frozenset())
    return [
        one
        for one in override.sign_offs.all()
        if one.role == rule.role and not bars(f"user:{one.signer_id}", duties, role=rule.role)
    ]


def condition_facts(version: ModelVersion, reading: Reading = LIVE) -> tuple[ConditionFacts, ...]:
    """What earlier approvals of this version asked for, and whether it was done."""
    return tuple(
        ConditionFacts(
            ref=row.condition.ref,
            finding=row.finding.ref,
            due_date=row.finding.due_date.isoformat(),
            is_met=row.finding.closed_at is not None,
        )
        for row in reading.conditions(version)
    )


def model_facts(
    model: Model, report: Report | None, reading: Reading = LIVE, *, at: datetime
) -> ModelFacts:
    tier_since, class_since = reading.tier_assessed_at(model), reading.class_assessed_at(model)
    return ModelFacts(
        ref=model.ref,
        name=model.name,
        tier=model.tier_at(at) or 0,
        kind=model.kind,
        owner=f"user:{model.owner_id}" if model.owner_id else "",
        developers=tuple(sorted(user.ref for user in reading.developers(model))),
        record_digest=digest({"purpose": model.purpose, "intended_use": model.intended_use}),
        unit=model.unit.path,
        jurisdictions=tuple(model.jurisdiction_codes),
        tier_assessed_at=timestamp(tier_since) if tier_since else "",
        ai_act_class=model.ai_act_class,
        ai_act_assessed_at=timestamp(class_since) if class_since else "",
        unvalidated=_unvalidated(model, report, reading, at=at) if report else (),
    )


def _unvalidated(
    model: Model, report: Report, reading: Reading, *, at: datetime
) -> tuple[str, ...]:
    """The changes since the report, once they ask for another one."""
    since = report.signed_at
    found = unvalidated_changes(model, reading.changes(model), validated_at=since, at=at)
    return tuple(change.ref for change in found.changes) if found.is_due else ()


def version_facts(version: ModelVersion, reading: Reading = LIVE) -> VersionFacts:
    return VersionFacts(
        ref=version.ref,
        number=version.number,
        digest=version.digest,
        source=version.source,
        run_id=version.run_id,
        registered_by=f"user:{version.registered_by_id}",
        committed_by=version.committer_ref,
        artifacts=tuple(
            {"path": artifact.path, "sha256": artifact.sha256, "size": artifact.size}
            for artifact in reading.artifacts(version)
        ),
        lineage=version.lineage,
        results=_newest_results(reading.results(version)),
        parts=tuple(
            {"kind": part.kind, "name": part.name, "revision": part.revision, "sha256": part.sha256}
            for part in reading.parts(version)
        ),
    )


def _check_of_files(version: ModelVersion, reading: Reading) -> dict[str, str] | None:
    check = reading.artifact_check(version)
    if check is None or check.outcome != CheckOutcome.MISMATCH:
        return {"outcome": check.outcome} if check else None
    at = timestamp(check.checked_at)
    return {"outcome": check.outcome, "ref": check.ref, "checked_at": at}


def _newest_results(rows: Iterable[EvaluationResult]) -> tuple[ResultFact, ...]:
    newest: dict[tuple[str, str, str, str], ResultFact] = {}
    for row in rows:
        fact = ResultFact(
            ref=row.ref,
            metric=row.metric,
            value=row.value,
            slice=row.slice,
            source=row.source,
            dataset_digest=row.dataset_digest,
            received_at=timestamp(row.received_at),
        )
        newest.setdefault(fact.key, fact)  # the newest of a key comes first
    return tuple(newest[key] for key in sorted(newest))


def finding_facts(model: Model, reading: Reading = LIVE) -> tuple[FindingFacts, ...]:
    facts = (
        FindingFacts(ref=row.ref, severity=row.severity, due_date=row.due_date.isoformat())
        for row in reading.findings(model)
    )
    return tuple(sorted(facts, key=lambda fact: fact.ref))


def _basis(version: ModelVersion, slot: Slot, reading: Reading) -> Basis | None:
    request = reading.earlier_approval(version, slot)
    if request is None:
        return None
    sign_offs = SignOff.objects.filter(request=request, dossier_digest=request.decided_digest)
    return Basis(
        request=request.ref,
        dossier_digest=request.decided_digest,
        sign_offs=tuple(sorted(sign_off.ref for sign_off in sign_offs)),
    )
