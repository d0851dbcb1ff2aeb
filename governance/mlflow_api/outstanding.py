"""What a caller is told when a change of stage waits for people or for better numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from governance.accounts.models import User
from governance.accounts.queries import holders_of
from governance.accounts.rules import Role
from governance.approvals.actions import Asked, Outcome
from governance.approvals.models import PromotionRequest
from governance.approvals.queries.cases import Case
from governance.approvals.queries.chairs import Chair, chairs
from governance.approvals.rules.gates import CheckResult
from governance.core.errors import Refused
from governance.inventory.models import Model
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


@dataclass(frozen=True, kw_only=True)
class Gap:
    """One thing that is missing: in words, for programs, and whose it is to give."""

    sentence: str
    shown: dict[str, Any]
    role: Role
    people: Sequence[User]


def approval_outstanding(
    request: PromotionRequest, case: Case, *, reader: User, at: datetime
) -> ApprovalOutstanding:
    """Return the refusal: what is missing, who can give it, and where."""
    checks = case.judgement.unmet_checks
    gaps = [
        *(_unmet(check, case.version.model, at=at) for check in checks),
        *(_vacant(chair) for chair in chairs(case, reader=reader, at=at) if chair.missing > 0),
    ]
    return ApprovalOutstanding(
        _message(request, case, gaps),
        shown={"missing": [gap.shown for gap in gaps], "who": _who(gaps)},
        subject=case.version.ref,
        stream=case.version.model.stream,
        request=str(request.pk),
        checks=[check.id for check in checks],
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


def _unmet(check: CheckResult, model: Model, *, at: datetime) -> Gap:
    role = check.mender
    people = _holders(role, model, at=at)
    return Gap(
        sentence=f"{check.label}: {check.sentence} To be mended by: {_named(role.label, people)}.",
        shown={
            "kind": "check",
            "id": check.id,
            "label": check.label,
            "outcome": check.outcome.value,
            "measured": check.measured,
            "required": check.required,
            "role": role.value,
        },
        role=role,
        people=people,
    )


def _vacant(chair: Chair) -> Gap:
    role = chair.need.roles[0]
    return Gap(
        sentence=f"Still to sign: {chair.missing} {_named(chair.need.label, chair.candidates)}.",
        shown={"kind": "sign_off", "role": role.value, "count": chair.missing}
        | ({"any_of": [one.value for one in chair.need.roles]} if chair.need.is_quorum else {}),
        role=role,
        people=chair.candidates,
    )


def _holders(role: Role, model: Model, *, at: datetime) -> Sequence[User]:
    """Return whose task it is: this model's own people, or else whoever holds the role there."""
    if role == Role.MODEL_OWNER and model.owner is not None:
        return [model.owner]
    if role == Role.DEVELOPER and (developers := list(model.developers.order_by("name"))):
        return developers
    return holders_of(role, unit=model.unit, at=at)


def _named(role: str, people: Sequence[User]) -> str:
    names = ", ".join(person.name for person in people) or "nobody holds this role"
    return f"{role.lower()} ({names})"


def _message(request: PromotionRequest, case: Case, gaps: Sequence[Gap]) -> str:
    target = STAGE_NAMES[Stage.DRAFT] if request.target == Stage.DRAFT else request.goal
    sentences = [
        f"{case.version} does not move to {target} yet: promotion request "
        f"{request.reference} is open.",
        *(gap.sentence for gap in gaps),
        f"Read and decide at {decision_link(request.pk)}",
    ]
    return " ".join(sentences)


def _who(gaps: Sequence[Gap]) -> list[dict[str, str]]:
    """Return each person once per role, in the order of what is missing."""
    pairs = dict.fromkeys((gap.role, person.name) for gap in gaps for person in gap.people)
    return [{"role": role.value, "name": name} for role, name in pairs]
