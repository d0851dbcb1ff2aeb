"""What is kept outside, gathered so that a verification can hold the ledger against it."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence

from governance.audit import checkpoints, copying, keys, notes, trust
from governance.audit.checkpointing import current_origin
from governance.audit.checkpoints import Checkpoint
from governance.audit.models import CheckpointCopy
from governance.audit.notes import NoteUnusable, VerifierKey
from governance.audit.targets.cosigner import Cosigner
from governance.audit.targets.shipping import Store, Target, TargetFails

logger = logging.getLogger(__name__)


def outside_checkpoints() -> list[Checkpoint]:
    """Return the newest checkpoint of this origin that each target can vouch for.

    A store is asked for what it holds, which one of the ledger's keys has to have signed. Of a
    witness the cosignature is on record, and nobody but the witness can have made it. A target
    that cannot be reached, or vouches for nothing, is left out. Raises KeyUnusable without the
    ledger's key.
    """
    origin = current_origin()
    own = keys.known_key().named(origin)
    trusted = trust.named_for(trust.trusted_keys(own), origin)
    return [point for target in copying.targets() for point in _vouched(target, origin, trusted)]


def _vouched(target: Target, origin: str, trusted: Sequence[VerifierKey]) -> Iterator[Checkpoint]:
    if isinstance(target, Store):
        note, known = _held(target, origin), trusted
    elif isinstance(target, Cosigner):
        note, known = _cosigned(target, origin), [target.key]
    else:
        return
    try:
        if note:
            yield checkpoints.parse(notes.open_note(note, known).text)
    except NoteUnusable as error:
        logger.warning("%s vouches for nothing: %s", target.name, error)


def _held(store: Store, origin: str) -> str:
    try:
        held = store.checkpoint(copying.place_of(origin))
    except TargetFails as error:
        logger.warning("%s cannot be asked: %s", store.name, error)
        return ""
    note = (held or b"").decode(errors="replace")
    return note if note.partition("\n")[0] == origin else ""


def _cosigned(target: Target, origin: str) -> str:
    taken = CheckpointCopy.objects.filter(target=target.name, checkpoint__origin=origin)
    copy = taken.select_related("checkpoint").order_by("-at").first()
    return copy.checkpoint.note + copy.receipt if copy else ""
