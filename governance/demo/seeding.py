"""The past of Meridian Bank, lived through the same actions as people use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from django.db import transaction

from governance.accounts.models import User
from governance.accounts.proof import Proof
from governance.accounts.queries import TokenHolder
from governance.accounts.rules import Role, Scope
from governance.approvals.actions import (
    ask_for_stage,
    propose_policy,
    roll_back,
    sign_off,
    sign_policy,
)
from governance.approvals.actions.rollbacks import rollback_case
from governance.approvals.models import PromotionRequest
from governance.approvals.queries.cases import case_of
from governance.approvals.rules.conditions import ConditionDraft
from governance.approvals.rules.judgement import Decision
from governance.core.canonical import sha256_hex
from governance.demo import (
    assessing,
    cards,
    contents,
    examining,
    exceptions,
    lineage,
    records,
    upkeep,
)
from governance.demo.clock import Clock
from governance.demo.evidence import file_and_count
from governance.demo.people import Cast, make_cast, read
from governance.demo.reading import read_before_signing
from governance.demo.serving import give_role, make_slot, report, way_to
from governance.inventory.actions import create_model
from governance.inventory.models import Model
from governance.registry.actions import record_evaluations, register_version
from governance.registry.models import ModelVersion
from governance.registry.queries import default_slot
from governance.registry.rules import ArtifactFact, Measurement, Registration, Source, Stage
from governance.validation.actions.validations import save_validation, sign_validation
from governance.validation.queries import pending_report
from governance.validation.rules import FindingDraft, ValidationRecord

POLICIES = Path(__file__).parent.parent / "approvals" / "data" / "policies"
FOUNDED_DAYS_AGO = 320
FILES = {"MLmodel": 921, "model.pkl": 4_120_331, "python_env.yaml": 122}
PLAN = {"monitoring-plan.md": 3_874}
"""Files of a version with their sizes; what can do most harm says what is watched."""


@dataclass(frozen=True)
class Meridian:
    cast: Cast
    now: datetime
    cards: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: read("cards.yaml"))

    def person(self, key: str) -> User:
        return self.cast.people[key]

    def clock(self, days_ago: int) -> Clock:
        day = (self.now - timedelta(days=days_ago)).replace(hour=8, minute=4, second=0)
        return Clock(min(day.replace(microsecond=0), self.now - timedelta(hours=8)))


@transaction.atomic
def seed(*, now: datetime) -> None:
    """Make the demo's people, policies and models, whole or not at all."""
    founded = now - timedelta(days=FOUNDED_DAYS_AGO)
    bank = Meridian(make_cast(at=founded), now)
    examiner = examining.let_in(bank.cast.units, at=founded)
    clock = Clock(founded)
    _enact_policies(bank, clock)
    assessing.publish(actor=bank.person("ingrid"), tick=clock.tick)
    steps = [
        (version["days_ago"], model, version)
        for model in read("models.yaml")
        for version in model["versions"]
    ]
    records.define_fields(administrator=bank.person("hanna"), at=founded)
    entries = {entry["name"]: entry for entry in read("models.yaml")}
    models = {name: _make_model(bank, entry) for name, entry in entries.items()}
    records.tie(models, now=now)
    for name in records.consumers_first(models):
        _assess(bank, models[name], entries[name])
    for _, entry, version in sorted(steps, key=lambda step: -step[0]):
        _live_through(bank, models[entry["name"]], entry, version)
    _serve(bank)
    exceptions.lend_seats(read("people.yaml")["lent"], person=bank.person, now=now)
    upkeep.keep_up(bank.cast.units["meridian"], person=bank.person, prove=_proof, now=now)
    records.retire(models, now=now)
    examining.examine(bank.cast.units, examiner=examiner, person=bank.person, now=now)
    file_and_count(person=bank.person, now=now)


def _serve(bank: Meridian) -> None:
    """Fill the slots besides the default ones, and have the instances report what they run."""
    data = read("serving.yaml")
    for entry in data["slots"]:
        clock = bank.clock(entry["days_ago"])
        sign = partial(_sign, bank, clock=clock)
        make_slot(entry, actor=bank.person(entry["by"]), tick=clock.tick, sign=sign)
    for entry in data["roles"]:
        give_role(entry, actor=bank.person(entry["by"]), at=bank.clock(entry["days_ago"]).at)
    report(data["reports"], reporter=_pipeline(bank, "churn-pipeline"), now=bank.now)


def _enact_policies(bank: Meridian, clock: Clock) -> None:
    """Compliance proposes what the firm starts with; both approvers sign it."""
    for path in sorted(POLICIES.glob("*.yaml")):
        text = path.read_text(encoding="utf-8")
        row = propose_policy(text=text, actor=bank.person("ingrid"), at=clock.tick())
        for key in ("daniel", "sofia"):
            signer, at = bank.person(key), clock.tick()
            sign_policy(
                policy_id=row.pk,
                decision=Decision.APPROVE,
                digest_seen=row.digest,
                comment="",
                proof=_proof(signer, at),
                actor=signer,
                at=at,
            )


def _proof(user: User, at: datetime) -> Proof:
    """Nobody types a password while the demo is made; the ledger says the source is a command."""
    return Proof(user_ref=user.ref, method="SEEDED", at=at)


def _make_model(bank: Meridian, entry: Mapping[str, Any]) -> Model:
    at, unit = bank.clock(entry["days_ago"]).at, bank.cast.units[entry["unit"]]
    if "draft" in entry:
        actor = _pipeline(bank, entry["draft"])
        return create_model(name=entry["name"], unit=unit, actor=actor, at=at)
    owner = bank.person(entry["owner"])
    record = records.record_of(entry, person=bank.person, now=bank.now)
    return create_model(name=entry["name"], unit=unit, record=record, actor=owner, at=at)


def _assess(bank: Meridian, model: Model, entry: Mapping[str, Any]) -> None:
    """Have it assessed: by its owner, or where it is a draft by whoever found it prohibited."""
    clock = bank.clock(entry["days_ago"])
    if "draft" not in entry:
        assessing.assess(model, entry, person=bank.person, tick=clock.tick, prove=_proof)
    elif found := entry.get("prohibited"):
        actor, yes = bank.person(found["by"]), found["holds"]
        assessing.find_prohibited(model, yes, actor=actor, at=clock.tick(days=1))


def _pipeline(bank: Meridian, name: str) -> TokenHolder:
    return TokenHolder(service=bank.cast.services[name], scopes=frozenset(Scope))


def _live_through(
    bank: Meridian, model: Model, entry: Mapping[str, Any], step: Mapping[str, Any]
) -> None:
    """Register one version and take it as far as the data says."""
    clock = bank.clock(step["days_ago"])
    version = _register(bank, model, entry, step, clock)
    if "card" in step:
        _publish_card(bank, version, entry, step["card"], clock)
    if "report" in step:
        _validate(bank, version, step["report"], clock)
    for stage in way_to(step.get("to")):
        _reach(bank, version, stage, clock, step)
    _then(bank, version, step.get("then", {}), clock)


def _register(
    bank: Meridian,
    model: Model,
    entry: Mapping[str, Any],
    step: Mapping[str, Any],
    clock: Clock,
) -> ModelVersion:
    developer = bank.person(entry.get("developers", ["tomasz"])[0])
    number = model.versions.count() + 1
    seed_text = f"{model.name} {number}"
    dataset = {
        "name": step["dataset"],
        "digest": sha256_hex(step["dataset"].encode()),
        "rows": step["rows"],
    }
    commit = sha256_hex(f"{seed_text} commit".encode())[:40]
    registration = Registration(
        source=f"mlflow-artifacts:/{model.name}/{number}/model",
        run_id=sha256_hex(f"{seed_text} run".encode())[:32],
        artifacts=tuple(
            ArtifactFact(path=path, sha256=sha256_hex(f"{seed_text} {path}".encode()), size=size)
            for path, size in (FILES | PLAN if entry.get("tier") == 1 else FILES).items()
        ),
        lineage=lineage.stated(step, dataset=dataset, commit=commit),
        parts=contents.parts_of(step),
    )
    version = register_version(
        model=model, registration=registration, actor=developer, at=clock.tick()
    )
    contents.label(version, step, actor=developer, at=clock.tick())
    _measure(version, step, dataset["digest"], developer, clock)
    if "reported" in step:
        lineage.report(version, reporter=_pipeline(bank, step["reported"]), at=clock.tick(days=1))
    if compared := step.get("compared"):
        champion = model.versions.get(number=compared["version"])
        # The champion is measured on the challenger's data: only then do the two compare.
        _measure(champion, compared, dataset["digest"], developer, clock)
    return version


def _measure(
    version: ModelVersion,
    step: Mapping[str, Any],
    dataset_digest: str,
    developer: User,
    clock: Clock,
) -> None:
    groups = {"": step["metrics"], **step.get("slices", {})}
    measurements = [
        Measurement(
            metric=metric,
            value=value,
            slice=name,
            dataset_digest=dataset_digest,
            run_id=version.run_id,
        )
        for name, metrics in groups.items()
        for metric, value in metrics.items()
    ]
    record_evaluations(
        version=version,
        measurements=measurements,
        source=Source.POSTED,
        actor=developer,
        at=clock.tick(),
    )


def _publish_card(
    bank: Meridian, version: ModelVersion, entry: Mapping[str, Any], name: str, clock: Clock
) -> None:
    card = dict(bank.cards[name])
    card = {**bank.cards[card.pop("like")], **card} if "like" in card else card
    developer, owner = bank.person(entry["developers"][0]), bank.person(entry["owner"])
    cards.publish(
        version, card, developer=developer, owner=owner, person=bank.person, tick=clock.tick
    )


def _validate(
    bank: Meridian, version: ModelVersion, report: Mapping[str, Any], clock: Clock
) -> None:
    validator = bank.person(report["by"])
    findings = tuple(_finding(bank, entry) for entry in report.get("findings", ()))
    record = ValidationRecord(
        scope="Conceptual soundness, data, outcomes, sensitivity, fairness and implementation.",
        opinion=report["opinion"],
        summary=report["summary"],
        findings=findings,
    )
    validation = save_validation(
        version=version, record=record, base=None, actor=validator, at=clock.tick(hours=20)
    )
    at = clock.tick(hours=1)
    sign_validation(
        validation=validation,
        digest_seen=pending_report(validation).digest,
        proof=_proof(validator, at),
        actor=validator,
        at=at,
    )


def _finding(bank: Meridian, entry: Mapping[str, Any]) -> FindingDraft:
    return FindingDraft(
        severity=entry["severity"],
        title=entry["title"],
        description=entry["description"],
        remediation=entry["remediation"],
        owner=bank.person(entry["owner"]).ref,
        due_date=(bank.now + timedelta(days=entry["due_in"])).date(),
    )


CONDITIONAL = "Fit for use, if what is named here is done in time."
SIGNERS = {Role.VALIDATOR: "amara", Role.APPROVER: "daniel", Role.COMPLIANCE: "ingrid"}


def _reach(
    bank: Meridian,
    version: ModelVersion,
    stage: Stage,
    clock: Clock,
    step: Mapping[str, Any],
) -> None:
    """Ask for the stage and have everybody sign whom the policy asks."""
    request = _ask(version, stage, clock)
    case = case_of(request, at=bank.now) if request.state == "OPEN" else None
    for need in sorted(case.policy.needs, key=lambda need: need.step) if case else ():
        for role in need.roles[: need.count]:
            who = SIGNERS[role]
            asked = exceptions.conditions_of(step, who, person=bank.person, now=bank.now)
            _sign(bank, request, who, clock, comment=CONDITIONAL if asked else "", conditions=asked)
    version.refresh_from_db()
    if version.stage != stage:
        raise AssertionError(f"{version} did not reach {stage}: the demo's data is wrong")


def _ask(version: ModelVersion, stage: Stage, clock: Clock) -> PromotionRequest:
    version = ModelVersion.objects.with_model().get(pk=version.pk)
    developer = version.registered_by
    asked = ask_for_stage(version=version, target=stage, actor=developer, at=clock.tick(hours=1))
    assert asked.request is not None
    return PromotionRequest.objects.with_version().get(pk=asked.request.pk)


def _sign(
    bank: Meridian,
    request: PromotionRequest,
    who: str,
    clock: Clock,
    *,
    decision: Decision = Decision.APPROVE,
    comment: str = "",
    conditions: Sequence[ConditionDraft] = (),
) -> None:
    signer, at = bank.person(who), clock.tick(hours=1)
    fresh = PromotionRequest.objects.with_version().get(pk=request.pk)
    read_before_signing(who, signer, fresh, at=at)
    sign_off(
        request_id=request.pk,
        role=Role(signer.grants.get().role),
        decision=decision,
        digest_seen=case_of(fresh, at=at).digest,
        comment=comment,
        conditions=conditions,
        proof=_proof(signer, at),
        actor=signer,
        at=at,
    )


def _then(bank: Meridian, version: ModelVersion, then: Mapping[str, Any], clock: Clock) -> None:
    """What came after: another question, a return, a rollback, the end of service."""
    if "ask" in then:
        request = _ask(version, Stage(then["ask"]), clock)
        if "override" in then:
            exceptions.let_fail(
                request, then["override"], person=bank.person, prove=_proof,
                at=clock.tick(days=1), now=bank.now,
            )  # fmt: skip
        for who in then.get("signed", ()):
            _sign(bank, request, who, clock)
        if "returned" in then:
            _sign(
                bank, request, "daniel", clock,
                decision=Decision.RETURN, comment=then["returned"],
            )  # fmt: skip
    if "emergency" in then:
        request = exceptions.hurry(version, then["emergency"], at=clock.tick(hours=1))
        for who in ("daniel", "sofia"):
            _sign(bank, request, who, clock)
    if "archive" in then or "retire" in then:
        request = _ask(version, Stage.ARCHIVED, clock)
        if "retire" in then:
            _sign(bank, request, "daniel", clock, comment=then["retire"])
    if "deprecate" in then:
        owner = version.model.owner
        assert owner is not None
        contents.deprecate(
            version, then["deprecate"], actor=owner, at=clock.tick(days=2), now=bank.now
        )
    if "roll_back" in then:
        _roll_back(bank, version, then["roll_back"], clock)


def _roll_back(bank: Meridian, version: ModelVersion, reason: str, clock: Clock) -> None:
    approver, at = bank.person("sofia"), clock.tick(days=6)
    slot = default_slot(version.model)
    assert slot is not None
    roll_back(
        slot=slot,
        digest_seen=rollback_case(slot, at=at).digest,
        reason=reason,
        proof=_proof(approver, at),
        actor=approver,
        at=at,
    )
