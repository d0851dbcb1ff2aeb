"""The pages of entries that are too many for one table: a list in chunks, drawn side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.template.loader import render_to_string

from governance.core.long_pdf import CHUNK, Chunk
from governance.core.wording import number
from governance.evidence.rules.parts import Section
from governance.evidence.rules.trail import EntryRow


def entry_lists(printed: Mapping[str, Any]) -> dict[str, Iterator[Chunk]]:
    """Return the chunks of each long list, by the anchor that the templates give its place."""
    long = [
        (section, part.entries)
        for part in printed["parts"]
        if part.is_long and (section := part.section("ledger"))
    ]
    long += [(trail.section, trail.entries) for trail in printed["trails"] if trail.is_long]
    return {f"{one.anchor}-entries": chunks(one, entries, printed) for one, entries in long}


def chunks(
    section: Section, entries: Sequence[EntryRow], printed: Mapping[str, Any]
) -> Iterator[Chunk]:
    """Yield the documents that make up the list, each with some hundred entries."""
    for begin in range(0, len(entries), CHUNK):
        some = entries[begin : begin + CHUNK]
        page = {**printed, "section": section, "entries": some}
        yield Chunk(
            html=render_to_string("pdf/entries.html", page, using="jinja2"),
            title=f"Entries {number(some[0].seq)} to {number(some[-1].seq)}",
        )
