"""The inventory, one model, and one version."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from governance.inventory.queries import model_named
from governance.portal.pages.inventory import inventory_page
from governance.portal.pages.model import model_page
from governance.portal.pages.version import MARKS, version_page
from governance.portal.requests import PageRequest, query_without
from governance.portal.shell import pinned_ids
from governance.registry.queries import version_numbered


def inventory(request: PageRequest) -> HttpResponse:
    """Every model that the reader may see, narrowed by the address."""
    page = inventory_page(request.GET, reader=request.user, at=timezone.now())
    context = {
        "inventory": page,
        "form": page.form,
        "query": query_without(request, "page"),
        "sortable": query_without(request, "page", "order"),
    }
    return render(request, "inventory/list.html", context)


def model(request: PageRequest, name: str) -> HttpResponse:
    """One model at a glance; `?versions=all` lists every version."""
    at = timezone.now()
    found = model_named(name, actor=request.user, at=at)
    page = model_page(
        found, reader=request.user, at=at, all_versions=request.GET.get("versions") == "all"
    )
    context = {"page": page, "model": found, "is_pinned": found.pk in pinned_ids(request)}
    return render(request, "inventory/model.html", context)


def version(request: PageRequest, name: str, number: int) -> HttpResponse:
    """One version of a model."""
    at = timezone.now()
    found = version_numbered(name, number, actor=request.user, at=at)
    page = version_page(found, reader=request.user, at=at)
    context = {"page": page, "version": found, "marks": MARKS}
    return render(request, "inventory/version.html", context)
