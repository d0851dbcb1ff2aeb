"""Which keys the ledger's own checkpoints may be signed by: the present one and those before it.

A key vouches for the one before it by the checkpoint that both signed when the keys changed, so
trust goes back from the key that is held outside the database, one change after the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from governance.audit import checkpoints, notes
from governance.audit.checkpoints import Checkpoint
from governance.audit.models import LedgerCheckpoint, LedgerEntry
from governance.audit.notes import Note, NoteUnusable, VerifierKey
from governance.audit.rules import Verb


@dataclass(frozen=True, kw_only=True)
class Handover:
    """One change of keys: the entry that says so, and the checkpoint that bears both signatures."""

    at: datetime
    old: VerifierKey
    new: VerifierKey
    entry: LedgerEntry
    point: LedgerCheckpoint

    @property
    def size(self) -> int:
        return self.point.size


def trusted_keys(own: VerifierKey) -> list[VerifierKey]:
    """Return the present key and every earlier one that the chain of handovers bears out.

    All under the name of the present one.
    """
    return [own, *named_for([one.old for one in handovers(own)], own.name)]


def handovers(own: VerifierKey) -> list[Handover]:
    """Return the changes of keys that lead to the present one, newest first."""
    found: list[Handover] = []
    key = own
    entries = LedgerEntry.objects.of_stream("ledger").filter(verb=Verb.KEY_ROTATED)
    for entry in entries.order_by("-seq"):
        handover = _handover(entry)
        if handover and handover.new.public == key.public:
            found.append(handover)
            key = handover.old
    return found


def named_for(keys: Sequence[VerifierKey], origin: str) -> list[VerifierKey]:
    """The same keys under the name by which they sign this origin."""
    return [VerifierKey(origin, key.public) for key in keys]


def open_checkpoint(note: str, keys: Sequence[VerifierKey]) -> Checkpoint:
    """Return the checkpoint of whatever origin, once one of these keys signed it.

    Raises NoteUnusable.
    """
    origin = note.partition("\n")[0]
    return checkpoints.parse(notes.open_note(note, named_for(keys, origin)).text)


def _handover(entry: LedgerEntry) -> Handover | None:
    try:
        old, new = (notes.parse_key(entry.facts[name]) for name in ("old", "new"))
    except (NoteUnusable, KeyError):
        return None
    later = LedgerCheckpoint.objects.filter(entry__stream=entry.stream, entry__seq__gt=entry.seq)
    point = later.order_by("entry__seq").first()
    if point is None or not _is_signed_by(point, old, new):
        return None
    return Handover(at=entry.at, old=old, new=new, entry=entry, point=point)


def _is_signed_by(point: LedgerCheckpoint, *keys: VerifierKey) -> bool:
    try:
        note: Note = notes.parse(point.note)
        return len(notes.verified(note, keys)) >= len(keys)
    except NoteUnusable:
        return False
