"""Keeping what a record said: part of each action that changes it."""

from __future__ import annotations

from datetime import datetime

from governance.accounts.rules import Actor
from governance.audit import actions as audit
from governance.core.canonical import canonical
from governance.inventory.models import Model, RecordRevision
from governance.inventory.queries import record_values


def write_revision(model: Model, *, actor: Actor, at: datetime) -> RecordRevision:
    """Add what the record says now. The caller holds the model's lock and lists the row."""
    before = model.revisions.order_by("-number").values_list("number", flat=True).first()
    return RecordRevision.objects.create(
        model=model,
        number=(before or 0) + 1,
        content=audit.write_prose(canonical(record_values(model))),
        owner_id=model.owner_id,
        kind=model.kind,
        is_complete=not model.gaps,
        written_by=actor.ref,
        written_at=at,
    )
