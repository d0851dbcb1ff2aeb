"""The shapes of the ledger: what is asked of it, entries, streams and the feed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from rest_framework import serializers

from governance.accounts.permissions import Permission, require
from governance.accounts.queries import TokenHolder
from governance.audit.asked import CONDITIONS, filter_of
from governance.audit.models import LedgerEntry, LedgerStream
from governance.audit.queries import LONGEST_NUMBER, Filter, Page
from governance.audit.rules import stream_id
from governance.core.canonical import timestamp
from governance.core.errors import InvalidInput, NotFound, Problem, invalid
from governance.inventory.queries import model_named
from governance.inventory.queries.ledger import readable_streams

JSON, LINES, OCSF = "json", "jsonl", "ocsf"
FORMATS = (JSON, LINES, OCSF)
LINES_TYPES = ("application/jsonl", "application/x-ndjson")
MOST, USUAL, FED = 1_000, 100, 100
FEED_VERSION = "https://jsonfeed.org/version/1.1"
FEED_TYPE = "application/feed+json"


class StreamNotFound(NotFound):
    code = "stream_not_found"


class EntriesQuery(serializers.Serializer[Any]):
    """How entries are to come; what they must be like is read by `wanted_by`."""

    format = serializers.ChoiceField(FORMATS, required=False, default="")
    limit = serializers.IntegerField(min_value=1, max_value=MOST, required=False, default=USUAL)
    after = serializers.CharField(required=False, default="", max_length=100)
    before = serializers.CharField(required=False, default="", max_length=100)
    beyond = serializers.IntegerField(
        min_value=0, max_value=10**LONGEST_NUMBER - 1, required=False, default=None
    )


def format_asked(said: str, accept: str) -> str:
    """The format of the address, else that of the Accept header, else JSON."""
    if said:
        return said
    kinds = {part.partition(";")[0].strip().lower() for part in accept.split(",")}
    return LINES if kinds & set(LINES_TYPES) else JSON


def wanted_by(said: Mapping[str, str], *, caller: TokenHolder, at: datetime) -> Filter:
    """Read the conditions of the address, within what the caller may read of the ledger.

    Raises PermissionMissing, InvalidInput, ModelNotFound, and StreamNotFound for a stream that
    does not exist or that the caller may not read.
    """
    require(caller, Permission.LEDGER_READ, unit=caller.service.unit, at=at)
    streams = readable_streams(caller, at=at)
    asked = {name: said.get(name, "") for name in CONDITIONS}
    if name := said.get("model", ""):
        if asked["stream"]:
            raise invalid("stream", "alone", "Name a model or a stream, not both.")
        streams = [model_named(name, actor=caller, at=at).stream]
    wanted = filter_of(asked, streams=streams)
    if asked["stream"]:
        _require_stream(asked["stream"], wanted)
    return wanted


def _require_stream(name: str, wanted: Filter) -> None:
    if not wanted.streams or not LedgerStream.objects.filter(pk=stream_id(name)).exists():
        raise StreamNotFound(f"There is no stream {name} that you may read.")


def beyond_asked(query: Mapping[str, Any], wanted: Filter) -> int | None:
    """The number after which a stream is to be read on. Raises InvalidInput without a stream."""
    beyond: int | None = query["beyond"]
    if beyond is None or wanted.is_one_stream:
        return beyond
    message = "Name the stream or the model whose numbers they are."
    raise InvalidInput(Problem(field="beyond", rule="stream", message=message))


def entry_body(entry: LedgerEntry) -> dict[str, Any]:
    """An entry with its proof; the states are in the text."""
    return {
        "id": str(entry.pk),
        "stream": entry.stream_name,
        "seq": entry.seq,
        "at": timestamp(entry.at),
        "verb": entry.verb,
        "subject": entry.subject,
        "actor": entry.actor,
        "source": entry.source,
        "request": entry.request_id,
        "facts": entry.facts,
        "hash": entry.hash,
        "previous": entry.previous,
        "text": entry.text,
    }


def page_body(page: Page) -> dict[str, Any]:
    return {
        "entries": [entry_body(entry) for entry in page.entries],
        "older": page.older or None,
        "newer": page.newer or None,
    }


def forward_body(rows: list[LedgerEntry], *, beyond: int) -> dict[str, Any]:
    """Entries of a stream in its order; `beyond` is what to ask with the next time."""
    return {
        "entries": [entry_body(entry) for entry in rows],
        "beyond": rows[-1].seq if rows else beyond,
    }


def streams_body(rows: Iterable[LedgerStream]) -> dict[str, Any]:
    return {"streams": [{"name": row.name, "seq": row.seq, "head": row.head} for row in rows]}


def feed_body(page: Page, *, said: Mapping[str, str]) -> dict[str, Any]:
    """The newest entries as JSON Feed 1.1, and the address of those before."""
    asked = {name: value for name, value in said.items() if name != "after" and value}
    feed = {
        "version": FEED_VERSION,
        "title": f"{settings.ORGANIZATION}: audit log",
        "home_page_url": f"{settings.BASE_URL}/audit/",
        "feed_url": _feed_url(asked),
        "items": [_item(entry) for entry in page.entries],
    }
    return feed | ({"next_url": _feed_url(asked | {"after": page.older})} if page.older else {})


def _feed_url(asked: Mapping[str, str]) -> str:
    query = f"?{urlencode(asked)}" if asked else ""
    return f"{settings.BASE_URL}/api/v1/ledger/feed{query}"


def _item(entry: LedgerEntry) -> dict[str, Any]:
    """No author and no name: who acted is a reference, as everywhere outside the portal."""
    return {
        "id": f"urn:sha256:{entry.hash}",
        "url": f"{settings.BASE_URL}/audit/?entry={entry.pk}",
        "title": f"{entry.verb} {entry.subject}",
        "content_text": entry.text,
        "date_published": timestamp(entry.at),
        "tags": [entry.verb, entry.source],
        "_countersign": {
            "stream": entry.stream_name,
            "seq": entry.seq,
            "actor": entry.actor,
            "request": entry.request_id,
            "hash": entry.hash,
            "previous": entry.previous,
        },
    }
