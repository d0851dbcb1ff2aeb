"""What a caller is told when a change of stage waits for people or for better numbers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from governance.accounts.models import User
from governance.approvals.actions import Asked, Outcome
from governance.approvals.models import PromotionRequest
from governance.approvals.queries.cases import Case
from governance.approvals.queries.gaps import Gap, gaps_of, people_of
from governance.core.errors import Refused
from governance.mlflow_api.links import decision_link
from governance.mlflow_api.parsing import STAGE_NAMES
from governance.registry.rules import Stage


class ApprovalOutstanding(Refused):
    """The request stands, the version does not move yet.

    `facts` may go on record; `shown` is for the caller alone, because it names people.
    """

    code = "approval_missing"

    def __init__(self, message: str, *, shown: dict[str, Any], **facts: Any) -> None:
        super().__init__(message, **facts)
        self.shown = shown


def approval_outstanding(
    request: PromotionRequest, case: Case, *, reader: User, at: datetime
) -> ApprovalOutstanding:
    """Return the refusal: what is missing, who can give it, and where."""
    gaps = gaps_of(case, reader=reader, at=at)
    return ApprovalOutstanding(
        _message(request, case, gaps),
        shown={"missing": [gap.shown for gap in gaps], "who": people_of(gaps)},
        subject=case.version.ref,
        stream=case.version.model.stream,
        request=str(request.pk),
        checks=[check.id for check in case.judgement.unmet_checks],
        roles=[role.value for state in case.judgement.missing_needs for role in state.open_roles],
    )


def outstanding_of(asked: Asked, *, reader: User, at: datetime) -> ApprovalOutstanding | None:
    """Return the refusal that an answer amounts to; None when the version is where it should be."""
    if asked.outcome == Outcome.MOVED or asked.request is None or asked.case is None:
        return None
    return approval_outstanding(asked.request, asked.case, reader=reader, at=at)


def first_outstanding(
    waiting: Sequence[Asked], *, reader: User, at: datetime
) -> ApprovalOutstanding | None:
    """Return the refusal of the first of several questions, which names them all."""
    refusals = [outstanding_of(asked, reader=reader, at=at) for asked in waiting]
    standing = [refusal for refusal in refusals if refusal is not None]
    if not standing:
        return None
    first = standing[0]
    first.shown["requests"] = [
        {"request": one.facts["request"], "link": decision_link(one.facts["request"])}
        for one in standing
    ]
    return first


def _message(request: PromotionRequest, case: Case, gaps: Sequence[Gap]) -> str:
    target = STAGE_NAMES[Stage.DRAFT] if request.target == Stage.DRAFT else request.goal
    sentences = [
        f"{case.version} does not move to {target} yet: promotion request "
        f"{request.reference} is open.",
        *(gap.sentence for gap in gaps),
        f"Read and decide at {decision_link(request.pk)}",
    ]
    return " ".join(sentences)
