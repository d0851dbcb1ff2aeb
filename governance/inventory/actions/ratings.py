"""Writing a model's tier and class: parts of the acts that decide on them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from governance.accounts.models import Unit, User
from governance.accounts.permissions import Permission, require
from governance.accounts.rules import Actor, NotAPerson
from governance.audit import actions as audit
from governance.core.errors import Problem
from governance.core.models import Record
from governance.inventory.actions.keeping import require_in_use
from governance.inventory.actions.revisions import write_revision
from governance.inventory.actions.scopes import scope_anew
from governance.inventory.models import Assessment, ClassAssessment, Model, TierAssessment
from governance.inventory.rules import ScopeCause
from governance.inventory.rules.assessments import Purpose

PublishedFor = Callable[[Purpose], bool]
"""Tells whether a questionnaire asks for it now, as `queries.questionnaires.published_for`."""


def assessor(model: Model, actor: Actor, *, at: datetime) -> User:
    """Return who answers for an assessment. Raises PermissionMissing, NotAPerson, ModelRetired."""
    person = require_assessor(model.unit, "tier or a class", actor=actor, at=at)
    require_in_use(model)
    return person


def require_assessor(unit: Unit, what: str, *, actor: Actor, at: datetime) -> User:
    """Return the person who may set a tier or a class there, else raise what refuses it."""
    require(actor, Permission.TIER_ASSESS, unit=unit, at=at)
    if actor.person is None:
        raise NotAPerson(f"A {what} is set by a person, who answers for it.")
    return actor.person


def kept_with(model: Model, *, actor: Actor, at: datetime) -> list[Record]:
    """Keep what follows from another tier or class: a revision of the record, and the scope."""
    revision = write_revision(model, actor=actor, at=at)
    return [revision, *scope_anew(model, at=at, cause=ScopeCause.ASSESSMENT)]


def by_hand_problems(
    model: Model, *, tier: int | None, ai_act_class: str, published: PublishedFor
) -> list[Problem]:
    """Say which of these cannot be set by hand, because a published questionnaire asks for it."""
    wanted = (
        ("tier", Purpose.TIERING, tier not in (None, model.tier)),
        ("ai_act_class", Purpose.AI_ACT, ai_act_class not in ("", model.ai_act_class)),
    )
    return [
        Problem(
            field=field,
            rule="assess_by_questionnaire",
            message=f"The {purpose.label} comes from a questionnaire. Answer it on the page of "
            "the model, under Assessments.",
        )
        for field, purpose, is_changed in wanted
        if is_changed and published(purpose)
    ]


def new_tier(
    model: Model,
    tier: int,
    reason: str,
    *,
    person: User,
    at: datetime,
    assessment: Assessment | None = None,
) -> TierAssessment:
    """Set the tier on the locked model; return the row that says so, for `audit.insert_all`.

    The caller saves the model. An override before it is over.
    """
    model.tier, model.tier_until, model.tier_after = tier, None, None
    return TierAssessment(
        model=model,
        tier=tier,
        reason=audit.new_prose(reason),
        assessed_by=person,
        assessed_at=at,
        assessment=assessment,
    )


def new_class(
    model: Model,
    ai_act_class: str,
    reason: str,
    *,
    person: User,
    at: datetime,
    assessment: Assessment | None = None,
) -> ClassAssessment:
    """The same for the class under the EU AI Act."""
    model.ai_act_class = ai_act_class
    return ClassAssessment(
        model=model,
        ai_act_class=ai_act_class,
        reason=audit.new_prose(reason),
        assessed_by=person,
        assessed_at=at,
        assessment=assessment,
    )
