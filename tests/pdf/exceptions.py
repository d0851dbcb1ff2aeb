"""A model to which everything happened that a policy allows out of the ordinary."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from governance.accounts.actions import give_delegation
from governance.accounts.models import Delegation, User
from governance.accounts.rules import Role
from governance.approvals.actions import sign_off
from governance.approvals.actions.overrides import propose_override, sign_override
from governance.approvals.actions.requests import ask_in_emergency, ask_to_confirm
from governance.approvals.models import Override, PromotionRequest, SignOff
from governance.approvals.queries.cases import case_of
from governance.approvals.rules.conditions import ConditionDraft
from governance.approvals.rules.judgement import Decision
from governance.inventory.models import Model
from governance.registry.queries import default_slot
from governance.registry.rules import Stage
from tests.factories import (
    NOON,
    Cast,
    ask,
    later,
    make_card,
    make_model,
    make_policy,
    make_proof,
    make_report,
    make_version,
    sign,
)

TO_STAGING = """\
policy: to-staging
title: To Staging
applies_to: {target: STAGING}
"""
TO_PRODUCTION = """\
policy: to-production
title: To Production, with exceptions
applies_to: {target: PRODUCTION}
gates:
  - {check: metric, metric: accuracy, at_least: 0.90, label: Accuracy}
  - {check: card_published}
  - {check: report_approved}
  - {check: artifacts_complete}
sign_offs:
  - any_of: [VALIDATOR, APPROVER, COMPLIANCE]
    count: 2
    meaning: "I find this version fit for the stated use."
overrides:
  - {checks: ["metric.*"], role: COMPLIANCE, people: 2, longest_days: 90}
emergency: {role: APPROVER, people: 2, stands_days: 14}
"""
WHY = "Payments stop at nine; the champion refuses every one."
CONDITION = "Watch the thin slice for a month."
REASON = "The holdout is from before the change of product."
CONTROL = "A person reads each refusal."
LENT = "Away for a week."


@dataclass(frozen=True, kw_only=True)
class Exceptional:
    """`emergency` let version 1 live; `confirmed` reviewed it, with a deputy and a condition;
    `overridden` let version 2 live although a check failed.
    """

    cast: Cast
    model: Model
    emergency: PromotionRequest
    confirmed: PromotionRequest
    overridden: PromotionRequest


def exceptional_model(cast: Cast, *, name: str = "churn-model") -> Exceptional:
    for text in (TO_STAGING, TO_PRODUCTION):
        make_policy(cast, text)
    model = make_model(cast, name=name, tier=1)
    emergency = in_emergency(cast, model)
    confirmed = confirmed_by_a_deputy(cast, emergency)
    overridden = in_spite_of_a_check(cast, model)
    return Exceptional(
        cast=cast, model=model, emergency=emergency, confirmed=confirmed, overridden=overridden
    )


def in_emergency(cast: Cast, model: Model) -> PromotionRequest:
    version = make_version(cast, model)
    ask(cast, version, Stage.STAGING)
    version.refresh_from_db()
    asked = ask_in_emergency(
        version=version, slot=None, reason=WHY, actor=cast.developer, at=NOON
    ).request
    assert asked is not None
    for person in (cast.approver, cast.second_approver):
        sign(asked, person, Role.APPROVER)
    return fresh(asked)


def confirmed_by_a_deputy(cast: Cast, emergency: PromotionRequest) -> PromotionRequest:
    version, at = emergency.version, later(days=1)
    make_card(cast, version, at=at)
    make_report(cast, version, at=at)
    slot = default_slot(version.model)
    assert slot is not None
    asked = ask_to_confirm(version=version, slot=slot, actor=cast.developer, at=at).request
    assert asked is not None
    lend(cast.approver, cast.outsider, cast=cast, at=at)
    sign(asked, cast.validator, Role.VALIDATOR, at=at)
    draft = ConditionDraft(
        text=CONDITION, owner=cast.owner.ref, due_date=later(days=40).date(), severity="MEDIUM"
    )
    sign_on_condition(asked, cast.outsider, draft, at=at)
    return fresh(asked)


def lend(delegator: User, deputy: User, *, cast: Cast, at: datetime) -> Delegation:
    return give_delegation(
        deputy=deputy,
        role=Role.APPROVER,
        unit=cast.root,
        starts_at=at,
        ends_at=at + timedelta(days=7),
        reason=LENT,
        actor=delegator,
        at=at,
    )


def sign_on_condition(
    request: PromotionRequest, signer: User, draft: ConditionDraft, *, at: datetime
) -> SignOff:
    return sign_off(
        request_id=request.pk,
        role=Role.APPROVER,
        decision=Decision.APPROVE,
        digest_seen=case_of(fresh(request), at=at).digest,
        comment="Good enough to go on, not to forget.",
        proof=make_proof(signer, at=at),
        actor=signer,
        at=at,
        conditions=[draft],
    )


def in_spite_of_a_check(cast: Cast, model: Model) -> PromotionRequest:
    at = later(days=2)
    version = make_version(cast, model, metrics={"accuracy": "0.85"}, at=at)
    make_card(cast, version, at=at)
    make_report(cast, version, at=at)
    ask(cast, version, Stage.STAGING, at=at)
    asked = ask(cast, version, Stage.PRODUCTION, at=at).request
    assert asked is not None
    override(fresh(asked), cast, at=at)
    sign(asked, cast.validator, Role.VALIDATOR, at=at)
    sign(asked, cast.approver, Role.APPROVER, at=at)
    return fresh(asked)


def override(request: PromotionRequest, cast: Cast, *, at: datetime) -> Override:
    """Answer for the failing check with the signatures that the policy asks for."""
    row = propose_override(
        request_id=request.pk,
        check_id="metric.accuracy",
        reason=REASON,
        control=CONTROL,
        expires_date=later(at, days=60).date(),
        proof=make_proof(cast.compliance, at=at),
        actor=cast.compliance,
        at=at,
    )
    sign_override(
        override_id=row.pk,
        digest_seen=row.digest,
        proof=make_proof(cast.auditor, at=at),
        actor=cast.auditor,
        at=at,
    )
    return row


def fresh(request: PromotionRequest) -> PromotionRequest:
    return PromotionRequest.objects.with_version().get(pk=request.pk)
