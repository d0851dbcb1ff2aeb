"""What the registry does when it reads of something: it tells webhooks."""

from __future__ import annotations

from governance.audit.followers import follows
from governance.audit.models import LedgerEntry
from governance.jobs import outbox
from governance.registry.queries.announcements import TELLERS, announcements
from governance.registry.queries.webhooks import delivery_to, listeners, listening_since


@follows(*(verb.value for verb in TELLERS), since=listening_since)
def tell_webhooks(entry: LedgerEntry) -> None:
    """Queue a delivery to each webhook that listens for what the entry means.

    The key names entry, event and version, so that a second reading queues nothing twice.
    """
    model, told = announcements(entry)
    if model is None:
        return
    outbox.queue(
        delivery_to(
            webhook,
            event=one.event,
            data=one.data,
            key=f"{entry.ref}:{one.event}:{one.data.get('version', '')}",
            at=entry.at,
        )
        for one in told
        for webhook in listeners(one.event, model, at=entry.at)
    )
