"""Work that follows the ledger: the only way a lower app causes work in a higher one.

A follower sees each entry of each stream once, in the stream's order, and again after a crash: it
may be late, it may run twice, and no rule may depend on its having run.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from uuid import UUID

from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.db.models import F, OuterRef, Q, Subquery

from governance.audit.models import FollowerCursor, LedgerEntry, LedgerStream
from governance.audit.origin import origin
from governance.audit.rules import Source, Verb

logger = logging.getLogger(__name__)

Handler = Callable[[LedgerEntry], None]
Since = Callable[[], datetime | None]


@dataclass(frozen=True)
class Follower:
    name: str
    verbs: tuple[str, ...]
    handle: Handler
    since: Since | None = None


FOLLOWERS: dict[str, Follower] = {}


def follows(*patterns: str, since: Since | None = None) -> Callable[[Handler], Handler]:
    """Register a follower of verbs or of patterns such as `version.*`.

    It is called in a transaction with the cursor's move: what it writes to this database happens
    once. `since` tells from which moment on anybody cares: older entries are passed over, and
    while it returns None nothing is read at all. Raises ImproperlyConfigured for a pattern that no
    verb fits.
    """
    verbs = tuple(v.value for v in Verb if any(fnmatchcase(v.value, p) for p in patterns))
    if not verbs:
        raise ImproperlyConfigured(f"no verb fits {patterns}")

    def register(handler: Handler) -> Handler:
        name = f"{handler.__module__}.{handler.__qualname__}"
        FOLLOWERS[name] = Follower(name, verbs, handler, since)
        return handler

    return register


def catch_up_all() -> int:
    """Bring every follower up to date; return how many entries were handled.

    A follower that fails is logged and stays where it is; the others go on. The next sweep tries
    it again.
    """
    handled = 0
    for name in sorted(FOLLOWERS):
        try:
            handled += catch_up(name)
        except Exception:
            logger.exception("follower %s stopped", name)
    return handled


def catch_up(name: str) -> int:
    """Bring one follower to the head of every stream; return how many entries it handled.

    Raises what the follower raises; the entry it failed on comes first the next time.
    """
    follower = FOLLOWERS[name]
    begin = follower.since() if follower.since else None
    if follower.since and begin is None:
        return 0
    return sum(_follow(follower, stream, seq, begin) for stream, seq in _behind(follower))


def _behind(follower: Follower) -> list[tuple[UUID, int]]:
    """Streams whose committed number is beyond the cursor.

    A stream has no gaps and its head row is locked by writers, so what is committed up to `seq` is
    all there ever will be up to `seq`. Following a global counter instead would lose entries that
    commit late.
    """
    cursor = FollowerCursor.objects.filter(name=follower.name, stream=OuterRef("pk"))
    streams = LedgerStream.objects.annotate(done=Subquery(cursor.values("seq")[:1]))
    behind = streams.filter(Q(done=None) | Q(seq__gt=F("done")))
    return list(behind.order_by("name").values_list("pk", "seq"))


def _follow(follower: Follower, stream: UUID, end: int, begin: datetime | None) -> int:
    handled = 0
    while _step(follower, stream, end, begin):
        handled += 1
    return handled


def _step(follower: Follower, stream: UUID, end: int, begin: datetime | None) -> bool:
    """Handle the next entry up to `end`, moving the cursor; return False if none is left."""
    with transaction.atomic():
        cursor = _lock_cursor(follower.name, stream)
        # Another process is at it: it will come to the end without us.
        if cursor is None or cursor.seq >= end:
            return False
        ahead = LedgerEntry.objects.filter(stream=stream, seq__gt=cursor.seq, seq__lte=end)
        if begin is not None:
            ahead = ahead.filter(at__gte=begin)
        entry = ahead.filter(verb__in=follower.verbs).order_by("seq").first()
        if entry is not None:
            with origin(Source.JOB, entry.request_id):
                follower.handle(entry)
        cursor.seq = entry.seq if entry else end
        cursor.save(update_fields=["seq"])
        return entry is not None


def _lock_cursor(name: str, stream: UUID) -> FollowerCursor | None:
    FollowerCursor.objects.bulk_create(
        [FollowerCursor(name=name, stream_id=stream)], ignore_conflicts=True
    )
    cursors = FollowerCursor.objects.select_for_update(skip_locked=True)
    return cursors.filter(name=name, stream=stream).first()
