"""The audit log."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from governance.portal.pages.audit import audit_page
from governance.portal.requests import PageRequest, query_without


def audit_log(request: PageRequest) -> HttpResponse:
    """Everything that happened, newest first, as far as the reader may know of it."""
    page = audit_page(
        request.GET, reader=request.user, number=request.GET.get("page"), at=timezone.now()
    )
    context = {"log": page, "form": page.form, "query": query_without(request, "page")}
    return render(request, "audit/log.html", context)
