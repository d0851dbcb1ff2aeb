"""The cast, and builders that go through the same actions as people do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from governance.accounts.actions import (
    create_service_account,
    create_unit,
    create_user,
    grant_role,
    issue_token,
)
from governance.accounts.models import Unit, User
from governance.accounts.proof import Proof
from governance.accounts.queries import CONSOLE, TokenHolder, token_holder
from governance.accounts.rules import Role, Scope
from governance.approvals.actions import (
    Asked,
    ask_for_canary,
    ask_for_stage,
    propose_policy,
    sign_off,
    sign_policy,
)
from governance.approvals.models import PolicyVersion, PromotionRequest, SignOff
from governance.approvals.queries.cases import case_of
from governance.approvals.rules.judgement import Decision
from governance.cards.actions import publish_card, save_draft
from governance.cards.models import CardRevision
from governance.cards.rules.sections import SECTIONS
from governance.inventory.actions import (
    ModelRecord,
    add_feeder,
    assess_class,
    assess_tier,
    create_model,
    publish_questionnaire,
)
from governance.inventory.models import Assessment, Dependency, Model
from governance.inventory.rules.assessments import Purpose
from governance.inventory.rules.questionnaires import shipped
from governance.inventory.rules.questionnaires.files import FOLDER
from governance.registry.actions import register_version
from governance.registry.models import ModelVersion, Slot
from governance.registry.rules import ArtifactFact, Registration, Stage
from governance.validation.actions.validations import save_validation, sign_validation
from governance.validation.models import Report
from governance.validation.queries import pending_report
from governance.validation.rules import FindingDraft, ValidationRecord
from tests.remembering import remembered

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PASSWORD = "correct-horse-7-staple"


@dataclass(frozen=True, kw_only=True)
class Cast:
    """Everybody a test needs, each with one purpose."""

    root: Unit
    unit: Unit
    owner: User  # owns the model
    developer: User  # builds it and answers for the pipeline
    validator: User  # validates and signs as validator, in the model's unit
    approver: User  # approves, in the whole firm
    second_approver: User  # for quorums and races
    compliance: User  # proposes and signs policies, signs as compliance
    auditor: User  # reads everything (compliance), takes part in nothing
    administrator: User  # lets people in, and may sign nothing
    outsider: User  # can sign in; holds no role here


@remembered
def make_cast(*, at: datetime = NOON) -> Cast:
    root = create_unit(path="bank", name="Bank", actor=CONSOLE, at=at)
    unit = create_unit(path="bank/retail", name="Retail credit", actor=CONSOLE, at=at)
    return Cast(
        root=root,
        unit=unit,
        owner=make_person("Olga Owner", Role.MODEL_OWNER, unit=unit, at=at),
        developer=make_person("Dev Singh", Role.DEVELOPER, unit=unit, at=at),
        validator=make_person("Vera Valid", Role.VALIDATOR, unit=unit, at=at),
        approver=make_person("Arno Approver", Role.APPROVER, unit=root, at=at),
        second_approver=make_person("Alma Second", Role.APPROVER, unit=root, at=at),
        compliance=make_person("Cora Compliance", Role.COMPLIANCE, unit=root, at=at),
        auditor=make_person("Aud Itor", Role.COMPLIANCE, unit=root, at=at),
        administrator=make_person("Ada Min", Role.ADMINISTRATOR, unit=root, at=at),
        outsider=make_person("Otto Outsider", unit=root, at=at),
    )


def make_person(name: str, *roles: Role, unit: Unit, at: datetime = NOON) -> User:
    email = f"{name.lower().replace(' ', '.')}@bank.example"
    user = create_user(
        email=email,
        name=name,
        password=PASSWORD,
        unit=unit,
        actor=CONSOLE,
        at=at,
        is_own_password=True,
    )
    for role in roles:
        grant_role(user=user, role=role, unit=unit, starts_at=at, actor=CONSOLE, at=at)
    return user


@remembered
def make_token(
    cast: Cast,
    *,
    name: str = "churn-pipeline",
    scopes: Sequence[Scope] = tuple(Scope),
    at: datetime = NOON,
    expires_at: datetime | None = None,
) -> tuple[TokenHolder, str]:
    """Return a service account's actor and its secret; the developer answers for it."""
    service = create_service_account(
        name=name, unit=cast.unit, responsible=cast.developer, actor=CONSOLE, at=at
    )
    _, secret = issue_token(
        service=service, scopes=scopes, actor=CONSOLE, at=at, expires_at=expires_at
    )
    holder = token_holder(secret, at=at)
    assert holder is not None
    return holder, secret


@remembered
def make_model(
    cast: Cast, *, name: str = "churn-model", tier: int = 3, at: datetime = NOON
) -> Model:
    record = ModelRecord(
        purpose="Says which customers are likely to leave.",
        intended_use="Choosing whom to offer a retention call.",
        kind="CLASSIFICATION",
        owner=cast.owner,
        developers=[cast.developer],
        tier=tier,
        tier_reason="Advises staff; decides nothing alone.",
    )
    return create_model(name=name, unit=cast.unit, record=record, actor=cast.owner, at=at)


def make_dependency(
    cast: Cast, *, feeder: Model, consumer: Model, at: datetime = NOON
) -> Dependency:
    """Have one model feed another."""
    return add_feeder(
        consumer=consumer,
        feeder=feeder,
        flows="Its score, each night.",
        since_date=later(at, days=-60).date(),
        actor=cast.owner,
        at=at,
    )


def make_unscoped_model(cast: Cast, *, name: str, at: datetime = NOON) -> Model:
    """A model as an older portal left it: without a scope of rules on record."""
    return Model.objects.create(
        name=name, unit=cast.unit, created_by=cast.owner.ref, created_at=at, updated_at=at
    )


@remembered
def make_version(
    cast: Cast,
    model: Model,
    *,
    metrics: Mapping[str, str] | None = None,
    dataset: str = "d" * 64,
    artifact: str = "a" * 64,
    committer: str = "",
    at: datetime = NOON,
) -> ModelVersion:
    """Register a version with one artifact, a data set, and metrics as tags."""
    count = model.versions.count()
    registration = Registration(
        source=f"models:/m-{count + 1:032x}",
        run_id=f"run-{count + 1}",
        artifacts=(ArtifactFact(path="model.pkl", sha256=artifact, size=1024),),
        lineage={"dataset": {"name": "holdout", "digest": dataset, "rows": 2000}},
        committer=committer,
    )
    tags = {f"metric.{name}": value for name, value in (metrics or {"accuracy": "0.93"}).items()}
    return register_version(
        model=model, registration=registration, tags=tags, actor=cast.developer, at=at
    )


def make_card(cast: Cast, version: ModelVersion, *, at: datetime = NOON) -> CardRevision:
    """Write every section, as the developer, and publish it, as the owner."""
    sections = {section.key: f"What there is to say on {section.title}." for section in SECTIONS}
    save_draft(version=version, sections=sections, base=None, actor=cast.developer, at=at)
    return publish_card(version=version, actor=cast.owner, at=at)


def make_report(
    cast: Cast,
    version: ModelVersion,
    *,
    validator: User | None = None,
    opinion: str = "FIT",
    findings: Sequence[FindingDraft] = (),
    at: datetime = NOON,
) -> Report:
    """Record a validation of the version and sign it."""
    person = validator or cast.validator
    record = ValidationRecord(
        scope="Concept, data, performance and use.",
        opinion=opinion,
        summary="Reperformed on the holdout; the results agree.",
        findings=tuple(findings),
    )
    validation = save_validation(version=version, record=record, base=None, actor=person, at=at)
    return sign_validation(
        validation=validation,
        digest_seen=pending_report(validation).digest,
        proof=make_proof(person, at=at),
        actor=person,
        at=at,
    )


def make_proof(user: User, *, at: datetime = NOON) -> Proof:
    """The proof that `accounts.proof.prove` gives for the right password, without the hashing."""
    return Proof(user_ref=user.ref, method="PASSWORD", at=at)


TO_STAGING = """\
policy: to-staging
title: To Staging
applies_to: {target: STAGING}
gates:
  - {check: metric, metric: accuracy, at_least: 0.90, label: Accuracy}
  - {check: artifacts_complete}
"""
TO_PRODUCTION = """\
policy: to-production
title: To Production
applies_to: {target: PRODUCTION, from: [STAGING]}
gates:
  - {check: metric, metric: accuracy, at_least: 0.90, label: Accuracy}
  - {check: card_published}
  - {check: report_approved}
  - {check: no_open_finding, severity: HIGH}
  - {check: artifacts_complete}
  - {check: rollback_target}
sign_offs:
  - {role: VALIDATOR, meaning: "I find this version fit for the stated use."}
  - {role: APPROVER, meaning: "I approve this version for the stated use."}
validator_may_approve: false
"""
TO_ARCHIVED = """\
policy: to-archived
title: To Archived
applies_to: {target: ARCHIVED}
"""


def make_policy(cast: Cast, text: str, *, at: datetime = NOON) -> PolicyVersion:
    """Propose a policy, as the administrator, and put it in force with two signatures."""
    row = propose_policy(text=text, actor=cast.administrator, at=at)
    for signer in (cast.approver, cast.compliance):
        row = sign_policy(
            policy_id=row.pk,
            decision=Decision.APPROVE,
            digest_seen=row.digest,
            comment="",
            proof=make_proof(signer, at=at),
            actor=signer,
            at=at,
        )
    return row


@remembered
def make_policies(cast: Cast, *, at: datetime = NOON) -> None:
    for text in (TO_STAGING, TO_PRODUCTION, TO_ARCHIVED):
        make_policy(cast, text, at=at)


def ask(
    cast: Cast, version: ModelVersion, stage: Stage, *, actor: User | None = None,
    at: datetime = NOON,
) -> Asked:  # fmt: skip
    version.refresh_from_db()
    return ask_for_stage(version=version, target=stage, actor=actor or cast.developer, at=at)


def sign(
    request: PromotionRequest,
    signer: User,
    role: Role,
    *,
    decision: Decision = Decision.APPROVE,
    comment: str = "",
    digest: str | None = None,
    at: datetime = NOON,
) -> SignOff:
    """Sign what stands there now, or what `digest` says was on the screen."""
    fresh = PromotionRequest.objects.with_version().get(pk=request.pk)
    return sign_off(
        request_id=request.pk,
        role=role,
        decision=decision,
        digest_seen=case_of(fresh, at=at).digest if digest is None else digest,
        comment=comment,
        proof=make_proof(signer, at=at),
        actor=signer,
        at=at,
    )


@remembered
def make_ready(cast: Cast, version: ModelVersion, *, at: datetime = NOON) -> PromotionRequest:
    """Bring a version to Staging with card and report, and ask for Production."""
    make_card(cast, version, at=at)
    make_report(cast, version, at=at)
    assert ask(cast, version, Stage.STAGING, at=at).version.stage == Stage.STAGING
    request = ask(cast, version, Stage.PRODUCTION, at=at).request
    assert request is not None
    return request


@remembered
def make_champion(cast: Cast, version: ModelVersion, *, at: datetime = NOON) -> PromotionRequest:
    """Bring a version to Production, signed by validator and approver."""
    request = make_ready(cast, version, at=at)
    sign(request, cast.validator, Role.VALIDATOR, at=at)
    sign(request, cast.approver, Role.APPROVER, at=at)
    request.refresh_from_db()
    return request


def make_canary(
    cast: Cast, version: ModelVersion, slot: Slot, *, share: int, at: datetime = NOON
) -> PromotionRequest:
    """Bring a version to Staging with card and report, then a share of a slot's live traffic."""
    make_card(cast, version, at=at)
    make_report(cast, version, at=at)
    if version.stage == Stage.DRAFT:
        ask(cast, version, Stage.STAGING, at=at)
        version.refresh_from_db()
    request = ask_for_canary(
        version=version, slot=slot, share=share, actor=cast.developer, at=at
    ).request
    assert request is not None
    sign(request, cast.validator, Role.VALIDATOR, at=at)
    sign(request, cast.approver, Role.APPROVER, at=at)
    return request


def later(at: datetime = NOON, **delta: int) -> datetime:
    return at + timedelta(**delta)


def due_finding(severity: str = "HIGH", *, at: datetime = NOON) -> FindingDraft:
    due_date = later(at, days=60).date()
    return FindingDraft(
        severity=severity, title="Thin slice", description="412 rows only.", due_date=due_date
    )


def edited_record(model: Model, **changed: Any) -> ModelRecord:
    """The record as it stands, but for what is changed."""
    return replace(ModelRecord.of(model), **changed)


TIERING = (FOLDER / "tiering.yaml").read_text(encoding="utf-8")
TYPED_FACTS = TIERING.replace(", known_as: consumer_tier", "").replace(
    "version: 1.1.0", "version: 1.1.1"
)
"""The same of a firm that has every fact typed but the class."""
AI_ACT = (FOLDER / "eu_ai_act_classifier.yaml").read_text(encoding="utf-8")
MEDIUM = {
    "S1": True, "S2": True, "S3": False, "E1": "small", "E2": "under_1m", "E3": "one_line",
    "P1": "none", "P2": "marketing", "C1": "ensemble", "C2": "quarterly", "U1": "minor_gaps",
    "U2": "few_tested", "R1": "automated",
}  # fmt: skip
"""Answers that give Tier 3 with 156 points, and no floor."""
CREDIT = MEDIUM | {
    "E1": "large", "P1": "limits", "P2": "access", "C2": "annual", "U2": "some_tested",
}  # fmt: skip
"""Answers that give Tier 2 with 250 points, and Tier 1 by the floors F3 and F4."""


@remembered
def make_questionnaires(cast: Cast, *, at: datetime = NOON) -> None:
    """Publish both that come with the portal."""
    for text, purpose in ((TIERING, Purpose.TIERING), (AI_ACT, Purpose.AI_ACT)):
        publish_questionnaire(text=text, purpose=purpose, actor=cast.compliance, at=at)


def ai_act_answers(**yes: bool) -> dict[str, bool]:
    """An answer to every question of the classifier: no, but for what is given."""
    tree = shipped("eu_ai_act_classifier")
    return dict.fromkeys(tree.questions, False) | {"Q_AI": True, "Q_NEXUS": True} | yes


def rate(
    cast: Cast,
    model: Model,
    answers: Mapping[str, Any] = MEDIUM,
    *,
    at: datetime | None = None,
    **facts: Any,
) -> Assessment:
    """Have the owner answer the tiering questionnaire, a minute after whatever set the tier."""
    when = at or later(minutes=model.tier_assessments.count())
    return assess_tier(model=model, answers=answers, facts=facts, actor=cast.owner, at=when)


def classify_model(
    cast: Cast, model: Model, *, at: datetime | None = None, **yes: bool
) -> Assessment:
    """Have the owner answer the classifier: no to everything but what is given."""
    when = at or later(minutes=model.class_assessments.count())
    return assess_class(model=model, answers=ai_act_answers(**yes), actor=cast.owner, at=when)
