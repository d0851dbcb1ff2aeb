"""What a change of stage still lacks, whose it is to give, in words and for programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from governance.accounts.models import User
from governance.accounts.queries import holders_of
from governance.accounts.rules import Role
from governance.approvals.queries.cases import Case
from governance.approvals.queries.chairs import Chair, chairs
from governance.approvals.rules.gates import CheckResult
from governance.inventory.models import Model


@dataclass(frozen=True, kw_only=True)
class Gap:
    """One thing that is missing: in words, for programs, and whose it is to give."""

    sentence: str
    shown: dict[str, Any]
    role: Role
    people: Sequence[User]


def gaps_of(case: Case, *, reader: User, at: datetime) -> list[Gap]:
    """Return the checks that are not met, and then the signatures that are not given."""
    return [
        *(_unmet(check, case.version.model, at=at) for check in case.judgement.unmet_checks),
        *(_vacant(chair) for chair in chairs(case, reader=reader, at=at) if chair.missing > 0),
    ]


def people_of(gaps: Sequence[Gap]) -> list[dict[str, str]]:
    """Return each person once per role, in the order of what is missing."""
    pairs = dict.fromkeys((gap.role, person.name) for gap in gaps for person in gap.people)
    return [{"role": role.value, "name": name} for role, name in pairs]


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
