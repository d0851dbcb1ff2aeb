"""The audit log, and what can be taken away of it."""

from __future__ import annotations

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone

from governance.audit.lines import MEDIA_TYPE, json_lines
from governance.audit.queries import Filter, entries
from governance.core.sheets import csv_bytes
from governance.portal.pages.audit import asked_entries, audit_page
from governance.portal.pages.audit_files import csv_rows
from governance.portal.requests import PageRequest
from governance.portal.views.exports import attached


def audit_log(request: PageRequest) -> HttpResponse:
    """Everything that happened, newest first, as far as the reader may know of it."""
    page = audit_page(request.GET, reader=request.user, at=timezone.now())
    return render(request, "audit/log.html", {"log": page, "form": page.form})


def audit_csv(request: PageRequest) -> StreamingHttpResponse:
    """The entries of the log at this address as CSV, newest first."""
    return StreamingHttpResponse(
        csv_bytes(csv_rows(_wanted(request))),
        content_type="text/csv; charset=utf-8",
        headers=attached("audit-log.csv"),
    )


def audit_lines(request: PageRequest) -> StreamingHttpResponse:
    """The same as lines of JSON that anybody can verify, stream by stream."""
    return StreamingHttpResponse(
        json_lines(entries(_wanted(request))),
        content_type=MEDIA_TYPE,
        headers=attached("audit-log.jsonl"),
    )


def _wanted(request: PageRequest) -> Filter:
    return asked_entries(request.GET, reader=request.user, at=timezone.now()).required()
