"""Retiring a model, and bringing it back: two forms at one address, by how the model stands."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone

from governance.accounts.permissions import Permission
from governance.approvals.actions.retirements import AwaitsDecision, retire_model
from governance.core.wording import as_date
from governance.inventory.actions import return_from_retirement
from governance.inventory.models import Model
from governance.inventory.queries import model_named, standing_retirement
from governance.inventory.rules import StillConsumed
from governance.inventory.rules.retirements import earliest_end
from governance.portal import links
from governance.portal.errors import attempt, perform, status_of_form
from governance.portal.forms.retirements import RetirementForm, ReturnForm
from governance.portal.pages.dependencies import keeper_wanted
from governance.portal.requests import PageRequest, about
from governance.registry.rules.removals import StillServing

OBSTACLES = {AwaitsDecision: "", StillConsumed: "", StillServing: ""}
"""What the form explains itself, with everything that was typed."""


def retire(request: PageRequest, name: str) -> HttpResponse:
    """Take the model out of use."""
    model, at = _model(request, name), timezone.now()
    if model.retired_at is not None and request.method != "POST":
        return HttpResponseRedirect(links.bring_back(model))
    earliest = earliest_end(as_date(at), settings.RETENTION_YEARS)
    form = RetirementForm(
        request.POST if request.method == "POST" else None,
        initial={"retention_end_date": earliest},
    )
    form.offer(Model.objects.visible_to(request.user, at=at).in_use().exclude(pk=model.pk))
    retired = (
        attempt(
            request, form, retire_model, keep=OBSTACLES,
            model=model, actor=request.user, at=at, **form.cleaned_data,
        )
        if form.is_bound and form.is_valid()
        else None
    )  # fmt: skip
    if retired is not None:
        messages.success(request, f"{model.name} is retired. Its record stays, and is frozen.")
        return HttpResponseRedirect(links.record(model))
    context = {"form": form, "model": model, "why_not": _why_not(model, request, at=at)}
    return render(request, "inventory/retire.html", context, status=status_of_form(form))


def bring_back(request: PageRequest, name: str) -> HttpResponse:
    """Put a retired model back into use."""
    model, at = _model(request, name), timezone.now()
    form = ReturnForm(request.POST if request.method == "POST" else None)
    returned = (
        perform(
            form,
            return_from_retirement,
            model=model,
            reason=form.cleaned_data["reason"],
            actor=request.user,
            at=at,
        )
        if form.is_bound and form.is_valid()
        else None
    )
    if returned is not None:
        messages.success(request, f"{model.name} is in use again. That it was retired stays.")
        return HttpResponseRedirect(links.record(model))
    context = {
        "form": form,
        "model": model,
        "retirement": standing_retirement(model),
        "why_not": _why_not(model, request, at=at),
    }
    return render(request, "inventory/bring_back.html", context, status=status_of_form(form))


def _why_not(model: Model, request: PageRequest, *, at: datetime) -> str:
    return keeper_wanted(
        model, request.user, Permission.MODEL_RETIRE, what="Retiring this model", at=at
    )


def _model(request: PageRequest, name: str) -> Model:
    model = model_named(name, actor=request.user, at=timezone.now())
    about(request, subject=model.ref, stream=model.stream)
    return model
