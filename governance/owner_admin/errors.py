"""The one place where a refusal meets the admin: it goes on record, and onto the page."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from governance.accounts.models import User
from governance.accounts.queries import who_can
from governance.approvals.rules.explanations import EXPLAINED, Explanation
from governance.audit.actions import record_refusal
from governance.audit.models import LedgerEntry
from governance.core.errors import (
    DomainError,
    InvalidInput,
    NotAllowed,
    NotFound,
    Refused,
    WrongState,
)

STATUS: dict[type[DomainError], HTTPStatus] = {
    NotFound: HTTPStatus.NOT_FOUND,
    NotAllowed: HTTPStatus.FORBIDDEN,
    Refused: HTTPStatus.FORBIDDEN,
    WrongState: HTTPStatus.CONFLICT,
    InvalidInput: HTTPStatus.UNPROCESSABLE_ENTITY,
}
ON_RECORD = (NotAllowed, Refused, WrongState)
"""What is recorded: refused attempts. A typing error and a wrong address are neither."""


class AdminClosed(NotAllowed):
    """The caller holds nothing that the admin is for."""

    code = "admin_closed"


class OutOfReach(NotAllowed):
    """The admin has this page for others, or for nobody: nothing is deleted in it."""

    code = "out_of_reach"


OWN = {
    AdminClosed.code: Explanation(
        rule="The admin is where owners keep the inventory and administrators keep accounts.",
        remedy="Read the model in the portal, or ask an administrator for the role.",
        who="Model owners and administrators.",
    ),
    OutOfReach.code: Explanation(
        rule="Every change is made by a role that may make it, and nothing is deleted.",
        remedy="Go back to the list: it has what your roles reach.",
        who="Whoever holds the role in the unit of the record.",
    ),
}
"""What stands behind the refusals of the admin itself."""


def status_of(error: DomainError) -> HTTPStatus:
    return next(
        (STATUS[kind] for kind in type(error).mro() if kind in STATUS), HTTPStatus.FORBIDDEN
    )


def answer_refusals(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Wrap a view of the admin; what it refuses is answered after the rollback, and recorded."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except PermissionDenied:
            return refuse(request, OutOfReach("Your roles do not reach this, or nobody's do."))
        except DomainError as error:
            return refuse(request, error)

    return wrapped


def refuse(request: HttpRequest, error: DomainError) -> HttpResponse:
    """Put the refusal on record and explain it. Raises Http404 for what may not be known of."""
    entry = put_on_record(request, error)
    status = status_of(error)
    if status == HTTPStatus.NOT_FOUND:
        raise Http404
    told = {
        "error": error,
        "explanation": (OWN | EXPLAINED).get(error.code),
        "who": who_can(error.facts, at=timezone.now()),
        "entry": entry,
    }
    return render(request, "403.html", told, status=status)


def put_on_record(request: HttpRequest, error: DomainError) -> LedgerEntry | None:
    """Write `call.refused` for a refused attempt to change something, and return the entry.

    Reading leaves none, and an attempt like the one before no second.
    """
    user = request.user
    reading = request.method in {"GET", "HEAD"}
    if reading or not isinstance(error, ON_RECORD) or not isinstance(user, User):
        return None
    match = request.resolver_match
    return record_refusal(
        call=match.view_name if match else request.path,
        actor=user.ref,
        subject=error.subject or user.ref,
        stream=error.stream or "firm",
        error=error,
        at=timezone.now(),
    )


def put_on_form(form: BaseForm, error: DomainError) -> None:
    """Add the refusal to the fields that it is about, else to the form as a whole."""
    if not isinstance(error, InvalidInput):
        form.add_error(None, error.message)
        return
    for problem in error.problems:
        form.add_error(problem.field if problem.field in form.fields else None, problem.message)
