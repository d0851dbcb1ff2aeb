"""Examinations: opening one, its set, its time, and what was opened in it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone

from governance.core.sheets import csv_bytes
from governance.inventory.actions.examinations import (
    end_examination,
    extend_examination,
    open_examination,
    widen_examination,
)
from governance.inventory.models import Examination
from governance.inventory.queries.examinations import examination_by_id
from governance.inventory.rules.examinations import UnfitExaminer
from governance.portal import evidence_links
from governance.portal.errors import attempt, status_of_form
from governance.portal.forms.base import SiteForm
from governance.portal.forms.examinations import (
    EndForm,
    ExaminationForm,
    ExtendForm,
    WidenForm,
    first_moment,
    last_moment,
)
from governance.portal.pages.examinations import (
    examination_page,
    examinations_page,
    keeping_units,
    no_opening,
    view_rows,
)
from governance.portal.requests import PageRequest, about, query_without


def examinations(request: PageRequest) -> HttpResponse:
    """The examinations of the reader's units."""
    page = examinations_page(request.user, number=request.GET.get("page"), at=timezone.now())
    context = {"page": page, "query": query_without(request, "page")}
    return render(request, "examinations/list.html", context)


def new_examination(request: PageRequest) -> HttpResponse:
    """Let examiners in, for a time and to a set of models."""
    at = timezone.now()
    units = keeping_units(request.user, at=at)
    form = ExaminationForm(
        request.POST if request.method == "POST" else None,
        initial={"starts_at": at.date().isoformat()},
        units=units,
        reader=request.user,
        at=at,
    )
    said = form.cleaned_data if form.is_bound and form.is_valid() else None
    opened = (
        attempt(
            request,
            form,
            open_examination,
            keep={UnfitExaminer: "examiners"},
            title=said["title"],
            authority=said["authority"],
            unit=next(unit for unit in units if str(unit.pk) == said["unit"]),
            examiners=said["examiners"],
            models=said["models"],
            starts_at=first_moment(said["starts_at"]),
            ends_at=last_moment(said["ends_at"]),
            actor=request.user,
            at=at,
        )
        if said
        else None
    )
    if opened is None:
        context = {"form": form, "why_not": no_opening(request.user, at=at)}
        return render(request, "examinations/new.html", context, status=status_of_form(form))
    messages.success(request, f"“{opened.title}” is open from its first day to its last.")
    return HttpResponseRedirect(evidence_links.examination(opened))


def examination(request: PageRequest, examination_id: UUID) -> HttpResponse:
    """One examination: its set, its requests, and what was opened."""
    return _show(request, _examination(request, examination_id, at=timezone.now()))


def widen(request: PageRequest, examination_id: UUID) -> HttpResponse:
    """Put further models into the set."""
    at = timezone.now()
    row = _examination(request, examination_id, at=at)
    form = WidenForm(request.POST, reader=request.user, at=at)
    widened = (
        attempt(
            request, form, widen_examination, keep={}, examination_id=row.pk,
            actor=request.user, at=at, **form.cleaned_data,
        )
        if form.is_valid()
        else None
    )  # fmt: skip
    if widened is None:
        return _show(request, row, widening=form)
    messages.success(request, "The set holds them from now on.")
    return HttpResponseRedirect(evidence_links.examination(row))


def extend(request: PageRequest, examination_id: UUID) -> HttpResponse:
    """Have an examination run longer."""
    at = timezone.now()
    row = _examination(request, examination_id, at=at)
    form = ExtendForm(request.POST)
    extended = (
        attempt(
            request, form, extend_examination, keep={UnfitExaminer: ""}, examination_id=row.pk,
            ends_at=last_moment(form.cleaned_data["ends_at"]),
            reason=form.cleaned_data["reason"], actor=request.user, at=at,
        )
        if form.is_valid()
        else None
    )  # fmt: skip
    if extended is None:
        return _show(request, row, extending=form)
    messages.success(request, "It runs longer.")
    return HttpResponseRedirect(evidence_links.examination(row))


def end(request: PageRequest, examination_id: UUID) -> HttpResponse:
    """End an examination before its time."""
    at = timezone.now()
    row = _examination(request, examination_id, at=at)
    form = EndForm(request.POST)
    ended = (
        attempt(
            request, form, end_examination, keep={}, examination_id=row.pk,
            reason=form.cleaned_data["reason"], actor=request.user, at=at,
        )
        if form.is_valid()
        else None
    )  # fmt: skip
    if ended is None:
        return _show(request, row, ending=form)
    messages.success(request, "It is ended. Its examiners see nothing from now on.")
    return HttpResponseRedirect(evidence_links.examination(row))


def views_csv(request: PageRequest, examination_id: UUID) -> HttpResponse:
    """What was opened in an examination, as a file."""
    row = _examination(request, examination_id, at=timezone.now())
    return HttpResponse(
        b"".join(csv_bytes(view_rows(row))),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="views-{row.pk}.csv"'},
    )


def _show(
    request: PageRequest,
    row: Examination,
    *,
    widening: WidenForm | None = None,
    extending: ExtendForm | None = None,
    ending: EndForm | None = None,
) -> HttpResponse:
    at = timezone.now()
    tried: SiteForm | None = widening or extending or ending
    context = {
        "page": examination_page(row, at=at),
        "examination": row,
        "widening": widening or WidenForm(reader=request.user, at=at),
        "extending": extending or ExtendForm(),
        "ending": ending or EndForm(),
    }
    status = status_of_form(tried) if tried else None
    return render(request, "examinations/examination.html", context, status=status)


def _examination(request: PageRequest, examination_id: UUID, *, at: datetime) -> Examination:
    row = examination_by_id(examination_id, actor=request.user, at=at)
    about(request, subject=row.ref, stream=row.stream)
    return row
