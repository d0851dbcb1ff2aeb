"""All that is on record of the models that somebody may see, page by page, as one JSON document.

What is below a model is seen by whoever sees the model, but for what has another model at its
other end. Drafts of reports, which only their writers see, and what a signer opened before they
signed, are not in it.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Field, QuerySet

from governance.accounts.rules import Actor
from governance.approvals.models import (
    Condition,
    DossierCopy,
    Lapse,
    Override,
    OverrideSignOff,
    PromotionRequest,
    SignOff,
    Tick,
)
from governance.audit.models import Prose
from governance.cards.models import CardComment, CardDraft, CardRevision, CardWithdrawal
from governance.core.canonical import timestamp
from governance.core.models import Record
from governance.evidence.models import (
    EvidenceWithdrawal,
    FiledEvidence,
    Inapplicability,
    InapplicabilityEnd,
)
from governance.evidence.queries.collecting import names_in
from governance.evidence.rules.exports import FORMAT, MODELS_AT_ONCE, named_in, written
from governance.inventory.models import (
    AnswerEvidence,
    Assessment,
    Attestation,
    AttestationItem,
    Builder,
    ChangeDecision,
    ClassAssessment,
    CustomValue,
    Dependency,
    Determination,
    FormerName,
    Model,
    ModelChange,
    RecordRevision,
    Retirement,
    RetirementEnd,
    Review,
    RuleScope,
    TierAssessment,
    TierOverride,
    TierOverrideApproval,
    Waiver,
    WaiverDecision,
    WaiverEnd,
)
from governance.registry.models import (
    Alias,
    Artifact,
    ArtifactCheck,
    BundlePart,
    DeploymentReport,
    Deprecation,
    EvaluationResult,
    LineageFact,
    ModelTag,
    ModelVersion,
    Slot,
    SlotAssignment,
    StageChange,
    VersionComment,
    VersionInput,
    VersionParent,
    VersionTag,
)
from governance.validation.models import Finding, Report

UNSAID = frozenset({"id", "salt", "first_opened_at", "evidence_opened", "search_text"})
PARSED = {
    "answers_text": "answers",
    "differences_text": "differences",
    "facts_text": "facts",
    "lineage_text": "lineage",
    "result_text": "result",
    "text": "body",
}
"""Columns that hold JSON, and what they are called in the document, where they are read out."""


@dataclass(frozen=True)
class Branch:
    """Rows below others: under which member, of which table, by which column; `way` to the model.

    `keeps` narrows them: what the pages do not show is not exported either; `sees` names the model
    at the other end, of rows that stand only where the reader may see that too. Of `joins` the
    rows themselves stand there instead of pointers. `leaves` are columns that are left out.
    """

    member: str
    table: type[Record]
    parent: str
    way: str
    order: str
    branches: tuple[Branch, ...] = ()
    keeps: Mapping[str, Any] = field(default_factory=dict)
    sees: str = ""
    joins: tuple[str, ...] = ()
    leaves: frozenset[str] = frozenset()


_OF_VERSION, _OF_REQUEST = "version__model", "request__version__model"
CARD = (
    Branch("withdrawals", CardWithdrawal, "revision", "revision__version__model", "withdrawn_at"),
)
VERSION = (
    Branch("tags", VersionTag, "version", _OF_VERSION, "key"),
    Branch("artifacts", Artifact, "version", _OF_VERSION, "path"),
    Branch("artifact_checks", ArtifactCheck, "version", _OF_VERSION, "checked_at"),
    Branch("parts", BundlePart, "version", _OF_VERSION, "name"),
    Branch("evaluations", EvaluationResult, "version", _OF_VERSION, "received_at"),
    Branch("stage_changes", StageChange, "version", _OF_VERSION, "changed_at"),
    Branch("deprecations", Deprecation, "version", _OF_VERSION, "deprecated_at"),
    Branch("inputs", VersionInput, "version", _OF_VERSION, "recorded_at", joins=("snapshot",)),
    Branch("parents", VersionParent, "version", _OF_VERSION, "recorded_at", sees="parent__model"),
    Branch("lineage_facts", LineageFact, "version", _OF_VERSION, "recorded_at"),
    Branch("card_drafts", CardDraft, "version", _OF_VERSION, "edited_at"),
    Branch("cards", CardRevision, "version", _OF_VERSION, "number", CARD),
    Branch("card_comments", CardComment, "version", _OF_VERSION, "written_at"),
    Branch("reports", Report, "version", _OF_VERSION, "number"),
    Branch(
        "comments", VersionComment, "version", _OF_VERSION, "written_at",
        keeps={"removed_at": None},
    ),
)  # fmt: skip
SIGN_OFF = (
    Branch("conditions", Condition, "sign_off", "sign_off__request__version__model", "number"),
)
OVERRIDE = (
    Branch(
        "sign_offs", OverrideSignOff, "override", "override__request__version__model", "signed_at"
    ),
)
REQUEST = (
    Branch("sign_offs", SignOff, "request", _OF_REQUEST, "signed_at", SIGN_OFF),
    Branch("overrides", Override, "request", _OF_REQUEST, "proposed_at", OVERRIDE),
    Branch("ticks", Tick, "request", _OF_REQUEST, "ticked_at"),
    Branch("lapses", Lapse, "request", _OF_REQUEST, "noted_at"),
    Branch(
        "dossiers", DossierCopy, "request", _OF_REQUEST, "recorded_at", leaves=frozenset({"text"})
    ),
)
TIER_OVERRIDE = (
    Branch(
        "approvals", TierOverrideApproval, "override", "override__assessment__model", "approved_at"
    ),
)
ASSESSMENT = (
    Branch(
        "tier_overrides",
        TierOverride,
        "assessment",
        "assessment__model",
        "proposed_at",
        TIER_OVERRIDE,
    ),
    Branch("answer_evidence", AnswerEvidence, "assessment", "assessment__model", "asked"),
)
CHANGE = (Branch("decisions", ChangeDecision, "change", "change__model", "decided_at"),)
RETIREMENT = (Branch("ends", RetirementEnd, "retirement", "retirement__model", "returned_at"),)
WAIVER = (
    Branch("decisions", WaiverDecision, "waiver", "waiver__model", "decided_at"),
    Branch("ends", WaiverEnd, "waiver", "waiver__model", "ended_at"),
)
FILED = (Branch("withdrawals", EvidenceWithdrawal, "filed", "filed__model", "withdrawn_at"),)
STATED = (Branch("ends", InapplicabilityEnd, "stated", "stated__model", "ended_at"),)
ATTESTATION = (Branch("attestations", Attestation, "item", "item__model", "attested_at"),)
SLOT = (Branch("assignments", SlotAssignment, "slot", "slot__model", "assigned_at"),)
BELOW = (
    Branch("former_names", FormerName, "model", "model", "ended_at"),
    Branch("tier_assessments", TierAssessment, "model", "model", "assessed_at"),
    Branch("class_assessments", ClassAssessment, "model", "model", "assessed_at"),
    Branch("assessments", Assessment, "model", "model", "assessed_at", ASSESSMENT),
    Branch("determinations", Determination, "model", "model", "decided_at"),
    Branch("rule_scopes", RuleScope, "model", "model", "number"),
    Branch("record_revisions", RecordRevision, "model", "model", "number"),
    Branch("custom_values", CustomValue, "model", "model", "field__key", joins=("field",)),
    Branch("fed_by", Dependency, "consumer", "consumer", "added_at", sees="feeder"),
    Branch("feeds", Dependency, "feeder", "feeder", "added_at", sees="consumer"),
    Branch("changes", ModelChange, "model", "model", "number", CHANGE),
    Branch("reviews", Review, "model", "model", "reviewed_at"),
    Branch(
        "attestation_items",
        AttestationItem,
        "model",
        "model",
        "campaign__opened_at",
        ATTESTATION,
        joins=("campaign",),
    ),
    Branch("waivers", Waiver, "model", "model", "requested_at", WAIVER),
    Branch("retirements", Retirement, "model", "model", "retired_at", RETIREMENT),
    Branch("builders", Builder, "model", "model", "since"),
    Branch("tags", ModelTag, "model", "model", "key"),
    Branch("aliases", Alias, "model", "model", "name"),
    Branch("slots", Slot, "model", "model", "name", SLOT),
    Branch("versions", ModelVersion, "model", "model", "number", VERSION),
    Branch("findings", Finding, "model", "model", "number"),
    Branch("requests", PromotionRequest, "model", "model", "number", REQUEST),
    Branch("filed_evidence", FiledEvidence, "model", "model", "filed_at", FILED),
    Branch("inapplicabilities", Inapplicability, "model", "model", "stated_at", STATED),
    Branch("deployments", DeploymentReport, "model", "model", "reported_at"),
)
"""What stands below a model; a table that is added to the record gets its line here."""


def export_document(models: QuerySet[Model], *, actor: Actor, at: datetime) -> Iterator[str]:
    """Yield the document in parts. `models` are those the actor may see; each page of
    MODELS_AT_ONCE takes the same number of queries, and is of one moment of its own.
    """
    keys = list(models.order_by("name").values_list("pk", flat=True))
    about = {
        "made_at": timestamp(at),
        "made_by": actor.ref,
        "organization": settings.ORGANIZATION,
        "portal": settings.BASE_URL,
        "models": len(keys),
    }
    names = named_in(written(about))
    seen = Model.objects.visible_to(actor, at=at)
    yield f'{{"format": {written(FORMAT)},\n"about": {written(about)},\n"models": ['
    for start in range(0, len(keys), MODELS_AT_ONCE):
        page = _page(keys[start : start + MODELS_AT_ONCE], seen)
        for place, model in enumerate(page):
            text = written(model)
            names |= named_in(text)
            yield f"{',' if start + place else ''}\n{text}"
    yield f'\n],\n"names": {written(names_in((), sorted(names)))}}}\n'


def _page(keys: Sequence[UUID], seen: QuerySet[Model]) -> Iterator[dict[str, Any]]:
    below = _below(BELOW, keys, seen)
    developers = _developers(keys)
    for model in Model.objects.filter(pk__in=keys).order_by("name"):
        yield described(model) | {"developers": developers[model.pk]} | below[model.pk]


def _developers(keys: Sequence[UUID]) -> dict[UUID, list[str]]:
    found: dict[UUID, list[str]] = defaultdict(list)
    through = Model.developers.through._default_manager
    for model, user in through.filter(model__in=keys).values_list("model_id", "user_id"):
        found[model].append(f"user:{user}")
    return found


def _below(
    branches: Sequence[Branch], keys: Sequence[UUID], seen: QuerySet[Model]
) -> dict[UUID, dict[str, Any]]:
    """Return what stands below each row, by its key: an empty list where there is nothing."""
    found: dict[UUID, dict[str, Any]] = defaultdict(
        lambda: {branch.member: [] for branch in branches}
    )
    for branch in branches:
        inner = _below(branch.branches, keys, seen) if branch.branches else None
        for row in _rows(branch, keys, seen):
            said = described(row) | {name: described(getattr(row, name)) for name in branch.joins}
            said = {key: value for key, value in said.items() if key not in branch.leaves}
            said |= inner[row.pk] if inner is not None else {}
            found[getattr(row, f"{branch.parent}_id")][branch.member].append(said)
    return found


def _rows(branch: Branch, keys: Sequence[UUID], seen: QuerySet[Model]) -> QuerySet[Any]:
    wanted = {f"{branch.way}__in": keys, **branch.keeps}
    if branch.sees:
        wanted[f"{branch.sees}__in"] = seen.values("pk")
    rows = branch.table._default_manager.filter(**wanted).order_by(branch.order, "pk")
    return rows.select_related(*_prose(branch.table), *_joined(branch)).defer(*branch.leaves)


def _prose(table: type[Record]) -> list[str]:
    return [f.name for f in table._meta.concrete_fields if f.related_model is Prose]


def _joined(branch: Branch) -> list[str]:
    """The rows that are joined, and their own prose."""
    found = list(branch.joins)
    for name in branch.joins:
        table: Any = branch.table._meta.get_field(name).related_model
        found += (f"{name}__{prose}" for prose in _prose(table))
    return found


def described(record: Record) -> dict[str, Any]:
    """Return the columns of a row: pointers as references, prose as its text, JSON read out."""
    fields = [f for f in record._meta.concrete_fields if f.name not in UNSAID]
    return {"ref": record.ref} | dict(_said(record, field) for field in fields)


def _said(record: Record, field: Field[Any, Any]) -> tuple[str, Any]:
    value = getattr(record, field.attname)
    table = field.related_model
    if table is Prose:
        return field.name, str(getattr(record, field.name)) if value else None
    if field.name in PARSED:
        return PARSED[field.name], json.loads(value)
    if isinstance(table, type) and issubclass(table, Record):
        return field.name, f"{table.REF}:{value}" if value else None
    return field.name, value
