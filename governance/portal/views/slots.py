"""What is live, and the slots of a model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone

from governance.accounts.permissions import Permission
from governance.approvals.actions import Asked, Outcome, ask_for_canary, ask_for_stage
from governance.core.errors import invalid
from governance.inventory.models import Model
from governance.inventory.queries import model_named
from governance.portal import links
from governance.portal.errors import perform, status_of_form
from governance.portal.forms.base import SiteForm
from governance.portal.forms.slots import AliasForm, EndForm, RoleForm, ShareForm, SlotForm
from governance.portal.pages.may import why_not
from governance.portal.pages.slots import live_page, said_of, slot_page
from governance.portal.requests import PageRequest, about, instant_of, query_without
from governance.portal.views.past import not_yet
from governance.registry.actions.slots import (
    assign_role,
    bind_alias,
    create_slot,
    end_role,
    lower_share,
)
from governance.registry.models import Slot, SlotAssignment
from governance.registry.queries import version_numbered
from governance.registry.queries.serving import slot_by_id
from governance.registry.rules import SlotRole, Stage


def live(request: PageRequest) -> HttpResponse:
    """What serves in which slot, now or at a past moment."""
    at = timezone.now()
    page = live_page(request.GET, reader=request.user, at=at, instant=instant_of(request, at=at))
    query = query_without(request, "page")
    return render(request, "live/live.html", {"live": page, "query": query, "said_of": said_of})


def new_slot(request: PageRequest, name: str) -> HttpResponse:
    """Give a model another place of use."""
    model, at = _model(request, name), timezone.now()
    form = SlotForm(request.POST or None)
    slot = (
        perform(
            form,
            create_slot,
            model=model,
            name=form.cleaned_data["name"],
            alias=form.cleaned_data["alias"] or None,
            actor=request.user,
            at=at,
        )
        if form.is_valid()
        else None
    )
    if slot is not None:
        messages.success(request, f"{model.name} has the slot {slot.name} now.")
        return HttpResponseRedirect(links.slot(slot))
    barred = why_not(request.user, Permission.SLOT_MANAGE, "Keeping slots", unit=model.unit, at=at)
    context = {"model": model, "form": form, "why_not": barred}
    return render(request, "slots/new.html", context, status=status_of_form(form))


def slot(request: PageRequest, name: str, slot_id: UUID) -> HttpResponse:
    """One slot: who serves in it, what its instances report, and what was; now or then."""
    row, at = _slot(request, name, slot_id), timezone.now()
    instant, here = instant_of(request, at=at), links.slot(row)
    if instant is None:
        return _page(request, row)
    if row.created_at > instant.moment:
        title = f"{row.name} of {row.model.name}"
        return not_yet(request, instant, title, since=row.created_at, present=here)
    page = slot_page(row, reader=request.user, at=at, instant=instant)
    context = {"page": page, "slot": row, "model": row.model, "said_of": said_of}
    return render(request, "slots/slot.html", context)


def give_role(request: PageRequest, name: str, slot_id: UUID) -> HttpResponse:
    """Assign a role that answers nobody, or ask for one that answers live traffic."""
    row, at = _slot(request, name, slot_id), timezone.now()
    page = slot_page(row, reader=request.user, at=at)
    form = RoleForm(request.POST).offer(page.versions)
    done = (
        perform(form, _give, said=form.cleaned_data, slot=row, request=request, at=at)
        if form.is_valid()
        else None
    )
    return done or _page(request, row, role=form)


def _give(
    *, said: Mapping[str, Any], slot: Slot, request: PageRequest, at: datetime
) -> HttpResponse:
    role = SlotRole(said["role"])
    version = version_numbered(slot.model.name, said["version"], actor=request.user, at=at)
    facts: dict[str, Any] = {"version": version, "slot": slot, "actor": request.user, "at": at}
    if role == SlotRole.CHAMPION:
        return _asked(request, slot, ask_for_stage(target=Stage.PRODUCTION, **facts), role)
    if role == SlotRole.CANARY:
        return _asked(request, slot, ask_for_canary(share=said["share"], **facts), role)
    assign_role(role=role, **facts)
    messages.success(request, f"{version} is {role.label.lower()} in {slot.name} now.")
    return HttpResponseRedirect(links.slot(slot))


def _asked(request: PageRequest, slot: Slot, asked: Asked, role: SlotRole) -> HttpResponse:
    words = ANSWERS[asked.outcome].format(asked.version, role.label.lower(), slot.name)
    messages.success(request, words)
    to = links.decision(asked.request) if asked.request else links.slot(slot)
    return HttpResponseRedirect(to)


ANSWERS = {
    Outcome.ALREADY_THERE: "{0} is {1} in {2} already.",
    Outcome.MOVED: "{0} is {1} in {2} now: the policy asks for nothing more.",
    Outcome.OPENED: "You asked for {0} as {1} in {2}. This page says what is still missing, and "
    "who can give it.",
    Outcome.WAITING: "Somebody asked for {0} as {1} in {2} before. This is the request that "
    "stands.",
}


def end(request: PageRequest, name: str, slot_id: UUID) -> HttpResponse:
    """Take a challenger, a shadow or a canary out of the slot."""
    row = _slot(request, name, slot_id)
    form = EndForm(request.POST)
    ended = _change(request, row, form, end_role)
    label = SlotRole(ended.role).label.lower()
    messages.success(request, f"{ended.version} is {label} in {row.name} no more.")
    return HttpResponseRedirect(links.slot(row))


def lower(request: PageRequest, name: str, slot_id: UUID) -> HttpResponse:
    """Give a canary less of the slot's live traffic."""
    row = _slot(request, name, slot_id)
    form = ShareForm(request.POST)
    share = form.cleaned_data["share"] if form.is_valid() else 0
    lowered = _change(request, row, form, lower_share, share=share)
    messages.success(request, f"{lowered.version} gets {lowered.share} percent of {row.name} now.")
    return HttpResponseRedirect(links.slot(row))


def alias(request: PageRequest, name: str, slot_id: UUID) -> HttpResponse:
    """Bind another alias to the slot, while nothing is live there."""
    row = _slot(request, name, slot_id)
    form = AliasForm(request.POST)
    bound = (
        perform(
            form,
            bind_alias,
            slot=row,
            alias=form.cleaned_data["alias"],
            actor=request.user,
            at=timezone.now(),
        )
        if form.is_valid()
        else None
    )
    if bound is None:
        return _page(request, row, alias=form)
    messages.success(request, f"The alias of {row.name} is {bound.alias or 'none'} now.")
    return HttpResponseRedirect(links.slot(row))


def _change(
    request: PageRequest,
    slot: Slot,
    form: SiteForm,
    action: Callable[..., SlotAssignment],
    **facts: Any,
) -> SlotAssignment:
    """Carry out one small form of the slot's page, which has no place for what was typed."""
    if not form.is_valid():
        field, errors = next(iter(form.errors.items()))
        raise invalid(field, "form", f"{field.capitalize()}: {errors[0]}")
    at = timezone.now()
    number = form.cleaned_data["version"]
    version = version_numbered(slot.model.name, number, actor=request.user, at=at)
    return action(slot=slot, version=version, actor=request.user, at=at, **facts)


def _page(
    request: PageRequest, row: Slot, *, role: RoleForm | None = None, alias: AliasForm | None = None
) -> HttpResponse:
    page = slot_page(row, reader=request.user, at=timezone.now())
    context = {
        "page": page,
        "slot": row,
        "model": row.model,
        "said_of": said_of,
        "role_form": role or RoleForm().offer(page.versions),
        "alias_form": alias or AliasForm(initial={"alias": row.alias}),
    }
    shown = role or alias
    status = status_of_form(shown) if shown else HTTPStatus.OK
    return render(request, "slots/slot.html", context, status=status)


def _model(request: PageRequest, name: str) -> Model:
    model = model_named(name, actor=request.user, at=timezone.now())
    about(request, subject=model.ref, stream=model.stream)
    return model


def _slot(request: PageRequest, name: str, slot_id: UUID) -> Slot:
    return slot_by_id(_model(request, name), slot_id)
