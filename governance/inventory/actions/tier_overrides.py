"""Another tier than the questionnaire gives: proposed by one, approved by others, for a time."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from governance.accounts.models import User
from governance.accounts.permissions import Permission, require
from governance.accounts.proof import Proof, require_proof
from governance.accounts.queries import roles_of
from governance.accounts.rules import Actor, PermissionMissing, Role
from governance.audit import actions as audit
from governance.audit.rules import Verb
from governance.core.errors import InvalidInput, invalid
from governance.core.models import Record
from governance.core.typed import tidy
from governance.core.wording import as_date
from governance.inventory.actions.ratings import assessor, kept_with
from governance.inventory.models import (
    Assessment,
    Model,
    TierAssessment,
    TierOverride,
    TierOverrideApproval,
)
from governance.inventory.queries.assessments import newest_rating
from governance.inventory.queries.questionnaires import scorecard_of
from governance.inventory.queries.records import builders_of, locked_model
from governance.inventory.queries.tier_overrides import (
    approvals_of,
    chairs_of,
    judged,
    open_override,
)
from governance.inventory.rules.assessments import OverrideBarred, OverrideNotOpen
from governance.inventory.rules.tier_overrides import (
    Chair,
    as_form_problems,
    bars_to_approving,
    chairs_for,
    direction_of,
    override_digest,
)

LONGEST_DAYS = 3660
"""No override is asked for longer than this, where the questionnaire sets no limit."""


@transaction.atomic
def propose_tier_override(
    *,
    model: Model,
    to_tier: int,
    rationale: str,
    days: int | None,
    actor: Actor,
    at: datetime,
) -> TierOverride:
    """Ask for another tier than the newest assessment gave; it changes nothing yet.

    In force once all have approved whom the questionnaire names, until `days` from today. An
    earlier proposal is replaced. Appends tier_override.proposed. Raises InvalidInput for what the
    questionnaire allows nobody, OverrideNotOpen where no assessment set the tier, NotAPerson,
    PermissionMissing.
    """
    model = locked_model(model)
    person = assessor(model, actor, at=at)
    assessment = _assessment_in_force(model)
    if days is not None and not 0 < days <= LONGEST_DAYS:
        raise invalid("days", "range", f"Enter a number of days from 1 to {LONGEST_DAYS:,}.")
    ends_date = as_date(at) + timedelta(days=days) if days is not None else None
    why = audit.write_prose(tidy(rationale))
    override = TierOverride(
        assessment=assessment,
        to_tier=to_tier,
        rationale=why,
        ends_date=ends_date,
        proposed_by=person,
        proposed_at=at,
        digest=override_digest(
            assessment=assessment.digest, to_tier=to_tier, rationale=why.digest,
            ends_date=ends_date,
        ),
    )  # fmt: skip
    _require_possible(override, rationale, at=at)
    override.save(force_insert=True)
    audit.append(
        verb=Verb.TIER_OVERRIDE_PROPOSED,
        stream=model.stream,
        subject=model.ref,
        actor=actor.ref,
        at=at,
        facts=_facts(override),
        records=[override],
    )
    return override


@transaction.atomic
def approve_tier_override(
    *,
    override: TierOverride,
    capacity: str,
    digest_seen: str,
    proof: Proof,
    actor: User,
    at: datetime,
) -> TierOverrideApproval:
    """Approve an override as one of those whom the questionnaire names; the last puts it in force.

    It is judged again each time: its limits, the floors, and that each chair is another person's,
    none of whom owns or built the model or proposed it. Appends tier_override.approved. Raises
    OverrideNotOpen, OverrideBarred, InvalidInput, PermissionMissing, ProofMissing.
    """
    model = locked_model(override.assessment.model)
    require(actor, Permission.TIER_OVERRIDE, unit=model.unit, at=at)
    override = _require_open(model, override, digest_seen)
    given = approvals_of(override)
    _require_no_bar(model, override, given, actor)
    held = roles_of(actor, unit=model.unit, at=at)
    chair = _chair(chairs_of(override, given), capacity, held, actor)
    require_proof(proof, actor=actor, at=at)
    approval = TierOverrideApproval.objects.create(
        override=override,
        approver=actor,
        printed_name=audit.write_prose(actor.name),
        capacity=chair.capacity,
        role=next(role for role in chair.roles if role in held),
        override_digest=override.digest,
        proof=proof.method,
        approved_at=at,
    )
    _require_possible(override, str(override.rationale), at=at)
    written = _put_in_force(model, override, [*given, approval], at=at)
    written += kept_with(model, actor=actor, at=at) if written else []
    audit.append(
        verb=Verb.TIER_OVERRIDE_APPROVED,
        stream=model.stream,
        subject=model.ref,
        actor=actor.ref,
        at=at,
        facts={
            **_facts(override),
            "approval": approval.ref,
            "capacity": approval.capacity,
            "in_force": bool(written),
        },
        records=[approval, *written],
    )
    return approval


@transaction.atomic
def revert_tier(*, model: Model, actor: Actor, at: datetime) -> Model:
    """Put the tier into the record that counts since an override is over.

    Nothing rests on this having run: who judges asks `Model.tier_at`. Appends tier.reverted, or
    nothing where no override is over. Raises PermissionMissing.
    """
    model = locked_model(model)
    require(actor, Permission.TIER_ASSESS, unit=model.unit, at=at)
    before, after = model.tier, model.tier_at(at)
    if before == after or model.tier_until is None:
        return model
    ended = model.tier_until
    model.tier, model.tier_until, model.tier_after, model.updated_at = after, None, None, at
    model.save(update_fields=["tier", "tier_until", "tier_after", "updated_at"])
    audit.append(
        verb=Verb.TIER_REVERTED,
        stream=model.stream,
        subject=model.ref,
        actor=actor.ref,
        at=at,
        facts={"before": before, "tier": after, "ended_date": ended},
        records=[model, *kept_with(model, actor=actor, at=at)],
    )
    return model


def _assessment_in_force(model: Model) -> Assessment:
    """The assessment that set the tier last. Raises OverrideNotOpen where it was set by hand."""
    rating = newest_rating(model)
    if rating is None or rating.assessment is None:
        raise OverrideNotOpen(
            "No assessment by a questionnaire has set the tier. Assess it first.",
            subject=model.ref,
            stream=model.stream,
        )
    return rating.assessment


def _require_possible(override: TierOverride, rationale: str, *, at: datetime) -> None:
    """Raise InvalidInput unless it would be accepted once everybody named has approved it."""
    if not rationale.strip():
        raise invalid("rationale", "required", "Say why the model should have this tier.")
    card = scorecard_of(override.assessment.questionnaire)
    tier = override.assessment.result["final_tier"]
    approvers = direction_of(card, tier=tier, to_tier=override.to_tier).approvers
    verdict = judged(override, approvers, today=as_date(at)).override
    if verdict is not None and not verdict.accepted:
        raise InvalidInput(*as_form_problems(verdict))


def _require_open(model: Model, override: TierOverride, digest_seen: str) -> TierOverride:
    found = open_override(model)
    if found is None or found != override or found.digest != digest_seen:
        raise OverrideNotOpen(
            "This override waits for nobody any more: it is in force, another was proposed since, "
            "or the model was assessed anew.",
            subject=model.ref,
            stream=model.stream,
        )
    return found


def _require_no_bar(
    model: Model, override: TierOverride, given: list[TierOverrideApproval], actor: User
) -> None:
    found = bars_to_approving(
        actor.ref,
        builders=builders_of(model).keys(),
        proposer=override.proposed_by.ref,
        approved={one.approver.ref for one in given},
    )
    if sentences := list(found):
        raise OverrideBarred(
            f"You may not approve this override. {' '.join(sentences)}",
            subject=model.ref,
            stream=model.stream,
            override=override.ref,
        )


def _chair(found: list[Chair], capacity: str, held: set[Role], actor: User) -> Chair:
    chair = next((one for one in chairs_for(found, held) if one.capacity == capacity), None)
    if chair is None:
        waiting = "; ".join(
            f"{one.label}: {' or '.join(role.label.lower() for role in one.roles) or 'nobody'}"
            for one in found
            if not one.approved_by
        )
        raise PermissionMissing(
            f"{actor.label} cannot approve it as {capacity.replace('_', ' ')}. Still asked for: "
            f"{waiting or 'nobody'}."
        )
    return chair


def _put_in_force(
    model: Model, override: TierOverride, given: list[TierOverrideApproval], *, at: datetime
) -> list[Record]:
    """Set the tier if all whom the questionnaire names have approved; return what was written."""
    result = judged(override, (one.capacity for one in given), today=as_date(at))
    if result.override is None or not result.override.accepted:
        return []
    model.tier, model.updated_at = override.to_tier, at
    model.tier_until = override.ends_date
    model.tier_after = result.floored_tier if override.ends_date else None
    model.save(update_fields=["tier", "tier_until", "tier_after", "updated_at"])
    rating = TierAssessment.objects.create(
        model=model,
        tier=override.to_tier,
        reason=override.rationale,
        assessed_by=override.proposed_by,
        assessed_at=at,
        assessment=override.assessment,
        override=override,
    )
    return [model, rating]


def _facts(override: TierOverride) -> dict[str, object]:
    return {
        "override": override.ref,
        "assessment": override.assessment.ref,
        "to_tier": override.to_tier,
        "ends_date": override.ends_date,
        "digest": override.digest,
    }
