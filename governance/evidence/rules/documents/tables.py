"""Tables of records, alike in every document."""

from __future__ import annotations

from collections.abc import Iterable

from governance.core.wording import day, number
from governance.evidence.rules.documents.blocks import Cell, Table
from governance.evidence.rules.documents.material import (
    Change,
    DataFacts,
    FindingFacts,
    Watching,
)


def changes_table(rows: Iterable[Change], caption: str) -> Table:
    return Table(
        caption=caption,
        columns=("What", "When", "Who"),
        rows=tuple(
            (
                Cell(text=one.what, note=one.detail),
                Cell(text=day(one.at)),
                Cell(text=one.who or "n/a"),
            )
            for one in rows
        ),
    )


def watching_table(rows: Iterable[Watching]) -> Table:
    return Table(
        caption="What was watched",
        columns=("What", "When", "Outcome"),
        rows=tuple(
            (Cell(text=one.what), Cell(text=day(one.at)), Cell(text=one.outcome, tone=one.tone))
            for one in rows
        ),
    )


def findings_table(rows: Iterable[FindingFacts]) -> Table:
    return Table(
        caption="Findings",
        columns=("Finding", "Severity", "What must happen", "Owner and due date", "State"),
        rows=tuple(
            (
                Cell(text=f"{one.label} {one.title}", note=one.description),
                Cell(text=one.severity),
                Cell(text=one.remediation or "Not said"),
                Cell(text=one.owner or "Nobody", note=f"due {day(one.due_date)}"),
                Cell(text=f"Closed {day(one.closed_at)}", tone="ok")
                if one.closed_at
                else Cell(text="Open", tone="warn"),
            )
            for one in rows
        ),
    )


def data_table(rows: Iterable[DataFacts]) -> Table:
    return Table(
        caption="Data of the version",
        columns=("Data set", "Used for", "Rows", "Period", "State", "Who said so"),
        numbers=(2,),
        rows=tuple(
            (
                Cell(text=one.name, note=one.revision),
                Cell(text=one.purpose),
                Cell(text=number(one.rows)),
                Cell(text=one.period or "n/a"),
                Cell(text=one.digest or "Not known"),
                Cell(text=one.origin),
            )
            for one in rows
        ),
    )
