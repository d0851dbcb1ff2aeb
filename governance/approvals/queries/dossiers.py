"""Gathering the facts of a decision, at one moment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from governance.approvals.models import PromotionRequest, SignOff
from governance.approvals.queries.reading import LIVE, Reading
from governance.approvals.rules.dossier import (
    Basis,
    CardFacts,
    Dossier,
    FindingFacts,
    ModelFacts,
    ReportFacts,
    ResultFact,
    VersionFacts,
)
from governance.approvals.rules.gates import CheckResult, judge_all, standing_checks
from governance.approvals.rules.judgement import RequestState
from governance.approvals.rules.policies import Policy
from governance.core.canonical import digest, timestamp
from governance.inventory.models import Model
from governance.registry.models import EvaluationResult, ModelVersion, Slot
from governance.registry.rules import CheckOutcome, Move, Stage

ROLLBACK_RULE = "rollback/1"


def gather(
    version: ModelVersion,
    *,
    slot: Slot,
    move: Move,
    target: Stage,
    policy: Policy | None,
    share: int | None = None,
    reading: Reading = LIVE,
) -> tuple[Dossier, tuple[CheckResult, ...]]:
    """Return the dossier of a move and what the policy's checks find in it."""
    champion, fallback = reading.champion(slot), reading.last_incumbent(slot)
    card, report = reading.card(version), reading.report(version)
    dossier = Dossier(
        move=move,
        stage=version.stage,
        target=target,
        slot=slot.ref,
        model=model_facts(version.model),
        version=replace(
            version_facts(version, reading), artifact_check=_check_of_files(version, reading)
        ),
        incumbent=version_facts(champion, reading) if champion else None,
        rollback_target=fallback.ref if fallback else None,
        card=CardFacts(ref=card.ref, number=card.number, digest=card.digest) if card else None,
        report=(
            ReportFacts(
                ref=report.ref,
                opinion=report.opinion,
                digest=report.digest,
                signed_by=report.signed_by.ref,
            )
            if report
            else None
        ),
        findings=finding_facts(version.model, reading),
        policy=_policy_facts(policy),
        basis=_basis(version, slot) if move == Move.ROLLED_BACK else None,
        share=share,
    )
    asked_for = judge_all(policy.gates, dossier) if policy else ()
    checks = (*asked_for, *standing_checks(dossier, said=asked_for))
    return replace(dossier, checks=tuple(_check_facts(check) for check in checks)), checks


def _policy_facts(policy: Policy | None) -> dict[str, Any]:
    if policy is None:
        return {"rule": ROLLBACK_RULE}
    return {
        "ref": policy.ref,
        "key": policy.key,
        "number": policy.number,
        "digest": policy.digest,
    }


def _check_facts(check: CheckResult) -> dict[str, str]:
    return {
        "id": check.id,
        "outcome": check.outcome,
        "measured": check.measured,
        "required": check.required,
    }


def model_facts(model: Model) -> ModelFacts:
    return ModelFacts(
        ref=model.ref,
        name=model.name,
        tier=model.tier or 0,
        kind=model.kind,
        owner=f"user:{model.owner_id}",
        developers=tuple(sorted(user.ref for user in model.developers.all())),
        record_digest=digest({"purpose": model.purpose, "intended_use": model.intended_use}),
    )


def version_facts(version: ModelVersion, reading: Reading = LIVE) -> VersionFacts:
    return VersionFacts(
        ref=version.ref,
        number=version.number,
        digest=version.digest,
        source=version.source,
        run_id=version.run_id,
        registered_by=f"user:{version.registered_by_id}",
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


def earlier_approval(version: ModelVersion, slot: Slot) -> PromotionRequest | None:
    """Return the newest request that brought this version into the slot."""
    return (
        PromotionRequest.objects.filter(
            version=version, slot=slot, target=Stage.PRODUCTION, state=RequestState.DONE
        )
        .exclude(move=Move.ROLLED_BACK)
        .order_by("-closed_at")
        .first()
    )


def _basis(version: ModelVersion, slot: Slot) -> Basis | None:
    request = earlier_approval(version, slot)
    if request is None:
        return None
    sign_offs = SignOff.objects.filter(request=request, dossier_digest=request.decided_digest)
    return Basis(
        request=request.ref,
        dossier_digest=request.decided_digest,
        sign_offs=tuple(sorted(sign_off.ref for sign_off in sign_offs)),
    )
