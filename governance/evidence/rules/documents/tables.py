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
        columns=("Data set", "Used for", "Rows", "Who said so"),
        numbers=(2,),
        rows=tuple(
            (
                Cell(text=one.name, note=_state(one)),
                Cell(text=one.purpose, note=one.period),
                Cell(text=number(one.rows)),
                Cell(text=one.origin),
            )
            for one in rows
        ),
    )


def _state(one: DataFacts) -> str:
    """Say which state of the data was read, as far as somebody said so."""
    known = [text for text in (one.digest, one.revision) if text]
    return ", ".join(known) or "in a state that nobody named"
