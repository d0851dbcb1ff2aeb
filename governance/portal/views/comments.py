"""Saying something about a version, on its page or on that of a decision about it."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.utils import timezone

from governance.approvals.queries.cases import request_by_id
from governance.portal import links
from governance.portal.errors import perform
from governance.portal.forms.comments import CommentForm
from governance.portal.requests import PageRequest, about
from governance.portal.views.decisions import show_decision
from governance.portal.views.inventory import show_version
from governance.registry.actions import comment_on_version
from governance.registry.models import ModelVersion
from governance.registry.queries import version_numbered


def comment(request: PageRequest, name: str, number: int) -> HttpResponse:
    """Add a comment and show it; what is none comes back with what was typed."""
    version = version_numbered(name, number, actor=request.user, at=timezone.now())
    about(request, subject=version.ref, stream=version.model.stream)
    form = CommentForm(request.POST)
    if not _add(request, version, form):
        return show_version(request, version, form)
    return HttpResponseRedirect(f"{links.version(version)}#comments")


def comment_on_request(request: PageRequest, request_id: UUID) -> HttpResponse:
    """The same, from the page of a decision: what is said there is said of the version."""
    row = request_by_id(request_id, actor=request.user, at=timezone.now())
    about(request, subject=row.version.ref, stream=row.version.model.stream)
    form = CommentForm(request.POST)
    if not _add(request, row.version, form):
        return show_decision(request, row, comment_form=form)
    return HttpResponseRedirect(f"{links.decision(row)}#conversation")


def _add(request: PageRequest, version: ModelVersion, form: CommentForm) -> bool:
    if not form.is_valid():
        return False
    text, at = form.cleaned_data["comment"], timezone.now()
    return bool(
        perform(form, comment_on_version, version=version, text=text, actor=request.user, at=at)
    )
