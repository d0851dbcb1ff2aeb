"""What is let off for a time: asking, deciding, ending."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone

from governance.accounts.models import User
from governance.accounts.proof import ProofGiven, prove
from governance.inventory.actions.waivers import (
    approve_waiver,
    end_waiver,
    refuse_waiver,
    request_waiver,
)
from governance.inventory.models import Waiver, WaiverDecision
from governance.inventory.queries import model_named
from governance.inventory.queries.waivers import waiver_by_id
from governance.portal import links
from governance.portal.errors import attempt, status_of_form
from governance.portal.forms.base import SiteForm
from governance.portal.forms.proof import WRONG_PROOF, proving
from governance.portal.forms.waivers import APPROVE, DecideForm, EndForm, WaiverForm
from governance.portal.pages.upkeep import no_asking
from governance.portal.pages.waivers import waiver_page, waivers_page
from governance.portal.requests import PageRequest, about, instant_of, query_without
from governance.portal.views.past import not_yet


def waivers(request: PageRequest) -> HttpResponse:
    """Every waiver that the reader may see, by how it stands."""
    at = timezone.now()
    page = waivers_page(
        request.user,
        view=request.GET.get("view", ""),
        model=request.GET.get("model", ""),
        number=request.GET.get("page"),
        at=at,
        instant=instant_of(request, at=at),
    )
    return render(
        request, "waivers/list.html", {"page": page, "query": query_without(request, "page")}
    )


def new_waiver(request: PageRequest, name: str) -> HttpResponse:
    """Ask that something of a model be let off for a time."""
    at = timezone.now()
    model = model_named(name, actor=request.user, at=at)
    about(request, subject=model.ref, stream=model.stream)
    form = WaiverForm(
        request.POST if request.method == "POST" else None,
        initial={"starts_date": at.date().isoformat(), "kind": request.GET.get("kind", "")},
    )
    said = form.cleaned_data if form.is_bound and form.is_valid() else None
    asked = (
        attempt(
            request, form, request_waiver, keep={}, model=model, actor=request.user, at=at, **said
        )
        if said
        else None
    )
    if asked is None:
        reason = no_asking(request.user, model, at=at)
        context = {"model": model, "form": form, "why_not": reason}
        return render(request, "waivers/new.html", context, status=status_of_form(form))
    messages.success(request, "The waiver is asked for. It holds once somebody has approved it.")
    return HttpResponseRedirect(links.waiver(asked))


def waiver(request: PageRequest, waiver_id: UUID) -> HttpResponse:
    """One waiver, with what can be done about it, or as it stood at a past moment."""
    at = timezone.now()
    row = _waiver(request, waiver_id, at=at)
    instant = instant_of(request, at=at)
    if instant is None:
        return _show(request, row)
    if row.requested_at > instant.moment:
        title = f"Waiver for {row.model.name}"
        return not_yet(request, instant, title, since=row.requested_at, present=links.waiver(row))
    then = waiver_by_id(waiver_id, actor=request.user, at=at, by=instant.moment)
    page = waiver_page(then, reader=request.user, at=at, instant=instant)
    return render(request, "waivers/waiver.html", {"page": page, "waiver": then})


def decide(request: PageRequest, waiver_id: UUID) -> HttpResponse:
    """Approve or refuse a waiver."""
    at = timezone.now()
    row = _waiver(request, waiver_id, at=at)
    form = DecideForm(request.POST, proving=proving(request, "decide", row.ref))
    decided = (
        attempt(
            request,
            form,
            _prove_and_decide,
            keep=WRONG_PROOF,
            waiver=row,
            decision=form.cleaned_data["decision"],
            comment=form.cleaned_data["comment"],
            given=form.given,
            decider=request.user,
            at=at,
        )
        if form.is_valid()
        else None
    )
    if decided is None:
        return _show(request, row, deciding=form)
    messages.success(request, f"You {'approved' if decided.approved else 'refused'} the waiver.")
    return HttpResponseRedirect(links.waiver(row))


def _prove_and_decide(
    *, waiver: Waiver, decision: str, comment: str, given: ProofGiven, decider: User, at: datetime
) -> WaiverDecision:
    act = approve_waiver if decision == APPROVE else refuse_waiver
    proof = prove(decider, given=given, at=at)
    return act(waiver_id=waiver.pk, comment=comment, proof=proof, actor=decider, at=at)


def end_named_waiver(request: PageRequest, waiver_id: UUID) -> HttpResponse:
    """End a waiver before its day, or withdraw the request."""
    at = timezone.now()
    row = _waiver(request, waiver_id, at=at)
    form = EndForm(request.POST)
    ended = (
        attempt(
            request,
            form,
            end_waiver,
            keep={},
            waiver_id=row.pk,
            reason=form.cleaned_data["reason"],
            actor=request.user,
            at=at,
        )
        if form.is_valid()
        else None
    )
    if ended is None:
        return _show(request, row, ending=form)
    messages.success(request, "It is ended. What it let off counts again.")
    return HttpResponseRedirect(links.waiver(row))


def _show(
    request: PageRequest,
    row: Waiver,
    *,
    deciding: DecideForm | None = None,
    ending: EndForm | None = None,
) -> HttpResponse:
    at = timezone.now()
    tried: SiteForm | None = deciding or ending
    context = {
        "page": waiver_page(row, reader=request.user, at=at),
        "waiver": row,
        "deciding": deciding or DecideForm(proving=proving(request, "decide", row.ref)),
        "ending": ending or EndForm(),
    }
    status = status_of_form(tried) if tried else None
    return render(request, "waivers/waiver.html", context, status=status)


def _waiver(request: PageRequest, waiver_id: UUID, *, at: datetime) -> Waiver:
    row = waiver_by_id(waiver_id, actor=request.user, at=at)
    about(request, subject=row.ref, stream=row.model.stream)
    return row
