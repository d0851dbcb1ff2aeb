"""Comments on the sections of a card."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone

from governance.cards.actions import comment_on_section, settle_comment
from governance.cards.models import CardRevision
from governance.cards.queries import card_revisions
from governance.cards.rules.sections import BY_KEY
from governance.core.typed import count_of
from governance.portal import links
from governance.portal.errors import perform, status_of_form
from governance.portal.forms.cards import SectionCommentForm
from governance.portal.pages.cards import revision_shown
from governance.portal.requests import PageRequest, about
from governance.registry.models import ModelVersion
from governance.registry.queries import version_numbered


def comment_section(request: PageRequest, name: str, number: int, section: str) -> HttpResponse:
    """Say something of one section, as it stands in the revision that was read, or in the draft."""
    at = timezone.now()
    version = version_numbered(name, number, actor=request.user, at=at)
    about(request, subject=version.ref, stream=version.model.stream)
    form = SectionCommentForm(request.POST)
    if form.is_valid():
        comment = perform(
            form,
            comment_on_section,
            version=version,
            section=section,
            text=form.cleaned_data["comment"],
            revision=_revision(version, request.POST.get("revision", "")),
            actor=request.user,
            at=at,
        )
        if comment is not None:
            return HttpResponseRedirect(f"{links.card(version)}#{section}")
    context = {"form": form, "version": version, "section": BY_KEY.get(section)}
    return render(request, "cards/comment.html", context, status=status_of_form(form))


def settle(request: PageRequest, name: str, number: int, comment_id: UUID) -> HttpResponse:
    """Say that a comment is dealt with."""
    at = timezone.now()
    version = version_numbered(name, number, actor=request.user, at=at)
    about(request, subject=version.ref, stream=version.model.stream)
    comment = settle_comment(comment_id=comment_id, actor=request.user, at=at)
    messages.success(request, "The comment is settled.")
    return HttpResponseRedirect(f"{links.card(version)}#{comment.section}")


def _revision(version: ModelVersion, number: str) -> CardRevision | None:
    asked = count_of(number)
    return None if asked is None else revision_shown(card_revisions(version), asked)
