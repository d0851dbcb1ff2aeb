"""Setting a model's tier and class: parts of the action that changes its record."""

from __future__ import annotations

from datetime import datetime

from governance.accounts.permissions import Permission, require
from governance.accounts.rules import Actor, NotAPerson
from governance.audit import actions as audit
from governance.inventory.models import ClassAssessment, Model, TierAssessment


def assess_tier(
    model: Model, tier: int, reason: str, *, actor: Actor, at: datetime
) -> TierAssessment:
    require(actor, Permission.TIER_ASSESS, unit=model.unit, at=at)
    if actor.person is None:
        raise NotAPerson("A tier is set by a person, who answers for it.")
    model.tier = tier
    return TierAssessment.objects.create(
        model=model,
        tier=tier,
        reason=audit.write_prose(reason),
        assessed_by=actor.person,
        assessed_at=at,
    )


def assess_class(
    model: Model, ai_act_class: str, reason: str, *, actor: Actor, at: datetime
) -> ClassAssessment:
    require(actor, Permission.TIER_ASSESS, unit=model.unit, at=at)
    if actor.person is None:
        raise NotAPerson("A class under the EU AI Act is set by a person, who answers for it.")
    model.ai_act_class = ai_act_class
    return ClassAssessment.objects.create(
        model=model,
        ai_act_class=ai_act_class,
        reason=audit.write_prose(reason),
        assessed_by=actor.person,
        assessed_at=at,
    )
