"""Deciding on a promotion request: reading it, signing it, taking it back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone

from governance.accounts.models import User
from governance.accounts.permissions import Permission, may
from governance.accounts.proof import ProofGiven, prove
from governance.accounts.rules import Role
from governance.approvals.actions import Outcome, ask_for_stage, sign_off, withdraw
from governance.approvals.actions.openings import note_opening
from governance.approvals.actions.requests import require_open
from governance.approvals.models import PromotionRequest, SignOff
from governance.approvals.queries.cases import request_by_id
from governance.approvals.rules.challenge import EvidencePage
from governance.approvals.rules.conditions import ConditionDraft
from governance.approvals.rules.judgement import Decision, RequestState
from governance.core.errors import DomainError, invalid
from governance.core.wording import moment
from governance.portal import links
from governance.portal.errors import attempt, explain, perform, status_of, status_of_form
from governance.portal.forms.base import SiteForm
from governance.portal.forms.comments import CommentForm
from governance.portal.forms.conditions import Conditions
from governance.portal.forms.decisions import (
    CONDITIONS,
    AskForm,
    ChoiceForm,
    SignForm,
    WithdrawForm,
)
from governance.portal.forms.proof import WRONG_PROOF, proving
from governance.portal.pages.conversation import conversation
from governance.portal.pages.decisions import decision_page
from governance.portal.pages.past_decision import past_decision_page
from governance.portal.pages.sign_step import (
    SignStep,
    changed_since,
    own_sign_off,
    sign_step,
)
from governance.portal.requests import PageRequest, about, instant_of
from governance.portal.signing import unseal
from governance.registry.queries import deprecation_of, version_numbered
from governance.registry.rules import Stage
from governance.validation.queries import possible_owners

DONE = {
    Decision.APPROVE: "You signed as {role}.",
    Decision.RETURN: "You returned the request for changes. It is closed.",
    Decision.REJECT: "You rejected the request. It is closed.",
}


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What a reader wants to sign. `seen` is None when they come by a plain link."""

    decision: Decision
    role: Role | None
    seen: str | None
    comment: str
    is_signing: bool
    has_conditions: bool = False


def decision(request: PageRequest, request_id: UUID) -> HttpResponse:
    """The evidence beside the decision; `?as_of=` shows it as it stood then."""
    at = timezone.now()
    row = _row(request, request_id, at=at)
    if instant := instant_of(request, at=at):
        context = {"page": past_decision_page(row, instant), "row": row}
        return render(request, "decisions/past_decision.html", context)
    note_opening(page=EvidencePage.DECISION, of=row, actor=request.user, at=at)
    return show_decision(request, row)


def show_decision(
    request: PageRequest,
    row: PromotionRequest,
    *,
    withdraw_form: WithdrawForm | None = None,
    comment_form: CommentForm | None = None,
) -> HttpResponse:
    """Show the page, with a form that came back if one did."""
    at = timezone.now()
    back: SiteForm = withdraw_form or comment_form or WithdrawForm()
    context = {
        "page": decision_page(row, reader=request.user, at=at),
        "row": row,
        "form": withdraw_form or WithdrawForm(),
        "said": conversation(row),
        "comment_form": comment_form or _comment_form(request, row, at=at),
        "deprecation": deprecation_of(row.version),
    }
    return render(request, "decisions/decision.html", context, status=status_of_form(back))


def _comment_form(
    request: PageRequest, row: PromotionRequest, *, at: datetime
) -> CommentForm | None:
    unit = row.version.model.unit
    speaks = may(request.user, Permission.COMMENT_WRITE, unit=unit, at=at)
    return CommentForm() if speaks and row.standing == RequestState.OPEN else None


def _row(request: PageRequest, request_id: UUID, *, at: datetime) -> PromotionRequest:
    row = request_by_id(request_id, actor=request.user, at=at)
    about(request, subject=row.ref, stream=row.version.model.stream)
    return row


def sign_request(request: PageRequest, request_id: UUID) -> HttpResponse:
    """Check what would be signed; then, with a fresh proof, sign it once."""
    at = timezone.now()
    row = _row(request, request_id, at=at)
    choice = _choice(request, row)
    if choice.seen and (earlier := own_sign_off(row, request.user, choice.seen)):
        return _signed_before(request, row, earlier)
    if request.method != "POST" and row.standing != RequestState.OPEN:
        return HttpResponseRedirect(links.decision(row))
    require_open(row)
    if choice.seen is None:
        # They came by a plain link: this page is what they sign on.
        note_opening(page=EvidencePage.DECISION, of=row, actor=request.user, at=at)
    step = sign_step(
        row,
        decision=choice.decision,
        role=choice.role,
        seen=choice.seen,
        has_conditions=choice.has_conditions,
        reader=request.user,
        at=at,
    )
    proof = proving(request, "sign", row.ref, step.decision, step.seat.role, step.digest)
    data = request.POST if choice.is_signing else None
    form = SignForm(
        data,
        initial={"comment": choice.comment},
        decision=step.decision,
        has_conditions=step.has_conditions,
        proving=proof,
    )
    conditions = (
        Conditions(data, owners=possible_owners(row.version.model), today=at.date())
        if step.has_conditions
        else None
    )
    if data is None or not _are_valid(form, conditions):
        return _step(request, step, form, conditions)
    signed = attempt(
        request,
        form,
        _prove_and_sign,
        keep=WRONG_PROOF,
        step=step,
        comment=form.cleaned_data["comment"],
        conditions=conditions.drafts if conditions else (),
        given=form.given,
        signer=request.user,
        at=at,
    )
    return _signed(request, signed) if signed else _step(request, step, form, conditions)


def _are_valid(form: SignForm, conditions: Conditions | None) -> bool:
    """Judge both, so that everything that is wrong is said at once."""
    is_valid = form.is_valid()
    if conditions is None or conditions.is_valid():
        return is_valid
    form.add_error(None, "Look at the conditions: something is missing or wrong there.")
    return False


def _choice(request: PageRequest, row: PromotionRequest) -> Choice:
    """Read what was chosen, from the decision page's form or from a link."""
    data = request.POST if request.method == "POST" else request.GET
    form = ChoiceForm({"decision": Decision.APPROVE} | data.dict())
    if not form.is_valid():
        raise invalid("decision", "choice", "Choose to approve, to return or to reject.")
    chosen = form.cleaned_data
    has_conditions = chosen["decision"] == CONDITIONS
    if request.method == "POST" and not chosen["seen"]:
        raise invalid("seen", "required", "It is not known what you saw. Nothing was signed.")
    return Choice(
        decision=Decision.APPROVE if has_conditions else Decision(chosen["decision"]),
        has_conditions=has_conditions,
        role=Role(chosen["role"]) if chosen["role"] else None,
        seen=unseal(chosen["seen"], about=row.ref) if chosen["seen"] else None,
        comment=chosen["comment"],
        is_signing=request.method == "POST" and data.get("step") == "sign",
    )


def _prove_and_sign(
    *,
    step: SignStep,
    comment: str,
    conditions: Sequence[ConditionDraft],
    given: ProofGiven,
    signer: User,
    at: datetime,
) -> SignOff:
    proof = prove(signer, given=given, at=at)
    return sign_off(
        request_id=step.request.pk,
        role=step.seat.role,
        decision=step.decision,
        digest_seen=step.digest,
        comment=comment,
        conditions=conditions,
        proof=proof,
        actor=signer,
        at=at,
    )


def _step(
    request: PageRequest, step: SignStep, form: SignForm, conditions: Conditions | None
) -> HttpResponse:
    context = {"step": step, "row": step.request, "form": form, "conditions": conditions}
    return render(request, "decisions/sign.html", context, status=status_of_form(form))


def _signed(request: PageRequest, signed: SignOff) -> HttpResponse:
    """Go back to the decision, which shows the certificate, and say what it led to."""
    row = signed.request
    text = DONE[Decision(signed.decision)].format(role=signed.get_role_display().lower())
    if row.state == RequestState.DONE:
        where = f"answers {row.goal}" if row.share else f"is in {row.goal}"
        text += f" It was the last signature: {row.version} {where}."
    messages.success(request, text)
    return HttpResponseRedirect(links.decision(row))


def _signed_before(request: PageRequest, row: PromotionRequest, earlier: SignOff) -> HttpResponse:
    """Answer a second click with what the first one did."""
    when = moment(earlier.signed_at)
    messages.info(request, f"You had signed this already, on {when}. It was not signed again.")
    return HttpResponseRedirect(links.decision(row))


def facts_changed(request: PageRequest, error: DomainError, request_id: UUID) -> HttpResponse:
    """Nothing was signed, because what was on the screen no longer holds: say what changed."""
    at = timezone.now()
    row = _row(request, request_id, at=at)
    choice = _choice(request, row)
    page = decision_page(row, reader=request.user, at=at)
    grounds = page.grounds
    context = {
        "page": page,
        "row": row,
        "error": error,
        "choice": choice,
        "changes": changed_since(choice.seen, grounds.dossier) if choice.seen and grounds else (),
    }
    return render(request, "decisions/changed.html", context, status=status_of(error))


def overtaken(request: PageRequest, error: DomainError, request_id: UUID) -> HttpResponse:
    """Somebody else decided first: say who and what. A second click gets its own first one."""
    at = timezone.now()
    row = _row(request, request_id, at=at)
    sealed = request.POST.get("seen", "")
    earlier = sealed and own_sign_off(row, request.user, unseal(sealed, about=row.ref))
    if earlier:
        return _signed_before(request, row, earlier)
    if row.standing == RequestState.OPEN:
        return explain(request, error)
    page = decision_page(row, reader=request.user, at=at)
    typed = request.POST.get("comment") or request.POST.get("reason", "")
    context = {"page": page, "row": row, "error": error, "typed": typed}
    return render(request, "decisions/overtaken.html", context, status=HTTPStatus.CONFLICT)


def overtaken_elsewhere(
    request: PageRequest, error: DomainError, request_id: UUID, **named: str
) -> HttpResponse:
    """The same, for what is done about a request on a page of its own."""
    return overtaken(request, error, request_id)


def take_back(request: PageRequest, request_id: UUID) -> HttpResponse:
    """Withdraw a request, for a reason."""
    at = timezone.now()
    row = _row(request, request_id, at=at)
    form = WithdrawForm(request.POST)
    withdrawn = (
        perform(
            form,
            withdraw,
            request_id=row.pk,
            reason=form.cleaned_data["reason"],
            actor=request.user,
            at=at,
        )
        if form.is_valid()
        else None
    )
    if withdrawn is not None:
        messages.success(request, "The request is withdrawn. Nothing was moved.")
        return HttpResponseRedirect(links.decision(row))
    return show_decision(request, row, withdraw_form=form)


def ask(request: PageRequest, name: str, number: int) -> HttpResponse:
    """Ask for a stage. It opens a request, or moves the version if nothing is outstanding."""
    at = timezone.now()
    version = version_numbered(name, number, actor=request.user, at=at)
    about(request, subject=version.ref, stream=version.model.stream)
    form = AskForm(request.POST)
    if not form.is_valid():
        known = ", ".join(stage.label for stage in Stage)
        raise invalid("target", "choice", f"There is no such stage. The stages are {known}.")
    target = Stage(form.cleaned_data["target"])
    asked = ask_for_stage(version=version, target=target, actor=request.user, at=at)
    messages.success(request, ANSWERS[asked.outcome].format(asked.version, target.label))
    return HttpResponseRedirect(
        links.decision(asked.request) if asked.request else links.version(version)
    )


ANSWERS = {
    Outcome.ALREADY_THERE: "{0} is in {1} already.",
    Outcome.MOVED: "{0} is in {1} now: the policy asks for nothing more.",
    Outcome.OPENED: "You asked for {1}. This page says what is still missing, and who can give it.",
    Outcome.WAITING: "Somebody asked for {1} before. This is the request that stands.",
}
