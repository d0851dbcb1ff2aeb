"""Gathering what a ledger is held against: keys, memory of signing, checkpoints kept elsewhere."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

from governance.audit import checkpoints, copying, heads, keys, notes, trust
from governance.audit.checkpointing import current_origin, signer
from governance.audit.checkpoints import Checkpoint
from governance.audit.models import CheckpointCopy
from governance.audit.notes import NoteUnusable, VerifierKey
from governance.audit.targets.cosigner import Cosigner
from governance.audit.targets.shipping import Store, Target, TargetFails
from governance.audit.verification import Anchors

logger = logging.getLogger(__name__)


def gather(*, files: Sequence[Path] = (), given: Sequence[str] = ()) -> Anchors:
    """Return what this server knows by itself, and the checkpoints in the files.

    `given` are verifier keys that came another way; with them, only they are trusted. A server
    without a key or a memory of signing has nothing of its own to say.

    Raises NoteUnusable for a file or key that is none, and KeyUnusable for files without any key.
    """
    trusted = [notes.parse_key(text) for text in given] or _own_keys(needed=bool(files))
    texts = [_read(path) for path in files]
    return Anchors(
        keys=trusted,
        memory=signer().memory(),
        outside=[
            trust.open_checkpoint(text, trusted) for text in texts if not heads.is_heads_note(text)
        ],
        former=[heads.open_heads(text, trusted) for text in texts if heads.is_heads_note(text)],
    )


def _own_keys(*, needed: bool) -> list[VerifierKey]:
    try:
        return trust.trusted_keys(keys.known_key().named(current_origin()))
    except keys.KeyUnusable:
        if needed:
            raise
        return []


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as error:
        raise NoteUnusable(f"The checkpoint {path} cannot be read: {error}") from error


def outside_checkpoints() -> list[Checkpoint]:
    """Return the newest checkpoint of this origin that each target can vouch for.

    A store is asked for what it holds, which one of the ledger's keys has to have signed. Of a
    witness the cosignature is on record, and nobody but the witness can have made it. A target
    that cannot be reached, or vouches for nothing, is left out. Raises KeyUnusable without the
    ledger's key.
    """
    origin = current_origin()
    own = keys.known_key().named(origin)
    trusted = trust.trusted_keys(own)
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
