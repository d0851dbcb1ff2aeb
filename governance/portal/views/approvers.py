"""Who can approve, or could on a past day."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from governance.approvals.queries.cases import RequestNotFound
from governance.inventory.queries import model_named
from governance.portal import links
from governance.portal.forms.approvers import ApproversQuery
from governance.portal.pages.approvers import approvers_page
from governance.portal.requests import PageRequest, instant_of
from governance.portal.views.past import not_yet


def approvers(request: PageRequest, name: str) -> HttpResponse:
    """Who held which role for a request or a version, and what kept whom from signing."""
    at = timezone.now()
    model = model_named(name, actor=request.user, at=at)
    asked = ApproversQuery(request.GET)
    if not asked.is_valid():
        raise RequestNotFound("There is no such request, and no such version.")
    instant, here = instant_of(request, at=at), links.approvers(model)
    if instant and model.created_at > instant.moment:
        title = f"Who could approve {model.name}"
        return not_yet(request, instant, title, since=model.created_at, present=here)
    page = approvers_page(
        model,
        request_id=asked.cleaned_data["request"],
        number=asked.cleaned_data["version"],
        at=at,
        instant=instant,
    )
    return render(request, "approvers/page.html", {"page": page, "model": model})
