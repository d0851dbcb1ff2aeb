"""Alarms: something outside contradicts the ledger, or the ledger contradicts itself.

An alarm stands until somebody with the server's shell settles it and says why. Followers tell of
it outside; pages show it at their foot.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from governance.audit import checkpointing
from governance.audit.actions import LEDGER, append, write_prose
from governance.audit.models import EntryQuerySet, LedgerEntry
from governance.audit.rules import Verb, admissible
from governance.audit.storing import lock_head
from governance.audit.targets import shipping
from governance.core.errors import WrongState, invalid

logger = logging.getLogger(__name__)

SAID = {
    **checkpointing.SAID,
    **shipping.SAID,
    "broken": "A verification of the ledger found it broken.",
    "gap": "A stream of the ledger lacks an entry, so no checkpoint can be made.",
    "copy_gone": "A place that held copies of checkpoints holds none any more.",
}
"""What each rule means. The name of the place, if there is one, is in the facts."""


class NothingToSettle(WrongState):
    code = "nothing_to_settle"


def raise_alarm(
    *, rule: str, facts: Mapping[str, Any], actor: str, at: datetime
) -> LedgerEntry | None:
    """Put an alarm on record and into the log. Appends `alarm.raised`, once for these facts.

    Returns None, and appends nothing, while an alarm with the same rule and facts stands.
    """
    said = admissible({**facts, "rule": rule})
    with transaction.atomic():
        lock_head(LEDGER)
        if any(entry.facts == said for entry in standing_alarms()):
            return None
        entry = append(
            verb=Verb.ALARM_RAISED,
            stream=LEDGER,
            subject=LEDGER,
            actor=actor,
            at=at,
            facts=said,
            records=(),
        )
    logger.critical("ledger alarm %s: %s %s", rule, SAID.get(rule, ""), said)
    return entry


def settle_alarms(*, reason: str, actor: str, at: datetime) -> LedgerEntry:
    """Take down all alarms that stand. Appends `alarm.settled` with their number and the reason.

    What raised them raises them again if it is still so. Raises InvalidInput without a reason,
    NothingToSettle.
    """
    if not reason.strip():
        raise invalid("reason", "required", "Say what was found and done.")
    with transaction.atomic():
        lock_head(LEDGER)
        standing = list(standing_alarms())
        if not standing:
            raise NothingToSettle("No alarm stands.")
        prose = write_prose(reason.strip())
        return append(
            verb=Verb.ALARM_SETTLED,
            stream=LEDGER,
            subject=LEDGER,
            actor=actor,
            at=at,
            facts={"alarms": len(standing), "last": standing[-1].seq, "reason": prose.digest},
            records=[prose],
        )


def standing_alarms() -> EntryQuerySet:
    """The alarms that nobody settled yet, oldest first."""
    told = LedgerEntry.objects.of_stream(LEDGER)
    settled = told.filter(verb=Verb.ALARM_SETTLED).aggregate(last=Max("seq"))["last"] or 0
    return told.filter(verb=Verb.ALARM_RAISED, seq__gt=settled).order_by("seq")
