"""The ledger's own page: what was verified, what was signed, with which keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from governance.accounts.models import User
from governance.audit import keys, trust
from governance.audit.checkpointing import current_origin
from governance.audit.copying import Standing, standing_of_targets
from governance.audit.keys import KeyUnusable
from governance.audit.models import LedgerCheckpoint, LedgerStream, Verification
from governance.audit.notes import VerifierKey
from governance.audit.queries import LedgerState, ledger_state
from governance.audit.trust import Handover
from governance.core.errors import DomainError
from governance.inventory.queries.ledger import reads_ledger

SHOWN = 20


@dataclass(frozen=True, kw_only=True)
class LedgerPage:
    """`uncovered` counts the entries that came after the newest checkpoint.

    `places` is how each place outside stands, for readers of the whole ledger, and else None.
    """

    ledger: LedgerState
    streams: int
    uncovered: int
    checkpoints: Sequence[LedgerCheckpoint]
    verifications: Sequence[Verification]
    key: VerifierKey | None
    handovers: Sequence[Handover]
    places: Sequence[Standing] | None

    @property
    def newest(self) -> LedgerCheckpoint | None:
        return self.checkpoints[0] if self.checkpoints else None


def ledger_page(*, reader: User, at: datetime) -> LedgerPage:
    """Whoever can sign in may read it: it names no model and nobody."""
    state = ledger_state()
    points = list(LedgerCheckpoint.objects.order_by("-made_at", "-size")[:SHOWN])
    key = own_key()
    return LedgerPage(
        ledger=state,
        streams=LedgerStream.objects.count(),
        uncovered=state.entries - (points[0].size if points else 0),
        checkpoints=points,
        verifications=list(Verification.objects.order_by("-at")[:SHOWN]),
        key=key,
        handovers=trust.handovers(key) if key else [],
        places=standing_of_targets() if reads_ledger(reader, at=at) else None,
    )


def own_key() -> VerifierKey | None:
    """The key by which readers check the checkpoints of this server; None if it holds none."""
    try:
        return keys.known_key().named(current_origin())
    except (KeyUnusable, DomainError):
        return None
