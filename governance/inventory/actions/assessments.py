"""Setting a model's tier and class: parts of the action that changes its record."""

from __future__ import annotations

from datetime import datetime

from governance.accounts.models import Unit, User
from governance.accounts.permissions import Permission, require
from governance.accounts.rules import Actor, NotAPerson
from governance.audit import actions as audit
from governance.inventory.models import ClassAssessment, Model, TierAssessment


def require_assessor(unit: Unit, what: str, *, actor: Actor, at: datetime) -> User:
    """Return the person who may set a tier or a class there, else raise what refuses it."""
    require(actor, Permission.TIER_ASSESS, unit=unit, at=at)
    if actor.person is None:
        raise NotAPerson(f"A {what} is set by a person, who answers for it.")
    return actor.person


def assess_tier(
    model: Model, tier: int, reason: str, *, actor: Actor, at: datetime
) -> TierAssessment:
    person = require_assessor(model.unit, "tier", actor=actor, at=at)
    model.tier = tier
    return TierAssessment.objects.create(
        model=model,
        tier=tier,
        reason=audit.write_prose(reason),
        assessed_by=person,
        assessed_at=at,
    )


def assess_class(
    model: Model, ai_act_class: str, reason: str, *, actor: Actor, at: datetime
) -> ClassAssessment:
    person = require_assessor(model.unit, "class under the EU AI Act", actor=actor, at=at)
    model.ai_act_class = ai_act_class
    return ClassAssessment.objects.create(
        model=model,
        ai_act_class=ai_act_class,
        reason=audit.write_prose(reason),
        assessed_by=person,
        assessed_at=at,
    )
