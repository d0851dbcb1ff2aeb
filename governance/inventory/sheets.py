"""A file of the inventory: its first row names columns, every other row is of one model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from governance.core.errors import InvalidInput
from governance.core.sheets import Line, read_table
from governance.inventory.rules.columns import BY_HEADING, COLUMNS, NAME, Column
from governance.inventory.rules.imports import heading_problems, nothing_to_import


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """What was sent, with the place of every column it has; `digest` is that of the file."""

    digest: str
    width: int
    places: Mapping[str, int]
    lines: Sequence[Line]

    @property
    def columns(self) -> Iterator[tuple[Column, int]]:
        """The columns it has but the name's, in our order, and their places."""
        for column in COLUMNS:
            if column is not NAME and column.key in self.places:
                yield column, self.places[column.key]

    def cell(self, line: Line, column: Column) -> str:
        """Return the text of a cell; a row may end early, and a column may be absent."""
        place = self.places.get(column.key, len(line.cells))
        return line.cells[place] if place < len(line.cells) else ""

    def names(self) -> Iterator[str]:
        for line in self.lines:
            yield self.cell(line, NAME)


def read_sheet(data: bytes) -> Sheet:
    """Read a file that somebody sent. Raises InvalidInput at the field `file`."""
    table = read_table(data)
    headings = table.head.cells
    known = [BY_HEADING.get(heading.strip().casefold()) for heading in headings]
    keys = [column.key if column else None for column in known]
    if problems := list(heading_problems(headings, keys)):
        raise InvalidInput(*problems)
    if not table.lines:
        raise nothing_to_import()
    return Sheet(
        digest=table.digest,
        width=len(headings),
        places={key: place for place, key in enumerate(keys) if key is not None},
        lines=table.lines,
    )
