"""Reading a file that somebody sent as a table, whatever its name says it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from governance.core.canonical import sha256_hex
from governance.core.sheets.limits import (
    LIMIT_BYTES,
    LIMIT_ROWS,
    WRONG_CELLS,
    Line,
    bounded,
    require_size,
    unreadable,
)
from governance.core.sheets.texts import csv_lines
from governance.core.sheets.workbooks import workbook_lines

__all__ = ["LIMIT_BYTES", "LIMIT_ROWS", "WRONG_CELLS", "Line", "Table", "read_table"]

ZIP = b"PK\x03\x04"
OLD_EXCEL = bytes.fromhex("d0cf11e0a1b11ae1")


@dataclass(frozen=True, kw_only=True)
class Table:
    """The first line that says something, those after it, and the SHA-256 of the file."""

    head: Line
    lines: Sequence[Line]
    digest: str


def read_table(data: bytes) -> Table:
    """Read CSV or an Excel workbook, told apart by content. Raises InvalidInput at field `file`."""
    require_size(len(data))
    if data.startswith(OLD_EXCEL):
        message = "This is an old or protected Excel file. Save it as .xlsx without a password."
        raise unreadable("format", message)
    lines = workbook_lines(data) if data.startswith(ZIP) else csv_lines(data)
    found = list(bounded(lines))
    if not found:
        raise unreadable("empty", "The file is empty.")
    return Table(head=found[0], lines=found[1:], digest=sha256_hex(data))
