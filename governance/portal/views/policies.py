"""Policies: reading them, proposing a version, signing it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils import timezone

from governance.accounts.models import User
from governance.accounts.proof import ProofGiven, prove
from governance.approvals.actions import propose_policy, sign_policy
from governance.approvals.actions.policies import STREAM
from governance.approvals.models import PolicyVersion
from governance.approvals.queries.policies import policy_by_id
from governance.approvals.rules.judgement import Decision
from governance.approvals.rules.policies import SCHEMA, PolicyState
from governance.core.errors import DomainError
from governance.core.wording import moment
from governance.portal import links
from governance.portal.errors import attempt, explain, perform, status_of_form
from governance.portal.forms.policies import ProposeForm, SignPolicyForm, StartForm
from governance.portal.forms.proof import WRONG_PROOF, Proving, proving
from governance.portal.pages.policies import (
    may_propose,
    policy_list,
    policy_page,
    why_no_proposal,
)
from governance.portal.requests import PageRequest, about, instant_of
from governance.portal.views.past import not_yet

SIGNED = {
    PolicyState.PROPOSED: "You signed. One more signature puts this version in force.",
    PolicyState.IN_FORCE: "You signed. This version is in force from now on.",
    PolicyState.REJECTED: "You rejected this version. It never took effect.",
}


def policies(request: PageRequest) -> HttpResponse:
    """The firm's policies, now or as they stood. Whoever can sign in may read the rules."""
    at = timezone.now()
    instant = instant_of(request, at=at)
    context = {
        "instant": instant,
        "groups": policy_list(instant),
        "may_propose": instant is None and may_propose(request.user, at=at),
    }
    return render(request, "policies/list.html", context)


def policy(request: PageRequest, policy_id: UUID) -> HttpResponse:
    """One version, in sentences and as written, beside the version in force."""
    row, at = _row(request, policy_id), timezone.now()
    instant, here = instant_of(request, at=at), links.policy(row)
    if instant and row.proposed_at > instant.moment:
        return not_yet(request, instant, str(row), since=row.proposed_at, present=here)
    if instant:
        page = policy_page(row, reader=request.user, at=at, instant=instant)
        return render(request, "policies/policy.html", {"page": page, "row": row})
    form = SignPolicyForm(initial={"digest": row.digest}, proving=_proving(request, row))
    return _page(request, row, form, at=at)


def _proving(request: PageRequest, row: PolicyVersion) -> Proving:
    return proving(request, "sign", row.ref, row.digest)


def policy_schema(request: PageRequest) -> HttpResponse:
    """The JSON Schema that every policy file is read against, for editors and pipelines."""
    return JsonResponse(SCHEMA, content_type="application/schema+json")


def _row(request: PageRequest, policy_id: UUID) -> PolicyVersion:
    row = policy_by_id(policy_id)
    about(request, subject=row.ref, stream=STREAM)
    return row


def _page(
    request: PageRequest, row: PolicyVersion, form: SignPolicyForm, *, at: datetime
) -> HttpResponse:
    context = {"page": policy_page(row, reader=request.user, at=at), "row": row, "form": form}
    return render(request, "policies/policy.html", context, status=status_of_form(form))


def sign_policy_version(request: PageRequest, policy_id: UUID) -> HttpResponse:
    """Approve or reject a proposed version, with a fresh proof."""
    at = timezone.now()
    row = _row(request, policy_id)
    form = SignPolicyForm(request.POST, proving=_proving(request, row))
    signed = (
        attempt(
            request,
            form,
            _prove_and_sign,
            keep=WRONG_PROOF,
            row=row,
            facts=form.cleaned_data,
            given=form.given,
            signer=request.user,
            at=at,
        )
        if form.is_valid()
        else None
    )
    if signed is None:
        return _page(request, row, form, at=at)
    messages.success(request, SIGNED[PolicyState(signed.state)])
    return HttpResponseRedirect(links.policy(signed))


def _prove_and_sign(
    *,
    row: PolicyVersion,
    facts: dict[str, str],
    given: ProofGiven,
    signer: User,
    at: datetime,
) -> PolicyVersion:
    proof = prove(signer, given=given, at=at)
    return sign_policy(
        policy_id=row.pk,
        decision=Decision(facts["decision"]),
        digest_seen=facts["digest"],
        comment=facts["comment"],
        proof=proof,
        actor=signer,
        at=at,
    )


def signed_before(request: PageRequest, error: DomainError, policy_id: UUID) -> HttpResponse:
    """Answer a second click with what the first one did."""
    row = _row(request, policy_id)
    earlier = row.sign_offs.filter(signer=request.user).first()
    if earlier is None or earlier.policy_digest != request.POST.get("digest"):
        return explain(request, error)
    when = moment(earlier.signed_at)
    messages.info(request, f"You had signed this already, on {when}. It was not signed again.")
    return HttpResponseRedirect(links.policy(row))


def new_policy(request: PageRequest) -> HttpResponse:
    """Propose a version; `?from=` starts with the text of an earlier one."""
    at = timezone.now()
    if request.method != "POST":
        return _proposal(request, ProposeForm(initial={"text": starting_text(request)}), at=at)
    form = ProposeForm(request.POST)
    row = (
        perform(
            form,
            propose_policy,
            text=form.cleaned_data["text"].replace("\r\n", "\n"),
            actor=request.user,
            at=at,
        )
        if form.is_valid()
        else None
    )
    if row is None:
        return _proposal(request, form, at=at)
    messages.success(request, f"{row} is proposed. Two others sign it before it takes effect.")
    return HttpResponseRedirect(links.policy(row))


def starting_text(request: PageRequest) -> str:
    """The text of the version that `?from=` names, or an example to begin with."""
    form = StartForm(request.GET)
    earlier = form.cleaned_data["from"] if form.is_valid() else None
    return policy_by_id(earlier).text if earlier else TEMPLATE


def _proposal(request: PageRequest, form: ProposeForm, *, at: datetime) -> HttpResponse:
    context = {"form": form, "why_not": why_no_proposal(request.user, at=at)}
    return render(request, "policies/new.html", context, status=status_of_form(form))


TEMPLATE = """\
policy: my-policy
title: What this policy is called
applies_to:
  target: PRODUCTION
  from: [STAGING]
  tiers: [2]
gates:
  - {check: metric, metric: accuracy, at_least: 0.90, label: Accuracy}
  - {check: owner_assigned}
  - {check: card_published}
  - {check: report_approved, max_age_days: 365}
  - {check: no_open_finding, severity: HIGH}
  - {check: artifacts_complete}
sign_offs:
  - {role: VALIDATOR, step: 1, meaning: "I find this version fit for the stated use."}
  - {role: APPROVER, step: 2, meaning: "I approve this version for the stated use."}
"""
