"""The inventory list as CSV: its rows and columns as they are filtered, all pages of them.

Only what the list shows. A full export, which can be read back in, is another thing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from governance.evidence.queries.past import PastStanding
from governance.portal.pages.standing import Standing


def tier_of(tier: int | None) -> str:
    return f"Tier {tier}" if tier else ""


def stage_of(row: Standing | PastStanding) -> str:
    return row.stage.capitalize() if row.newest else "No version"


def live_in(row: Standing | PastStanding) -> str:
    places = (
        f"v{place.version.number} {f'{place.share} % ' if place.share else ''}{place.slot.name}"
        for place in row.live
    )
    return "; ".join(places)


def due_of(row: Standing | PastStanding) -> tuple[str, str]:
    found = row.next_due
    return (found.due_date.isoformat(), found.label) if found else ("", "")


Columns = Mapping[str, Callable[[Any], Any]]
COLUMNS: Columns = {
    "Model": lambda row: row.model.name,
    "Purpose": lambda row: row.model.purpose,
    "Record lacks": lambda row: ", ".join(row.model.gaps),
    "Tier": lambda row: tier_of(row.model.tier),
    "EU AI Act class": lambda row: row.model.get_ai_act_class_display(),
    "Live in": live_in,
    "Stage": stage_of,
    "Card %": lambda row: row.card.percent if row.card else "",
    "Card published": lambda row: "yes" if row.card and row.card.revision else "no",
    "High findings": lambda row: row.severities["high"],
    "Medium findings": lambda row: row.severities["medium"],
    "Low findings": lambda row: row.severities["low"],
    "Owner": lambda row: row.model.owner.name if row.model.owner else "",
    "Unit": lambda row: row.model.unit.name,
    "Next due": lambda row: due_of(row)[0],
    "Due finding": lambda row: due_of(row)[1],
}

PAST_COLUMNS: Columns = {
    "Model": lambda row: row.name,
    "Purpose": lambda row: row.purpose,
    "Tier": lambda row: tier_of(row.tier),
    "EU AI Act class": lambda row: row.ai_act_label,
    "Live in": live_in,
    "Stage": stage_of,
    "High findings": COLUMNS["High findings"],
    "Medium findings": COLUMNS["Medium findings"],
    "Low findings": COLUMNS["Low findings"],
    "Owner": lambda row: row.owner.name if row.owner else "",
    "Unit": COLUMNS["Unit"],
    "Next due": COLUMNS["Next due"],
    "Due finding": COLUMNS["Due finding"],
}


def csv_rows(rows: Iterable[Any], columns: Columns) -> Iterator[Sequence[str]]:
    """Yield the head of the file, and then a row for each model."""
    yield list(columns)
    for row in rows:
        yield [str(column(row)) for column in columns.values()]
