"""The inventory, one model, and one version."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from governance.accounts.permissions import Permission, may
from governance.approvals.actions.openings import note_opening
from governance.approvals.rules.challenge import EvidencePage
from governance.core.errors import NotFound
from governance.core.instants import AS_OF, Instant
from governance.core.sheets import csv_bytes
from governance.core.wording import as_date
from governance.inventory.models import Model
from governance.inventory.queries import formerly_named, model_named
from governance.inventory.rules import ModelNotFound
from governance.portal import links
from governance.portal.errors import status_of_form
from governance.portal.forms.comments import CommentForm
from governance.portal.pages.inventory import every_standing, found_models, inventory_page
from governance.portal.pages.inventory_csv import COLUMNS, PAST_COLUMNS, csv_rows
from governance.portal.pages.model import model_page
from governance.portal.pages.past_inventory import every_past_standing, past_inventory_page
from governance.portal.pages.past_model import past_model_page
from governance.portal.pages.past_version import past_version_page
from governance.portal.pages.record import record_page
from governance.portal.pages.slots import said_of
from governance.portal.pages.version import MARKS, version_page
from governance.portal.requests import PageRequest, instant_of, query_without
from governance.portal.shell import pinned_ids
from governance.registry.models import ModelVersion
from governance.registry.queries import version_numbered
from governance.registry.queries.comments import comments_on
from governance.registry.rules import VersionNotFound


def inventory(request: PageRequest) -> HttpResponse:
    """Every model that the reader may see, narrowed by the address; `?as_of=` as it stood then."""
    at = timezone.now()
    instant = instant_of(request, at=at)
    page = (
        inventory_page(request.GET, reader=request.user, at=at)
        if instant is None
        else past_inventory_page(request.GET, instant, reader=request.user, at=at)
    )
    context = {
        "inventory": page,
        "form": page.form,
        "instant": instant,
        "query": query_without(request, "page"),
        "sortable": query_without(request, "page", "order"),
        "present": query_without(request, "page", AS_OF),
    }
    return render(
        request, "inventory/past_list.html" if instant else "inventory/list.html", context
    )


def inventory_csv(request: PageRequest) -> StreamingHttpResponse:
    """The same as CSV: every page of it, read and sent bit by bit."""
    at = timezone.now()
    instant = instant_of(request, at=at)
    asked, reader = request.GET, request.user
    rows = (
        csv_rows(every_standing(found_models(asked, reader=reader, at=at).keys), COLUMNS)
        if instant is None
        else csv_rows(every_past_standing(asked, instant, reader=reader, at=at), PAST_COLUMNS)
    )
    name = f"inventory-{file_mark(instant, at=at)}.csv"
    return StreamingHttpResponse(
        csv_bytes(rows),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def file_mark(instant: Instant | None, *, at: datetime) -> str:
    """The day, or the moment without what a file's name does not hold."""
    if instant is None:
        return as_date(at).isoformat()
    return instant.text if instant.is_day else f"{instant.moment:%Y-%m-%dT%H%M%SZ}"


def model(request: PageRequest, name: str) -> HttpResponse:
    """One model at a glance; `?versions=all` lists every version, `?as_of=` shows a past day."""
    at = timezone.now()
    found = model_named(name, actor=request.user, at=at)
    instant = instant_of(request, at=at)
    if instant is not None:
        past = past_model_page(found, instant)
        return render(request, "inventory/past_model.html", {"page": past, "model": found})
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
    query = request.GET.urlencode()
    to = links.model_named(_name_now(request, error, name))
    return redirect(f"{to}?{query}" if query else to)


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
    if instant := instant_of(request, at=at):
        context = {"page": past_version_page(found, instant), "version": found}
        return render(request, "inventory/past_version.html", context)
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
