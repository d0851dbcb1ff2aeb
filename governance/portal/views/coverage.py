"""Which requirement has which evidence: over all models, for one, and what changed."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from governance.core.wording import as_date
from governance.inventory.queries import model_named
from governance.portal.pages.changed import changes_page
from governance.portal.pages.coverage import coverage_page
from governance.portal.pages.covering import covering_page, frameworks_of
from governance.portal.requests import PageRequest, query_without


def coverage(request: PageRequest) -> HttpResponse:
    """The heat map, what ends soon, and what is due."""
    page = coverage_page(
        request.user,
        framework=request.GET.get("framework", ""),
        number=request.GET.get("page"),
        at=timezone.now(),
    )
    context = {"page": page, "query": query_without(request, "page")}
    return render(request, "compliance/coverage.html", context)


def coverage_changes(request: PageRequest) -> HttpResponse:
    """Which requirements are in another state than they were on a day."""
    at = timezone.now()
    page = changes_page(
        request.user,
        since=request.GET.get("since", ""),
        framework=request.GET.get("framework", ""),
        number=request.GET.get("page"),
        default=as_date(at) - timedelta(days=30),
        at=at,
    )
    context = {"page": page, "query": query_without(request, "page")}
    return render(request, "compliance/changes.html", context)


def coverage_of_firm(request: PageRequest, framework: str) -> HttpResponse:
    """What one framework asks of the firm."""
    page = covering_page(framework, None, reader=request.user, at=timezone.now())
    return render(request, "compliance/covering.html", {"page": page, "model": None})


def coverage_of_model(request: PageRequest, framework: str, name: str) -> HttpResponse:
    """What one framework asks of a model."""
    at = timezone.now()
    model = model_named(name, actor=request.user, at=at)
    page = covering_page(framework, model, reader=request.user, at=at)
    return render(request, "compliance/covering.html", {"page": page, "model": model})


def model_coverage(request: PageRequest, name: str) -> HttpResponse:
    """Every framework that asks something of the model, and how much has evidence."""
    at = timezone.now()
    model = model_named(name, actor=request.user, at=at)
    rows = frameworks_of(model, at=at)
    return render(request, "compliance/model.html", {"rows": rows, "model": model})
