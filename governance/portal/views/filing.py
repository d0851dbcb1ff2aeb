"""Filing evidence that lives elsewhere, and stating what does not apply."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone

from governance.evidence.actions.filing import (
    end_inapplicable,
    file_evidence,
    state_inapplicable,
    withdraw_evidence,
)
from governance.evidence.models import FiledEvidence
from governance.evidence.queries.filings import filed_file, filing_by_id
from governance.inventory.models import Model
from governance.inventory.queries import model_named
from governance.portal import evidence_links
from governance.portal.errors import attempt, perform, status_of_form
from governance.portal.forms.coverage import ExcludeForm, FileForm, WithdrawForm
from governance.portal.pages.filing import (
    exclusion_of,
    filed_page,
    filed_rows,
    no_filing,
    requirement_choices,
    suggested,
)
from governance.portal.requests import PageRequest, about


def filed_list(request: PageRequest) -> HttpResponse:
    """What was filed of a model; without one, of the firm."""
    at = timezone.now()
    model = _model(request, request.GET.get("model", ""), at=at)
    context = {
        "model": model,
        "rows": filed_rows(model, at=at),
        "why_not": no_filing(request.user, model, at=at),
    }
    return render(request, "compliance/filed_list.html", context)


def new_filing(request: PageRequest) -> HttpResponse:
    """File a document as evidence."""
    at = timezone.now()
    model = _model(request, request.GET.get("model", ""), at=at)
    posted = request.method == "POST"
    form = FileForm(
        request.POST if posted else None,
        request.FILES if posted else None,
        requirements=requirement_choices(model),
        initial=suggested(request.GET.get("requirement", ""), at=at),
    )
    filed = _filed(request, form, model, at=at) if posted and form.is_valid() else None
    if filed is None:
        why_not = no_filing(request.user, model, at=at)
        context = {"model": model, "form": form, "why_not": why_not}
        return render(request, "compliance/file.html", context, status=status_of_form(form))
    messages.success(request, "It is filed, and counts from now on.")
    return HttpResponseRedirect(evidence_links.filed(filed))


def _filed(
    request: PageRequest, form: FileForm, model: Model | None, *, at: datetime
) -> FiledEvidence | None:
    said, sent = form.cleaned_data, form.cleaned_data["file"]
    return perform(
        form,
        file_evidence,
        model=model,
        title=said["title"],
        kind=said["kind"],
        requirements=[said["requirement"]] if said["requirement"] else [],
        link=said["link"],
        data=sent.read() if sent else None,
        name=sent.name if sent else "",
        made_date=said["made_date"],
        valid_until=said["valid_until"],
        actor=request.user,
        at=at,
    )


def filing(request: PageRequest, filed_id: UUID) -> HttpResponse:
    """One piece of evidence that was filed."""
    return _show(request, _filing(request, filed_id, at=timezone.now()), WithdrawForm())


def filing_withdrawn(request: PageRequest, filed_id: UUID) -> HttpResponse:
    """Have it count no more."""
    at = timezone.now()
    row = _filing(request, filed_id, at=at)
    form = WithdrawForm(request.POST)
    done = (
        attempt(
            request,
            form,
            withdraw_evidence,
            keep={},
            filed_id=row.pk,
            reason=form.cleaned_data["reason"],
            actor=request.user,
            at=at,
        )
        if form.is_valid()
        else None
    )
    if done is None:
        return _show(request, row, form)
    messages.success(request, "It is withdrawn, and counts no more.")
    return HttpResponseRedirect(evidence_links.filed(row))


def filing_file(request: PageRequest, filed_id: UUID) -> HttpResponse:
    """The file, to be saved: it is never shown, whatever it is."""
    row = _filing(request, filed_id, at=timezone.now())
    data, name = filed_file(row)
    return HttpResponse(
        data,
        content_type="application/octet-stream",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "X-Content-Type-Options": "nosniff",
        },
    )


def exclude(request: PageRequest, name: str) -> HttpResponse:
    """State that a requirement does not apply to a model."""
    at = timezone.now()
    model = model_named(name, actor=request.user, at=at)
    about(request, subject=model.ref, stream=model.stream)
    asked = exclusion_of(model, request.GET.get("requirement", ""), at=at)
    form = ExcludeForm(request.POST if request.method == "POST" else None)
    stated = (
        attempt(
            request,
            form,
            state_inapplicable,
            keep={},
            model=model,
            requirement=asked.key,
            reason=form.cleaned_data["reason"],
            until_date=form.cleaned_data["until_date"],
            actor=request.user,
            at=at,
        )
        if form.is_bound and form.is_valid()
        else None
    )
    if stated is None:
        why_not = no_filing(request.user, model, at=at)
        context = {"model": model, "asked": asked, "form": form, "why_not": why_not}
        return render(request, "compliance/exclude.html", context, status=status_of_form(form))
    messages.success(request, "It is stated, and shown with your name and its last day.")
    return HttpResponseRedirect(evidence_links.coverage_of(asked.requirement.framework, model.name))


def include(request: PageRequest, name: str) -> HttpResponse:
    """Have a requirement that was stated not to apply be asked again."""
    at = timezone.now()
    model = model_named(name, actor=request.user, at=at)
    about(request, subject=model.ref, stream=model.stream)
    asked = exclusion_of(model, request.GET.get("requirement", ""), at=at)
    end_inapplicable(stated_id=asked.standing_id, actor=request.user, at=at)
    messages.success(request, "The requirement is asked again.")
    return HttpResponseRedirect(evidence_links.coverage_of(asked.requirement.framework, model.name))


def _model(request: PageRequest, name: str, *, at: datetime) -> Model | None:
    """The model of that name, of which refusals are recorded; without a name the firm."""
    if not name:
        return None
    model = model_named(name, actor=request.user, at=at)
    about(request, subject=model.ref, stream=model.stream)
    return model


def _filing(request: PageRequest, filed_id: UUID, *, at: datetime) -> FiledEvidence:
    row = filing_by_id(filed_id, actor=request.user, at=at)
    about(request, subject=row.ref, stream=row.stream)
    return row


def _show(request: PageRequest, row: FiledEvidence, form: WithdrawForm) -> HttpResponse:
    page = filed_page(row, reader=request.user, at=timezone.now())
    context = {"page": page, "filed": row, "form": form}
    return render(request, "compliance/filed.html", context, status=status_of_form(form))
