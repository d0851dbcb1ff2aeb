"""What can be done with a version beside moving it: check, label, deprecate."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone

from governance.portal import links
from governance.portal.errors import attempt, status_of_form
from governance.portal.forms.versions import DeprecationForm, LabelForm
from governance.portal.requests import PageRequest, about
from governance.registry.actions import (
    check_artifacts,
    deprecate_version,
    end_deprecation,
    label_version,
)
from governance.registry.models import ModelVersion
from governance.registry.queries import version_numbered
from governance.registry.rules import AlreadyDeprecated, LabelFixed


def check_files(request: PageRequest, name: str, number: int) -> HttpResponse:
    """Have the files read at their source; the page shows what came of it."""
    at = timezone.now()
    version = _version(request, name, number, at=at)
    check_artifacts(version=version, actor=request.user, at=at)
    messages.success(request, "The files are being read. Load this page again in a moment.")
    return HttpResponseRedirect(f"{links.version(version)}#artifacts")


def label(request: PageRequest, name: str, number: int) -> HttpResponse:
    """Give the version a label, or take it away."""
    at = timezone.now()
    version = _version(request, name, number, at=at)
    posted = request.POST if request.method == "POST" else None
    form = LabelForm(posted, initial={"label": version.label})
    labeled = (
        attempt(
            request,
            form,
            label_version,
            keep={LabelFixed: "label"},
            version=version,
            label=form.cleaned_data["label"].strip(),
            actor=request.user,
            at=at,
        )
        if form.is_bound and form.is_valid()
        else None
    )
    if labeled is None:
        context = {"version": version, "form": form}
        return render(request, "inventory/label.html", context, status=status_of_form(form))
    said = f"has the label {labeled.label}" if labeled.label else "has no label"
    messages.success(request, f"Version {number} {said}.")
    return HttpResponseRedirect(links.version(version))


def deprecate(request: PageRequest, name: str, number: int) -> HttpResponse:
    """Tell consumers by when to stop using the version."""
    at = timezone.now()
    version = _version(request, name, number, at=at)
    form = DeprecationForm(request.POST if request.method == "POST" else None)
    deprecation = (
        attempt(
            request,
            form,
            deprecate_version,
            keep={AlreadyDeprecated: ""},
            version=version,
            from_date=form.cleaned_data["from_date"],
            reason=form.cleaned_data["reason"],
            actor=request.user,
            at=at,
        )
        if form.is_bound and form.is_valid()
        else None
    )
    if deprecation is None:
        context = {"version": version, "form": form}
        return render(request, "inventory/deprecate.html", context, status=status_of_form(form))
    messages.success(request, f"Version {number} is deprecated. Consumers are told so.")
    return HttpResponseRedirect(links.version(version))


def undeprecate(request: PageRequest, name: str, number: int) -> HttpResponse:
    """Take the deprecation back."""
    at = timezone.now()
    version = _version(request, name, number, at=at)
    end_deprecation(version=version, actor=request.user, at=at)
    messages.success(request, f"Version {number} is deprecated no more.")
    return HttpResponseRedirect(links.version(version))


def _version(request: PageRequest, name: str, number: int, *, at: datetime) -> ModelVersion:
    version = version_numbered(name, number, actor=request.user, at=at)
    about(request, subject=version.ref, stream=version.model.stream)
    return version
