"""A witness (C2SP `tlog-witness`): it cosigns each checkpoint that continues the last one it saw.

It needs no database. What it remembers is one file; its key is another. It runs where the owner of
the ledger's database has no say, and so whoever sees its cosignature knows that nobody else was
shown another history under it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from governance.audit import checkpoints, durable, merkle, notes
from governance.audit.checkpoints import Checkpoint, Consistency, NotTheEmptyTree, ProofUnusable
from governance.audit.keys import LedgerKey
from governance.audit.merkle import ProofInvalid
from governance.audit.notes import COSIGNATURE, Note, NoteUnusable, VerifierKey

logger = logging.getLogger(__name__)

TEXT = "text/plain; charset=utf-8"
SIZE = "text/x.tlog.size"


@dataclass(frozen=True)
class Answer:
    status: int
    body: str
    kind: str = TEXT


class StateUnusable(Exception):
    """What the witness remembers is gone or cannot be read: it must not begin anew by itself."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """The latest checkpoint of one origin that was cosigned, `root` in hexadecimal.

    `note` bears the signatures of the log that were verified, and the cosignature.
    """

    size: int
    root: str
    note: str


NOTHING = Seen(size=0, root=merkle.EMPTY.hex(), note="")


class _Refused(Exception):
    def __init__(self, status: int, said: str, kind: str = TEXT) -> None:
        super().__init__(said)
        self.answer = Answer(status, f"{said}\n", kind)


@dataclass(frozen=True)
class State:
    """What was seen of each origin, in the file at `path`."""

    path: Path

    def begin(self) -> None:
        """Make the file of a witness that saw nothing yet."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        durable.write_whole(self.path, b"{}")

    def read(self) -> dict[str, Seen]:
        """Raises StateUnusable."""
        try:
            value = json.loads(self.path.read_bytes())
            return {origin: _seen(one) for origin, one in value.items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise StateUnusable(f"The state {self.path} cannot be read: {error}") from error

    def write(self, seen: Mapping[str, Seen]) -> None:
        value = {origin: asdict(one) for origin, one in seen.items()}
        durable.write_whole(self.path, json.dumps(value, sort_keys=True).encode())


def _seen(value: dict[str, Any]) -> Seen:
    seen = Seen(size=int(value["size"]), root=str(value["root"]), note=str(value["note"]))
    if len(bytes.fromhex(seen.root)) != merkle.SIZE:
        raise ValueError("a root is no SHA-256")
    return seen


@dataclass(frozen=True, kw_only=True)
class Witness:
    """`logs` are the keys of the logs whose checkpoints it looks at, named by their origins."""

    name: str
    key: LedgerKey
    logs: Sequence[VerifierKey]
    state: State

    @property
    def verifier_key(self) -> VerifierKey:
        return VerifierKey(self.name, self.key.public, COSIGNATURE)

    def add_checkpoint(self, body: bytes, *, time: int) -> Answer:
        """Cosign at that time, in seconds of POSIX time, or say why not; as `tlog-witness` says."""
        try:
            request, note = _parsed(body)
            point, signed = self._opened(note)
            if request.old > point.size:
                raise _Refused(400, "The old size is larger than the checkpoint.")
            with durable.held(self.state.path):
                return self._cosigned(request, point, signed, time)
        except _Refused as refusal:
            return refusal.answer

    def _cosigned(self, request: Consistency, point: Checkpoint, signed: Note, time: int) -> Answer:
        everything = self.state.read()
        seen = everything.get(point.origin, NOTHING)
        _require_continued(seen, request, point, signed)
        line = notes.cosign(signed.text, self.verifier_key, self.key.sign, time=time)
        note = str(Note(signed.text, [*signed.signatures, line]))
        now = Seen(size=point.size, root=point.root.hex(), note=note)
        self.state.write({**everything, point.origin: now})
        # A crash here leaves a cosignature that nobody got; asked again, it is given again.
        return Answer(200, str(line))

    def _opened(self, note: Note) -> tuple[Checkpoint, Note]:
        """The checkpoint, and the note with those signatures alone that were verified."""
        origin = note.text.partition("\n")[0]
        trusted = [key for key in self.logs if key.name == origin]
        if not trusted:
            raise _Refused(404, "This origin is not known here.")
        try:
            verified = notes.verified(note, trusted)
        except NoteUnusable as error:
            raise _Refused(403, str(error)) from error
        if not verified:
            raise _Refused(403, "The checkpoint is not signed by a key that is known here.")
        lines = [one for one in note.signatures if any(one.is_of(key) for key in verified)]
        try:
            return checkpoints.parse(note.text), Note(note.text, lines)
        except NotTheEmptyTree as error:
            raise _Refused(422, str(error)) from error
        except NoteUnusable as error:
            raise _Refused(400, str(error)) from error

    def latest(self, origin_hash: str) -> Answer:
        """Return the latest checkpoint of the origin with this hash, for monitors."""
        for origin, seen in self.state.read().items():
            if sha256(origin.encode()).hexdigest() == origin_hash:
                return Answer(200, seen.note)
        return Answer(404, "No checkpoint of this origin was cosigned here.\n")


def _parsed(body: bytes) -> tuple[Consistency, Note]:
    try:
        request = checkpoints.parse_consistency(body.decode())
        note = notes.parse(request.note)
    except (UnicodeDecodeError, ProofUnusable, NoteUnusable) as error:
        raise _Refused(400, f"The request is malformed: {error}") from error
    if len(request.hashes) > checkpoints.MOST_HASHES:
        raise _Refused(400, "The request is malformed: the proof is too long.")
    return request, note


def _require_continued(seen: Seen, request: Consistency, point: Checkpoint, signed: Note) -> None:
    if request.old != seen.size:
        raise _Refused(409, str(seen.size), SIZE)
    try:
        if request.old:
            root = bytes.fromhex(seen.root)
            merkle.verify_consistency(request.old, point.size, root, point.root, request.hashes)
        elif request.hashes:
            raise ProofInvalid("nothing is to be proved of a tree without entries")
    except ProofInvalid as error:
        # What is printed here is the proof that the log showed two histories.
        logger.critical(
            "%s does not continue what was cosigned (%s). Seen before:\n%s\nShown now:\n%s",
            *(point.origin, error, seen.note, signed),
        )
        raise _Refused(422, f"The proof does not hold: {error}.") from error
