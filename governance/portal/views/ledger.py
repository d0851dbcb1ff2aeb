"""The ledger's own page, and the files by which anybody can check it."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from governance.audit.proofs import checkpoint_of_size, entry_proof, growth_proof
from governance.core.errors import DomainError
from governance.inventory.queries.ledger import readable_entry
from governance.portal.pages.ledger import ledger_page
from governance.portal.requests import PageRequest


def ledger(request: PageRequest) -> HttpResponse:
    """What was verified, what was signed and with which keys."""
    return _page(request)


def not_covered(request: PageRequest, error: DomainError, entry_id: UUID) -> HttpResponse:
    """The entry is too new for a proof: show the ledger's page, and when there will be one."""
    return _page(request, problem=error.message, status=HTTPStatus.NOT_FOUND)


def _page(
    request: PageRequest, *, problem: str = "", status: HTTPStatus = HTTPStatus.OK
) -> HttpResponse:
    page = ledger_page(reader=request.user, at=timezone.now())
    context = {"page": page, "problem": problem}
    return render(request, "audit/ledger.html", context, status=status)


def checkpoint(request: PageRequest, size: int) -> HttpResponse:
    """A signed checkpoint as a file, for whoever wants to keep it."""
    return _file(f"checkpoint-{size}.txt", checkpoint_of_size(size).note)


def growth(request: PageRequest, size: int, old: int) -> HttpResponse:
    """The proof that a checkpoint begins with all of an earlier one."""
    return _file(f"checkpoint-{size}-since-{old}.txt", str(growth_proof(old, size)))


def proof(request: PageRequest, entry_id: UUID) -> HttpResponse:
    """The proof that an entry is in the ledger, with the checkpoint that it rests on."""
    entry = readable_entry(entry_id, actor=request.user, at=timezone.now())
    return _file(f"{entry.verb}-{entry.seq}.tlog-proof", str(entry_proof(entry)))


def _file(name: str, text: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(text, content_type="text/plain; charset=utf-8", headers=headers)
