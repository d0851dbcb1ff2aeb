"""Another tier than the questionnaire gives: proposing it, and approving it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone

from governance.accounts.models import User
from governance.accounts.permissions import Permission, require
from governance.accounts.proof import ProofGiven, prove
from governance.inventory.actions import approve_tier_override, propose_tier_override
from governance.inventory.models import Model, TierOverride, TierOverrideApproval
from governance.inventory.queries import model_named
from governance.inventory.queries.assessments import newest_rating
from governance.inventory.queries.tier_overrides import tier_override_by_id
from governance.inventory.rules.assessments import OverrideNotOpen
from governance.portal import links
from governance.portal.errors import attempt, perform, status_of_form
from governance.portal.forms.assessments import ApproveOverrideForm, TierOverrideForm
from governance.portal.forms.proof import WRONG_PROOF, proving
from governance.portal.pages.tier_overrides import (
    override_page,
    proposal_page,
)
from governance.portal.requests import PageRequest, about


def propose_tier(request: PageRequest, name: str) -> HttpResponse:
    """Ask for another tier than the newest assessment gave."""
    at = timezone.now()
    model = _model(request, name, at=at)
    require(request.user, Permission.TIER_ASSESS, unit=model.unit, at=at)
    rating = newest_rating(model)
    if rating is None or rating.assessment is None:
        raise OverrideNotOpen("No assessment by a questionnaire has set the tier. Assess it first.")
    page = proposal_page(rating.assessment, at=at)
    form = TierOverrideForm(request.POST if request.method == "POST" else None, tiers=page.tiers)
    made = (
        perform(
            form,
            propose_tier_override,
            model=model,
            actor=request.user,
            at=at,
            **form.cleaned_data,
        )
        if form.is_bound and form.is_valid()
        else None
    )
    if made is None:
        context = {"model": model, "page": page, "form": form}
        return render(request, "assess/override.html", context, status=status_of_form(form))
    messages.success(request, "Your override is proposed. It changes nothing until it is approved.")
    return HttpResponseRedirect(links.tier_override(model, made))


def tier_override(request: PageRequest, name: str, override_id: UUID) -> HttpResponse:
    """One override: what it asks for, who approved it, and the form of who may."""
    at = timezone.now()
    model = _model(request, name, at=at)
    row = tier_override_by_id(model, override_id)
    page = override_page(row, reader=request.user, at=at)
    form = ApproveOverrideForm(
        request.POST if request.method == "POST" else None,
        initial={"digest": row.digest},
        proving=proving(request, "approve", row.ref, row.digest),
        capacities=[(one.capacity, one.label) for one in page.seats],
    )
    done = (
        attempt(
            request,
            form,
            _prove_and_approve,
            keep=WRONG_PROOF,
            row=row,
            capacity=form.cleaned_data["capacity"],
            digest=form.cleaned_data["digest"],
            given=form.given,
            approver=request.user,
            at=at,
        )
        if form.is_bound and form.is_valid()
        else None
    )
    if done is None:
        context = {"model": model, "page": page, "row": row, "form": form}
        return render(request, "assess/approve.html", context, status=status_of_form(form))
    model.refresh_from_db()
    in_force = model.tier == row.to_tier
    said = "It is in force." if in_force else "Others have yet to approve it."
    messages.success(request, f"You approved this override. {said}")
    return HttpResponseRedirect(links.tier_override(model, row))


def _prove_and_approve(
    *,
    row: TierOverride,
    capacity: str,
    digest: str,
    given: ProofGiven,
    approver: User,
    at: datetime,
) -> TierOverrideApproval:
    proof = prove(approver, given=given, at=at)
    return approve_tier_override(
        override=row, capacity=capacity, digest_seen=digest, proof=proof, actor=approver, at=at
    )


def _model(request: PageRequest, name: str, *, at: datetime) -> Model:
    model = model_named(name, actor=request.user, at=at)
    about(request, subject=model.ref, stream=model.stream)
    return model
