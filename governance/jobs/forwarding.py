"""Sending the ledger on, entry by entry, behind a cursor per stream that survives restarts.

The cursor moves after the batch was taken, never before: a crash in between repeats at most that
batch, and receivers drop what they have by its hash. Following streams instead of a global order
is what keeps entries that commit late from being lost (audit.followers).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from governance.audit.models import FollowerCursor, LedgerEntry, LedgerStream
from governance.jobs.collectors import Collector
from governance.jobs.models import Job
from governance.jobs.rules import FORWARDING_PAUSE, LONGEST_FORWARDING_PAUSE, JobState

BATCH = 200
"""How many entries go out together, and so how many a crash can repeat."""
AT_ONCE = 20_000
"""How many one job sends at most, so that a long backlog does not hold up other jobs."""
KIND = "ledger.forward"
REMEMBERED = 8
"""How many past attempts tell how long to wait."""

GoOn = Callable[[], None]


@dataclass(frozen=True)
class Stretch:
    """The entries of a stream beyond one number, up to another."""

    stream: UUID
    beyond: int
    end: int


def cursor_name(collector: str) -> str:
    return f"forward:{collector}"


def forward(collector: Collector, *, most: int | None = None, go_on: GoOn | None = None) -> int:
    """Send what the collector has not had, up to `most`; return how many entries that was.

    Raises NotDelivered, and what `go_on` raises between two batches; what was taken before that
    stays sent.
    """
    sent = 0
    for batch in _batches(_positions(collector.name)):
        if go_on is not None:
            go_on()
        entries = _read(batch)
        collector.send(entries)
        # A crash here sends the batch again: the receiver knows it by its hashes.
        _move(collector.name, batch)
        sent += len(entries)
        if most is not None and sent >= most:
            break
    return sent


def is_behind(collector: Collector) -> bool:
    return _ahead(collector.name).exists()


def rewind(collector: Collector) -> None:
    """Forget how far the collector is: the next time it gets everything."""
    FollowerCursor.objects.filter(name=cursor_name(collector.name)).delete()


def rests_until(collector: Collector) -> datetime | None:
    """When the next attempt is due after attempts that failed; None when nothing stands against it.

    One minute after the first, twice as long after each further one, an hour at most.
    """
    past = Job.objects.filter(kind=KIND, key=collector.name, finished_at__isnull=False)
    newest = list(past.order_by("-finished_at").values_list("state", "finished_at")[:REMEMBERED])
    failed = 0
    while failed < len(newest) and newest[failed][0] == JobState.FAILED:
        failed += 1
    if not failed or newest[0][1] is None:
        return None
    pause: timedelta = min(FORWARDING_PAUSE * 2 ** (failed - 1), LONGEST_FORWARDING_PAUSE)
    return newest[0][1] + pause


def _ahead(name: str) -> QuerySet[Any, Any]:
    """The streams that have entries beyond the collector's cursor, which is `done`.

    What is committed up to a stream's number is all there ever will be up to it.
    """
    cursor = FollowerCursor.objects.filter(name=cursor_name(name), stream=OuterRef("pk"))
    done = Coalesce(Subquery(cursor.values("seq")[:1]), Value(0))
    return LedgerStream.objects.annotate(done=done).filter(seq__gt=F("done")).order_by("name")


def _positions(name: str) -> list[tuple[UUID, int, int]]:
    rows: QuerySet[LedgerStream, Any] = _ahead(name).values_list("pk", "done", "seq")
    return list(rows)


def _batches(positions: Iterable[tuple[UUID, int, int]]) -> Iterator[list[Stretch]]:
    """Cut what is ahead into batches, each of one stream or of several."""
    batch: list[Stretch] = []
    room = BATCH
    for stream, done, end in positions:
        while done < end:
            upto = min(end, done + room)
            batch.append(Stretch(stream, done, upto))
            room -= upto - done
            done = upto
            if room == 0:
                yield batch
                batch, room = [], BATCH
    if batch:
        yield batch


def _read(batch: Sequence[Stretch]) -> list[LedgerEntry]:
    wanted = [Q(stream=s.stream, seq__gt=s.beyond, seq__lte=s.end) for s in batch]
    return list(LedgerEntry.objects.filter(reduce(or_, wanted)).by_stream())


@transaction.atomic
def _move(name: str, batch: Sequence[Stretch]) -> None:
    """Note that the batch was taken. Never back: another process may be further by now."""
    named = cursor_name(name)
    FollowerCursor.objects.bulk_create(
        [FollowerCursor(name=named, stream_id=one.stream) for one in batch], ignore_conflicts=True
    )
    for one in batch:
        mine = FollowerCursor.objects.filter(name=named, stream=one.stream, seq__lt=one.end)
        mine.update(seq=one.end)
