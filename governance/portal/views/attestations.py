"""Campaigns of attestation, and attesting to a record in one."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone

from governance.accounts.models import User
from governance.accounts.proof import ProofGiven, prove
from governance.core.instants import limit_of, today_of
from governance.core.sheets import csv_bytes
from governance.core.wording import as_date
from governance.inventory.actions.attestations import (
    STREAM,
    attest,
    end_campaign,
    open_campaign,
    open_next_campaign,
)
from governance.inventory.models import Attestation, Campaign, Model
from governance.inventory.queries import model_named
from governance.inventory.queries.attestations import campaign_by_id, progress_of
from governance.inventory.rules import RecordChanged
from governance.portal import links
from governance.portal.errors import attempt, status_of_form
from governance.portal.forms.attestations import AttestForm, CampaignForm
from governance.portal.forms.proof import WRONG_PROOF, proving
from governance.portal.pages.attestations import (
    CAMPAIGN_MARKS,
    MARKS,
    attest_page,
    campaign_page,
    campaigns_page,
    csv_rows,
    no_opening,
    opening_units,
)
from governance.portal.requests import PageRequest, about, instant_of, query_without
from governance.portal.views.past import not_yet


def campaigns(request: PageRequest) -> HttpResponse:
    """What is asked of owners now, and what was."""
    at, number = timezone.now(), request.GET.get("page")
    instant = instant_of(request, at=at)
    context = {
        "page": campaigns_page(request.user, number=number, at=at, instant=instant),
        "marks": CAMPAIGN_MARKS,
        "query": query_without(request, "page"),
    }
    return render(request, "attestations/list.html", context)


def new_campaign(request: PageRequest) -> HttpResponse:
    """Open a campaign."""
    at = timezone.now()
    units = opening_units(request.user, at=at)
    form = CampaignForm(request.POST if request.method == "POST" else None, units=units)
    said = form.cleaned_data if form.is_bound and form.is_valid() else None
    opened = (
        attempt(
            request,
            form,
            open_campaign,
            keep={},
            title=said["title"],
            statement=said["statement"],
            unit=next(unit for unit in units if str(unit.pk) == said["unit"]),
            tiers=said["tiers"],
            due_date=said["due_date"],
            repeat_months=said["repeat_months"],
            actor=request.user,
            at=at,
        )
        if said
        else None
    )
    if opened is None:
        context = {"form": form, "why_not": no_opening(request.user, at=at)}
        return render(request, "attestations/new.html", context, status=status_of_form(form))
    messages.success(request, f"“{opened.title}” is open. Its owners see it on their home page.")
    return HttpResponseRedirect(links.campaign(opened))


def campaign(request: PageRequest, campaign_id: UUID) -> HttpResponse:
    """How far one campaign has come, or had come at a past moment."""
    at = timezone.now()
    row = _campaign(request, campaign_id, at=at)
    instant, reader = instant_of(request, at=at), request.user
    if instant and row.opened_at > instant.moment:
        here = links.campaign(row)
        return not_yet(request, instant, row.title, since=row.opened_at, present=here)
    if instant:
        row = campaign_by_id(campaign_id, actor=reader, at=at, by=instant.moment)
    context = {
        "page": campaign_page(row, reader=reader, at=at, instant=instant),
        "campaign": row,
        "marks": MARKS,
        "campaign_marks": CAMPAIGN_MARKS,
    }
    return render(request, "attestations/campaign.html", context)


def progress_csv(request: PageRequest, campaign_id: UUID) -> HttpResponse:
    """The same as a file, one line for each model."""
    at = timezone.now()
    row = _campaign(request, campaign_id, at=at)
    instant, reader = instant_of(request, at=at), request.user
    by, today = limit_of(instant), today_of(instant, at=at)
    row = campaign_by_id(campaign_id, actor=reader, at=at, by=by) if by else row
    (progress,) = progress_of([row], actor=reader, at=at, today=today, by=by)
    name = f"attestation-{as_date(row.opened_at).isoformat()}.csv"
    return HttpResponse(
        b"".join(csv_bytes(csv_rows(progress))),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def next_campaign(request: PageRequest, campaign_id: UUID) -> HttpResponse:
    """Open the one that follows, if the portal has not done so on its day."""
    at = timezone.now()
    row = _campaign(request, campaign_id, at=at)
    following = open_next_campaign(campaign_id=row.pk, actor=request.user, at=at)
    messages.success(request, f"The next “{following.title}” is open.")
    return HttpResponseRedirect(links.campaign(following))


def end_named_campaign(request: PageRequest, campaign_id: UUID) -> HttpResponse:
    """End a campaign: nothing is attested in it any more, and none follows."""
    at = timezone.now()
    row = _campaign(request, campaign_id, at=at)
    end_campaign(campaign_id=row.pk, actor=request.user, at=at)
    messages.success(request, f"“{row.title}” is ended.")
    return HttpResponseRedirect(links.campaign(row))


def attest_in(request: PageRequest, campaign_id: UUID, name: str) -> HttpResponse:
    """Attest to the record of one model, which stands on the page whole."""
    at = timezone.now()
    row = _campaign(request, campaign_id, at=at)
    model = model_named(name, actor=request.user, at=at)
    about(request, subject=model.ref, stream=model.stream)
    page = attest_page(row, model, reader=request.user, at=at)
    # The answer of a passkey is bound to what was on the screen, which may not stand any more.
    seen = request.POST.get("digest", page.digest)
    form = AttestForm(
        request.POST if request.method == "POST" else None,
        initial={"digest": page.digest},
        proving=proving(request, "attest", page.item.ref, seen),
    )
    given = (
        attempt(
            request,
            form,
            _prove_and_attest,
            keep={RecordChanged: "", **WRONG_PROOF},
            campaign=row,
            model=model,
            outcome=form.cleaned_data["outcome"],
            remarks=form.cleaned_data["remarks"],
            digest=form.cleaned_data["digest"],
            given=form.given,
            owner=request.user,
            at=at,
        )
        if form.is_bound and form.is_valid()
        else None
    )
    if given is None:
        form.now_shows(page.digest)
        form.proving = replace(form.proving, act=f"attest {page.item.ref} {page.digest}")
        context = {"page": page, "campaign": row, "model": model, "form": form, "marks": MARKS}
        return render(request, "attestations/attest.html", context, status=status_of_form(form))
    messages.success(request, f"You attested to the record of {model.name}.")
    return HttpResponseRedirect(links.campaign(row))


def _prove_and_attest(
    *,
    campaign: Campaign,
    model: Model,
    outcome: str,
    remarks: str,
    digest: str,
    given: ProofGiven,
    owner: User,
    at: datetime,
) -> Attestation:
    return attest(
        campaign_id=campaign.pk,
        model=model,
        outcome=outcome,
        remarks=remarks,
        digest_seen=digest,
        proof=prove(owner, given=given, at=at),
        actor=owner,
        at=at,
    )


def _campaign(request: PageRequest, campaign_id: UUID, *, at: datetime) -> Campaign:
    row = campaign_by_id(campaign_id, actor=request.user, at=at)
    about(request, subject=row.ref, stream=STREAM)
    return row
