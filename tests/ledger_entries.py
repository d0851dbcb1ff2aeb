"""Small ledgers for tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction

from governance.audit.actions import append, write_prose
from governance.audit.models import LedgerEntry
from governance.audit.rules import GENESIS, Entry, Verb, entry_hash, front_of, stream_id
from governance.core.models import Record

NOON = datetime(2026, 11, 19, 12, 0, tzinfo=UTC)
MODEL = "model:0b9c7a52-5a3e-4c39-9d0a-6f8f0c1c2d3e"
SOMEBODY = "user:7d3e1f20-9b8a-4c6d-8e5f-0a1b2c3d4e5f"


def act(
    stream: str = "firm",
    *,
    verb: Verb = Verb.UNIT_CREATED,
    minute: int = 0,
    actor: str = SOMEBODY,
    subject: str = "unit:c0ffee00-1234-4abc-8def-001122334455",
    records: tuple[Record, ...] = (),
    **facts: Any,
) -> LedgerEntry:
    """Append one entry in a transaction of its own."""
    with transaction.atomic():
        return append(
            verb=verb,
            stream=stream,
            subject=subject,
            actor=actor,
            at=NOON + timedelta(minutes=minute),
            facts=facts,
            records=records,
        )


def small_ledger() -> None:
    """Two streams, four entries, one piece of prose."""
    act("firm", minute=0, name="Retail – Zürich")
    with transaction.atomic():
        reason = write_prose("Holds on the newest quarter – no conditions.")
        act(MODEL, verb=Verb.MODEL_CREATED, minute=1, subject=MODEL, records=(reason,), tier=2)
    act(MODEL, verb=Verb.MODEL_UPDATED, minute=2, subject=MODEL, owner=SOMEBODY)
    act("firm", minute=3, name="Corporate", rows=20000)


def unsaved(
    verb: str = "unit.created",
    *,
    subject: str = "unit:c0ffee00-1234-4abc-8def-001122334455",
    actor: str = SOMEBODY,
    at: datetime = NOON,
    stream: str = "firm",
    seq: int = 1,
    source: str = "PAGE",
    request: str = "request-1",
    **facts: Any,
) -> LedgerEntry:
    """An entry as it would be read, of a database or none."""
    text = Entry(
        stream=stream, seq=seq, at=at, verb=verb, subject=subject, actor=actor, source=source,
        request=request, facts=facts, states={},
    ).text()  # fmt: skip
    digest = entry_hash(previous=GENESIS, text=text)
    return LedgerEntry(
        id=front_of(digest), stream_id=stream_id(stream), seq=seq, at=at, verb=verb,
        subject=subject, actor=actor, source=source, request_id=request, previous=GENESIS,
        hash=digest, text=text,
    )  # fmt: skip
