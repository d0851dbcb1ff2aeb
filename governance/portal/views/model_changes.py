"""Changes of a live model: proposing, deciding, taking back."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone

from governance.accounts.models import User
from governance.accounts.proof import ProofGiven, prove
from governance.inventory.actions import (
    accept_change,
    decline_change,
    propose_change,
    withdraw_change,
)
from governance.inventory.models import ChangeDecision, Model, ModelChange
from governance.inventory.queries import model_named
from governance.inventory.queries.model_changes import change_numbered
from governance.inventory.rules.model_changes import ChangeOvertaken
from governance.portal import links
from governance.portal.errors import attempt, status_of_form
from governance.portal.forms.base import SiteForm
from governance.portal.forms.model_changes import (
    ACCEPT,
    ChangeDecisionForm,
    ProposalForm,
    WithdrawChangeForm,
)
from governance.portal.forms.proof import WRONG_PROOF, Proving, proving
from governance.portal.pages.model_changes import change_page, changes_page
from governance.portal.requests import PageRequest, about, instant_of
from governance.portal.views.past import not_yet

KEPT = {**WRONG_PROOF, ChangeOvertaken: ""}
"""After these the form comes back with what was typed."""


def changes(request: PageRequest, name: str) -> HttpResponse:
    """Every change of a model, and how far the minor ones have added up; or propose one."""
    model, at = _model(request, name), timezone.now()
    instant = instant_of(request, at=at)
    form = ProposalForm(request.POST if request.method == "POST" else None)
    proposed = (
        attempt(
            request,
            form,
            propose_change,
            keep={},
            model=model,
            record=None,
            rationale=form.rationale(),
            actor=request.user,
            at=at,
        )
        if form.is_bound and form.is_valid()
        else None
    )
    if proposed is not None:
        messages.success(request, "It is proposed, and waits for somebody independent.")
        return HttpResponseRedirect(links.change(proposed))
    page = changes_page(model, reader=request.user, at=at, instant=instant)
    context = {"page": page, "model": model, "form": form}
    return render(request, "changes/list.html", context, status=status_of_form(form))


def change(request: PageRequest, name: str, number: int) -> HttpResponse:
    """One change, with what can be done about it, or as it stood at a past moment."""
    row, at = _change(request, name, number), timezone.now()
    instant, here = instant_of(request, at=at), links.change(row)
    if instant is None:
        return _show(request, row)
    if row.proposed_at > instant.moment:
        title = f"Change {row.number} of {row.model.name}"
        return not_yet(request, instant, title, since=row.proposed_at, present=here)
    then = change_numbered(row.model, number, by=instant.moment)
    page = change_page(then, reader=request.user, at=at, instant=instant)
    context = {"page": page, "change": then, "model": then.model}
    return render(request, "changes/change.html", context)


def decide_change(request: PageRequest, name: str, number: int) -> HttpResponse:
    """Accept or decline a change."""
    at = timezone.now()
    row = _change(request, name, number)
    form = ChangeDecisionForm(request.POST, proving=_proving(request, row))
    decided = (
        attempt(
            request,
            form,
            _prove_and_decide,
            keep=KEPT,
            change=row,
            said=form.cleaned_data,
            given=form.given,
            decider=request.user,
            at=at,
        )
        if form.is_valid()
        else None
    )
    if decided is None:
        return _show(request, row, deciding=form)
    messages.success(request, f"You {decided.get_outcome_display().lower()} the change.")
    return HttpResponseRedirect(links.change(row))


def _prove_and_decide(
    *,
    change: ModelChange,
    said: dict[str, str],
    given: ProofGiven,
    decider: User,
    at: datetime,
) -> ChangeDecision:
    proof = prove(decider, given=given, at=at)
    if said["decision"] == ACCEPT:
        return accept_change(
            change=change,
            digest_seen=said["digest_seen"],
            materiality=said["materiality"],
            comment=said["comment"],
            proof=proof,
            actor=decider,
            at=at,
        )
    return decline_change(change=change, comment=said["comment"], proof=proof, actor=decider, at=at)


def withdraw_named_change(request: PageRequest, name: str, number: int) -> HttpResponse:
    """Take a change back before it is decided."""
    row = _change(request, name, number)
    form = WithdrawChangeForm(request.POST)
    withdrawn = (
        attempt(
            request,
            form,
            withdraw_change,
            keep={},
            change=row,
            comment=form.cleaned_data["comment"],
            actor=request.user,
            at=timezone.now(),
        )
        if form.is_valid()
        else None
    )
    if withdrawn is None:
        return _show(request, row, withdrawing=form)
    messages.success(request, "It is withdrawn. The record stays as it is.")
    return HttpResponseRedirect(links.change(row))


def _show(
    request: PageRequest,
    row: ModelChange,
    *,
    deciding: ChangeDecisionForm | None = None,
    withdrawing: WithdrawChangeForm | None = None,
) -> HttpResponse:
    tried: SiteForm | None = deciding or withdrawing
    context = {
        "page": change_page(row, reader=request.user, at=timezone.now()),
        "change": row,
        "model": row.model,
        "deciding": deciding
        or ChangeDecisionForm(proving=_proving(request, row), initial={"digest_seen": row.digest}),
        "withdrawing": withdrawing or WithdrawChangeForm(),
    }
    status = status_of_form(tried) if tried else None
    return render(request, "changes/change.html", context, status=status)


def _proving(request: PageRequest, row: ModelChange) -> Proving:
    return proving(request, "decide", row.ref)


def _model(request: PageRequest, name: str) -> Model:
    model = model_named(name, actor=request.user, at=timezone.now())
    about(request, subject=model.ref, stream=model.stream)
    return model


def _change(request: PageRequest, name: str, number: int) -> ModelChange:
    row = change_numbered(_model(request, name), number)
    about(request, subject=row.ref, stream=row.model.stream)
    return row
