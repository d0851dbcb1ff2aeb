"""Home, and the list of decisions."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from governance.portal.pages.decision_list import decisions_page
from governance.portal.pages.home import home_page
from governance.portal.requests import PageRequest, query_without


def home(request: PageRequest) -> HttpResponse:
    """What waits for the reader comes first; then what changed, is due and is live."""
    return render(request, "home/home.html", {"home": home_page(request.user, at=timezone.now())})


def decisions(request: PageRequest) -> HttpResponse:
    """Open and closed requests of the models that the reader may see."""
    page = decisions_page(
        request.user,
        model=request.GET.get("model", ""),
        number=request.GET.get("page"),
        at=timezone.now(),
    )
    context = {"decisions": page, "query": query_without(request, "page")}
    return render(request, "decisions/list.html", context)
