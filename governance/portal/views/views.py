"""The views of lists that the reader keeps."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone

from governance.inventory.actions.views import delete_view, edit_view, save_view
from governance.inventory.queries.views import own_view, units_of, views_for
from governance.inventory.rules.views import Listing
from governance.portal import links
from governance.portal.errors import perform, status_of_form
from governance.portal.forms.views import ViewForm
from governance.portal.pages.audit import asked_entries
from governance.portal.pages.audit import chips as audit_chips
from governance.portal.pages.facets import chips
from governance.portal.pages.inventory import found_models
from governance.portal.requests import PageRequest


def views(request: PageRequest) -> HttpResponse:
    """What the reader keeps, and what others share with them."""
    kept = views_for(request.user, at=timezone.now())
    mine = [view for view in kept if view.owner_id == request.user.pk]
    shared = [view for view in kept if view.owner_id != request.user.pk]
    return render(request, "views/list.html", {"mine": mine, "shared": shared})


def new_view(request: PageRequest) -> HttpResponse:
    """Keep the inventory as the address narrows and sorts it."""
    found = found_models(request.GET, reader=request.user, at=timezone.now())
    showing = [chip.label for chip in chips(found.form, request.GET)]
    return _keep(request, Listing.INVENTORY, query=found.query, showing=showing)


def new_audit_view(request: PageRequest) -> HttpResponse:
    """Keep the audit log as the address narrows it. Raises InvalidInput for no filter."""
    found = asked_entries(request.GET, reader=request.user, at=timezone.now())
    found.required()
    showing = [chip.label for chip in audit_chips(found.form)]
    return _keep(request, Listing.AUDIT, query=found.query, showing=showing)


def _keep(
    request: PageRequest, listing: Listing, *, query: str, showing: Sequence[str]
) -> HttpResponse:
    at = timezone.now()
    form = ViewForm(request.POST or None).offer(units_of(request.user, at=at))
    facts = {"listing": listing, "query": query, "actor": request.user, "at": at}
    saved = perform(form, save_view, **facts, **form.cleaned_data) if form.is_valid() else None
    if saved is not None:
        messages.success(request, f"{saved.name} is among your views now.")
        return HttpResponseRedirect(links.view_of(saved))
    context = {"form": form, "listing": listing, "query": query, "showing": showing}
    return render(request, "views/new.html", context, status=status_of_form(form))


def change_view(request: PageRequest, view_id: UUID) -> HttpResponse:
    """Rename a view, and share it or not."""
    at = timezone.now()
    view = own_view(view_id, person=request.user)
    kept = {"name": view.name, "unit": str(view.unit_id or "")}
    form = ViewForm(request.POST or None, initial=kept).offer(units_of(request.user, at=at))
    saved = (
        perform(form, edit_view, view_id=view_id, actor=request.user, at=at, **form.cleaned_data)
        if form.is_valid()
        else None
    )
    if saved is not None:
        messages.success(request, f"The view {saved.name} was changed.")
        return redirect("views")
    context = {"form": form, "view": view}
    return render(request, "views/change.html", context, status=status_of_form(form))


def drop_view(request: PageRequest, view_id: UUID) -> HttpResponse:
    """Delete a view of one's own."""
    delete_view(view_id=view_id, actor=request.user, at=timezone.now())
    messages.success(request, "The view was deleted.")
    return redirect("views")
