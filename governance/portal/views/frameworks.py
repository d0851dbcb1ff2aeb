"""Frameworks: which there are, and which apply to one model."""

from __future__ import annotations

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone

from governance.evidence.rules.requirements import SCHEMAS
from governance.inventory.queries import model_named
from governance.inventory.rules.frameworks import SCHEMA
from governance.portal import links
from governance.portal.pages.framework_obligations import obligations_page
from governance.portal.pages.frameworks import framework_list, framework_page
from governance.portal.pages.rules import rules_page
from governance.portal.requests import PageRequest, instant_of
from governance.portal.views.past import not_yet


def rules(request: PageRequest, name: str) -> HttpResponse:
    """Which frameworks apply to one model, why and from when, and how that came about."""
    at = timezone.now()
    model = model_named(name, actor=request.user, at=at)
    instant, here = instant_of(request, at=at), links.rules(model)
    if instant and model.created_at > instant.moment:
        title = f"Rules for {model.name}"
        return not_yet(request, instant, title, since=model.created_at, present=here)
    context = {"page": rules_page(model, at=at, instant=instant), "model": model}
    return render(request, "frameworks/rules.html", context)


def frameworks(request: PageRequest) -> HttpResponse:
    """Every framework. Whoever can sign in may read which there are."""
    rows = framework_list(reader=request.user, at=timezone.now())
    return render(request, "frameworks/list.html", {"rows": rows})


def framework(request: PageRequest, key: str) -> HttpResponse:
    """One framework: its versions, its rules in words, and the models in its scope."""
    number = request.GET.get("page", "")
    page = framework_page(key, reader=request.user, at=timezone.now(), number=number)
    return render(request, "frameworks/framework.html", {"page": page, "row": page.row})


def obligations(request: PageRequest) -> HttpResponse:
    """What is due by when, and for which of the models that the reader may see."""
    page = obligations_page(reader=request.user, at=timezone.now())
    return render(request, "frameworks/obligations.html", {"page": page})


def framework_schema(request: PageRequest, kind: str = "frameworks") -> HttpResponse:
    """The JSON Schema that every file of the kind is read against."""
    schema = {"frameworks": SCHEMA, **SCHEMAS}[kind]
    return JsonResponse(schema, content_type="application/schema+json")
