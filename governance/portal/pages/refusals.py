"""A refusal explained: the rule in words, the facts behind it, who can act, the way back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.urls import Resolver404, resolve

from governance.accounts.models import User
from governance.accounts.queries import who_can
from governance.approvals.models import PromotionRequest
from governance.approvals.queries.cases import case_of, request_by_id
from governance.approvals.queries.chairs import chairs
from governance.approvals.rules.duties import DutiesNotSeparated
from governance.approvals.rules.explanations import EXPLAINED
from governance.audit.models import LedgerEntry
from governance.core.errors import DomainError
from governance.portal import links
from governance.portal.pages.reasons import Ground, Reason, reasons_behind
from governance.portal.pages.verdicts import vacancy
from governance.portal.requests import what_about

HEADINGS = {
    "approval_missing": "This needs more signatures.",
    "already_attested": "This record is attested to already.",
    "already_decided": "These same facts were refused before.",
    "another_share_asked": "Another share is asked for already.",
    "approval_lapsed": "This approval no longer stands.",
    "asked_meanwhile": "Somebody has asked for it meanwhile.",
    "awaits_decision": "A request waits for its decision.",
    "campaign_not_due": "The next campaign is not due.",
    "campaign_over": "This campaign is over.",
    "change_awaits_review": "This waits for a review.",
    "checks_not_met": "Nobody can approve this yet.",
    "duties_not_separated": "You had a hand in this, so you can’t sign it.",
    "examination_not_open": "This examination has not begun.",
    "examination_over": "This examination is over.",
    "examiners_account": "This is the account of an examiner.",
    "examiners_read": "An examiner reads.",
    "information_request_over": "This request for information is closed.",
    "inventory_incomplete": "The inventory record is not complete.",
    "model_consumed": "Other models rest on this one.",
    "model_retired": "This model is retired.",
    "no_emergency": "No policy knows an emergency here.",
    "no_policy": "No policy leads there.",
    "not_a_model": "This is no model by its record.",
    "not_independent": "You are too close to this to judge it.",
    "not_overridable": "This check can’t be overridden.",
    "not_serving": "This version does not serve there.",
    "not_the_owner": "Somebody else owns this record.",
    "not_the_requester": "Somebody else asked for this.",
    "not_the_validator": "Somebody else wrote this report.",
    "not_your_change": "Somebody else’s change.",
    "not_your_turn": "Others sign before you.",
    "not_yours_to_answer": "Somebody else answers this.",
    "not_yours_to_ask": "Only an examiner asks here.",
    "nothing_answered": "There is no answer yet.",
    "nothing_to_answer": "This is answered already.",
    "nothing_to_roll_back_to": "There is nothing to roll back to.",
    "override_changed": "What was to be overridden has changed.",
    "own_account": "This is your own account.",
    "policy_decided": "This policy version is decided.",
    "password_wrong": "That was not your password.",
    "permission_missing": "This takes a role that you don’t hold.",
    "request_closed": "This request is closed.",
    "sign_off_not_needed": "No signature of yours is asked for.",
    "unfit_examiner": "This account cannot examine.",
    "version_serves": "A version of it serves.",
    "not_your_waiver": "Somebody else’s waiver.",
    "record_changed": "The record has changed.",
    "waiver_decided": "Somebody has decided already.",
    "waiver_over": "This waiver is over.",
    "version_not_approved": "Nobody has approved this version.",
}
BY_STATUS = {
    HTTPStatus.FORBIDDEN: "You can’t do this here.",
    HTTPStatus.CONFLICT: "This has changed in the meantime.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "This can’t be taken as it is.",
}
LABELS = {
    "checks": "Checks not met",
    "field": "Field",
    "field_rule": "Rule of the field",
    "missing": "The record lacks",
    "problems": "What is wrong",
    "roles": "Signatures missing",
    "source": "From",
    "target": "To",
    "tier": "Tier",
}
"""The facts of an error that mean something to a person, and how they are called."""


SIGNING = frozenset(
    {"duties_not_separated", "not_your_turn", "permission_missing", "sign_off_not_needed"}
)
"""After these it helps to know who could sign the request instead."""


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """`because` gives the reasons with their entries, `signers` who could sign in which role.

    `entry` is where the attempt is on record; none if the one before says the same.
    """

    heading: str
    code: str
    message: str
    rules: Sequence[str]
    because: Sequence[Reason]
    facts: Sequence[tuple[str, str]]
    who: str
    signers: Sequence[tuple[str, str]]
    remedy: str
    back: str
    is_recorded: bool
    entry: Ground | None = None


def refusal(
    error: DomainError,
    request: HttpRequest,
    *,
    status: HTTPStatus,
    is_recorded: bool,
    at: datetime,
    entry: LedgerEntry | None = None,
) -> Refusal:
    """Put the error into words for whoever was refused."""
    known = EXPLAINED.get(error.code)
    subject, stream = what_about(request)
    bars = error.bars if isinstance(error, DutiesNotSeparated) else ()
    because = reasons_behind(bars, stream=error.stream or stream)
    signers = (
        signers_of(error.subject or subject, reader=request.user, at=at)
        if error.code in SIGNING and isinstance(request.user, User)
        else ()
    )
    who = who_can(error.facts, at=at)
    return Refusal(
        heading=HEADINGS.get(error.code) or BY_STATUS.get(status, BY_STATUS[HTTPStatus.FORBIDDEN]),
        code=error.code.replace("_", " "),
        message=error.message,
        rules=rules_of(because) or ([known.rule] if known else []),
        because=because,
        facts=[(LABELS[key], said(value)) for key, value in error.facts.items() if key in LABELS],
        who=who or (known.who if known and not signers else ""),
        signers=signers,
        remedy=known.remedy if known else "",
        back=page_above(request.path),
        is_recorded=is_recorded,
        entry=Ground(number=entry.seq, href=links.audit_entry(entry.pk)) if entry else None,
    )


def rules_of(because: Sequence[Reason]) -> list[str]:
    return list(dict.fromkeys(reason.rule for reason in because if reason.rule))


def signers_of(subject: str, *, reader: User, at: datetime) -> list[tuple[str, str]]:
    """Who could sign the request that a call was about: each missing role, with its people."""
    kind, _, key = subject.partition(":")
    if kind != PromotionRequest.REF:
        return []
    try:
        request = request_by_id(UUID(key), actor=reader, at=at)
        places = chairs(case_of(request, at=at), reader=reader, at=at)
    except DomainError:
        # Closed to the reader meanwhile, or no policy leads there any more.
        return []
    return [(chair.need.label, vacancy(chair)) for chair in places if chair.missing > 0]


def said(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


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
