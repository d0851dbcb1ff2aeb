"""Overrides of tiers as pages show them: what may be asked for, whose approval it takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from governance.accounts.models import User
from governance.accounts.permissions import Permission
from governance.accounts.queries import roles_of
from governance.core.wording import as_date
from governance.inventory.models import Assessment, TierOverride, TierOverrideApproval
from governance.inventory.queries.questionnaires import scorecard_of
from governance.inventory.queries.records import builders_of
from governance.inventory.queries.tier_overrides import approvals_of, chairs_of, open_override
from governance.inventory.rules.causes import tier_words
from governance.inventory.rules.questionnaires.scorecards import Direction
from governance.inventory.rules.tier_overrides import Chair, bars_to_approving, chairs_for
from governance.portal.pages.may import why_not


@dataclass(frozen=True, kw_only=True)
class ProposalPage:
    """What an override of this assessment may ask for, by its questionnaire."""

    assessment: Assessment
    tier: int
    label: str
    tiers: list[tuple[int, str]]
    rules: Sequence[tuple[str, str]]


@dataclass(frozen=True, kw_only=True)
class OverridePage:
    """One override: what it is, who approved it, and where the reader could sit."""

    label: str
    tier: int
    chairs: Sequence[Chair]
    approvals: Sequence[TierOverrideApproval]
    seats: Sequence[Chair]
    why_not: Sequence[str]
    is_open: bool
    is_in_force: bool
    today: date

    @property
    def missing(self) -> Sequence[Chair]:
        return [chair for chair in self.chairs if not chair.approved_by]


def proposal_page(assessment: Assessment, *, at: datetime) -> ProposalPage:
    card, tier = scorecard_of(assessment.questionnaire), int(assessment.result["final_tier"])
    return ProposalPage(
        assessment=assessment,
        tier=tier,
        label=tier_words(card, tier),
        tiers=[(one.tier, tier_words(card, one.tier)) for one in card.thresholds],
        rules=[
            ("A stricter tier", _rule(card.upward)),
            ("A looser tier", _rule(card.downward)),
        ],
    )


def _rule(direction: Direction) -> str:
    if not direction.allowed:
        return "Not allowed by this questionnaire."
    names = " and ".join(name.replace("_", " ") for name in direction.approvers)
    steps = "one tier" if direction.max_steps == 1 else f"{direction.max_steps} tiers"
    until = f", for at most {direction.max_days} days" if direction.max_days else ""
    past = {"hard_floor": ", past no hard floor", "any_floor": ", past no floor"}
    return (
        f"By at most {steps}{until}{past.get(direction.not_past, '')}. It takes the approval of "
        f"{names}."
    )


def override_page(row: TierOverride, *, reader: User, at: datetime) -> OverridePage:
    model, approvals = row.assessment.model, approvals_of(row)
    chairs, is_open = chairs_of(row, approvals), open_override(model) == row
    card = scorecard_of(row.assessment.questionnaire)
    held = roles_of(reader, unit=model.unit, at=at)
    reasons = list(
        bars_to_approving(
            reader.ref,
            builders=builders_of(model).keys(),
            proposer=row.proposed_by.ref,
            approved={one.approver.ref for one in approvals},
        )
    )
    if said := why_not(
        reader, Permission.TIER_OVERRIDE, "Approving an override", unit=model.unit, at=at
    ):
        reasons.append(said)
    seats = chairs_for(chairs, held) if is_open and not reasons else []
    if is_open and not reasons and not seats:
        reasons.append("No approval that is still missing takes a role of yours.")
    return OverridePage(
        label=tier_words(card, row.to_tier),
        tier=int(row.assessment.result["final_tier"]),
        chairs=chairs,
        approvals=approvals,
        seats=seats,
        why_not=reasons,
        is_open=is_open,
        is_in_force=_is_in_force(row, at=at),
        today=as_date(at),
    )


def _is_in_force(row: TierOverride, *, at: datetime) -> bool:
    """Tell whether it gives the model its tier at that moment."""
    rating = row.assessment.model.tier_assessments.order_by("-assessed_at", "pk").first()
    is_last = rating is not None and rating.override_id == row.pk
    return is_last and (row.ends_date is None or as_date(at) <= row.ends_date)
