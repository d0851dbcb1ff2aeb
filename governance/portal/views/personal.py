"""Erasing personal data where the law asks for it, and holding it back where it must stay."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from governance.accounts.actions import (
    STREAM,
    Holdable,
    Order,
    erase_person,
    erase_prose,
    lift_hold,
    place_hold,
)
from governance.accounts.models import Erasure, User
from governance.accounts.proof import ProofGiven, prove
from governance.audit.models import Prose
from governance.core.wording import counted
from governance.inventory.queries import model_named
from governance.portal.errors import attempt, perform, status_of_form
from governance.portal.forms.base import SiteForm
from governance.portal.forms.personal import EraseForm, HoldForm, LiftForm, ModelHoldForm
from governance.portal.forms.proof import WRONG_PROOF, proving
from governance.portal.pages.personal import (
    hold_by_id,
    model_to_hold,
    person_by_id,
    person_page,
    personal_page,
    prose_by_id,
    require_keeper,
    text_page,
)
from governance.portal.requests import PageRequest, about, query_without


def personal_data(request: PageRequest) -> HttpResponse:
    """Who was let go, what is on hold, what was erased; a POST holds a model."""
    at = timezone.now()
    require_keeper(request.user, at=at)
    form = ModelHoldForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        model = model_named(form.cleaned_data["model"], actor=request.user, at=at)
        if _hold(request, form, model_to_hold(model), at=at):
            return HttpResponseRedirect(reverse("personal_data"))
    page = personal_page(request.GET.get("page"), at=at)
    context = {"page": page, "form": form, "query": query_without(request, "page")}
    return render(request, "personal/list.html", context, status=status_of_form(form))


def person(request: PageRequest, person_id: UUID) -> HttpResponse:
    """What would go and what would stay of one person; a POST erases it."""
    at = timezone.now()
    found = _person(request, person_id, at=at)
    posted = request.POST if request.method == "POST" else None
    form = EraseForm(posted, proving=proving(request, "erase", found.ref))
    erased = (
        attempt(
            request,
            form,
            _prove_and_erase_person,
            keep=WRONG_PROOF,
            user=found,
            order=form.order,
            given=form.given,
            actor=request.user,
            at=at,
        )
        if form.is_bound and form.is_valid()
        else None
    )
    if erased is None:
        return _show_person(request, found, erasing=form)
    messages.success(request, _said(erased))
    return HttpResponseRedirect(reverse("personal_person", args=[found.pk]))


def hold_person(request: PageRequest, person_id: UUID) -> HttpResponse:
    """Keep everything of one person."""
    at = timezone.now()
    found = _person(request, person_id, at=at)
    form = HoldForm(request.POST)
    if form.is_valid() and _hold(request, form, Holdable.person(found), at=at):
        return HttpResponseRedirect(reverse("personal_person", args=[found.pk]))
    return _show_person(request, found, holding=form)


def lift(request: PageRequest, hold_id: UUID) -> HttpResponse:
    """Lift a hold, on a page of its own."""
    at = timezone.now()
    require_keeper(request.user, at=at)
    row = hold_by_id(hold_id)
    form = LiftForm(request.POST if request.method == "POST" else None)
    reason = form.cleaned_data["reason"] if form.is_bound and form.is_valid() else ""
    lifted = (
        perform(form, lift_hold, hold_id=row.hold.pk, reason=reason, actor=request.user, at=at)
        if reason
        else None
    )
    if lifted is None:
        context = {"row": row, "form": form}
        return render(request, "personal/lift.html", context, status=status_of_form(form))
    messages.success(request, f"{row.name} is on hold no more.")
    return HttpResponseRedirect(reverse("personal_data"))


def text(request: PageRequest, prose_id: UUID) -> HttpResponse:
    """One text that somebody wrote; a POST empties it."""
    at = timezone.now()
    require_keeper(request.user, at=at)
    prose = prose_by_id(prose_id)
    posted = request.POST if request.method == "POST" else None
    form = EraseForm(posted, proving=proving(request, "erase", prose.ref))
    erased = (
        attempt(
            request,
            form,
            _prove_and_erase_prose,
            keep=WRONG_PROOF,
            prose=prose,
            order=form.order,
            given=form.given,
            actor=request.user,
            at=at,
        )
        if form.is_bound and form.is_valid()
        else None
    )
    if erased is None:
        context = {"page": text_page(prose, at=at), "form": form}
        return render(request, "personal/text.html", context, status=status_of_form(form))
    messages.success(request, "The text is erased. Its digest stays, so that all still verifies.")
    return HttpResponseRedirect(reverse("personal_text", args=[prose.pk]))


def _prove_and_erase_person(
    *, user: User, order: Order, given: ProofGiven, actor: User, at: datetime
) -> Erasure:
    proof = prove(actor, given=given, at=at)
    return erase_person(user=user, order=order, proof=proof, actor=actor, at=at)


def _prove_and_erase_prose(
    *, prose: Prose, order: Order, given: ProofGiven, actor: User, at: datetime
) -> Erasure:
    proof = prove(actor, given=given, at=at)
    return erase_prose(prose_id=prose.pk, order=order, proof=proof, actor=actor, at=at)


def _hold(request: PageRequest, form: HoldForm, on: Holdable, *, at: datetime) -> bool:
    reason = form.cleaned_data["reason"]
    if perform(form, place_hold, on=on, reason=reason, actor=request.user, at=at) is None:
        return False
    messages.success(request, f"{on.name} is on hold: nothing of it is erased.")
    return True


def _said(row: Erasure) -> str:
    gone = f"Erased: {counted(sum(row.erased.values()), 'item')}."
    if not row.kept:
        return f"{gone} Nothing had to stay."
    return f"{gone} {counted(sum(row.kept.values()), 'item')} had to stay, as this page says."


def _person(request: PageRequest, person_id: UUID, *, at: datetime) -> User:
    require_keeper(request.user, at=at)
    found = person_by_id(person_id)
    about(request, subject=found.ref, stream=STREAM)
    return found


def _show_person(
    request: PageRequest,
    found: User,
    *,
    erasing: EraseForm | None = None,
    holding: HoldForm | None = None,
) -> HttpResponse:
    tried: SiteForm | None = holding or erasing
    context = {
        "page": person_page(found, at=timezone.now()),
        "person": found,
        "erasing": erasing or EraseForm(proving=proving(request, "erase", found.ref)),
        "holding": holding or HoldForm(),
    }
    status = status_of_form(tried) if tried else None
    return render(request, "personal/person.html", context, status=status)
