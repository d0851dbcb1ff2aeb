"""Writing to the ledger. `append` and `append_all` are the only writers of entries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from governance.audit import origin, triggers, wake
from governance.audit.heads import Head
from governance.audit.models import LedgerEntry, LedgerStream, Prose, Verification
from governance.audit.registration import prose_of, state
from governance.audit.rules import (
    Entry,
    Verb,
    admissible,
    front_of,
    prose_digest,
    stream_id,
)
from governance.audit.storing import lock_head, placed, store
from governance.audit.verification import Examination
from governance.core.compiled import Update
from governance.core.errors import DomainError
from governance.core.models import Record, new_salt

LEDGER = "ledger"
RECENT_REFUSALS = 50
VERIFIED = (
    *("intact", "streams", "entries", "kind", "seq", "unprotected"),
    *("size", "since", "anchored", "rows"),
)
"""The columns of a verification that stand in its entry too."""
AT_ONCE = 1_000
"""How many streams one query is given; databases have a limit."""


_advance = Update(LedgerStream, "seq", "head")


class OutsideTransaction(RuntimeError):
    """An entry was to be written apart from the change that it records."""


def append(
    *,
    verb: Verb,
    stream: str,
    subject: str,
    actor: str,
    at: datetime,
    facts: Mapping[str, Any],
    records: Sequence[Record],
) -> LedgerEntry:
    """Append one entry in the caller's transaction: no change without it, and the reverse.

    `records` are all rows that the act wrote, as saved; the entry keeps the digest of each one's
    snapshot, and of the prose that it points to. The stream's head stays locked until the
    transaction ends, so append as late as possible; who needs two streams in one transaction
    appends in the order of their names.

    Raises OutsideTransaction, rules.NotAdmissible or core.canonical.NotCanonical for what may not
    stand in an entry, and LookupError for a record of a table that was never registered.
    """
    act = Act(
        verb=verb,
        stream=stream,
        subject=subject,
        actor=actor,
        at=at,
        facts=facts,
        records=records,
    )
    _require_transaction()
    row = store(_entry(act))
    _wake_followers()
    return row


@dataclass(frozen=True, kw_only=True)
class Act:
    """What an entry is made of, as `append` takes it."""

    verb: Verb
    stream: str
    subject: str
    actor: str
    at: datetime
    facts: Mapping[str, Any]
    records: Sequence[Record]

    def states(self) -> dict[str, str]:
        listed = [*self.records, *(prose for record in self.records for prose in prose_of(record))]
        return {record.ref: state(record) for record in listed}


def append_all(acts: Iterable[Act]) -> list[LedgerEntry]:
    """Append one entry for each act, as `append` does, in few statements however many there are.

    All heads are locked in the order of the streams' names before the first entry is made. Acts
    on one stream stay in the order in which they are given.
    """
    _require_transaction()
    acts = sorted(acts, key=lambda act: act.stream)
    heads = _lock_heads([act.stream for act in acts])
    rows = []
    for act in acts:
        row = placed(_entry(act), heads[act.stream])
        heads[act.stream] = Head(row.seq, row.hash)
        rows.append(row)
    LedgerEntry.objects.bulk_create(rows)
    _advance.all(
        LedgerStream(id=stream_id(name), seq=h.seq, head=h.hash) for name, h in heads.items()
    )
    _wake_followers()
    return rows


def _require_transaction() -> None:
    if not connection.in_atomic_block:
        raise OutsideTransaction("append belongs in the transaction of the change it records")


def _lock_heads(names: Iterable[str]) -> dict[str, Head]:
    """Do what `lock_head` does for each of the streams, in the order of their names."""
    wanted = sorted(set(names))
    heads: dict[str, Head] = {}
    for start in range(0, len(wanted), AT_ONCE):
        part = wanted[start : start + AT_ONCE]
        there = LedgerStream.objects.filter(id__in=map(stream_id, part))
        known = set(there.values_list("name", flat=True))
        LedgerStream.objects.bulk_create(
            [LedgerStream(id=stream_id(name), name=name) for name in part if name not in known],
            ignore_conflicts=True,
        )
        locked = there.select_for_update(no_key=True).order_by("name")
        rows = locked.values_list("name", "seq", "head")
        heads |= {name: Head(seq, head) for name, seq, head in rows}
    return heads


def _entry(act: Act) -> Entry:
    here = origin.current()
    return Entry(
        stream=act.stream,
        at=act.at,
        verb=Verb(act.verb).value,
        subject=act.subject,
        actor=act.actor,
        source=here.source.value,
        request=here.request_id,
        facts=act.facts,
        states=act.states(),
    )


def _wake_followers() -> None:
    # A crash between commit and this call loses the wake-up only; the sweep finds the entry.
    transaction.on_commit(wake.wake, robust=True)


def write_prose(text: str) -> Prose:
    """Save free text apart from the row that means it, in the caller's transaction."""
    prose = new_prose(text)
    prose.save(force_insert=True)
    return prose


def new_prose(text: str) -> Prose:
    """Return free text as a row, which `insert_all` saves with the row that means it."""
    salt = new_salt()
    digest = prose_digest(salt=salt, text=text)
    return Prose(id=front_of(digest), text=text, salt=salt, digest=digest)


def insert_all(records: Iterable[Record]) -> None:
    """Insert rows and the prose that they point to, table by table, in the caller's transaction."""
    records = list(records)
    prose = {one.pk: one for record in records for one in prose_of(record) if one._state.adding}
    tables: dict[type[Record], list[Record]] = {}
    for record in (*prose.values(), *records):
        tables.setdefault(type(record), []).append(record)
    for table, rows in tables.items():
        table._default_manager.bulk_create(rows)


def record_refusal(
    *, call: str, actor: str, subject: str, stream: str, error: DomainError, at: datetime
) -> LedgerEntry | None:
    """Put on record that a call was refused, in a transaction of its own, after the rollback.

    Appends `call.refused` to `stream` with the call, the rule that refused it and those of the
    error's facts that may stand in the ledger; never its message. Returns None, and appends
    nothing, if the newest refusal of this call to this actor on this subject says the same: a
    pipeline that asks every minute is one refusal.

    Raises RuntimeError inside a transaction, whose rollback would take the record with it.
    """
    facts = admissible({**error.facts, "call": call, "rule": error.code})
    with transaction.atomic(durable=True):
        lock_head(stream)
        if _newest_refusal(call, actor, subject, stream) == facts:
            return None
        return append(
            verb=Verb.CALL_REFUSED,
            stream=stream,
            subject=subject,
            actor=actor,
            at=at,
            facts=facts,
            records=(),
        )


def _newest_refusal(call: str, actor: str, subject: str, stream: str) -> dict[str, Any] | None:
    refusals = LedgerEntry.objects.of_stream(stream).filter(
        verb=Verb.CALL_REFUSED, subject=subject, actor=actor
    )
    recent = (entry.facts for entry in refusals.order_by("-seq")[:RECENT_REFUSALS])
    return next((facts for facts in recent if facts["call"] == call), None)


def record_verification(*, examination: Examination, actor: str, at: datetime) -> Verification:
    """Keep the result of a verification of the ledger. Appends `ledger.verified`."""
    broken = examination.broken
    row = Verification(
        at=at,
        intact=examination.intact,
        streams=examination.streams,
        entries=examination.since + examination.entries,
        kind=broken.kind if broken else "",
        stream=broken.stream[:64] if broken else "",
        seq=broken.seq if broken else None,
        unprotected=len(triggers.missing(connection)),
        size=examination.size,
        since=examination.since or None,
        anchored=examination.anchored,
        rows=examination.states,
    )
    with transaction.atomic():
        row.save(force_insert=True)
        append(
            verb=Verb.LEDGER_VERIFIED,
            stream=LEDGER,
            subject=row.ref,
            actor=actor,
            at=at,
            facts={name: getattr(row, name) for name in VERIFIED},
            records=[row],
        )
    return row
