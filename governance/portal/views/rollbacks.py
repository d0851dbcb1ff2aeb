"""Rolling a model back to the version that served before."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone

from governance.accounts.models import User
from governance.accounts.proof import ProofGiven, prove
from governance.approvals.actions import roll_back
from governance.approvals.actions.rollbacks import (
    rollback_case,
    rolled_back_before,
    slot_to_roll_back,
)
from governance.approvals.models import PromotionRequest
from governance.core.canonical import sha256_hex
from governance.core.errors import DomainError, invalid
from governance.core.wording import moment
from governance.inventory.models import Model
from governance.inventory.queries import model_named
from governance.portal import links
from governance.portal.errors import attempt, status_of, status_of_form
from governance.portal.forms.decisions import RollBackForm
from governance.portal.forms.proof import WRONG_PROOF, proving
from governance.portal.pages.rollbacks import (
    RollBackPage,
    rollback_page,
)
from governance.portal.pages.sign_step import changed_since
from governance.portal.requests import PageRequest, about
from governance.portal.signing import unseal
from governance.registry.models import Slot


def roll_back_model(request: PageRequest, name: str) -> HttpResponse:
    """What returns, what goes, what it rests on; with a reason and a proof, it is done."""
    at = timezone.now()
    model = _model(request, name, at=at)
    slot = slot_to_roll_back(model, request.GET.get("slot", ""))
    seen = _seen(request, slot)
    if seen and (earlier := rolled_back_before(slot, request.user, sha256_hex(seen.encode()))):
        when = moment(earlier.signed_at)
        messages.info(request, f"You had rolled back already, on {when}. It was not done again.")
        return HttpResponseRedirect(links.decision(earlier.request))
    page = rollback_page(slot, seen=seen, reader=request.user, at=at)
    form = RollBackForm(
        request.POST if request.method == "POST" else None,
        proving=proving(request, "roll back", slot.ref, page.digest),
    )
    done = (
        attempt(
            request,
            form,
            _prove_and_roll_back,
            keep=WRONG_PROOF,
            page=page,
            reason=form.cleaned_data["reason"],
            given=form.given,
            signer=request.user,
            at=at,
        )
        if form.is_bound and form.is_valid()
        else None
    )
    if done is None:
        context = {"page": page, "model": model, "form": form}
        return render(request, "decisions/roll_back.html", context, status=status_of_form(form))
    messages.success(request, f"{page.returning} is live again.")
    return HttpResponseRedirect(links.decision(done))


def _model(request: PageRequest, name: str, *, at: datetime) -> Model:
    model = model_named(name, actor=request.user, at=at)
    about(request, subject=model.ref, stream=model.stream)
    return model


def _seen(request: PageRequest, slot: Slot) -> str | None:
    if request.method != "POST":
        return None
    sealed = request.POST.get("seen", "")
    if not sealed:
        raise invalid("seen", "required", "It is not known what you saw. Nothing was rolled back.")
    return unseal(sealed, about=slot.ref)


def _prove_and_roll_back(
    *, page: RollBackPage, reason: str, given: ProofGiven, signer: User, at: datetime
) -> PromotionRequest:
    proof = prove(signer, given=given, at=at)
    return roll_back(
        slot=page.slot,
        digest_seen=page.digest,
        reason=reason,
        proof=proof,
        actor=signer,
        at=at,
    )


def rollback_changed(request: PageRequest, error: DomainError, name: str) -> HttpResponse:
    """Nothing was rolled back, because what was on the screen no longer holds."""
    at = timezone.now()
    model = _model(request, name, at=at)
    slot = slot_to_roll_back(model, request.GET.get("slot", ""))
    seen = _seen(request, slot)
    case = rollback_case(slot, at=at)
    context = {
        "model": model,
        "slot": slot,
        "error": error,
        "typed": request.POST.get("reason", ""),
        "changes": changed_since(seen, case.dossier) if seen else (),
    }
    return render(request, "decisions/roll_back_changed.html", context, status=status_of(error))
