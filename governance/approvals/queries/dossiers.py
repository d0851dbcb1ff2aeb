"""Gathering the facts of a decision, at one moment."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from governance.approvals.models import PromotionRequest, SignOff
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
from governance.approvals.rules.gates import CheckResult, judge_all
from governance.approvals.rules.judgement import RequestState
from governance.approvals.rules.policies import Policy
from governance.cards.queries import published_card
from governance.core.canonical import digest, timestamp
from governance.inventory.models import Model
from governance.registry.models import ModelVersion, Slot
from governance.registry.queries import champion_of, last_incumbent_of, results_of
from governance.registry.rules import Move, Stage
from governance.validation.queries import latest_report, open_findings

ROLLBACK_RULE = "rollback/1"


def gather(
    version: ModelVersion, *, slot: Slot, move: Move, target: Stage, policy: Policy | None
) -> tuple[Dossier, tuple[CheckResult, ...]]:
    """Return the dossier of a move and what the policy's checks find in it."""
    champion, fallback = champion_of(slot), last_incumbent_of(slot)
    card, report = published_card(version), latest_report(version)
    dossier = Dossier(
        move=move,
        stage=version.stage,
        target=target,
        slot=slot.ref,
        model=model_facts(version.model),
        version=version_facts(version),
        incumbent=version_facts(champion) if champion else None,
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
        findings=finding_facts(version.model),
        policy=_policy_facts(policy),
        basis=_basis(version, slot) if move == Move.ROLLED_BACK else None,
    )
    checks = judge_all(policy.gates, dossier) if policy else ()
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


def version_facts(version: ModelVersion) -> VersionFacts:
    return VersionFacts(
        ref=version.ref,
        number=version.number,
        digest=version.digest,
        source=version.source,
        run_id=version.run_id,
        registered_by=f"user:{version.registered_by_id}",
        artifacts=tuple(
            {"path": artifact.path, "sha256": artifact.sha256, "size": artifact.size}
            for artifact in version.artifacts.order_by("path")
        ),
        lineage=version.lineage,
        results=_newest_results(version),
    )


def _newest_results(version: ModelVersion) -> tuple[ResultFact, ...]:
    newest: dict[tuple[str, str, str, str], ResultFact] = {}
    for row in results_of(version):
        fact = ResultFact(
            ref=row.ref,
            metric=row.metric,
            value=row.value,
            slice=row.slice,
            source=row.source,
            dataset_digest=row.dataset_digest,
            received_at=timestamp(row.received_at),
        )
        newest.setdefault(fact.key, fact)  # results_of gives the newest of a key first
    return tuple(newest[key] for key in sorted(newest))


def finding_facts(model: Model) -> tuple[FindingFacts, ...]:
    facts = (
        FindingFacts(ref=row.ref, severity=row.severity, due_date=row.due_date.isoformat())
        for row in open_findings(model)
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
