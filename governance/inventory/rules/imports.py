"""What an import would do, row by row, and what stands against it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from enum import StrEnum
from functools import cached_property

from governance.core.canonical import sha256_hex
from governance.core.errors import InvalidInput, Problem, WrongState, invalid
from governance.core.wording import counted

JOB = "import_models"
STEPS = (
    "Reading the file and judging every row again",
    "Writing every row, in one transaction",
)
FEW_ROWS = 100
"""A file of so many rows is imported while its sender waits; one of more becomes a job."""


class Verdict(StrEnum):
    """What becomes of a row."""

    CREATED = "CREATED"
    CHANGED = "CHANGED"
    UNCHANGED = "UNCHANGED"
    WRONG = "WRONG"


class ImportChanged(WrongState):
    """The file or the inventory is not what the dry run showed."""

    code = "import_changed"


@dataclass(frozen=True)
class Change:
    """What one cell would set, as the texts of both cells."""

    column: str
    before: str
    after: str


@dataclass(frozen=True)
class RowProblem:
    """What is wrong in a row; `column` is the heading, empty where it is the row as a whole."""

    row: int
    column: str
    rule: str
    message: str

    def __str__(self) -> str:
        place = f"row {self.row}, {self.column}" if self.column else f"row {self.row}"
        return f"{place}: {self.message} [{self.rule}]"


@dataclass(frozen=True, kw_only=True)
class PlannedRow:
    """One row of the file, by the number that a spreadsheet gives it."""

    number: int
    name: str
    verdict: Verdict
    changes: tuple[Change, ...] = ()
    problems: tuple[RowProblem, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What the file would do to the inventory as it stands."""

    file: str
    rows: Sequence[PlannedRow]

    @cached_property
    def problems(self) -> list[RowProblem]:
        return [problem for row in self.rows for problem in row.problems]

    @cached_property
    def moving(self) -> list[PlannedRow]:
        """The rows that would be written."""
        return [row for row in self.rows if row.verdict in {Verdict.CREATED, Verdict.CHANGED}]

    @cached_property
    def counts(self) -> dict[Verdict, int]:
        found = Counter(row.verdict for row in self.rows)
        return {verdict: found[verdict] for verdict in Verdict}

    @cached_property
    def digest(self) -> str:
        """What was shown: the file, and everything it would change, from what to what."""
        shown = [
            [row.number, row.name, row.verdict, *map(astuple, row.changes)] for row in self.rows
        ]
        return sha256_hex(json.dumps([self.file, shown]).encode())

    @property
    def summary(self) -> str:
        """`12 new, 3 changed, 200 unchanged, 0 wrong`."""
        return ", ".join(f"{n:,} {verdict.lower()}" for verdict, n in self.counts.items())


def refused_rows(problems: Sequence[RowProblem]) -> InvalidInput:
    """Return the refusal of a file, with every problem of every row."""
    rows = len({problem.row for problem in problems})
    return InvalidInput(
        *(Problem(field=f"row {p.row} {p.column}".strip(), rule=p.rule, message=p.message)
          for p in problems),
        message=f"Nothing was imported: {counted(rows, 'row')} of the file cannot be.",
    )  # fmt: skip


def heading_problems(headings: Sequence[str], known: Sequence[str | None]) -> Iterator[Problem]:
    """Check the first row: `known` is the key of the column that each heading names, if any."""
    for place, (heading, key) in enumerate(zip(headings, known, strict=True), start=1):
        words = heading.strip()
        if key is None and words:
            message = f"There is no column {words!r} (column {place})."
            yield Problem(field="file", rule="unknown_column", message=message)
        elif key is not None and key in known[: place - 1]:
            message = f"The column {words!r} is there twice (column {place})."
            yield Problem(field="file", rule="double_column", message=message)
    if "name" not in known:
        message = "The first row has no column “Name”, which says which model a row is of."
        yield Problem(field="file", rule="missing_column", message=message)


def nothing_to_import() -> InvalidInput:
    return invalid("file", "empty", "The file has headings and no rows below them.")
