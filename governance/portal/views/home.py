"""Home, and the list of decisions."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from governance.portal.pages.decision_list import decisions_page
from governance.portal.pages.examinations import examiner_page
from governance.portal.pages.home import home_page
from governance.portal.pages.past_decision import past_decisions_page
from governance.portal.requests import PageRequest, instant_of, query_without


def home(request: PageRequest) -> HttpResponse:
    """What waits for the reader comes first; then what changed, is due and is live.

    An examiner comes to the set of their examination instead.
    """
    if request.user.is_examiner:
        page = examiner_page(request.user, at=timezone.now())
        return render(request, "examinations/home.html", {"page": page})
    return render(request, "home/home.html", {"home": home_page(request.user, at=timezone.now())})


def decisions(request: PageRequest) -> HttpResponse:
    """Open and closed requests of the models that the reader may see; `?as_of=` as of then."""
    at = timezone.now()
    model, number = request.GET.get("model", ""), request.GET.get("page")
    if instant := instant_of(request, at=at):
        past = past_decisions_page(request.user, instant, model=model, number=number, at=at)
        context = {"page": past, "query": query_without(request, "page")}
        return render(request, "decisions/past_list.html", context)
    page = decisions_page(request.user, model=model, number=number, at=at)
    context = {"decisions": page, "query": query_without(request, "page")}
    return render(request, "decisions/list.html", context)
