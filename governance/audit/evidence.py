"""Gathering what a ledger is held against: keys, the signer's memory, and files kept elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from governance.audit import checkpoints, heads, keys, notes, trust
from governance.audit.checkpointing import current_origin, signer
from governance.audit.notes import NoteUnusable, VerifierKey
from governance.audit.verification import Evidence


def gather(*, files: Sequence[Path] = (), given: Sequence[str] = ()) -> Evidence:
    """Return what this server knows by itself, and the checkpoints in the files.

    `given` are verifier keys that came another way; with them, only they are trusted. A server
    without a key or a memory of signing has nothing of its own to say.

    Raises NoteUnusable for a file or key that is none, and KeyUnusable for files without any key.
    """
    trusted = [notes.parse_key(text) for text in given] or _own_keys(needed=bool(files))
    texts = [_read(path) for path in files]
    return Evidence(
        keys=trusted,
        memory=signer().memory(),
        outside=[
            checkpoints.parse(_opened(text, trusted))
            for text in texts
            if not heads.is_heads_note(text)
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


def _opened(note: str, trusted: Sequence[VerifierKey]) -> str:
    origin = note.partition("\n")[0]
    return notes.open_note(note, trust.named_for(trusted, origin)).text
