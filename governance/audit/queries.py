"""Reading the ledger for pages: filtered, paged, and its state at a glance. No permissions here:
callers pass the streams that the reader may see."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Max, Q, Subquery, Sum

from governance.audit.models import EntryQuerySet, LedgerEntry, LedgerStream, Verification
from governance.audit.rules import Verb, stream_id
from governance.core.errors import InvalidInput, invalid

PAGE = 50


@dataclass(frozen=True, kw_only=True)
class Filter:
    """What the audit page may ask for. Empty means any; `streams=None` means all streams."""

    streams: Collection[str] | None = None
    verb: str = ""
    actor: str = ""
    subject: str = ""
    source: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Page:
    """Entries newest first, and the cursor of the page after it, or "" at the end."""

    entries: list[LedgerEntry]
    older: str


@dataclass(frozen=True, kw_only=True)
class LedgerState:
    """The last verification of the whole ledger, and how many entries there are by now."""

    entries: int
    verified_at: datetime | None
    verified_entries: int
    intact: bool
    kind: str
    stream: str
    seq: int | None
    unprotected: int
    alarmed: bool = False


def entries(wanted: Filter) -> EntryQuerySet:
    """All entries that fit, in no order. `until` is excluded. A verb may end in `.*`."""
    exact = {
        name: value for name in ("actor", "subject", "source") if (value := getattr(wanted, name))
    }
    found = LedgerEntry.objects.filter(_verb(wanted.verb), **exact)
    if wanted.streams is not None:
        found = found.filter(stream_id__in=[stream_id(name) for name in wanted.streams])
    if wanted.since:
        found = found.filter(at__gte=wanted.since)
    return found.filter(at__lt=wanted.until) if wanted.until else found


def _verb(verb: str) -> Q:
    if verb.endswith(".*"):
        return Q(verb__startswith=verb[:-1])
    return Q(verb=verb) if verb else Q()


def page(wanted: Filter, *, after: str = "", size: int = PAGE) -> Page:
    """One page of entries, newest first, beginning after the cursor of the page before.

    New entries do not shift the pages behind them. Raises InvalidInput for a cursor that is none.
    """
    found = entries(wanted).newest_first()
    if after:
        at, seq, key = _cursor(after)
        same = Q(at=at, seq__lt=seq) | Q(at=at, seq=seq, id__lt=key)
        found = found.filter(Q(at__lt=at) | same)
    rows = list(found.select_related("stream")[: size + 1])
    older = _mark(rows[size - 1]) if len(rows) > size else ""
    return Page(rows[:size], older)


def _mark(entry: LedgerEntry) -> str:
    return f"{entry.at.isoformat()}~{entry.seq}~{entry.pk}"


def _cursor(text: str) -> tuple[datetime, int, UUID]:
    try:
        at, seq, key = text.split("~")
        return datetime.fromisoformat(at), int(seq), UUID(key)
    except ValueError as error:
        raise _bad_cursor() from error


def _bad_cursor() -> InvalidInput:
    message = "This page of the ledger does not exist. Begin again with the newest entries."
    return invalid("after", "cursor", message)


def of_request(request_id: str) -> EntryQuerySet:
    """All entries of one act, oldest first."""
    return LedgerEntry.objects.filter(request_id=request_id).oldest_first()


def ledger_state() -> LedgerState:
    """Two cheap reads, for the foot of a page."""
    last = Verification.objects.order_by("-at").first()
    # The two times are read once each by the index of verbs, not once for each stream.
    found = LedgerStream.objects.aggregate(
        total=Sum("seq"),
        raised=Max(_last(Verb.ALARM_RAISED)),
        settled=Max(_last(Verb.ALARM_SETTLED)),
    )
    raised, settled = found["raised"], found["settled"]
    return LedgerState(
        entries=found["total"] or 0,
        alarmed=raised is not None and (settled is None or settled < raised),
        verified_at=last.at if last else None,
        verified_entries=last.entries if last else 0,
        intact=last.intact if last else False,
        kind=last.kind if last else "",
        stream=last.stream if last else "",
        seq=last.seq if last else None,
        unprotected=last.unprotected if last else 0,
    )


def _last(verb: Verb) -> Subquery:
    return Subquery(LedgerEntry.objects.filter(verb=verb).order_by("-at").values("at")[:1])
