"""The dry run of an import: counts, every problem, and what each row would change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.core.paginator import Page, Paginator

from governance.core.diffs import Line, Piece, diff_value
from governance.inventory.rules.imports import (
    FEW_ROWS,
    Change,
    Plan,
    PlannedRow,
    RowProblem,
    Verdict,
)

ROWS_ON_A_PAGE = 50
PROBLEMS_SHOWN = 200
COMPARED = 2_000
"""As many characters as two texts have together whose words are compared."""
LOOKS = {
    Verdict.CREATED: ("ok", "plus", "New"),
    Verdict.CHANGED: ("warn", "edit", "Changed"),
    Verdict.UNCHANGED: ("mute", "check", "Unchanged"),
    Verdict.WRONG: ("bad", "cross", "Wrong"),
}
"""Tone, icon and word of each verdict."""


@dataclass(frozen=True, kw_only=True)
class Count:
    tone: str
    icon: str
    label: str
    number: int


@dataclass(frozen=True, kw_only=True)
class ShownRow:
    """One row that would be written: what each of its cells would set."""

    number: int
    name: str
    tone: str
    icon: str
    label: str
    lines: Sequence[Line]


@dataclass(frozen=True, kw_only=True)
class ImportPage:
    plan: Plan
    counts: Sequence[Count]
    problems: Sequence[RowProblem]
    page: Page[PlannedRow]

    @property
    def rows(self) -> list[ShownRow]:
        return [_shown(row) for row in self.page.object_list]

    @property
    def is_job(self) -> bool:
        """So much that it is done after the page has answered."""
        return len(self.plan.rows) > FEW_ROWS

    @property
    def title(self) -> str:
        if self.plan.problems:
            return "This file can’t be imported"
        return "What this file would change" if self.plan.moving else "This file changes nothing"


def import_page(plan: Plan, number: str | None) -> ImportPage:
    return ImportPage(
        plan=plan,
        counts=[_count(verdict, found) for verdict, found in plan.counts.items()],
        problems=plan.problems[:PROBLEMS_SHOWN],
        page=Paginator(plan.moving, ROWS_ON_A_PAGE).get_page(number),
    )


def _count(verdict: Verdict, found: int) -> Count:
    tone, icon, label = LOOKS[verdict]
    return Count(tone=tone if found else "mute", icon=icon, label=label, number=found)


def _shown(row: PlannedRow) -> ShownRow:
    tone, icon, label = LOOKS[row.verdict]
    lines = [line for change in row.changes for line in _lines(change)]
    return ShownRow(
        number=row.number, name=row.name, tone=tone, icon=icon, label=label, lines=lines
    )


def _lines(change: Change) -> list[Line]:
    if len(change.before) + len(change.after) <= COMPARED:
        return diff_value(change.column, change.before, change.after)
    # Nothing on the page is cut; only which words differ is no longer looked for.
    texts = (("del", change.before), ("ins", change.after))
    return [Line(kind, [Piece(f"{change.column}: {text}")]) for kind, text in texts if text]


def problem_rows(plan: Plan) -> Iterator[list[str]]:
    """Yield the headings and every problem, as rows of a file."""
    yield ["Row", "Column", "Rule", "What is wrong"]
    for one in plan.problems:
        yield [str(one.row), one.column, one.rule, one.message]
