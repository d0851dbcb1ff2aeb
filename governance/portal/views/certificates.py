"""The certificate of a decision: its signatures as a page and as a PDF."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from governance.approvals.models import PromotionRequest
from governance.approvals.queries.cases import request_by_id
from governance.core.errors import DomainError
from governance.evidence.actions.certifying import certificate_of, certificate_pdf
from governance.portal.pages.verdicts import title_of
from governance.portal.requests import PageRequest


def certificate(request: PageRequest, request_id: UUID) -> HttpResponse:
    """Everything that was signed under one request. Reading it leaves no entry."""
    at = timezone.now()
    row = request_by_id(request_id, actor=request.user, at=at)
    return _page(request, row)


def download_certificate(request: PageRequest, request_id: UUID) -> HttpResponse:
    """The same as PDF, with its data attached."""
    at = timezone.now()
    row = request_by_id(request_id, actor=request.user, at=at)
    name = f"{row.version.model.name}-{row.reference}-certificate.pdf"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    drawn = certificate_pdf(row, at=at)
    return HttpResponse(drawn, content_type="application/pdf", headers=headers)


def not_drawn(request: PageRequest, error: DomainError, request_id: UUID) -> HttpResponse:
    """This machine cannot draw it, or not in time: show the page, which says the same, and why."""
    row = request_by_id(request_id, actor=request.user, at=timezone.now())
    return _page(request, row, problem=error.message, status=HTTPStatus.SERVICE_UNAVAILABLE)


def _page(
    request: PageRequest,
    row: PromotionRequest,
    *,
    problem: str = "",
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    context = {
        "row": row,
        "set": certificate_of(row, at=timezone.now()),
        "title": title_of(row),
        "problem": problem,
    }
    return render(request, "decisions/certificate.html", context, status=status)
