"""The ledger, for whoever collects it: pages, lines, a feed, and where each stream stands."""

from __future__ import annotations

import hashlib
import json
from typing import ClassVar

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.api.authentication import holder_of
from governance.api.ledger import (
    FED,
    FEED_TYPE,
    JSON,
    LINES,
    EntriesQuery,
    beyond_asked,
    feed_body,
    format_asked,
    forward_body,
    page_body,
    streams_body,
    wanted_by,
)
from governance.api.negotiation import OneAnswer
from governance.audit.lines import MEDIA_TYPE, json_lines
from governance.audit.ocsf import ocsf_lines
from governance.audit.queries import entries, forward, heads, page


class LedgerEntries(APIView):
    """Entries that fit: a page of them, or all in one stream of lines."""

    CALL: ClassVar[str] = "ledger_entries"
    content_negotiation_class = OneAnswer

    def get(self, request: Request) -> Response | StreamingHttpResponse:
        asked = EntriesQuery(data=request.query_params)
        asked.is_valid(raise_exception=True)
        said = asked.validated_data
        wanted = wanted_by(request.query_params, caller=holder_of(request), at=timezone.now())
        kind = format_asked(said["format"], request.headers.get("Accept", ""))
        if kind != JSON:
            lines = json_lines if kind == LINES else ocsf_lines
            return StreamingHttpResponse(lines(entries(wanted)), content_type=MEDIA_TYPE)
        beyond = beyond_asked(said, wanted)
        if beyond is not None:
            rows = forward(wanted, beyond=beyond, size=said["limit"])
            return Response(forward_body(rows, beyond=beyond))
        found = page(wanted, after=said["after"], before=said["before"], size=said["limit"])
        return Response(page_body(found))


class LedgerStreams(APIView):
    """How far each stream has come: with `beyond`, all that a collector needs to miss nothing."""

    CALL: ClassVar[str] = "ledger_streams"

    def get(self, request: Request) -> Response:
        wanted = wanted_by({}, caller=holder_of(request), at=timezone.now())
        return Response(streams_body(heads(wanted.streams)))


class LedgerFeed(APIView):
    """The newest entries as a JSON Feed; 304 as long as nothing is new."""

    CALL: ClassVar[str] = "ledger_feed"

    def get(self, request: Request) -> HttpResponseBase:
        asked = EntriesQuery(data=request.query_params)
        asked.is_valid(raise_exception=True)
        said = request.query_params.dict()
        wanted = wanted_by(said, caller=holder_of(request), at=timezone.now())
        found = page(wanted, after=asked.validated_data["after"], size=FED)
        body = json.dumps(feed_body(found, said=said), ensure_ascii=False).encode()
        tag = f'"{hashlib.sha256(body).hexdigest()}"'
        response = HttpResponse(body, content_type=FEED_TYPE)
        response["ETag"], response["Cache-Control"] = tag, "private, no-cache"
        answer = get_conditional_response(request._request, etag=tag, response=response)
        return answer or response
