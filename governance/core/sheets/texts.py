"""CSV (RFC 4180) in UTF-8, with what a spreadsheet would run as a formula made harmless."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

from governance.core.sheets.limits import LIMIT_COLUMNS, Line, unreadable

BOM = b"\xef\xbb\xbf"
"""Without it Excel takes UTF-8 for the code page of the machine."""
WIDE = (b"\xff\xfe", b"\xfe\xff")
DELIMITERS = ",;\t"
ROWS_AT_ONCE = 200

# The second half are full-width forms, which some spreadsheets take for the first.
_STARTS = "=+\\-@\t\r\n＝＋－＠"
_DANGEROUS = re.compile(f"'*[{_STARTS}]")
_GUARDED = re.compile(f"'+[{_STARTS}]")


def guarded(text: str) -> str:
    """Put an apostrophe before what a spreadsheet would run; `unguarded` takes it off again.

    Text that begins with apostrophes and then such a character gets one more, so that every text
    comes back as it was.
    """
    return f"'{text}" if _DANGEROUS.match(text) else text


def unguarded(text: str) -> str:
    return text[1:] if _GUARDED.match(text) else text


def csv_bytes(rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    """Yield the file in parts, beginning with a byte order mark."""
    yield BOM
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    for written, row in enumerate(rows, start=1):
        writer.writerow([guarded(cell) for cell in row])
        if written % ROWS_AT_ONCE == 0:
            yield _taken(buffer)
    yield _taken(buffer)


def _taken(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()


def csv_lines(data: bytes) -> Iterator[Line]:
    """Yield every line, blank ones too. Raises InvalidInput, naming the row that cannot be read."""
    text = _decoded(data)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    row = 0
    try:
        for row, cells in enumerate(rows, start=1):
            if len(cells) > LIMIT_COLUMNS:
                raise unreadable("columns", f"Row {row} has more than {LIMIT_COLUMNS} columns.")
            yield Line(number=row, cells=tuple(map(unguarded, cells)))
    except csv.Error as error:
        message = f"Row {row + 1} cannot be read as CSV: {error}."
        raise unreadable("csv", message) from error


def _decoded(data: bytes) -> str:
    if data.startswith(WIDE):
        raise unreadable("encoding", "The file is in UTF-16. Save it as “CSV UTF-8”.")
    body = data.removeprefix(BOM)
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        row = _row_at(body[: error.start].decode())
        message = f"Row {row} is not in UTF-8. Save the file as “CSV UTF-8”."
        raise unreadable("encoding", message) from error


def _row_at(text: str) -> int:
    """Return the number of the row in which the text ends; lines within a cell are no rows."""
    read = csv.reader(io.StringIO(f"{text}.", newline=""), delimiter=_delimiter(text))
    return sum(1 for _ in read)


def _delimiter(text: str) -> str:
    """Return what divides the headings: Excel writes a semicolon where a comma is in numbers."""
    first = text.partition("\n")[0]
    return max(DELIMITERS, key=first.count)
