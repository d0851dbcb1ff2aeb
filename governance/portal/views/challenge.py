"""How much is challenged, for whoever answers for it."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from governance.portal.errors import status_of_form
from governance.portal.pages.challenge import challenge_page
from governance.portal.requests import PageRequest


def challenge_figures(request: PageRequest) -> HttpResponse:
    """The figures of the last year, or `?since=2026-01-01`."""
    page = challenge_page(request.GET, reader=request.user, at=timezone.now())
    context = {"page": page, "form": page.form}
    return render(request, "challenge/challenge.html", context, status=status_of_form(page.form))
