"""Keeping what a record said: part of each action that changes it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from governance.accounts.rules import Actor
from governance.audit import actions as audit
from governance.core.canonical import canonical
from governance.inventory.models import Model, RecordRevision
from governance.inventory.queries import record_values


def write_revision(model: Model, *, actor: Actor, at: datetime) -> RecordRevision:
    """Add what the record says now. The caller holds the model's lock and lists the row."""
    before = model.revisions.order_by("-number").values_list("number", flat=True).first()
    row = new_revision(model, record_values(model), after=before or 0, actor=actor, at=at)
    audit.insert_all([row])
    return row


def new_revision(
    model: Model, values: Mapping[str, object], *, after: int, actor: Actor, at: datetime
) -> RecordRevision:
    """Return the row that follows the one of number `after`, for `audit.insert_all`."""
    return RecordRevision(
        model=model,
        number=after + 1,
        content=audit.new_prose(canonical(values)),
        owner_id=model.owner_id,
        kind=model.kind,
        is_complete=not model.gaps,
        written_by=actor.ref,
        written_at=at,
    )
