"""The conditions of an approval: kept with the signature, findings once the stage changes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import cast

from governance.approvals.models import Condition, ConditionFinding, PromotionRequest, SignOff
from governance.approvals.rules.conditions import ConditionDraft, condition_problems
from governance.audit import actions as audit
from governance.core.errors import InvalidInput
from governance.core.models import Record
from governance.core.wording import as_date
from governance.registry.models import ModelVersion
from governance.validation.actions.findings import insert_finding
from governance.validation.queries import possible_owners
from governance.validation.rules import FindingDraft


def require_conditions(
    conditions: Sequence[ConditionDraft], *, version: ModelVersion, at: datetime
) -> None:
    """Raise InvalidInput, naming each wrong place."""
    if not conditions:
        return
    owners = [user.ref for user in possible_owners(version.model)]
    if problems := list(condition_problems(conditions, owners=owners, today=as_date(at))):
        raise InvalidInput(*problems)


def insert_conditions(
    signed: SignOff, conditions: Sequence[ConditionDraft], *, version: ModelVersion
) -> list[Record]:
    """Insert the rows; the caller has checked them and appends the entry."""
    owners = {user.ref: user for user in possible_owners(version.model)} if conditions else {}
    return [
        Condition.objects.create(
            sign_off=signed,
            number=number,
            severity=one.severity,
            text=audit.write_prose(one.text.strip()),
            owner=owners[one.owner],
            due_date=cast("date", one.due_date),  # condition_problems refuses a missing one
        )
        for number, one in enumerate(conditions, start=1)
    ]


def open_conditions(
    request: PromotionRequest, *, counting: Collection[str], at: datetime
) -> list[Record]:
    """Make a finding of each condition of the signatures that count; return every row written.

    Called in the transaction that changes the stage, under the model's lock.
    """
    rows = (
        Condition.objects.filter(sign_off__request=request)
        .select_related("sign_off__signer", "text", "owner")
        .order_by("sign_off__signed_at", "number")
    )
    written: list[Record] = []
    for row in rows:
        if row.sign_off.ref in counting:
            written += _open(row, request.version, at=at)
    return written


def _open(row: Condition, version: ModelVersion, *, at: datetime) -> list[Record]:
    draft = FindingDraft(
        severity=row.severity,
        title=str(row.text),
        description=f"A condition of the approval {row.sign_off.request.reference}.",
        remediation="Meet the condition, and have it closed with the evidence.",
        owner=row.owner.ref,
        due_date=row.due_date,
    )
    finding = insert_finding(version, draft, row.sign_off.signer, at=at)
    return [finding, ConditionFinding.objects.create(condition=row, finding=finding)]
