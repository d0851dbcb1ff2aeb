"""Requests for information: raised by examiners, answered by the firm."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone

from governance.accounts.models import User
from governance.evidence.actions.examining import (
    accept_information_request,
    answer_information_request,
    assign_information_request,
    follow_up_information_request,
    raise_information_request,
    withdraw_information_request,
)
from governance.evidence.models import InformationRequest
from governance.evidence.queries.examining import information_request_by_id
from governance.inventory.models import Model
from governance.portal import evidence_links
from governance.portal.errors import attempt, status_of_form
from governance.portal.forms.base import SiteForm
from governance.portal.forms.examinations import (
    AnswerForm,
    AssignForm,
    FollowUpForm,
    InformationForm,
)
from governance.portal.pages.information_requests import (
    people_to_assign,
    records_to_attach,
    request_page,
    requests_page,
)
from governance.portal.requests import PageRequest, about


def information_requests(request: PageRequest) -> HttpResponse:
    """What the reader asks, answers or keeps."""
    page = requests_page(request.user, at=timezone.now())
    return render(request, "information_requests/list.html", {"page": page})


def new_information_request(request: PageRequest) -> HttpResponse:
    """Ask for information, as an examiner."""
    at = timezone.now()
    models = {str(row.pk): row for row in Model.objects.visible_to(request.user, at=at)}
    form = InformationForm(
        request.POST if request.method == "POST" else None,
        initial={"page": request.GET.get("page", "")},
        models=sorted(((key, row.name) for key, row in models.items()), key=lambda one: one[1]),
    )
    said = form.cleaned_data if form.is_bound and form.is_valid() else None
    raised = (
        attempt(
            request,
            form,
            raise_information_request,
            keep={},
            actor=request.user,
            at=at,
            **(said | {"model": models.get(said["model"])}),
        )
        if said
        else None
    )
    if raised is None:
        context = {"form": form, "about": form["page"].value() or ""}
        status = status_of_form(form)
        return render(request, "information_requests/new.html", context, status=status)
    messages.success(request, f"Request {raised.number} is raised.")
    return HttpResponseRedirect(evidence_links.information_request(raised))


def information_request(request: PageRequest, information_id: UUID) -> HttpResponse:
    """One request, what was said, and what the reader may say."""
    return _show(request, _request(request, information_id, at=timezone.now()))


def assign(request: PageRequest, information_id: UUID) -> HttpResponse:
    """Give a request to somebody to answer."""
    at = timezone.now()
    row = _request(request, information_id, at=at)
    form = AssignForm(request.POST, people=people_to_assign(at=at))
    said = form.cleaned_data if form.is_valid() else None
    given = (
        attempt(
            request,
            form,
            assign_information_request,
            keep={},
            request_id=row.pk,
            assignee=User.objects.get(pk=said["assignee"]),
            actor=request.user,
            at=at,
        )
        if said
        else None
    )
    if given is None:
        return _show(request, row, assigning=form)
    messages.success(request, f"{given.assignee.name} sees it on their home page.")
    return HttpResponseRedirect(evidence_links.information_request(row))


def answer(request: PageRequest, information_id: UUID) -> HttpResponse:
    """Answer a request, and name records that show it."""
    row = _request(request, information_id, at=timezone.now())
    form = AnswerForm(request.POST, records=records_to_attach(row))
    if not _say(request, row, form, answer_information_request):
        return _show(request, row, answering=form)
    messages.success(request, "It is answered.")
    return HttpResponseRedirect(evidence_links.information_request(row))


def follow_up(request: PageRequest, information_id: UUID) -> HttpResponse:
    """Ask on."""
    row = _request(request, information_id, at=timezone.now())
    form = FollowUpForm(request.POST)
    if not _say(request, row, form, follow_up_information_request):
        return _show(request, row, following=form)
    messages.success(request, "It waits for an answer again.")
    return HttpResponseRedirect(evidence_links.information_request(row))


def _say(
    request: PageRequest, row: InformationRequest, form: SiteForm, act: Callable[..., Any]
) -> bool:
    """Say what stands in the form, and tell whether it was said."""
    if not form.is_valid():
        return False
    said = attempt(
        request, form, act, keep={}, request_id=row.pk, actor=request.user, at=timezone.now(),
        **form.cleaned_data,
    )  # fmt: skip
    return said is not None


def accept(request: PageRequest, information_id: UUID) -> HttpResponse:
    """Take the answer for enough."""
    at = timezone.now()
    row = _request(request, information_id, at=at)
    accept_information_request(request_id=row.pk, actor=request.user, at=at)
    messages.success(request, f"Request {row.number} is accepted.")
    return HttpResponseRedirect(evidence_links.information_request(row))


def withdraw(request: PageRequest, information_id: UUID) -> HttpResponse:
    """Take a request back."""
    at = timezone.now()
    row = _request(request, information_id, at=at)
    withdraw_information_request(request_id=row.pk, actor=request.user, at=at)
    messages.success(request, f"Request {row.number} is withdrawn.")
    return HttpResponseRedirect(evidence_links.information_request(row))


def _show(
    request: PageRequest,
    row: InformationRequest,
    *,
    assigning: AssignForm | None = None,
    answering: AnswerForm | None = None,
    following: FollowUpForm | None = None,
) -> HttpResponse:
    at = timezone.now()
    page = request_page(row, reader=request.user, at=at)
    tried: SiteForm | None = assigning or answering or following
    context = {"page": page, "asked": row, "following": following or FollowUpForm()}
    if page.can_assign:
        context["assigning"] = assigning or AssignForm(people=people_to_assign(at=at))
    if page.can_answer:
        context["answering"] = answering or AnswerForm(records=records_to_attach(row))
    status = status_of_form(tried) if tried else None
    return render(request, "information_requests/request.html", context, status=status)


def _request(request: PageRequest, information_id: UUID, *, at: datetime) -> InformationRequest:
    row = information_request_by_id(information_id, actor=request.user, at=at)
    about(request, subject=row.ref, stream=row.examination.stream)
    return row
