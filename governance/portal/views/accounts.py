"""Who is let in: people and their roles by unit, and the service accounts of pipelines."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from governance.accounts.actions import (
    STREAM,
    create_service_account,
    edit_service_account,
    issue_token,
    revoke_token,
)
from governance.accounts.models import ServiceAccount
from governance.accounts.permissions import Permission
from governance.accounts.rules import Scope
from governance.portal.errors import perform, status_of_form
from governance.portal.forms.accounts import ServiceEditForm, ServiceForm, TokenForm
from governance.portal.pages.accounts import reachable_units, services, token_rows, unit_roles
from governance.portal.requests import PageRequest, about, instant_of


def people(request: PageRequest) -> HttpResponse:
    """The roles that are held now, or were at a past moment, unit by unit."""
    at = timezone.now()
    instant = instant_of(request, at=at)
    units = unit_roles(request.user, at=at, instant=instant)
    return render(request, "accounts/people.html", {"units": units, "instant": instant})


def service_accounts(request: PageRequest) -> HttpResponse:
    """The pipelines that are let in."""
    at = timezone.now()
    rows = [(row, token_rows(row, at=at)) for row in services(request.user, at=at)]
    return render(request, "accounts/services.html", {"rows": rows})


def service_account(request: PageRequest, name: str) -> HttpResponse:
    """One pipeline: who answers for it, and its tokens. A POST changes who answers."""
    row, at = _service(request, name), timezone.now()
    standing = {"responsible": row.responsible_id, "is_active": row.is_active}
    form = ServiceEditForm(request.POST or None, initial=standing)
    saved = (
        perform(
            form, edit_service_account, service=row, actor=request.user, at=at, **form.cleaned_data
        )
        if form.is_valid()
        else None
    )
    if saved is not None:
        messages.success(request, f"Saved: the service account {row.name}.")
        return HttpResponseRedirect(reverse("service_account", args=[row.name]))
    context = {"service": row, "tokens": token_rows(row, at=at), "form": form}
    return render(request, "accounts/service.html", context, status=status_of_form(form))


def new_service_account(request: PageRequest) -> HttpResponse:
    """Let a pipeline in."""
    at = timezone.now()
    units = reachable_units(request.user, Permission.TOKEN_ISSUE, at=at)
    form = ServiceForm(request.POST or None).offer(units)
    row = (
        perform(form, create_service_account, actor=request.user, at=at, **form.cleaned_data)
        if form.is_valid()
        else None
    )
    if row is None:
        context = {"form": form}
        return render(request, "accounts/new.html", context, status=status_of_form(form))
    messages.success(request, f"{row.name} is let in. It needs a token to do anything.")
    return HttpResponseRedirect(reverse("token_new", args=[row.name]))


def new_token(request: PageRequest, name: str) -> HttpResponse:
    """Issue a token and show it, this once, in the answer to the very request that made it.

    No redirect: the secret would have to wait somewhere in between.
    """
    row, at = _service(request, name), timezone.now()
    form = TokenForm(request.POST or None)
    issued = (
        perform(
            form,
            issue_token,
            service=row,
            scopes=[Scope(scope) for scope in form.cleaned_data["scopes"]],
            expires_at=at + timedelta(days=form.cleaned_data["days"]),
            actor=request.user,
            at=at,
        )
        if form.is_valid()
        else None
    )
    if issued is None:
        context = {"service": row, "form": form}
        return render(request, "accounts/token.html", context, status=status_of_form(form))
    token, secret = issued
    shown = {"service": row, "token": token, "secret": secret, "base_url": settings.BASE_URL}
    return render(request, "accounts/issued.html", shown)


def revoke(request: PageRequest, name: str, token_id: UUID) -> HttpResponse:
    """End a token at once."""
    row = _service(request, name)
    token = row.tokens.filter(pk=token_id).first()
    if token is None:
        raise Http404
    revoke_token(token=token, actor=request.user, at=timezone.now())
    messages.success(request, f"The token {token} opens nothing any more.")
    return HttpResponseRedirect(reverse("service_account", args=[row.name]))


def _service(request: PageRequest, name: str) -> ServiceAccount:
    row = services(request.user, at=timezone.now()).filter(name=name).first()
    if row is None:
        raise Http404
    about(request, subject=row.ref, stream=STREAM)
    return row
