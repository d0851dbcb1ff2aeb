"""What a caller is told when a change of stage waits for people or for better numbers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from governance.accounts.models import User
from governance.approvals.actions import Asked, Outcome
from governance.approvals.models import PromotionRequest
from governance.approvals.queries.cases import Case, Chair, chairs
from governance.approvals.rules.gates import CheckResult
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
    checks = case.judgement.unmet_checks
    vacant = [chair for chair in chairs(case, reader=reader, at=at) if chair.missing > 0]
    return ApprovalOutstanding(
        _message(request, case, checks, vacant),
        shown={
            "missing": [*map(_check, checks), *map(_sign_off, vacant)],
            "who": [person for chair in vacant for person in _people(chair)],
        },
        subject=case.version.ref,
        stream=case.version.model.stream,
        request=str(request.pk),
        checks=[check.id for check in checks],
        roles=[chair.need.role.value for chair in vacant],
    )


def outstanding_of(asked: Asked, *, reader: User, at: datetime) -> ApprovalOutstanding | None:
    """Return the refusal that an answer amounts to; None when the version is where it should be."""
    if asked.outcome == Outcome.MOVED or asked.request is None or asked.case is None:
        return None
    return approval_outstanding(asked.request, asked.case, reader=reader, at=at)


def _message(
    request: PromotionRequest, case: Case, checks: Sequence[CheckResult], vacant: Sequence[Chair]
) -> str:
    target = STAGE_NAMES[Stage(request.target)]
    sentences = [
        f"{case.version} does not move to {target} yet: promotion request "
        f"{request.reference} is open.",
        *(f"{check.label}: {check.sentence}" for check in checks),
        *(_vacancy(chair) for chair in vacant),
        f"Read and decide at {decision_link(request.pk)}",
    ]
    return " ".join(sentences)


def _vacancy(chair: Chair) -> str:
    names = ", ".join(person.name for person in chair.candidates) or "nobody holds this role"
    role = chair.need.role.label.lower()
    return f"Still to sign: {chair.missing} {role} ({names})."


def _check(check: CheckResult) -> dict[str, Any]:
    return {
        "kind": "check",
        "id": check.id,
        "label": check.label,
        "outcome": check.outcome.value,
        "measured": check.measured,
        "required": check.required,
    }


def _sign_off(chair: Chair) -> dict[str, Any]:
    return {"kind": "sign_off", "role": chair.need.role.value, "count": chair.missing}


def _people(chair: Chair) -> list[dict[str, str]]:
    role = chair.need.role.value
    return [{"role": role, "name": person.name} for person in chair.candidates]
