"""Where a version comes from, in words: what the drawing shows and what it has no room for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from governance.core.wording import counted, day, shortened
from governance.portal import links
from governance.registry.models import LineageFact, LineageMatch, VersionInput, VersionParent
from governance.registry.queries.lineage import LineageGraph, Link, Walk, is_reported
from governance.registry.rules import DataPurpose, LineageFactKind, ParentRelation

LONGEST = 20


@dataclass(frozen=True, kw_only=True)
class Item:
    """One fact. `note` says that it was reported beside the registration, and when."""

    text: str
    href: str = ""
    detail: str = ""
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Group:
    heading: str
    items: Sequence[Item]


def groups_of(graph: LineageGraph, uses: Iterable[tuple[str, str]]) -> list[Group]:
    """Return all that is known, group by group; an empty group is left out."""
    run = [Item(text=graph.version.run_id)] if graph.version.run_id else []
    groups = (
        ("Data", [input_item(row) for row in trained_first(graph.inputs)]),
        ("Run", run),
        ("Comes from", list(step_items(graph.ancestors, up=True))),
        ("Made with", [fact_item(row) for row in graph.facts]),
        ("Led to", [Item(text=text, href=href) for text, href in uses]),
        ("Versions made from it", list(step_items(graph.descendants, up=False))),
        ("OpenLineage events", [event_item(match) for match in graph.events]),
    )
    return [Group(heading=heading, items=items) for heading, items in groups if items]


def trained_first(inputs: Iterable[VersionInput]) -> list[VersionInput]:
    return sorted(inputs, key=lambda row: row.purpose != DataPurpose.TRAINING)


def tail(name: str) -> str:
    """The end of a path, which tells more than its beginning; any other name as it is."""
    if len(name) <= LONGEST or "/" not in name:
        return name
    return "…" + name[1 - LONGEST :]


def size_of(row: VersionInput) -> str:
    if row.rows is not None:
        return counted(row.rows, "row")
    if row.snapshot.revision:
        return f"version {row.snapshot.revision}"
    return shortened(row.snapshot.digest, 8) if row.snapshot.digest else "state not known"


def relation(row: VersionParent) -> str:
    return str(ParentRelation(row.relation).label)


def input_item(row: VersionInput) -> Item:
    snapshot = row.snapshot
    period = (row.period_start, row.period_end)
    said = (
        DataPurpose(row.purpose).label,
        counted(row.rows, "row") if row.rows is not None else "",
        " to ".join(day(one) for one in period if one),
        f"version {snapshot.revision}" if snapshot.revision else "",
        "" if snapshot.digest else "nobody said which state of it was read",
    )
    return Item(
        text=snapshot.name or "Data set",
        href=links.snapshot(snapshot),
        detail=", ".join(filter(None, said)),
        note=note_of(row),
    )


def step_items(walk: Walk, *, up: bool) -> Iterator[Item]:
    for link in walk.links:
        far = link.parent if up else link.child
        yield Item(
            text=f"{far.model.name} version {far.number}",
            href=links.version(far),
            detail=step_detail(link, up=up),
            note=note_of(link.row),
        )


def step_detail(link: Link, *, up: bool) -> str:
    """How the step was taken; of a later step, from where."""
    near = link.child if up else link.parent
    said = relation(link.row).lower()
    if link.depth == 1:
        return f"this one is {said} it" if up else f"{said} this one"
    place = f"{near.model.name} version {near.number}"
    return f"{place} is {said} it" if up else f"{said} {place}"


def fact_item(row: LineageFact) -> Item:
    name = f" {row.name}" if row.name else ""
    return Item(
        text=f"{LineageFactKind(row.kind).label}{name}", detail=row.value, note=note_of(row)
    )


def event_item(match: LineageMatch) -> Item:
    event = match.event
    return Item(
        text=event.event_type.capitalize() or "Job",
        detail=f"{day(event.event_time)}, run {event.run_id or 'not named'}",
    )


def note_of(row: VersionInput | VersionParent | LineageFact) -> str:
    """Say what no digest binds, because it was reported and not stated at registration."""
    if not is_reported(row):
        return ""
    later = row.recorded_at > row.version.registered_at
    return f"reported {'later, ' if later else ''}{day(row.recorded_at)}"
