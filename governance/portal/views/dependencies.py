"""What feeds a model: seen by everybody who sees the model, kept by its owner."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone

from governance.inventory.actions import add_feeder, end_feeder
from governance.inventory.models import Model
from governance.inventory.queries import dependency_of, model_named
from governance.portal import links
from governance.portal.errors import perform, status_of_form
from governance.portal.forms.dependencies import FeederForm
from governance.portal.pages.dependencies import dependency_page
from governance.portal.requests import PageRequest, about, instant_of


def dependencies(request: PageRequest, name: str) -> HttpResponse:
    """Show what the model rests on and what rests on it; add a model that feeds it."""
    model, at = _model(request, name), timezone.now()
    form = FeederForm(request.POST if request.method == "POST" else None)
    form.offer(Model.objects.visible_to(request.user, at=at).present().exclude(pk=model.pk))
    added = (
        perform(form, add_feeder, consumer=model, actor=request.user, at=at, **form.cleaned_data)
        if form.is_bound and form.is_valid()
        else None
    )
    if added is not None:
        messages.success(request, f"{added.feeder.name} feeds {model.name}: it is on record.")
        return HttpResponseRedirect(links.dependencies(model))
    instant = instant_of(request, at=at)
    page = dependency_page(model, reader=request.user, at=at, instant=instant)
    context = {"page": page, "model": model, "form": form}
    return render(request, "dependencies/page.html", context, status=status_of_form(form))


def end_dependency(request: PageRequest, name: str, dependency_id: UUID) -> HttpResponse:
    """Say that a model is no longer fed by another."""
    model, at = _model(request, name), timezone.now()
    row = dependency_of(model, dependency_id, actor=request.user, at=at)
    end_feeder(dependency=row, actor=request.user, at=at)
    messages.success(request, f"{row.feeder.name} feeds {model.name} no more. That it did stays.")
    return HttpResponseRedirect(links.dependencies(model))


def _model(request: PageRequest, name: str) -> Model:
    model = model_named(name, actor=request.user, at=timezone.now())
    about(request, subject=model.ref, stream=model.stream)
    return model
