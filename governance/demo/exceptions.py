"""What is out of the ordinary in the demo: conditions, an override, an emergency, a lent seat."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from governance.accounts.actions import give_delegation
from governance.accounts.models import User
from governance.accounts.proof import Proof
from governance.accounts.rules import Role
from governance.approvals.actions import ask_in_emergency, propose_override
from governance.approvals.models import PromotionRequest
from governance.approvals.rules.conditions import ConditionDraft
from governance.registry.models import ModelVersion

Person = Callable[[str], User]
Prove = Callable[[User, datetime], Proof]


def conditions_of(
    step: Mapping[str, Any], who: str, *, person: Person, now: datetime
) -> Sequence[ConditionDraft]:
    """What this signer of a version asks for with their approval; `due_in` counts from today."""
    said = step.get("conditions", {})
    if said.get("by") != who:
        return ()
    return [
        ConditionDraft(
            text=one["text"],
            owner=person(one["owner"]).ref,
            due_date=(now + timedelta(days=one["due_in"])).date(),
            severity=one["severity"],
        )
        for one in said["of"]
    ]


def let_fail(
    request: PromotionRequest, said: Mapping[str, Any], *, person: Person, prove: Prove,
    at: datetime, now: datetime,
) -> None:  # fmt: skip
    """Have one person answer for a failing check, as the policy of Tier 1 lets them."""
    signer = person(said["by"])
    propose_override(
        request_id=request.pk,
        check_id=said["check"],
        reason=said["reason"],
        control=said["control"],
        expires_date=(now + timedelta(days=said["until_in"])).date(),
        proof=prove(signer, at),
        actor=signer,
        at=at,
    )


def hurry(version: ModelVersion, reason: str, *, at: datetime) -> PromotionRequest:
    """Ask that a version go live before its review."""
    fresh = ModelVersion.objects.with_model().get(pk=version.pk)
    asked = ask_in_emergency(
        version=fresh, slot=None, reason=reason, actor=fresh.registered_by, at=at
    )
    assert asked.request is not None
    return PromotionRequest.objects.with_version().get(pk=asked.request.pk)


def lend_seats(said: Sequence[Mapping[str, Any]], *, person: Person, now: datetime) -> None:
    for one in said:
        delegator, since = person(one["of"]), now - timedelta(days=one["days_ago"])
        give_delegation(
            deputy=person(one["to"]),
            role=Role(one["role"]),
            unit=delegator.grants.get().unit,
            starts_at=since,
            ends_at=now + timedelta(days=one["for_days"]),
            reason=one["reason"],
            actor=delegator,
            at=since,
        )
