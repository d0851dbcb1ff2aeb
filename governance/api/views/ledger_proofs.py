"""Checkpoints of the ledger and proofs, as the texts that other people's verifiers read."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.accounts.queries import TokenHolder
from governance.api.authentication import holder_of
from governance.api.ledger import wanted_by
from governance.api.negotiation import OneAnswer
from governance.audit.proofs import (
    checkpoint_of_size,
    end_proof,
    entry_proof,
    growth_proof,
    newest_checkpoint,
)
from governance.inventory.queries.ledger import readable_entry

TEXT = "text/plain; charset=utf-8"


class LedgerCheckpointNote(APIView):
    """The newest checkpoint, or the one of so many entries."""

    CALL: ClassVar[str] = "ledger_checkpoint"
    content_negotiation_class = OneAnswer

    def get(self, request: Request, size: int | None = None) -> HttpResponse:
        _reader(request)
        point = newest_checkpoint() if size is None else checkpoint_of_size(size)
        return HttpResponse(point.note, content_type=TEXT)


class LedgerGrowth(APIView):
    """The proof that a checkpoint begins with so many entries of an earlier one."""

    CALL: ClassVar[str] = "ledger_growth"
    content_negotiation_class = OneAnswer

    def get(self, request: Request, size: int, old: int) -> HttpResponse:
        _reader(request)
        return HttpResponse(str(growth_proof(old, size)), content_type=TEXT)


class LedgerEntryProof(APIView):
    """The proof that an entry is in the ledger."""

    CALL: ClassVar[str] = "ledger_entry_proof"
    content_negotiation_class = OneAnswer

    def get(self, request: Request, entry_id: UUID) -> HttpResponse:
        entry = readable_entry(entry_id, actor=_reader(request), at=timezone.now())
        return HttpResponse(str(entry_proof(entry)), content_type=TEXT)


class LedgerStreamEnd(APIView):
    """The proof of how many entries a stream has as of the newest checkpoint."""

    CALL: ClassVar[str] = "ledger_stream_end"

    def get(self, request: Request, stream: str) -> Response:
        wanted_by({"stream": stream}, caller=holder_of(request), at=timezone.now())
        return Response(end_proof(stream).as_json())


def _reader(request: Request) -> TokenHolder:
    """Whoever may read any of the ledger may have what names nothing in it."""
    caller = holder_of(request)
    wanted_by({}, caller=caller, at=timezone.now())
    return caller
