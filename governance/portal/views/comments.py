"""Saying something about a version."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseRedirect
from django.utils import timezone

from governance.portal import links
from governance.portal.errors import perform
from governance.portal.forms.comments import CommentForm
from governance.portal.requests import PageRequest, about
from governance.portal.views.inventory import show_version
from governance.registry.actions import comment_on_version
from governance.registry.queries import version_numbered


def comment(request: PageRequest, name: str, number: int) -> HttpResponse:
    """Add a comment and show it; what is none comes back with what was typed."""
    at = timezone.now()
    version = version_numbered(name, number, actor=request.user, at=at)
    about(request, subject=version.ref, stream=version.model.stream)
    form = CommentForm(request.POST)
    if not form.is_valid():
        return show_version(request, version, form)
    text = form.cleaned_data["comment"]
    if not perform(form, comment_on_version, version=version, text=text, actor=request.user, at=at):
        return show_version(request, version, form)
    return HttpResponseRedirect(f"{links.version(version)}#comments")
