"""Which policies stand."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path
from uuid import UUID

from django.conf import settings

from governance.approvals.models import PolicySignOff, PolicyVersion
from governance.approvals.rules.policies import (
    Policy,
    Subject,
    policy_for,
    policy_from,
    read_content,
)
from governance.core.canonical import digest
from governance.core.errors import NotFound
from governance.core.grouping import by_key
from governance.inventory.models import Model
from governance.registry.models import ModelVersion, Slot
from governance.registry.rules import Stage

OPEN = "open"
OPEN_FILES = Path(__file__).parent.parent / "data" / "policies" / OPEN


class PolicyNotFound(NotFound):
    code = "policy_not_found"


@lru_cache(maxsize=256)
def _parsed(content_text: str, ref: str, number: int, digest: str) -> Policy:
    return policy_from(json.loads(content_text), ref=ref, number=number, digest=digest)


def policy_of(row: PolicyVersion) -> Policy:
    """Return the policy that a row holds. Its text never changes, so the parse is kept."""
    return _parsed(row.content_text, row.ref, row.number, row.digest)


def nothing_is_gated() -> bool:
    """Tell whether the operator chose the policy set open: every move is free, unsigned."""
    return bool(settings.POLICY_SET == OPEN)


@cache
def open_policies() -> tuple[Policy, ...]:
    """The shipped set that asks for nothing. It is never proposed, signed or kept as a row."""
    contents = (read_content(path.read_text()) for path in sorted(OPEN_FILES.glob("*.yaml")))
    return tuple(
        replace(policy_from(content, number=1, digest=digest(content)), is_open=True)
        for content in contents
    )


def policies_in_force(*, by: datetime | None = None) -> list[Policy]:
    """The policies that people signed; those of the open set, and no other, where it is chosen.

    With `by`, those that held at that moment; which set is chosen, the operator says of now.
    """
    if nothing_is_gated():
        return list(open_policies())
    return [policy_of(row) for row in PolicyVersion.objects.in_force(by=by).order_by("key")]


def subject_of(model: Model, *, slot: str, source: Stage, target: Stage, at: datetime) -> Subject:
    """Return what policies tell the moves of a model's version apart by at that moment."""
    return Subject(
        tier=model.tier_at(at) or 0,
        kind=model.kind,
        source=source,
        target=target,
        slot=slot,
        ai_act_class=model.ai_act_class,
        unit=model.unit.path,
        jurisdictions=frozenset(model.jurisdiction_codes),
    )


def policy_of_move(version: ModelVersion, *, slot: Slot, target: Stage, at: datetime) -> Policy:
    """Return the policy in force under which a version would go there now, or raise NoPolicy."""
    subject = subject_of(
        version.model, slot=slot.name, source=Stage(version.stage), target=target, at=at
    )
    return policy_for(policies_in_force(), subject)


def judged_metrics() -> set[str]:
    """Return every metric that some policy in force judges."""
    return {metric for policy in policies_in_force() for metric in policy.metrics}


def policy_versions(*, by: datetime | None = None) -> list[PolicyVersion]:
    """Return every version of every policy, or those proposed by then: by key, newest first."""
    rows = PolicyVersion.objects.filter(proposed_at__lte=by) if by else PolicyVersion.objects.all()
    return list(rows.order_by("key", "-number"))


def signed_policies(
    *, by: datetime | None = None
) -> list[tuple[PolicyVersion, Sequence[PolicySignOff]]]:
    """Return the same by key and number, each with who had signed it, in two queries."""
    rows = sorted(policy_versions(by=by), key=lambda row: (row.key, row.number))
    given = PolicySignOff.objects.filter(policy__in=rows).select_related("printed_name")
    known = given.filter(signed_at__lte=by) if by else given
    by_row = by_key(known.order_by("signed_at", "pk"), lambda one: one.policy_id)
    return [(row, by_row[row.pk]) for row in rows]


def policy_by_id(policy_id: UUID) -> PolicyVersion:
    """Return the version, or raise PolicyNotFound. The firm's rules are open to all who sign in."""
    row = PolicyVersion.objects.filter(pk=policy_id).first()
    if row is None:
        raise PolicyNotFound("There is no such policy version.")
    return row


def policy_sign_offs(row: PolicyVersion, *, by: datetime | None = None) -> Sequence[PolicySignOff]:
    given = row.sign_offs.filter(signed_at__lte=by) if by else row.sign_offs.all()
    return list(given.select_related("signer", "printed_name", "comment").order_by("signed_at"))
