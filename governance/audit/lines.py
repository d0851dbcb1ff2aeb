"""Entries as lines of JSON that carry their own proof: text, hash, and the hash before.

`hash` is SHA-256 of the domain, `previous` and `text` (docs/ledger-format.md §3), so a reader
recomputes it without asking us, and joins the lines of a stream by `previous`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from governance.audit.models import EntryQuerySet, LedgerEntry

MEDIA_TYPE = "application/jsonl"
AT_ONCE = 500
"""How many rows are in memory at a time, and lines in one part of an answer."""


def line_of(entry: LedgerEntry) -> str:
    return _line(entry.hash, entry.previous, entry.text)


def _line(digest: str, previous: str, text: str) -> str:
    line = {"hash": digest, "previous": previous, "text": text}
    return json.dumps(line, ensure_ascii=False, separators=(",", ":"))


def json_lines(entries: EntryQuerySet) -> Iterator[bytes]:
    """Yield every entry, stream by stream in its order, in parts of flat size and one query."""
    rows = entries.by_stream().values_list("hash", "previous", "text")
    return in_parts(_line(*row) for row in rows.iterator(chunk_size=AT_ONCE))


def in_parts(lines: Iterable[str]) -> Iterator[bytes]:
    """Join lines into parts, so that a client is not sent each one for itself."""
    part: list[str] = []
    for line in lines:
        part.append(line)
        if len(part) == AT_ONCE:
            yield _joined(part)
            part = []
    if part:
        yield _joined(part)


def _joined(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()
