"""Model cards: files into drafts, cards out as files, and the check that pipelines make."""

from __future__ import annotations

from typing import ClassVar

from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.api.authentication import holder_of
from governance.api.cards import (
    DRAFT,
    CheckQuery,
    ExportQuery,
    ImportQuery,
    cards_body,
    checked_body,
    imported_body,
)
from governance.api.negotiation import OneAnswer
from governance.api.parsers import file_in
from governance.api.past import instant_in, revision_then
from governance.cards.actions import import_card, read_upload
from governance.cards.formats.form import SCHEMA
from governance.cards.formats.reports import report_of
from governance.cards.queries import card_revisions, draft_of
from governance.cards.queries.checking import checked_card
from governance.cards.queries.exporting import media_type_of, outgoing_card
from governance.registry.queries import version_numbered


class Cards(APIView):
    """GET the revisions and the draft; POST a card file, and all that it says is the draft's."""

    CALL: ClassVar[str] = "cards"
    content_negotiation_class = OneAnswer

    def get(self, request: Request, name: str, number: int) -> Response:
        version = version_numbered(name, number, actor=holder_of(request), at=timezone.now())
        return Response(cards_body(version, card_revisions(version), draft_of(version)))

    def post(self, request: Request, name: str, number: int) -> Response:
        actor, at = holder_of(request), timezone.now()
        version = version_numbered(name, number, actor=actor, at=at)
        asked = ImportQuery(data=request.query_params)
        asked.is_valid(raise_exception=True)
        said = asked.validated_data
        reading = read_upload(
            version=version,
            data=file_in(request),
            filename=said["filename"],
            name=said["format"],
            actor=actor,
            at=at,
        )
        done = import_card(version=version, reading=reading, base=said["base"], actor=actor, at=at)
        body = imported_body(done, reading, draft_of(version))
        return Response(body, status=201 if done.is_new else 200)


class Card(APIView):
    """One card as a file of a format, or the account of what that format cannot hold."""

    CALL: ClassVar[str] = "card"
    content_negotiation_class = OneAnswer

    def get(self, request: Request, name: str, number: int) -> Response | HttpResponse:
        at = timezone.now()
        version = version_numbered(name, number, actor=holder_of(request), at=at)
        asked = ExportQuery(data=request.query_params)
        asked.is_valid(raise_exception=True)
        said = asked.validated_data
        revision, as_draft = said["revision"], said["of"] == DRAFT
        if instant := instant_in(request, at=at):
            revision, as_draft = revision_then(version, instant), False
        card = outgoing_card(version, revision=revision, as_draft=as_draft)
        writing = card.write(said["format"], carry=not said["plain"])
        if said["report"]:
            return Response(report_of(writing, source="countersign", digest=card.digest))
        return HttpResponse(
            writing.data,
            content_type=media_type_of(writing),
            headers={
                "Content-Disposition": f'attachment; filename="{card.filename(writing)}"',
                "Card-Digest": f"sha256:{card.digest}",
                "Card-Fields-Kept": str(writing.kept),
                "Card-Fields-Reported": str(len(writing.losses)),
            },
        )


class CardCheck(APIView):
    """Whether the card is complete: 200, or 422 with what is missing."""

    CALL: ClassVar[str] = "card_check"

    def get(self, request: Request, name: str, number: int) -> Response:
        version = version_numbered(name, number, actor=holder_of(request), at=timezone.now())
        asked = CheckQuery(data=request.query_params)
        asked.is_valid(raise_exception=True)
        as_draft = asked.validated_data["of"] == DRAFT
        return Response(checked_body(checked_card(version, as_draft=as_draft)))


class CardSchema(APIView):
    """The JSON Schema of the card, `countersign.card/2`."""

    CALL: ClassVar[str] = "card_schema"

    def get(self, request: Request) -> Response:
        return Response(SCHEMA, content_type="application/schema+json")
