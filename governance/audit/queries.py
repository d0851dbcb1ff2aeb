"""Reading the ledger: filtered, paged, and its state at a glance. No permissions here: callers
pass the streams that the reader may see."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db.models import Max, Q, QuerySet, Subquery, Sum

from governance.audit.models import EntryQuerySet, LedgerEntry, LedgerStream, Verification
from governance.audit.rules import Verb, stream_id
from governance.core.canonical import timestamp
from governance.core.errors import InvalidInput, invalid

PAGE = 50
LONGEST_NUMBER = 18


@dataclass(frozen=True, kw_only=True)
class Filter:
    """What may be asked for. Empty means any; None of `streams` and `among` means all there are.

    `verb` may end in `.*`, `among` is a choice of whole verbs, `until` is excluded.
    """

    streams: Collection[str] | None = None
    verb: str = ""
    among: Collection[str] | None = None
    actor: str = ""
    subject: str = ""
    source: str = ""
    request: str = ""
    entry: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def is_one_stream(self) -> bool:
        return self.streams is not None and len(self.streams) == 1


@dataclass(frozen=True)
class Page:
    """Entries newest first, and the cursors of the pages after and before it, "" where none is."""

    entries: list[LedgerEntry]
    older: str
    newer: str = ""


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
    """All entries that fit, in no order."""
    found = LedgerEntry.objects.filter(_verb(wanted.verb), **_columns(wanted))
    if wanted.streams is not None:
        found = found.filter(stream_id__in=[stream_id(name) for name in wanted.streams])
    return found if wanted.among is None else found.filter(verb__in=wanted.among)


def _columns(wanted: Filter) -> dict[str, Any]:
    asked = {
        "actor": wanted.actor,
        "subject": wanted.subject,
        "source": wanted.source,
        "request_id": wanted.request,
        "pk": wanted.entry,
        "at__gte": wanted.since,
        "at__lt": wanted.until,
    }
    return {column: value for column, value in asked.items() if value}


def _verb(verb: str) -> Q:
    if verb.endswith(".*"):
        return Q(verb__startswith=verb[:-1])
    return Q(verb=verb) if verb else Q()


def page(wanted: Filter, *, after: str = "", before: str = "", size: int = PAGE) -> Page:
    """One page of entries, newest first, after one cursor or before another.

    New entries do not shift the pages behind them, and nothing is counted. Of a single stream the
    order is its own numbering and a cursor is a number; of several it is time, number and
    identifier. Raises InvalidInput for a cursor that is none.
    """
    by_seq = wanted.is_one_stream
    found = entries(wanted)
    order = ("seq",) if by_seq else ("at", "seq", "id")
    if before and not after:
        found = found.filter(_beyond(before, "before", by_seq=by_seq, way="gt")).order_by(*order)
        rows = list(found[: size + 1])
        newer = _mark(rows[size - 1], by_seq=by_seq) if len(rows) > size else ""
        shown = rows[:size][::-1]
        return Page(shown, _mark(shown[-1], by_seq=by_seq) if shown else "", newer)
    if after:
        found = found.filter(_beyond(after, "after", by_seq=by_seq, way="lt"))
    rows = list(found.order_by(*(f"-{field}" for field in order))[: size + 1])
    older = _mark(rows[size - 1], by_seq=by_seq) if len(rows) > size else ""
    newer = _mark(rows[0], by_seq=by_seq) if after and rows else ""
    return Page(rows[:size], older, newer)


def forward(wanted: Filter, *, beyond: int, size: int = PAGE) -> list[LedgerEntry]:
    """The entries of one stream beyond a number, oldest first: nothing that is read so is missed.

    A stream has no gaps, and what is committed up to a number is all there ever will be.
    """
    return list(entries(wanted).filter(seq__gt=beyond).order_by("seq")[:size])


def _mark(entry: LedgerEntry, *, by_seq: bool) -> str:
    return str(entry.seq) if by_seq else f"{timestamp(entry.at)}~{entry.seq}~{entry.pk}"


def _beyond(cursor: str, field: str, *, by_seq: bool, way: str) -> Q:
    """The condition of lying beyond the cursor; `way` is the lookup that says which way."""
    try:
        if by_seq:
            return Q(**{f"seq__{way}": _number(cursor)})
        at, seq, key = cursor.split("~")
        moment = datetime.fromisoformat(at).astimezone(UTC)
        number = _number(seq)
        same = Q(at=moment, seq=number, **{f"id__{way}": UUID(key)})
        beyond = Q(**{f"at__{way}": moment}) | Q(at=moment, **{f"seq__{way}": number}) | same
        # Said apart, so that an index begins there: no database finds that in the alternatives.
        return Q(**{f"at__{way}e": moment}) & beyond
    except (ValueError, OverflowError) as error:
        raise _bad_cursor(field) from error


def _number(text: str) -> int:
    """Read a number that a database can hold. Raises ValueError."""
    if not (text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER):
        raise ValueError(text)
    return int(text)


def _bad_cursor(field: str) -> InvalidInput:
    message = "This page of the ledger does not exist. Begin again with the newest entries."
    return invalid(field, "cursor", message)


def heads(streams: Collection[str] | None) -> QuerySet[LedgerStream]:
    """The streams of these names, or all, by name: how far each has come, and its head."""
    rows = LedgerStream.objects.filter(seq__gt=0).order_by("name")
    return rows if streams is None else rows.filter(pk__in=[stream_id(name) for name in streams])


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
