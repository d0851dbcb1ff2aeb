"""Adopting the registered models of an MLflow server as drafts of the inventory."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from governance.accounts.models import Unit, User
from governance.accounts.permissions import Permission
from governance.accounts.queries import units_with
from governance.core.errors import DomainError
from governance.portal.errors import attempt, status_of, status_of_form
from governance.portal.forms.exchange import AdoptForm, AdoptShownForm
from governance.portal.requests import PageRequest
from governance.registry.actions.adoptions import (
    adopt_models,
    prepare_adoption,
    request_adoption,
)
from governance.registry.reading.registered import registered_models
from governance.registry.rules.adoptions import FEW_DRAFTS, Adoption, RegisteredModel
from governance.registry.tracking import TrackingUnavailable

Looked = tuple[list[RegisteredModel], Adoption]
ROWS_SHOWN = 500


def adopt(request: PageRequest) -> HttpResponse:
    """Name a server, and see which of its models would become drafts."""
    form = _offered(AdoptForm(request.POST or None), request.user)
    found = _looked(request, form) if request.method == "POST" and form.is_valid() else None
    return _page(request, form, found[1] if found else None, status=status_of_form(form))


def apply_adoption(request: PageRequest) -> HttpResponse:
    """Adopt what was shown: a few at once, many as a job."""
    form, at = _offered(AdoptShownForm(request.POST), request.user), timezone.now()
    found = _looked(request, form) if form.is_valid() else None
    if found is None:
        return _page(request, form, None, status=status_of_form(form))
    models, adoption = found
    unit, leaving_out = _unit(form), form.cleaned_data["leave_out"]
    if len(adoption.drafts) > FEW_DRAFTS and adoption.digest == form.cleaned_data["seen"]:
        job = request_adoption(
            adoption=adoption, unit=unit, leaving_out=leaving_out, actor=request.user, at=at
        )
        return redirect("job", job_id=job.pk)
    done = adopt_models(
        found=models,
        server=adoption.server,
        unit=unit,
        seen=form.cleaned_data["seen"],
        leaving_out=leaving_out,
        actor=request.user,
        at=at,
    )
    messages.success(request, f"Adopted: {done.summary}.")
    return redirect("inventory")


def adoption_refused(request: PageRequest, error: DomainError) -> HttpResponse:
    """Show the adoption again, as it comes out now, with what refused it."""
    form = _offered(AdoptForm(request.POST), request.user)
    found = _looked(request, form) if form.is_valid() else None
    adoption = found[1] if found else None
    return _page(request, form, adoption, refused=error.message, status=status_of(error))


def _offered(form: AdoptForm, person: User) -> AdoptForm:
    form.offer(units_with(person, Permission.MODEL_CREATE, at=timezone.now()).order_by("path"))
    return form


def _unit(form: AdoptForm) -> Unit:
    return Unit.objects.get(path=form.cleaned_data["unit"])


def _looked(request: PageRequest, form: AdoptForm) -> Looked | None:
    """Ask the server and judge its models; what keeps it from answering goes onto the form."""
    return attempt(
        request,
        form,
        _look,
        keep={TrackingUnavailable: "tracking_uri"},
        server=form.cleaned_data["tracking_uri"],
        unit=_unit(form),
        actor=request.user,
        at=timezone.now(),
    )


def _look(*, server: str, unit: Unit, actor: User, at: datetime) -> Looked:
    models = registered_models(server)
    return models, prepare_adoption(found=models, server=server, unit=unit, actor=actor, at=at)


def _page(
    request: PageRequest,
    form: AdoptForm,
    adoption: Adoption | None,
    *,
    refused: str = "",
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    context = {
        "form": form,
        "adoption": adoption,
        "refused": refused,
        "most": ROWS_SHOWN,
        "is_job": adoption is not None and len(adoption.drafts) > FEW_DRAFTS,
    }
    return render(request, "inventory/adopt.html", context, status=status)
