"""What an assessment would change, before anything is applied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from governance.approvals.queries.consequences import Change, Consequences, consequences_of
from governance.inventory.models import Model, QuestionnaireVersion
from governance.inventory.queries.assessments import Draft, assessment_base, newest_rating
from governance.inventory.queries.questionnaires import questionnaire_in_force, scorecard_of
from governance.inventory.rules import AiActClass, Tier
from governance.inventory.rules.assessments import Matter, Purpose, kept_answers
from governance.inventory.rules.causes import tier_causes, tier_words
from governance.inventory.rules.inquiries import Inquiry
from governance.inventory.rules.questionnaires import Obligation, facts_from, score
from governance.portal.pages.asking import WHAT, tone_of_class


@dataclass(frozen=True, kw_only=True)
class PreviewPage:
    """What would be recorded, what it rests on, and what becomes due by it.

    `base` travels with the form: where something changed since, it is shown again.
    """

    model: Model
    matter: Matter
    row: QuestionnaireVersion
    before: str
    after: str
    tier: int | None
    tone: str
    reasons: Sequence[str]
    consequences: Consequences
    obligations: Sequence[Obligation]
    base: str
    follows: str

    @property
    def what(self) -> str:
        return WHAT[self.matter]

    @property
    def is_change(self) -> bool:
        return self.before != self.after


def preview_page(model: Model, draft: Draft, matter: Matter, *, at: datetime) -> PreviewPage:
    """Work out what confirming the answers would do. The inquiry is whole."""
    if matter == Matter.CLASS:
        return _of_class(model, draft, at=at)
    return _of_tier(model, draft, at=at)


def _base(model: Model, draft: Draft) -> str:
    inquiry = draft.inquiry
    answers = kept_answers(inquiry.questionnaire, inquiry.answers)
    facts = inquiry.all_facts if inquiry.matter == Matter.TIER else {}
    return assessment_base(
        model, draft.row, answers, facts, sources=draft.sources, evidence=inquiry.kept_evidence
    )


def _of_tier(model: Model, draft: Draft, *, at: datetime) -> PreviewPage:
    inquiry, card = draft.inquiry, draft.inquiry.card
    found, before = inquiry.card_result, model.tier_at(at)
    tier = found.final_tier
    change = Change(matter=Matter.TIER, tier=tier, ai_act_class=model.ai_act_class)
    return PreviewPage(
        model=model,
        matter=Matter.TIER,
        row=draft.row,
        before=str(Tier(before).label) if before else "No tier",
        after=str(Tier(tier).label) if tier else "No tier",
        tier=tier,
        tone="mute",
        reasons=list(tier_causes(found)),
        consequences=consequences_of(model, change, controls=card.tier_controls, at=at),
        obligations=(),
        base=_base(model, draft),
        follows="",
    )


def _of_class(model: Model, draft: Draft, *, at: datetime) -> PreviewPage:
    inquiry = draft.inquiry
    outcome, tier = inquiry.tree_result.outcome, model.tier_at(at)
    change = Change(matter=Matter.CLASS, tier=tier, ai_act_class=outcome.id)
    return PreviewPage(
        model=model,
        matter=Matter.CLASS,
        row=draft.row,
        before=str(AiActClass(model.ai_act_class).label) if model.ai_act_class else "No class",
        after=str(AiActClass(outcome.id).label),
        tier=None,
        tone=tone_of_class(outcome.id),
        reasons=[text for text in (outcome.label, outcome.citation) if text],
        consequences=consequences_of(model, change, controls=_controls(), at=at),
        obligations=sorted(inquiry.tree_result.obligations, key=lambda one: one.duty.from_date),
        base=_base(model, draft),
        follows=_tier_that_follows(model, inquiry),
    )


def _controls() -> Mapping[int, Mapping[str, Any]]:
    row = questionnaire_in_force(Purpose.TIERING)
    return scorecard_of(row).tier_controls if row else {}


def _tier_that_follows(model: Model, inquiry: Inquiry) -> str:
    """Say if the tier's answers would give another tier with the class that these lead to."""
    rating = newest_rating(model)
    if rating is None or rating.assessment is None:
        return ""
    assessment = rating.assessment
    card = scorecard_of(assessment.questionnaire)
    facts = {**assessment.facts, **facts_from(card, inquiry.tree_result)}
    tier = score(card, assessment.answers, facts=facts).final_tier
    if tier is None or tier == assessment.result["final_tier"]:
        return ""
    return (
        f"The tier rests on the class: the same answers would give {tier_words(card, tier)}. "
        "Assess the tier again after this."
    )
