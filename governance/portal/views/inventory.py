"""The inventory, one model, and one version."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from governance.accounts.permissions import Permission, may
from governance.approvals.actions.openings import note_opening
from governance.approvals.rules.challenge import EvidencePage
from governance.core.errors import NotFound
from governance.inventory.models import Model
from governance.inventory.queries import formerly_named, model_named
from governance.inventory.rules import ModelNotFound
from governance.portal.errors import status_of_form
from governance.portal.forms.comments import CommentForm
from governance.portal.pages.inventory import inventory_page
from governance.portal.pages.model import model_page
from governance.portal.pages.record import record_page
from governance.portal.pages.slots import said_of
from governance.portal.pages.version import MARKS, version_page
from governance.portal.requests import PageRequest, query_without
from governance.portal.shell import pinned_ids
from governance.registry.models import ModelVersion
from governance.registry.queries import version_numbered
from governance.registry.queries.comments import comments_on
from governance.registry.rules import VersionNotFound


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
    context = {
        "page": page,
        "model": found,
        "is_pinned": found.pk in pinned_ids(request),
        "said_of": said_of,
    }
    return render(request, "inventory/model.html", context)


def record(request: PageRequest, name: str) -> HttpResponse:
    """What the inventory says of one model."""
    at = timezone.now()
    found = model_named(name, actor=request.user, at=at)
    page = record_page(found, reader=request.user, at=at)
    return render(request, "inventory/record.html", {"page": page, "model": found})


def renamed_model(request: PageRequest, error: ModelNotFound, name: str) -> HttpResponse:
    """Lead an old link on to the model that had this name last. Raises ModelNotFound."""
    return redirect("model", name=_name_now(request, error, name))


def renamed_version(
    request: PageRequest, error: VersionNotFound, name: str, number: int
) -> HttpResponse:
    """The same for a link to a version, unless a model has this name today."""
    if Model.objects.visible_to(request.user, at=timezone.now()).named(name).exists():
        raise error
    return redirect("version", name=_name_now(request, error, name), number=number)


def _name_now(request: PageRequest, error: NotFound, name: str) -> str:
    found = formerly_named(name, actor=request.user, at=timezone.now())
    if found is None:
        raise error
    return found.name


def version(request: PageRequest, name: str, number: int) -> HttpResponse:
    """One version of a model."""
    at = timezone.now()
    found = version_numbered(name, number, actor=request.user, at=at)
    note_opening(page=EvidencePage.VERSION, of=[found], actor=request.user, at=at)
    return show_version(request, found, CommentForm())


def show_version(request: PageRequest, found: ModelVersion, form: CommentForm) -> HttpResponse:
    """Render the page of a version that the reader may see, with their comment as it was typed."""
    at = timezone.now()
    may_comment = may(request.user, Permission.COMMENT_WRITE, unit=found.model.unit, at=at)
    context = {
        "page": version_page(found, reader=request.user, at=at),
        "version": found,
        "marks": MARKS,
        "comments": comments_on(found),
        "comment_form": form if may_comment else None,
    }
    return render(request, "inventory/version.html", context, status=status_of_form(form))
