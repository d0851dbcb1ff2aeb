"""The one place where a refusal of the domain becomes a page, and goes on record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from http import HTTPStatus
from typing import Any, TypeVar, cast

from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from governance.accounts.models import User
from governance.audit.actions import record_refusal
from governance.core.errors import (
    DomainError,
    InvalidInput,
    NotAllowed,
    NotFound,
    Refused,
    WrongState,
)
from governance.portal.forms.base import SiteForm
from governance.portal.pages.refusals import refusal
from governance.portal.requests import keep_entry, kept_entry, what_about

Result = TypeVar("Result")

STATUS: dict[type[DomainError], HTTPStatus] = {
    NotFound: HTTPStatus.NOT_FOUND,
    NotAllowed: HTTPStatus.FORBIDDEN,
    Refused: HTTPStatus.FORBIDDEN,
    WrongState: HTTPStatus.CONFLICT,
    InvalidInput: HTTPStatus.UNPROCESSABLE_ENTITY,
}
ON_RECORD = (NotAllowed, Refused, WrongState)
"""What is recorded: refused attempts. A typing error and a wrong address are neither."""


def status_of(error: DomainError) -> HTTPStatus:
    """Return the status of the nearest class in STATUS; a bare DomainError is a refusal."""
    return next(
        (STATUS[kind] for kind in type(error).mro() if kind in STATUS), HTTPStatus.FORBIDDEN
    )


Answer = Callable[..., HttpResponseBase]
"""How a page answers one kind of refusal itself: called with request, error and the URL's names."""


def answer_refusals(
    view: Callable[..., HttpResponseBase], answers: Mapping[type[DomainError], Answer] | None = None
) -> Callable[..., HttpResponseBase]:
    """Wrap a view: a DomainError becomes its page, after its transaction has rolled back.

    `answers` names the kinds that the page explains better than `explain` can.
    """

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except DomainError as error:
            put_on_record(request, error)
            own = next((a for kind, a in (answers or {}).items() if isinstance(error, kind)), None)
            return answer(request, error, own, **kwargs) if own else explain(request, error)

    return wrapped


def answer(
    request: HttpRequest, error: DomainError, own: Answer, **kwargs: Any
) -> HttpResponseBase:
    """Let the page answer; what keeps it from doing so is explained instead."""
    try:
        return own(request, error, **kwargs)
    except DomainError as obstacle:
        return explain(request, obstacle)


def perform(form: BaseForm, action: Callable[..., Result], /, **facts: Any) -> Result | None:
    """Call one domain action for a form. Invalid input goes back onto the form and gives None.

    Every other refusal passes through to the page that explains it.
    """
    try:
        return action(**facts)
    except InvalidInput as error:
        for problem in error.problems:
            known = problem.field in form.fields
            form.add_error(problem.field if known else None, problem.message)
        return None


def attempt(
    request: HttpRequest,
    form: SiteForm,
    action: Callable[..., Result],
    /,
    *,
    keep: Mapping[type[DomainError], str],
    **facts: Any,
) -> Result | None:
    """Like `perform`, and the form also survives the refusals of `keep`, with what was typed.

    `keep` names the field that each is shown at, or "" for the form as a whole. They go on record
    like any other refusal, and `form.refusal` tells the page which it was.
    """
    try:
        return perform(form, action, **facts)
    except tuple(keep) as error:
        put_on_record(request, error)
        form.refusal = error
        field = next(keep[kind] for kind in keep if isinstance(error, kind))
        form.add_error(field or None, error.message)
        return None


def status_of_form(form: SiteForm) -> HTTPStatus:
    """The status of a page that shows this form: of its refusal, or invalid, or fine."""
    if form.refusal is not None:
        return status_of(form.refusal)
    # An unbound form has no errors, and must not be made to look for some.
    failed = form.is_bound and bool(form.errors)
    return HTTPStatus.UNPROCESSABLE_ENTITY if failed else HTTPStatus.OK


def belongs_on_record(request: HttpRequest, error: DomainError) -> bool:
    return request.method not in {"GET", "HEAD"} and isinstance(error, ON_RECORD)


def put_on_record(request: HttpRequest, error: DomainError) -> None:
    """Write `call.refused` for a refused attempt to change something; reading leaves no entry."""
    if not belongs_on_record(request, error):
        return
    match = request.resolver_match
    actor = cast(User, request.user).ref
    subject, stream = what_about(request)
    entry = record_refusal(
        call=f"portal:{match.view_name if match else request.path}",
        actor=actor,
        subject=error.subject or subject or actor,
        stream=error.stream or stream or "firm",
        error=error,
        at=timezone.now(),
    )
    keep_entry(request, entry)


def explain(request: HttpRequest, error: DomainError) -> HttpResponse:
    """Render the refusal: what was refused, by which rule on which facts, and what would help."""
    status = status_of(error)
    if status == HTTPStatus.NOT_FOUND:
        return not_found(request, error)
    told = refusal(
        error,
        request,
        status=status,
        is_recorded=belongs_on_record(request, error),
        at=timezone.now(),
        entry=kept_entry(request),
    )
    return render(request, "403.html", {"refusal": told}, status=status)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler403: Django's own refusals."""
    return render(request, "403.html", {"refusal": None}, status=HTTPStatus.FORBIDDEN)


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """CSRF_FAILURE_VIEW. The reason is Django's, for programmers; the page says what to do."""
    return render(request, "403.html", {"refusal": None}, status=HTTPStatus.FORBIDDEN)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler404. What one may not see answers exactly like what does not exist."""
    return render(request, "404.html", status=HTTPStatus.NOT_FOUND)


def server_error(request: HttpRequest) -> HttpResponse:
    """handler500: a page that needs no database, no session and no shell."""
    return render(None, "500.html", status=HTTPStatus.INTERNAL_SERVER_ERROR)
