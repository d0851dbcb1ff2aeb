"""Importing the inventory: send a file, see what it would change, change it."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from governance.core.errors import DomainError
from governance.core.kept_files import forget_file, keep_file, kept_file
from governance.core.sheets import csv_bytes
from governance.inventory.actions.imports import import_models, request_import
from governance.inventory.actions.planning import prepare_import
from governance.inventory.rules.columns import COLUMNS
from governance.inventory.rules.imports import FEW_ROWS, Plan
from governance.inventory.sheets import read_sheet
from governance.portal.errors import perform, status_of, status_of_form
from governance.portal.forms.exchange import UploadForm
from governance.portal.pages.imports import import_page, problem_rows
from governance.portal.requests import PageRequest
from governance.portal.views.exports import attached


def new_import(request: PageRequest) -> HttpResponse:
    """Send a file. One that can be read is kept for its sender, and shown as a dry run."""
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data["file"].read()
        if perform(form, read_sheet, data=data) is not None:
            return redirect("import_plan", digest=keep_file(data, sender=request.user))
    context = {"form": form, "columns": COLUMNS}
    return render(request, "inventory/import.html", context, status=status_of_form(form))


def import_plan(request: PageRequest, digest: str) -> HttpResponse:
    """What the file would do to the inventory as it stands now."""
    plan = _plan(request, digest)
    return _page(request, plan)


def import_problems(request: PageRequest, digest: str) -> StreamingHttpResponse:
    """Every problem of the file, as CSV."""
    plan = _plan(request, digest)
    return StreamingHttpResponse(
        csv_bytes(problem_rows(plan)),
        content_type="text/csv; charset=utf-8",
        headers=attached("problems.csv"),
    )


def apply_import(request: PageRequest, digest: str) -> HttpResponse:
    """Import the file as it was shown: a few rows at once, many as a job."""
    at, seen = timezone.now(), request.POST.get("seen", "")
    sheet = read_sheet(kept_file(digest, sender=request.user))
    if len(sheet.lines) > FEW_ROWS:
        job = request_import(sheet=sheet, seen=seen, actor=request.user, at=at)
        return redirect("job", job_id=job.pk)
    done = import_models(sheet=sheet, seen=seen, actor=request.user, at=at)
    forget_file(digest, sender=request.user)
    messages.success(request, f"Imported: {done.summary}.")
    return redirect("inventory")


def import_refused(request: PageRequest, error: DomainError, digest: str) -> HttpResponse:
    """Show the dry run again, as it comes out now, with what refused the import."""
    plan = _plan(request, digest)
    return _page(request, plan, refused=error.message, status=status_of(error))


def _plan(request: PageRequest, digest: str) -> Plan:
    sheet = read_sheet(kept_file(digest, sender=request.user))
    return prepare_import(sheet, actor=request.user, at=timezone.now()).plan


def _page(
    request: PageRequest, plan: Plan, *, refused: str = "", status: HTTPStatus = HTTPStatus.OK
) -> HttpResponse:
    context = {"page": import_page(plan, request.GET.get("page")), "refused": refused}
    return render(request, "inventory/import_plan.html", context, status=status)
