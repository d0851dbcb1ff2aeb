"""Small ledgers for tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction

from governance.audit.actions import append, write_prose
from governance.audit.models import LedgerEntry
from governance.audit.rules import Verb
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
