"""Asking for what cannot wait, and for the approval of what serves already."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone

from governance.approvals.actions import ask_in_emergency, ask_to_confirm
from governance.approvals.queries.policies import policy_of_move
from governance.approvals.rules.emergencies import emergency_policy
from governance.inventory.queries import model_named
from governance.portal import links
from governance.portal.errors import perform, status_of_form
from governance.portal.forms.decisions import EmergencyForm
from governance.portal.pages.policy_words import people_word
from governance.portal.requests import PageRequest, about
from governance.registry.queries import champion_of, default_slot, version_numbered
from governance.registry.queries.serving import slot_by_id
from governance.registry.rules import SlotNotOfModel, Stage, VersionNotFound


def emergency(request: PageRequest, name: str, number: int) -> HttpResponse:
    """Ask that a version go live now and be reviewed after, in the model's default slot."""
    at = timezone.now()
    version = version_numbered(name, number, actor=request.user, at=at)
    about(request, subject=version.ref, stream=version.model.stream)
    slot = default_slot(version.model)
    if slot is None:
        raise VersionNotFound("This model has no versions.")
    policy = policy_of_move(version, slot=slot, target=Stage.PRODUCTION, at=at)
    short = emergency_policy(policy)
    form = EmergencyForm(request.POST if request.method == "POST" else None)
    asked = (
        perform(
            form,
            ask_in_emergency,
            version=version,
            slot=slot,
            reason=form.cleaned_data["reason"],
            actor=request.user,
            at=at,
        )
        if form.is_bound and form.is_valid()
        else None
    )
    if asked is None or asked.request is None:
        context = {
            "version": version,
            "form": form,
            "people": people_word(short.needs[0].roles[0], short.needs[0].count),
            "days": short.stands_days,
            "champion": champion_of(slot),
        }
        return render(request, "decisions/emergency.html", context, status=status_of_form(form))
    messages.success(request, "You asked in an emergency. This page says who must sign now.")
    return HttpResponseRedirect(links.decision(asked.request))


def confirm(request: PageRequest, name: str, slot_id: UUID) -> HttpResponse:
    """Ask that the champion of a slot be approved again where it serves."""
    at = timezone.now()
    model = model_named(name, actor=request.user, at=at)
    slot = slot_by_id(model, slot_id)
    about(request, subject=slot.ref, stream=model.stream)
    champion = champion_of(slot)
    if champion is None:
        raise SlotNotOfModel(f"Nothing serves in {slot}.")
    asked = ask_to_confirm(version=champion, slot=slot, actor=request.user, at=at)
    messages.success(request, f"You asked to have {champion} confirmed in service.")
    return HttpResponseRedirect(
        links.decision(asked.request) if asked.request else links.slot(slot)
    )
