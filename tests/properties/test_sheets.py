"""Every text comes back from a file as it was, runs nowhere, and no file takes the portal down."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Sequence
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from governance.core.errors import InvalidInput
from governance.core.sheets import csv_bytes, guarded, read_table, unguarded, write_workbook
from governance.core.sheets.limits import LIMIT_COLUMNS
from governance.core.sheets.workbooks import LONGEST_CELL

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
TRICKY = st.builds(
    "".join,
    st.lists(st.sampled_from([*"'=+-@\t\r\n\"|,;\0\x0b_x", "_x0041_", "_x005F_", "＝", "#N/A"])),
)
ROWS = st.lists(st.lists(TEXTS | TRICKY, min_size=3, max_size=3), min_size=1, max_size=5)
DANGEROUS = tuple("=+-@\t\r\n＝＋－＠")


def as_csv(rows: Sequence[Sequence[str]]) -> bytes:
    return b"".join(csv_bytes(rows))


def as_workbook(rows: Sequence[Sequence[str]]) -> bytes:
    file = io.BytesIO()
    write_workbook(rows, file, title="Inventory")
    return file.getvalue()


def said(rows: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
    """The rows that say anything: blank ones are read over."""
    return [tuple(row) for row in rows if any(cell.strip() for cell in row)]


def padded(cells: tuple[str, ...]) -> tuple[str, ...]:
    return (*cells, *[""] * (3 - len(cells)))


@given(TEXTS | TRICKY)
@example("'=1+1")
@example("''")
def test_the_escape_comes_off_exactly(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert not guarded(text).startswith(DANGEROUS)


@given(ROWS)
@pytest.mark.parametrize("write", [as_csv, as_workbook])
def test_what_is_written_is_read(write: object, rows: list[list[str]]) -> None:
    assert callable(write)
    head = ["Name", "Purpose", "Kind"]
    table = read_table(write([head, *rows]))
    assert [padded(line.cells) for line in table.lines] == said(rows)
    assert not any(line.wrong for line in table.lines)


@given(ROWS)
def test_no_cell_of_either_file_is_a_formula(rows: list[list[str]]) -> None:
    for row in csv.reader(io.StringIO(as_csv(rows).decode("utf-8-sig"), newline="")):
        assert not any(cell.startswith(DANGEROUS) for cell in row)
    sheet = load_workbook(io.BytesIO(as_workbook(rows)), read_only=True).worksheets[0]
    types = {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value is not None}
    assert types <= {"s"}


@given(st.binary(max_size=400))
@example(b"PK\x03\x04")
@example(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
@example(b"\xff\xfea\0")
def test_any_bytes_are_read_or_refused_in_words(data: bytes) -> None:
    reading(data)


def reading(data: bytes) -> None:
    """Nothing but a refusal in words is raised."""
    with suppress(InvalidInput):
        read_table(data)


WORKBOOK = as_workbook([["Name", "Purpose"], ["churn", "Calls."], ["fraud", "=1"]])


@pytest.mark.filterwarnings("ignore::UserWarning")
@given(st.data())
def test_a_damaged_workbook_is_read_or_refused_in_words(data: st.DataObject) -> None:
    """Of each part in turn, some bytes are others: the archive around it stays sound."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(WORKBOOK)) as old, zipfile.ZipFile(out, "w") as new:
        hit = data.draw(st.sampled_from(old.namelist()))
        for name in old.namelist():
            body = bytearray(old.read(name))
            if name == hit:
                at = data.draw(st.integers(0, len(body) - 1))
                piece = data.draw(st.sampled_from([b"", b"<", b"&x;", b"9" * 30, b'"', b"r='-1'"]))
                body[at : at + data.draw(st.integers(0, 30))] = piece
            new.writestr(name, bytes(body))
    reading(out.getvalue())


def refusal(data: bytes) -> tuple[str, str]:
    with pytest.raises(InvalidInput) as caught:
        read_table(data)
    (problem,) = caught.value.problems
    return problem.rule, problem.message


def test_an_encoding_error_names_its_row() -> None:
    data = b'Name,Purpose\r\nchurn,"two\r\nlines"\r\nfraud,Z\xfcrich\r\n'
    rule, message = refusal(data)
    assert (rule, message[:6]) == ("encoding", "Row 3 ")


def test_a_broken_quote_names_its_row() -> None:
    rule, message = refusal(b'Name\r\nchurn\r\n"fra"ud\r\n')
    assert (rule, message[:6]) == ("csv", "Row 3 ")


def test_too_much_is_not_read() -> None:
    assert refusal(b"x" * 10_000_001)[0] == "size"
    assert refusal(b"Name\n" + b"a\n" * 20_001)[0] == "rows"
    assert refusal(b"," * LIMIT_COLUMNS)[0] == "columns"
    assert refusal(as_workbook([[""] * LIMIT_COLUMNS + ["x"]]))[0] == "columns"
    assert refusal(b"")[0] == "empty"
    assert refusal(b"\r\n ,\t\r\n")[0] == "empty"


def test_a_workbook_that_unpacks_to_too_much_is_not_unpacked() -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 60_000_001)
    assert len(bomb.getvalue()) < 100_000
    assert refusal(bomb.getvalue())[0] == "unpacked"


LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(
        f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefghij", "bcdefghijk", strict=True)
    )
    + "]>"
)


def test_entities_are_not_multiplied() -> None:
    part, out = "xl/worksheets/sheet1.xml", io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(WORKBOOK)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            body = old.read(name).decode()
            if name == part:
                body = LAUGHS + body.replace("</t>", "&k;</t>")
            new.writestr(name, body)
    assert refusal(out.getvalue())[0] == "workbook"


def test_one_row_at_the_end_of_the_sheet_costs_nothing() -> None:
    book, file = Workbook(), io.BytesIO()
    book.active["A1"], book.active["A1048576"] = "Name", "churn"
    book.save(file)
    (line,) = read_table(file.getvalue()).lines
    assert (line.number, line.cells) == (1_048_576, ("churn",))


def test_formulas_and_errors_are_named_and_numbers_and_dates_are_texts() -> None:
    book, file = Workbook(), io.BytesIO()
    book.active.append(["=A2", "#REF!", 3, 2.5, True, None, "x"])
    book.save(file)
    head = read_table(file.getvalue()).head
    assert head.wrong == {0: "formula", 1: "error_value"}
    assert head.cells == ("", "", "3", "2.5", "TRUE", "", "x")


def test_a_text_that_no_cell_holds_is_refused_whole() -> None:
    with pytest.raises(InvalidInput, match="Use CSV"):
        as_workbook([["x" * (LONGEST_CELL + 1)]])


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_separator_of_any_country_is_found(delimiter: str) -> None:
    data = f"Name{delimiter}Purpose\nchurn{delimiter}Calls; mails, and more\n".encode()
    (line,) = read_table(data).lines
    assert line.cells[0] == "churn"
