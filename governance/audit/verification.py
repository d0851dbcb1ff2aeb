"""Holding the whole ledger against itself, and against a checkpoint from outside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.db import connection

from governance.audit.chain import Break, Broken, Kind, check_stream, stream_name
from governance.audit.checkpoints import Checkpoint, Head
from governance.audit.rows import Reader
from governance.audit.rules import prose_digest
from governance.core.errors import NotFound
from governance.core.wording import counted

NO_HEADS: Mapping[str, Head] = {}


@dataclass(kw_only=True)
class Examination:
    """What a verification found."""

    streams: int = 0
    entries: int = 0
    broken: Break | None = None
    checkpoint: Checkpoint | None = None

    @property
    def intact(self) -> bool:
        return self.broken is None

    def __str__(self) -> str:
        if self.broken:
            return f"The ledger is broken at {self.broken}."
        counts = f"{counted(self.entries, 'entry', 'entries')} in {counted(self.streams, 'stream')}"
        point = self.checkpoint
        against = f" and agree with the checkpoint of {point.at}" if point else ""
        return f"The ledger is intact: {counts} verify{against}."


class StreamUnknown(NotFound):
    code = "stream_unknown"


def verify(*, stream: str = "", checkpoint: Checkpoint | None = None) -> Examination:
    """Verify every stream, or only `stream`, and stop at the first break.

    Entries are read one after another in flat memory, each stream in one consistent snapshot, so
    this can run beside writers. Raises StreamUnknown.
    """
    examination = Examination(checkpoint=checkpoint)
    heads = checkpoint.heads if checkpoint else NO_HEADS
    reader = Reader(connection)
    try:
        if stream:
            _verify_one(reader, stream, heads, examination)
        else:
            _verify_all(reader, heads, examination)
    except Broken as found:
        examination.broken = found.found
    return examination


def _verify_one(
    reader: Reader, name: str, heads: Mapping[str, Head], examination: Examination
) -> None:
    found = _verify_stream(reader, name, heads, examination)
    if not found and name in heads:
        raise _gone(name)
    if not found:
        raise StreamUnknown(f"The ledger has no stream {name}.")


def _verify_all(reader: Reader, heads: Mapping[str, Head], examination: Examination) -> None:
    for name in _names(reader, heads):
        if not _verify_stream(reader, name, heads, examination):
            raise _gone(name)
    for (entry,) in (row[:1] for row in reader.orphans()):
        detail = f"entry {entry.decode(errors='replace')} belongs to no stream"
        raise Broken(Break(Kind.ENTRY_ORPHANED, "", None, detail))
    _verify_prose(reader)


def _names(reader: Reader, heads: Mapping[str, Head]) -> Iterator[str]:
    """The names of all streams that are there, then of those that should be."""
    missing = set(heads)
    for row in reader.streams():
        name = stream_name(row, reader.storage)
        missing.discard(name)
        yield name
    yield from sorted(missing)


def _verify_stream(
    reader: Reader, name: str, heads: Mapping[str, Head], examination: Examination
) -> bool:
    found = reader.entries(name)
    if found is None:
        return False
    row, entries = found
    signed = heads.get(name)
    examination.entries += check_stream(row, entries, signed=signed, storage=reader.storage)
    examination.streams += 1
    return True


def _verify_prose(reader: Reader) -> None:
    for erased, *row, _ in reader.prose():
        # Bytes that are not UTF-8 any more become a character that the digest was not made of.
        key, salt, text, digest = (value.decode(errors="replace") for value in row)
        holds = salt == text == "" if erased else prose_digest(salt=salt, text=text) == digest
        if not holds or key != digest[:32]:
            raise Broken(
                Break(Kind.PROSE_CHANGED, "", None, f"prose {key} does not match its digest")
            )


def _gone(name: str) -> Broken:
    return Broken(Break(Kind.CUT_OFF, name, None, "the checkpoint has this stream; it is gone"))
