"""Who may approve another tier than the questionnaire gives, and until when that may be."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from governance.accounts.rules import Role
from governance.core.canonical import digest
from governance.core.errors import Problem
from governance.inventory.rules.questionnaires import Scorecard, Verdict
from governance.inventory.rules.questionnaires.scorecards import Direction


@dataclass(frozen=True, kw_only=True)
class Chair:
    """One of those whom the questionnaire names as approvers, and who has approved as such."""

    capacity: str
    roles: tuple[Role, ...]
    approved_by: str = ""

    @property
    def label(self) -> str:
        return self.capacity.replace("_", " ")


def direction_of(card: Scorecard, *, tier: int, to_tier: int) -> Direction:
    """What an override from one tier to the other needs."""
    return card.downward if to_tier > tier else card.upward


def chairs(
    direction: Direction,
    roles: Mapping[str, tuple[Role, ...]],
    *,
    approved: Mapping[str, str],
) -> list[Chair]:
    """Return the chairs of an override in the file's order; `approved` is who sits in which."""
    return [
        Chair(capacity=name, roles=roles.get(name, ()), approved_by=approved.get(name, ""))
        for name in direction.approvers
    ]


def chairs_for(found: Sequence[Chair], held: Collection[Role]) -> list[Chair]:
    """Return the chairs that are still empty and that somebody of these roles could take."""
    return [one for one in found if not one.approved_by and set(one.roles) & set(held)]


def bars_to_approving(
    person: str, *, builders: Collection[str], proposer: str, approved: Collection[str]
) -> Iterator[str]:
    """Say, in sentences, why this person cannot approve an override, whatever their role."""
    if person in builders:
        yield "You own or built this model, or once did."
    if person == proposer:
        yield "You proposed this override."
    if person in approved:
        yield "You have approved it already."


def as_form_problems(verdict: Verdict) -> list[Problem]:
    """Return what stands against an override, by the field of whoever proposes it."""
    return [
        Problem(field=one.field.removeprefix("override."), rule=one.rule, message=one.message)
        for one in verdict.reasons
    ]


def override_digest(
    *, assessment: str, to_tier: int, rationale: str, ends_date: date | None
) -> str:
    """Return the digest of what an approver of an override approves."""
    stated: dict[str, Any] = {
        "assessment": assessment,
        "to_tier": to_tier,
        "rationale": rationale,
        "ends_date": ends_date,
    }
    return digest(stated)
