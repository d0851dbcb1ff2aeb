"""Excel workbooks: every cell is written as text, and read with what it holds named.

A workbook is a ZIP archive of XML from anybody: what it unpacks to is bounded before it is read.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time
from typing import IO, Any

from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.utils.exceptions import InvalidFileException

from governance.core.sheets.limits import ERROR, FORMULA, LIMIT_COLUMNS, Line, unreadable
from governance.core.wording import number, size

LONGEST_CELL = 32_767
LIMIT_UNPACKED = 60_000_000
LIMIT_PARTS = 200
WRONG_TYPES = {"f": FORMULA, "e": ERROR}

# openpyxl has no error of its own for most of what can be wrong in a file; what its XML parsers
# raise are syntax errors.
_BROKEN = (
    ArithmeticError, AttributeError, InvalidFileException, LookupError, OSError, RuntimeError,
    SyntaxError, TypeError, ValueError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip

# ECMA-376 part 1, 22.9.2.19 (ST_Xstring): a character that XML cannot hold is written _xHHHH_.
# A carriage return it can hold, but not keep.
_UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_WRITTEN = re.compile("_x([0-9A-Fa-f]{4})_")


def write_workbook(rows: Iterable[Sequence[str]], file: IO[bytes], *, title: str) -> None:
    """Write one sheet. Raises InvalidInput for a text that no cell of Excel can hold."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "B2"
    for row in rows:
        sheet.append([_cell(sheet, text) for text in row])
    book.save(file)


def _cell(sheet: Any, text: str) -> Any:
    escaped = _UNWRITABLE.sub(lambda found: f"_x{ord(found[0]):04X}_", text)
    if len(escaped) > LONGEST_CELL:
        message = f"A cell of Excel holds {number(LONGEST_CELL)} characters, and one text has more."
        raise unreadable("length", f"{message} Use CSV, which has no such limit.")
    cell = WriteOnlyCell(sheet, value=escaped)
    # openpyxl takes what begins with = for a formula, and #N/A for an error: here all is text.
    cell.data_type = "s"
    return cell


def workbook_lines(data: bytes) -> Iterator[Line]:
    """Yield every line of the first sheet, blank ones too. Raises InvalidInput."""
    require_bounded(data)
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, keep_links=False)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()
        # One more than may be, so that it is missed by nobody.
        rows = sheet.iter_rows(max_col=LIMIT_COLUMNS + 1)
        for row, cells in enumerate(rows, start=1):
            yield _line(row, cells)
    except _BROKEN as error:
        raise unreadable("workbook", "The file cannot be read as an Excel workbook.") from error


def require_bounded(data: bytes) -> None:
    """Raise InvalidInput for an archive that unpacks to too much.

    The sizes are those that the archive claims; zipfile gives no octet more than that.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise unreadable("workbook", "The file cannot be read as an Excel workbook.") from error
    unpacked = sum(part.file_size for part in parts)
    if len(parts) > LIMIT_PARTS or unpacked > LIMIT_UNPACKED:
        message = f"The workbook unpacks to {size(unpacked)} in {number(len(parts))} parts; "
        raise unreadable("unpacked", f"{message}at most {size(LIMIT_UNPACKED)} are read.")


def _line(row: int, cells: Sequence[Any]) -> Line:
    filled = {place: cell for place, cell in enumerate(cells) if cell.value is not None}
    wrong = {p: WRONG_TYPES[c.data_type] for p, c in filled.items() if c.data_type in WRONG_TYPES}
    texts = [""] * (max(filled, default=-1) + 1)
    for place in filled.keys() - wrong.keys():
        texts[place] = _text(filled[place].value)
    if len(texts) > LIMIT_COLUMNS:
        raise unreadable("columns", f"Row {row} has more than {LIMIT_COLUMNS} columns.")
    return Line(number=row, cells=tuple(texts), wrong=wrong)


def _text(value: Any) -> str:
    """Return what a reader of the sheet would say the cell holds."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).upper()
        case float() if value.is_integer():
            return str(int(value))
        case datetime() if value.time() == time():
            return value.date().isoformat()
        case date() | time():
            return value.isoformat()
        case str():
            return _WRITTEN.sub(_character, value)
    return str(value)


def _character(found: re.Match[str]) -> str:
    code = int(found[1], 16)
    # Half of a pair of characters is none, and no database keeps it.
    return found[0] if 0xD800 <= code <= 0xDFFF else chr(code)
