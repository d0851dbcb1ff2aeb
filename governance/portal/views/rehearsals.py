"""Rehearsing a policy before anybody proposes or signs it. Nothing is stored."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from governance.approvals.queries.rehearsals import a_year_before
from governance.portal.errors import perform, status_of_form
from governance.portal.forms.policies import RehearseForm
from governance.portal.pages.policies import may_propose
from governance.portal.pages.rehearsal import RehearsalPage, rehearsal_page
from governance.portal.requests import PageRequest
from governance.portal.views.policies import starting_text


def rehearse_policy(request: PageRequest) -> HttpResponse:
    """Judge what was decided and what serves by a text; `?from=` starts with that of a version.

    Whoever can sign in may read the rules, and try others on what they may see.
    """
    at = timezone.now()
    if request.method != "POST":
        initial = {"text": starting_text(request), "since": a_year_before(at)}
        return _page(request, RehearseForm(initial=initial), at=at)
    form = RehearseForm(request.POST)
    found = (
        perform(
            form,
            rehearsal_page,
            text=form.cleaned_data["text"].replace("\r\n", "\n"),
            since=form.cleaned_data["since"],
            reader=request.user,
            at=at,
        )
        if form.is_valid()
        else None
    )
    return _page(request, form, found, at=at)


def _page(
    request: PageRequest, form: RehearseForm, found: RehearsalPage | None = None, *, at: datetime
) -> HttpResponse:
    context = {"form": form, "found": found, "may_propose": may_propose(request.user, at=at)}
    return render(request, "policies/rehearse.html", context, status=status_of_form(form))
