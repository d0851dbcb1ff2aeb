"""A refusal explained: the rule in words, the facts behind it, who can act, the way back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest
from django.urls import Resolver404, resolve

from governance.accounts.models import Unit
from governance.accounts.permissions import Permission, roles_with
from governance.accounts.queries import holders_of
from governance.core.errors import DomainError
from governance.portal.pages.may import listed

HEADINGS = {
    "approval_missing": "This needs more signatures.",
    "already_decided": "These same facts were refused before.",
    "checks_not_met": "Nobody can approve this yet.",
    "duties_not_separated": "You had a hand in this, so you can’t sign it.",
    "inventory_incomplete": "The inventory record is not complete.",
    "no_policy": "No policy leads there.",
    "not_independent": "You are too close to this to judge it.",
    "not_the_owner": "Somebody else owns this record.",
    "not_the_requester": "Somebody else asked for this.",
    "not_the_validator": "Somebody else wrote this report.",
    "nothing_to_roll_back_to": "There is nothing to roll back to.",
    "own_account": "This is your own account.",
    "password_wrong": "That was not your password.",
    "permission_missing": "This takes a role that you don’t hold.",
    "sign_off_not_needed": "No signature of yours is asked for.",
}
BY_STATUS = {
    HTTPStatus.FORBIDDEN: "You can’t do this here.",
    HTTPStatus.CONFLICT: "This has changed in the meantime.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "This can’t be taken as it is.",
}
RULES = {
    "developer_signs_not": "Whoever built a model signs none of its versions.",
    "nobody_signs_twice": "Nobody signs the same thing twice.",
    "owner_signs_not": "Whoever owns or owned a model signs none of its versions.",
    "proposer_signs_not": "Whoever proposed a policy does not sign it.",
    "registrant_signs_not": "Whoever answers for registering a version does not sign it.",
    "requester_signs_not": "Whoever asked for a change does not sign it.",
    "validator_approves_not": "Whoever validated a version does not approve it as well.",
}
LABELS = {
    "checks": "Checks not met",
    "missing": "The record lacks",
    "problems": "What is wrong",
    "roles": "Signatures missing",
    "source": "From",
    "target": "To",
    "tier": "Tier",
}
"""The facts of an error that mean something to a person, and how they are called."""


@dataclass(frozen=True, kw_only=True)
class Refusal:
    heading: str
    code: str
    message: str
    rules: Sequence[str]
    facts: Sequence[tuple[str, str]]
    who: str
    back: str
    is_recorded: bool


def refusal(
    error: DomainError,
    request: HttpRequest,
    *,
    status: HTTPStatus,
    is_recorded: bool,
    at: datetime,
) -> Refusal:
    """Put the error into words for whoever was refused."""
    return Refusal(
        heading=HEADINGS.get(error.code) or BY_STATUS.get(status, BY_STATUS[HTTPStatus.FORBIDDEN]),
        code=error.code.replace("_", " "),
        message=error.message,
        rules=[RULES[rule] for rule in error.facts.get("rules", ()) if rule in RULES],
        facts=[(LABELS[key], said(value)) for key, value in error.facts.items() if key in LABELS],
        who=who_can(error.facts, at=at),
        back=page_above(request.path),
        is_recorded=is_recorded,
    )


def said(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def who_can(facts: Mapping[str, Any], *, at: datetime) -> str:
    """Name those who hold the permission that was missing, in its unit."""
    unit = Unit.objects.filter(path=facts.get("unit", "")).first()
    wanted = facts.get("permission")
    if unit is None or wanted not in list(Permission):
        return ""
    roles = roles_with(Permission(wanted))
    people = {user.name for role in roles for user in holders_of(role, unit=unit, at=at)}
    return f"In {unit.name}: {listed(sorted(people))}." if people else f"Nobody in {unit.name} yet."


def page_above(path: str) -> str:
    """The nearest page over this address: of the record that the refused step belonged to."""
    parts = path.strip("/").split("/")
    for end in range(len(parts) - 1, 0, -1):
        above = f"/{'/'.join(parts[:end])}/"
        try:
            resolve(above)
        except Resolver404:
            continue
        return above
    return "/"
