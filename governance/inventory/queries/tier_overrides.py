"""Overrides of tiers: what is proposed, who approved, and which are over."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from governance.core.wording import as_date
from governance.inventory.models import Model, TierOverride, TierOverrideApproval
from governance.inventory.queries.assessments import approver_roles, newest_rating
from governance.inventory.queries.questionnaires import scorecard_of
from governance.inventory.rules.assessments import AssessmentNotFound
from governance.inventory.rules.questionnaires import Override, ScorecardResult, score
from governance.inventory.rules.tier_overrides import Chair, chairs, direction_of


def tier_override_by_id(model: Model, override_id: UUID) -> TierOverride:
    """Return one of the model's overrides, or raise AssessmentNotFound."""
    row = (
        TierOverride.objects.filter(assessment__model=model, pk=override_id)
        .select_related(
            "assessment__questionnaire", "assessment__model", "rationale", "proposed_by"
        )
        .first()
    )
    if row is None:
        raise AssessmentNotFound("The model has no such override.")
    return row


def approvals_of(override: TierOverride) -> list[TierOverrideApproval]:
    """Return who approved it, in order."""
    rows = override.approvals.select_related("approver", "printed_name")
    return list(rows.order_by("approved_at", "pk"))


def judged(override: TierOverride, approvers: Iterable[str], *, today: date) -> ScorecardResult:
    """Work out the assessment again with the override as these would have approved it.

    `days` are those that are left, so that one whose day has come is refused.
    """
    assessment = override.assessment
    left = (override.ends_date - today).days if override.ends_date else None
    asked = Override(
        to_tier=override.to_tier,
        approvers=frozenset(approvers),
        # Whoever erased the words since has not made it one without a reason.
        rationale=override.rationale.text or override.rationale.digest,
        days=left,
    )
    card = scorecard_of(assessment.questionnaire)
    return score(card, assessment.answers, facts=assessment.facts, override=asked)


def chairs_of(override: TierOverride, given: Iterable[TierOverrideApproval]) -> list[Chair]:
    """Return whose approval it takes, and who gave theirs."""
    card = scorecard_of(override.assessment.questionnaire)
    tier = override.assessment.result["final_tier"]
    return chairs(
        direction_of(card, tier=tier, to_tier=override.to_tier),
        approver_roles(),
        approved={one.capacity: str(one.printed_name) for one in given},
    )


def open_override(model: Model, *, by: datetime | None = None) -> TierOverride | None:
    """Return the newest proposal, if it rests on what set the tier last and is not in force.

    An older one was replaced by it, and one of an earlier assessment has nothing to override. With
    `by`, as it stood then.
    """
    rating = newest_rating(model, by=by)
    if rating is None or rating.assessment is None:
        return None
    rows = TierOverride.objects.filter(assessment=rating.assessment)
    newest = (
        (rows.filter(proposed_at__lte=by) if by else rows)
        .select_related("rationale", "proposed_by", "assessment__questionnaire")
        .order_by("-proposed_at", "pk")
        .first()
    )
    return None if newest is None or newest == rating.override else newest


def overrides_ended(*, at: datetime) -> list[UUID]:
    """Return the models whose tier was overridden until a day that is over."""
    ended = Model.objects.filter(tier_until__lt=as_date(at))
    return list(ended.order_by("pk").values_list("pk", flat=True))
