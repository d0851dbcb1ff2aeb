"""Reading, recording and signing validations, and dealing with findings."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils import timezone

from governance.accounts.models import User
from governance.accounts.proof import ProofGiven, prove
from governance.approvals.actions.openings import note_opening
from governance.approvals.rules.challenge import EvidencePage
from governance.portal import links
from governance.portal.errors import attempt, status_of_form
from governance.portal.forms.proof import WRONG_PROOF, Proving, proving
from governance.portal.forms.validation import (
    CloseForm,
    FindingForm,
    SignForm,
    ValidationForm,
    initial_of,
    posted_rows,
    rows_in,
)
from governance.portal.pages.past_version import past_validation_page
from governance.portal.pages.validation import (
    RecordPage,
    SignPage,
    record_page,
    sign_page,
    validation_page,
)
from governance.portal.requests import PageRequest, about, instant_of
from governance.registry.models import ModelVersion
from governance.registry.queries import deprecation_of, version_numbered
from governance.validation.actions import (
    close_finding,
    open_finding,
    save_validation,
    sign_validation,
)
from governance.validation.models import Report, Validation
from governance.validation.queries import draft_by, finding_numbered
from governance.validation.rules import FindingClosed, ValidationChanged, ValidationRecord


def validation(request: PageRequest, name: str, number: int) -> HttpResponse:
    """The newest report, or the one that `?report=1` asks for, and what was found;
    `?as_of=` as it stood then.
    """
    at = timezone.now()
    version = _version(request, name, number, at=at)
    if instant := instant_of(request, at=at):
        past = past_validation_page(version, instant)
        return render(request, "validation/past_read.html", {"page": past, "version": version})
    note_opening(page=EvidencePage.VALIDATION, of=[version], actor=request.user, at=at)
    page = validation_page(
        version, reader=request.user, at=at, number=request.GET.get("report", "")
    )
    context = {"page": page, "version": version, "deprecation": deprecation_of(version)}
    return render(request, "validation/read.html", context)


def record_validation(request: PageRequest, name: str, number: int) -> HttpResponse:
    """Write the validation. Adding and removing findings saves nothing; it needs no script."""
    at = timezone.now()
    version = _version(request, name, number, at=at)
    page = record_page(version, reader=request.user)
    if request.method != "POST":
        return _recorder(request, page, _filled(page, page.draft))
    if "more" in request.POST or "remove" in request.POST:
        return _recorder(request, page, _reshaped(page, request.POST))
    data = posted_rows(request.POST.dict())
    form = ValidationForm(data, owners=page.owners, count=rows_in(data))
    saved = (
        attempt(
            request,
            form,
            save_validation,
            keep={ValidationChanged: ""},
            version=version,
            record=form.record,
            base=form.cleaned_data["base"],
            actor=request.user,
            at=at,
        )
        if form.is_valid()
        else None
    )
    if saved is None:
        return _recorder(request, record_page(version, reader=request.user), form)
    if "stay" in request.POST:
        messages.success(request, "Your draft is saved. It counts for nothing until you sign it.")
        return HttpResponseRedirect(f"{links.validation(version)}record/")
    return HttpResponseRedirect(f"{links.validation(version)}sign/")


def _filled(page: RecordPage, draft: Validation | None) -> ValidationForm:
    record = draft.record if draft else ValidationRecord()
    initial = initial_of(record, page.base)
    return ValidationForm(initial=initial, owners=page.owners, count=len(record.findings))


def _reshaped(page: RecordPage, posted: QueryDict) -> ValidationForm:
    """The form as typed, with one finding more or less."""
    typed: dict[str, Any] = posted_rows(posted.dict(), without=posted.get("remove", ""))
    count = rows_in(typed) + ("more" in posted)
    return ValidationForm(initial=typed, owners=page.owners, count=count)


def _recorder(request: PageRequest, page: RecordPage, form: ValidationForm) -> HttpResponse:
    context = {"page": page, "version": page.version, "form": form}
    return render(request, "validation/record.html", context, status=status_of_form(form))


def sign_report(request: PageRequest, name: str, number: int) -> HttpResponse:
    """The second step: what exactly is signed, what it means, and the proof."""
    at = timezone.now()
    version = _version(request, name, number, at=at)
    draft = draft_by(version, request.user)
    if draft is None:
        return HttpResponseRedirect(links.validation(version))
    draft.version = version
    if request.method != "POST":
        page = sign_page(version, draft, reader=request.user)
        seen = page.pending.digest if page.pending else ""
        return _signer(request, page, SignForm(proving=_proving(request, draft, seen)))
    proof = _proving(request, draft, request.POST.get("digest", ""))
    form = SignForm(request.POST, proving=proof)
    report = (
        attempt(
            request,
            form,
            _prove_and_sign,
            keep={**WRONG_PROOF, ValidationChanged: ""},
            draft=draft,
            digest=form.cleaned_data["digest"],
            given=form.given,
            signer=request.user,
            at=at,
        )
        if form.is_valid()
        else None
    )
    if report is None:
        return _signer(request, sign_page(version, draft, reader=request.user), form)
    messages.success(request, f"Signed as report {report.number}. Its findings are open now.")
    return HttpResponseRedirect(links.validation(version))


def _proving(request: PageRequest, draft: Validation, digest: str) -> Proving:
    return proving(request, "sign", draft.ref, digest)


def _prove_and_sign(
    *, draft: Validation, digest: str, given: ProofGiven, signer: User, at: datetime
) -> Report:
    proof = prove(signer, given=given, at=at)
    return sign_validation(validation=draft, digest_seen=digest, proof=proof, actor=signer, at=at)


def _signer(request: PageRequest, page: SignPage, form: SignForm) -> HttpResponse:
    context = {"page": page, "version": page.version, "form": form}
    return render(request, "validation/sign.html", context, status=status_of_form(form))


def raise_finding(request: PageRequest, name: str, number: int) -> HttpResponse:
    """A finding outside a report."""
    at = timezone.now()
    version = _version(request, name, number, at=at)
    owners = record_page(version, reader=request.user).owners
    form = FindingForm(request.POST if request.method == "POST" else None, owners=owners)
    opened = (
        attempt(
            request,
            form,
            open_finding,
            keep={},
            version=version,
            finding=form.finding,
            actor=request.user,
            at=at,
        )
        if form.is_bound and form.is_valid()
        else None
    )
    if opened is None:
        context = {"version": version, "form": form}
        return render(request, "validation/raise.html", context, status=status_of_form(form))
    messages.success(request, f"{opened.label} is open.")
    return HttpResponseRedirect(links.validation(version))


def close_named_finding(
    request: PageRequest, name: str, number: int, finding_number: int
) -> HttpResponse:
    """Close one finding, for a reason."""
    at = timezone.now()
    version = _version(request, name, number, at=at)
    finding = finding_numbered(version, finding_number)
    form = CloseForm(request.POST if request.method == "POST" else None)
    closed = (
        attempt(
            request,
            form,
            close_finding,
            keep={FindingClosed: ""},
            finding=finding,
            reason=form.cleaned_data["reason"],
            actor=request.user,
            at=at,
        )
        if form.is_bound and form.is_valid()
        else None
    )
    if closed is None:
        context = {"version": version, "finding": finding, "form": form}
        return render(request, "validation/close.html", context, status=status_of_form(form))
    messages.success(request, f"{closed.label} is closed.")
    return HttpResponseRedirect(links.validation(version))


def _version(request: PageRequest, name: str, number: int, *, at: datetime) -> ModelVersion:
    version = version_numbered(name, number, actor=request.user, at=at)
    about(request, subject=version.ref, stream=version.model.stream)
    return version
