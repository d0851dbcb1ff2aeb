"""How much of a file is read, and what a line of it looks like once it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from governance.core.errors import InvalidInput, invalid
from governance.core.wording import number, size

LIMIT_BYTES = 10_000_000
LIMIT_ROWS = 20_000
LIMIT_COLUMNS = 100
LIMIT_TEXT = 50_000_000
"""Characters in all cells together: a workbook may name one long text a million times."""
EXCEL_ROWS = 1_048_576

FORMULA, ERROR = "formula", "error_value"
WRONG_CELLS = {
    FORMULA: "This cell holds a formula. Paste its value instead.",
    ERROR: "This cell holds an error of the spreadsheet, such as #REF!.",
}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One row as a spreadsheet numbers it, from 1; `wrong` names cells that hold no text."""

    number: int
    cells: tuple[str, ...]
    wrong: Mapping[int, str] = field(default_factory=dict)

    @property
    def is_blank(self) -> bool:
        return not self.wrong and not any(cell.strip() for cell in self.cells)


def unreadable(rule: str, message: str) -> InvalidInput:
    return invalid("file", rule, message)


def require_size(octets: int) -> None:
    """Raise InvalidInput for a file that is not read at all."""
    if octets > LIMIT_BYTES:
        message = f"The file has {size(octets)}; at most {size(LIMIT_BYTES)} are read."
        raise unreadable("size", message)


def bounded(lines: Iterable[Line]) -> Iterator[Line]:
    """Yield the lines that say something, within the limits. Raises InvalidInput beyond them."""
    rows = characters = 0
    for line in lines:
        if line.number > EXCEL_ROWS:
            raise unreadable("rows", f"A sheet has at most {number(EXCEL_ROWS)} rows.")
        if line.is_blank:
            continue
        rows += 1
        characters += sum(map(len, line.cells))
        if rows > LIMIT_ROWS + 1:
            message = f"At most {number(LIMIT_ROWS)} rows are read at once. Split the file."
            raise unreadable("rows", message)
        if characters > LIMIT_TEXT:
            message = f"At most {number(LIMIT_TEXT)} characters are read at once. Split the file."
            raise unreadable("text", message)
        yield line
