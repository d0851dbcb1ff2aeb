"""The documents about a version, each for one kind of reader: as page, PDF and Markdown."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from governance.approvals.actions.openings import note_opening
from governance.approvals.rules.challenge import EvidencePage
from governance.cards.rules.revisions import CardNotFound
from governance.core.errors import DomainError
from governance.core.typed import count_of
from governance.evidence.actions.documents import document_pdf
from governance.evidence.queries.documents import document_of
from governance.evidence.rules.documents.blocks import Document, Reader
from governance.evidence.rules.documents.markdown import markdown_of
from governance.portal.requests import PageRequest
from governance.registry.models import ModelVersion
from governance.registry.queries import version_numbered

MARKDOWN = "text/markdown; charset=utf-8"


def card_view(request: PageRequest, name: str, number: int, reader: str) -> HttpResponse:
    """The document of the published card; `?revision=2` of an older one, `?show=draft` of what is
    being written.
    """
    version = _version(request, name, number)
    _note(request, version, reader)
    return _page(request, version, reader)


def download_card_pdf(request: PageRequest, name: str, number: int, reader: str) -> HttpResponse:
    """The same as PDF, with its data attached."""
    version = _version(request, name, number)
    _note(request, version, reader)
    drawn = document_pdf(_document(request, version, reader), at=timezone.now())
    return _attached(drawn.data, version, reader, "pdf", "application/pdf")


def download_card_markdown(
    request: PageRequest, name: str, number: int, reader: str
) -> HttpResponse:
    """The same as Markdown."""
    version = _version(request, name, number)
    _note(request, version, reader)
    text = markdown_of(_document(request, version, reader))
    return _attached(text.encode(), version, reader, "md", MARKDOWN)


def view_not_drawn(
    request: PageRequest, error: DomainError, name: str, number: int, reader: str
) -> HttpResponse:
    """This machine cannot draw it, or not in time: show the page, which says the same, and why."""
    version = _version(request, name, number)
    status = HTTPStatus.SERVICE_UNAVAILABLE
    return _page(request, version, reader, problem=error.message, status=status)


def _version(request: PageRequest, name: str, number: int) -> ModelVersion:
    return version_numbered(name, number, actor=request.user, at=timezone.now())


def _note(request: PageRequest, version: ModelVersion, reader: str) -> None:
    """Note that the whole card was opened; the other documents are about it, and not it."""
    if reader == Reader.FULL:
        at = timezone.now()
        note_opening(page=EvidencePage.CARD, of=[version], actor=request.user, at=at)


def _document(request: PageRequest, version: ModelVersion, reader: str) -> Document:
    if reader not in {one.value for one in Reader}:
        raise CardNotFound(f"There is no document “{reader}” about a version.")
    return document_of(
        version,
        Reader(reader),
        actor=request.user,
        at=timezone.now(),
        revision=count_of(request.GET.get("revision", "")),
        as_draft=request.GET.get("show") == "draft",
    )


def _page(
    request: PageRequest,
    version: ModelVersion,
    reader: str,
    *,
    problem: str = "",
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    context = {
        "document": _document(request, version, reader),
        "version": version,
        "readers": list(Reader),
        "query": _query(request),
        "problem": problem,
    }
    return render(request, "cards/view.html", context, status=status)


def _query(request: PageRequest) -> str:
    """What links between the documents keep: which card they show."""
    revision = count_of(request.GET.get("revision", ""))
    if request.GET.get("show") == "draft":
        return "?show=draft"
    return f"?revision={revision}" if revision is not None else ""


def _attached(
    data: bytes, version: ModelVersion, reader: str, suffix: str, media_type: str
) -> HttpResponse:
    name = f"{version.model.name}-{version.number}-{reader}.{suffix}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(data, content_type=media_type, headers=headers)
