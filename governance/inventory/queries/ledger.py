"""Which streams of the ledger somebody may read."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from governance.accounts.models import User
from governance.accounts.permissions import Permission, may
from governance.accounts.queries import TokenHolder, units_with
from governance.accounts.rules import Actor
from governance.audit.models import LedgerEntry
from governance.core.errors import NotFound
from governance.inventory.models import Model

GENERAL_STREAMS = ("accounts", "evidence", "firm", "ledger")


def readable_streams(actor: Actor, *, at: datetime) -> Collection[str] | None:
    """Return the streams of the models that the actor sees, and the firm's own for its readers.

    None means all of them: who sees every model need not name ten thousand to the database.
    """
    visible = Model.objects.visible_to(actor, at=at)
    is_reader = reads_ledger(actor, at=at)
    if is_reader and not Model.objects.exclude(pk__in=visible.values("pk")).exists():
        return None
    streams = [Model(pk=key).stream for key in visible.values_list("pk", flat=True)]
    return [*streams, *GENERAL_STREAMS] if is_reader else streams


class EntryUnknown(NotFound):
    code = "entry_unknown"


def readable_entry(entry_id: UUID, *, actor: Actor, at: datetime) -> LedgerEntry:
    """Return an entry of a stream that the actor may read. Raises EntryUnknown."""
    entry = LedgerEntry.objects.select_related("stream").filter(pk=entry_id).first()
    streams = readable_streams(actor, at=at)
    if entry is None or not (streams is None or entry.stream_name in streams):
        raise EntryUnknown("There is no such entry.")
    return entry


def reads_ledger(actor: Actor, *, at: datetime) -> bool:
    """Tell whether the actor may read what concerns no model: in one unit is enough."""
    match actor:
        case User():
            return units_with(actor, Permission.LEDGER_READ, at=at).exists()
        case TokenHolder():
            return may(actor, Permission.LEDGER_READ, unit=actor.service.unit, at=at)
        case _:
            return False
