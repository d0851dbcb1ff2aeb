"""Collecting evidence as of a checkpoint: one signed now, or one that somebody holds."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

from governance.audit import copying, notes, trust
from governance.audit.checkpointing import make_checkpoint
from governance.audit.checkpoints import Checkpoint
from governance.audit.keys import KeyUnusable
from governance.audit.models import LedgerCheckpoint
from governance.audit.notes import NoteUnusable
from governance.audit.signer import MemoryUnusable, SignerRefuses
from governance.audit.tree import Tree, tree_size
from governance.core.errors import Problem
from governance.evidence.queries.proving import Anchor
from governance.evidence.rules.packs import CheckpointBehind, CheckpointUnknown

ATTEMPTS = 5

logger = logging.getLogger(__name__)


def as_of_now(
    collected: Callable[[Anchor | None], dict[str, Any]], *, by: str, at: datetime
) -> dict[str, Any]:
    """Return what `collected` gathers as of a checkpoint that is signed now.

    Appends checkpoint.made, unless nothing was appended since the newest checkpoint. Where somebody
    writes meanwhile, it is all done again, with another one. What keeps the signer from signing
    keeps nobody from having the evidence: it is then gathered without a checkpoint, and says so.
    Raises CheckpointBehind when there is writing without pause.
    """
    for _ in range(ATTEMPTS - 1):
        try:
            return collected(_signed_now(by=by, at=at))
        except CheckpointBehind as refusal:
            logger.info("evidence is gathered again: %s", refusal.message)
    return collected(_signed_now(by=by, at=at))


def _signed_now(*, by: str, at: datetime) -> Anchor | None:
    try:
        point = make_checkpoint(actor=by, at=at)
    except (SignerRefuses, MemoryUnusable, KeyUnusable):
        logger.exception("evidence is gathered, and no checkpoint covers it")
        return None
    return Anchor(point=point, note=copying.note_of(point, copying.copies_of(point)))


def anchor_of(note: str) -> Anchor:
    """Return the checkpoint in a note that this portal signed, with all signatures in the note.

    Raises CheckpointUnknown.
    """
    point = known_checkpoint(note)
    row = LedgerCheckpoint.objects.filter(
        origin=point.origin, size=point.size, root=point.root.hex()
    ).first()
    if row is None:
        raise _unknown("This portal keeps no checkpoint of that origin, size and root.")
    return Anchor(point=row, note=note)


def known_checkpoint(note: str) -> Checkpoint:
    """Return what a note says, once it is signed as this ledger's. Raises CheckpointUnknown.

    The keys are those that the kept checkpoints name as theirs, so it needs no key of its own.
    """
    newest = LedgerCheckpoint.objects.order_by("-made_at", "-size").select_related("entry").first()
    if newest is None:
        raise _unknown("No checkpoint was signed here yet.")
    try:
        own = notes.parse_key(newest.entry.facts["keys"][-1])
        return trust.open_checkpoint(note, trust.trusted_keys(own))
    except NoteUnusable as error:
        raise _unknown(str(error)) from error


def size_of(note: str) -> int:
    """Return how many entries an earlier checkpoint covers, for a proof from there on.

    Raises CheckpointUnknown, also for one of another tree than the ledger now is.
    """
    point = known_checkpoint(note)
    if point.size == 0 or point.size > tree_size():
        raise _unknown(f"The ledger has no first {point.size} entries.")
    if Tree(point.size).root() != point.root:
        raise _unknown("The ledger's first entries are not those that it covers.")
    return point.size


def _unknown(reason: str) -> CheckpointUnknown:
    message = f"This is no checkpoint of this portal. {reason}"
    return CheckpointUnknown(Problem(field="checkpoint", rule="unknown", message=message))
