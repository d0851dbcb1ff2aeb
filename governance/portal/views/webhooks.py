"""Webhooks. Tokens keep them, through MLflow's client; the page shows what became of them."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from governance.portal.pages.webhooks import webhook_rows
from governance.portal.requests import PageRequest


def webhooks(request: PageRequest) -> HttpResponse:
    """Every webhook of the units in which the reader keeps them, with its last deliveries."""
    rows = webhook_rows(request.user, at=timezone.now())
    return render(request, "webhooks/list.html", {"rows": rows})
