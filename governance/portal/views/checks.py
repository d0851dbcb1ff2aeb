"""Manual checks, and failing ones that people answer for."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone

from governance.accounts.models import User
from governance.accounts.proof import ProofGiven, prove
from governance.approvals.actions import propose_override, sign_override, tick_check
from governance.approvals.actions.overrides import overridable
from governance.approvals.actions.requests import require_open
from governance.approvals.models import Override, OverrideSignOff, PromotionRequest
from governance.approvals.queries.cases import case_of, request_by_id
from governance.approvals.queries.overrides import override_by_id
from governance.approvals.rules.manual import NoSuchCheck
from governance.portal import links
from governance.portal.errors import attempt, perform, status_of_form
from governance.portal.forms.checks import OverrideForm, SignOverrideForm, TickForm
from governance.portal.forms.proof import WRONG_PROOF, proving
from governance.portal.pages.overrides import override_rows
from governance.portal.pages.policy_words import override_sentence
from governance.portal.requests import PageRequest, about


def _open_row(request: PageRequest, request_id: UUID, *, at: datetime) -> PromotionRequest:
    row = request_by_id(request_id, actor=request.user, at=at)
    about(request, subject=row.ref, stream=row.version.model.stream)
    require_open(row)
    return row


def tick(request: PageRequest, request_id: UUID, check_id: str) -> HttpResponse:
    """Say what one found in a manual check."""
    at = timezone.now()
    row = _open_row(request, request_id, at=at)
    check = case_of(row, at=at).policy.manual_check(check_id)
    if check is None:
        raise NoSuchCheck("The policy has no such manual check.")
    form = TickForm(request.POST if request.method == "POST" else None)
    done = (
        perform(
            form,
            tick_check,
            request_id=row.pk,
            check_id=check.id,
            holds=form.cleaned_data["holds"],
            note=form.cleaned_data["note"],
            actor=request.user,
            at=at,
        )
        if form.is_bound and form.is_valid()
        else None
    )
    if done is None:
        context = {"row": row, "check": check, "form": form}
        return render(request, "decisions/tick.html", context, status=status_of_form(form))
    found = "holds" if done.holds else "does not hold"
    messages.success(request, f"You found that this {found}: {check.label}.")
    return HttpResponseRedirect(links.decision(row))


def override(request: PageRequest, request_id: UUID, check_id: str) -> HttpResponse:
    """Propose that a failing check shall not stand against a request, and sign this."""
    at = timezone.now()
    row = _open_row(request, request_id, at=at)
    case = case_of(row, at=at)
    check, rule = overridable(case, check_id)
    form = OverrideForm(
        request.POST if request.method == "POST" else None,
        proving=proving(request, "override", row.ref, check.id),
    )
    done = (
        attempt(
            request,
            form,
            _prove_and_propose,
            keep=WRONG_PROOF,
            row=row,
            check_id=check.id,
            reason=form.cleaned_data["reason"],
            control=form.cleaned_data["control"],
            expires_date=form.cleaned_data["expires_date"],
            given=form.given,
            signer=request.user,
            at=at,
        )
        if form.is_bound and form.is_valid()
        else None
    )
    if done is None:
        context = {"row": row, "check": check, "rule": override_sentence(rule), "form": form}
        return render(request, "decisions/override.html", context, status=status_of_form(form))
    more = rule.people - 1
    said = f"{more} more must sign it." if more else "It is in force."
    messages.success(request, f"You signed the override of “{check.label}”. {said}")
    return HttpResponseRedirect(f"{links.decision(row)}#overrides")


def _prove_and_propose(
    *,
    row: PromotionRequest,
    check_id: str,
    reason: str,
    control: str,
    expires_date: date,
    given: ProofGiven,
    signer: User,
    at: datetime,
) -> Override:
    proof = prove(signer, given=given, at=at)
    return propose_override(
        request_id=row.pk,
        check_id=check_id,
        reason=reason,
        control=control,
        expires_date=expires_date,
        proof=proof,
        actor=signer,
        at=at,
    )


def sign_named_override(request: PageRequest, request_id: UUID, override_id: UUID) -> HttpResponse:
    """Sign an override that somebody else proposed."""
    at = timezone.now()
    row = _open_row(request, request_id, at=at)
    proposed = override_by_id(override_id, request=row)
    case = case_of(row, at=at)
    check, rule = overridable(case, proposed.check_id)
    rows = override_rows(case, row, reader=request.user, at=at)
    shown = next(one for one in rows if one.id == proposed.pk)
    form = SignOverrideForm(
        request.POST if request.method == "POST" else None,
        initial={"digest": proposed.digest},
        proving=proving(request, "sign", proposed.ref, proposed.digest),
    )
    done = (
        attempt(
            request,
            form,
            _prove_and_sign,
            keep=WRONG_PROOF,
            override_id=proposed.pk,
            digest_seen=form.cleaned_data["digest"],
            given=form.given,
            signer=request.user,
            at=at,
        )
        if form.is_bound and form.is_valid()
        else None
    )
    if done is None:
        context = {
            "row": row, "check": check, "rule": override_sentence(rule), "override": shown,
            "form": form,
        }  # fmt: skip
        return render(request, "decisions/override_sign.html", context, status=status_of_form(form))
    messages.success(request, f"You signed the override of “{check.label}”.")
    return HttpResponseRedirect(f"{links.decision(row)}#overrides")


def _prove_and_sign(
    *, override_id: UUID, digest_seen: str, given: ProofGiven, signer: User, at: datetime
) -> OverrideSignOff:
    proof = prove(signer, given=given, at=at)
    return sign_override(
        override_id=override_id, digest_seen=digest_seen, proof=proof, actor=signer, at=at
    )
