"""Tables of text as CSV and as Excel workbooks, both ways: what is written is read as it was."""

from governance.core.sheets.files import (
    LIMIT_BYTES,
    LIMIT_ROWS,
    WRONG_CELLS,
    Line,
    Table,
    read_table,
)
from governance.core.sheets.texts import csv_bytes, guarded, unguarded
from governance.core.sheets.workbooks import LONGEST_CELL, write_workbook

__all__ = [
    "LIMIT_BYTES",
    "LIMIT_ROWS",
    "LONGEST_CELL",
    "WRONG_CELLS",
    "Line",
    "Table",
    "csv_bytes",
    "guarded",
    "read_table",
    "unguarded",
    "write_workbook",
]
