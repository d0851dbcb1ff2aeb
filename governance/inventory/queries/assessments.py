"""What was answered about models, and what counts now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from governance.accounts.models import User
from governance.accounts.rules import Role
from governance.core.canonical import digest
from governance.inventory.models import (
    AnswerDraft,
    Assessment,
    Determination,
    Model,
    QuestionnaireVersion,
    TierAssessment,
)
from governance.inventory.queries.known_facts import KnownFacts, Sources, known_facts
from governance.inventory.queries.questionnaires import (
    needed_questionnaire,
    questionnaire_of,
)
from governance.inventory.queries.records import record_digest
from governance.inventory.rules.assessments import AssessmentNotFound, Evidence, Matter
from governance.inventory.rules.inquiries import (
    Inquiry,
    admitted,
    admitted_evidence,
    admitted_facts,
)
from governance.inventory.rules.questionnaires import (
    Answers,
    Facts,
    Scorecard,
)


def approver_roles() -> dict[str, tuple[Role, ...]]:
    """Which roles stand for an approver that a questionnaire names (TIER_APPROVERS)."""
    return {
        name: tuple(Role(role) for role in roles) for name, roles in settings.TIER_APPROVERS.items()
    }


def assessment_base(
    model: Model,
    questionnaire: QuestionnaireVersion,
    answers: Answers,
    facts: Facts,
    *,
    sources: Sources | None = None,
    evidence: Evidence | None = None,
) -> str:
    """Return the digest of all that an assessment rests on: who confirms it sends it back.

    Where the record, the questionnaire, the answers, what they rest on, a fact or the models that
    it comes from changed meanwhile it is another.
    """
    return digest(
        {
            "record": record_digest(model),
            "questionnaire": questionnaire.digest,
            "answers": answers,
            "facts": facts,
            "sources": {key: sorted(map(str, models)) for key, models in (sources or {}).items()},
            "evidence": evidence or {},
        }
    )


def assessments_of(model: Model, *, by: datetime | None = None) -> QuerySet[Assessment]:
    """Return every assessment of the model, or those made by then, newest first."""
    rows = Assessment.objects.filter(model=model)
    return (
        (rows.filter(assessed_at__lte=by) if by else rows)
        .select_related("questionnaire", "assessed_by", "evidence")
        .order_by("-assessed_at", "pk")
    )


def evidence_of(assessment: Assessment) -> dict[str, str]:
    """Return what each answer rests on that says so, with a note in place of what was erased."""
    rows = assessment.answer_evidence.select_related("text").order_by("asked")
    return {row.asked: str(row.text) for row in rows}


def assessment_by_id(model: Model, assessment_id: UUID) -> Assessment:
    """Return one of the model's assessments, or raise AssessmentNotFound."""
    row = assessments_of(model).filter(pk=assessment_id).select_related("model").first()
    if row is None:
        raise AssessmentNotFound("The model has no such assessment.")
    return row


def determinations_of(model: Model, *, by: datetime | None = None) -> QuerySet[Determination]:
    """Return every determination of the model, or those made by then, newest first."""
    rows = Determination.objects.filter(model=model)
    return (
        (rows.filter(decided_at__lte=by) if by else rows)
        .select_related("questionnaire", "reviewer", "reasons")
        .order_by("-decided_at", "pk")
    )


def latest_determination(model: Model) -> Determination | None:
    return determinations_of(model).first()


def newest_rating(model: Model, *, by: datetime | None = None) -> TierAssessment | None:
    """Return what set the tier last, or had by then, with the assessment and override behind it."""
    rows = TierAssessment.objects.filter(model=model)
    return (
        (rows.filter(assessed_at__lte=by) if by else rows)
        .select_related("assessment__questionnaire", "override", "reason", "assessed_by")
        .order_by("-assessed_at", "pk")
        .first()
    )


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A person's inquiry so far. `is_begun` says whether anything of it was kept.

    `sources` names the models that facts come from which the portal fills in.
    """

    row: QuestionnaireVersion
    inquiry: Inquiry
    is_begun: bool
    sources: Sources


def draft_of(model: Model, matter: Matter, *, person: User, at: datetime) -> Draft:
    """Return what the person answered so far to the questionnaire that asks now.

    Answers to one that was superseded since begin anew: its questions may be others. Nothing but
    the answers of the determination is taken over by itself. Raises NoQuestionnaire.
    """
    row = needed_questionnaire(matter.purpose)
    kept = AnswerDraft.objects.filter(
        model=model, person=person, matter=matter, questionnaire=row
    ).first()
    is_begun = kept is not None and bool(kept.answers or kept.facts)
    questionnaire = questionnaire_of(row)
    known = KnownFacts()
    if isinstance(questionnaire, Scorecard):
        known = known_facts(model, questionnaire, at=at)
    inquiry = Inquiry(
        matter=matter,
        questionnaire=questionnaire,
        answers=kept.answers if kept and is_begun else _decided_before(model, matter, row),
        facts=kept.facts if kept and is_begun else {},
        known=known.values,
        evidence=kept.evidence if kept and is_begun else {},
    )
    return Draft(row=row, inquiry=inquiry, is_begun=is_begun, sources=known.sources)


def _decided_before(model: Model, matter: Matter, row: QuestionnaireVersion) -> Answers:
    """Of a tier: what was answered to the gate when it was decided that this is a model."""
    decided = latest_determination(model) if matter == Matter.TIER else None
    return decided.answers if decided is not None and decided.questionnaire == row else {}


def inquiry_of_last_time(draft: Draft, model: Model) -> Inquiry:
    """Return the draft with what was answered last about the matter, as far as it can be today."""
    inquiry = draft.inquiry
    if inquiry.matter == Matter.DETERMINATION:
        decided = latest_determination(model)
        answers = admitted(inquiry.questionnaire, decided.answers if decided else {})
        return replace(inquiry, answers=answers, facts={}, evidence={})
    last = assessments_of(model).filter(questionnaire__purpose=inquiry.matter.purpose).first()
    if last is None:
        return replace(inquiry, answers={}, facts={}, evidence={})
    facts: Facts = {}
    if isinstance(inquiry.questionnaire, Scorecard):
        facts = admitted_facts(inquiry.questionnaire, last.facts, known=inquiry.known)
    answers = admitted(inquiry.questionnaire, last.answers)
    anew = replace(inquiry, answers=answers, facts=facts, evidence={})
    rows = last.answer_evidence.filter(text__erased_at=None).select_related("text")
    texts = {row.asked: row.text.text for row in rows}
    return replace(anew, evidence=admitted_evidence(anew, texts))
