"""The cover of a pack, its contents, and the streams of an audit trail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from governance.core.wording import as_date, capitalized, counted, joined
from governance.evidence.rules.matrix import MEMBER, FrameworkRows
from governance.evidence.rules.parts import Part, Section
from governance.evidence.rules.reading import Evidence
from governance.evidence.rules.scopes import STREAMS, PackScope, ScopeKind, scope_from
from governance.evidence.rules.trail import IN_A_TABLE, MOST_PRINTED, EntryRow, entry_rows

SUBTITLES = {
    ScopeKind.MODEL: "Who registered, measured, validated, signed and changed it, and when.",
    ScopeKind.VERSION: "Who registered, measured, validated and signed this version, and when.",
    ScopeKind.DECISION: "Who asked, what was found, who signed what, and what came of it.",
    ScopeKind.PORTFOLIO: "Who registered, measured, validated, signed and changed them, and when.",
    ScopeKind.TRAIL: "What was done, by whom and when, entry by entry.",
    ScopeKind.SAMPLE: "What was drawn from the population, and the evidence of it.",
    ScopeKind.AS_OF: "What was on record on that day, as it was shown then.",
}


@dataclass(frozen=True, kw_only=True)
class Cover:
    title: str
    subtitle: str
    lead: str
    lines: Sequence[tuple[str, str]]
    period: str


@dataclass(frozen=True, kw_only=True)
class Trail:
    """One stream of an audit trail, as far as it is printed; `count` is of the whole period."""

    section: Section
    stream: str
    count: int
    first: int
    last: int
    entries: Sequence[EntryRow]

    @property
    def is_long(self) -> bool:
        """Whether the entries stand in a list on pages of their own."""
        return len(self.entries) > IN_A_TABLE


@dataclass(frozen=True, kw_only=True)
class Compared:
    """One framework, model by model."""

    name: str
    version: str
    rows: Sequence[tuple[Part, FrameworkRows]]


def scope_of(evidence: Evidence) -> PackScope:
    """Return what the evidence says that it is of; where it says nothing, its models."""
    held = evidence.document["about"].get("scope", {})
    if "title" in held:
        return scope_from(held)
    models = [one for one in evidence.document["streams"] if "model" in one]
    return PackScope(
        kind=ScopeKind.MODEL if len(models) == 1 else ScopeKind.PORTFOLIO,
        title=joined([one["name"] for one in models]),
        models=tuple(one["model"] for one in models),
    )


def cover(evidence: Evidence, scope: PackScope, parts: Sequence[Part]) -> Cover:
    return Cover(
        title=scope.title,
        subtitle=SUBTITLES[scope.kind],
        lead=f"{scope.sentence}.",
        lines=_lines(evidence, scope, parts),
        period=scope.period,
    )


def _lines(evidence: Evidence, scope: PackScope, parts: Sequence[Part]) -> list[tuple[str, str]]:
    found = _lines_of_one(parts[0]) if len(parts) == 1 else []
    if len(parts) > 1:
        found = [("Models", f"{counted(len(parts), 'model')}: {scope.chosen or scope.title}")]
    if scope.period:
        found.append(("Period", capitalized(scope.period)))
    found.append(("Records", _records(evidence, scope)))
    if names := _frameworks(evidence):
        found.append(("Read against", joined(names)))
    return found


def _lines_of_one(part: Part) -> list[tuple[str, str]]:
    said = part.overview
    owner = f"{said.owner or 'None'}, {said.unit}" if said.unit else said.owner or "None"
    return [
        ("Position", said.verdict),
        ("Risk tier", said.tier or "Not set"),
        ("Owner", owner),
    ]


def _records(evidence: Evidence, scope: PackScope) -> str:
    count = sum(stream["entries"] for stream in evidence.document["streams"])
    said = counted(count, "ledger entry", "ledger entries")
    if scope.kind == ScopeKind.TRAIL or not scope.models:
        return f"{said}, with those beside the period"
    return f"{said}, from the first on"


def _frameworks(evidence: Evidence) -> list[str]:
    held = evidence.document.get(MEMBER)
    return list(dict.fromkeys(one["name"] for one in held["frameworks"])) if held else []


def compared(parts: Sequence[Part]) -> list[Compared]:
    """Return each framework with the models that it is read against, where there are several."""
    if len(parts) < 2:
        return []
    found: dict[tuple[str, str], list[tuple[Part, FrameworkRows]]] = {}
    for part in parts:
        for one in part.matrix:
            found.setdefault((one.name, one.version), []).append((part, one))
    return [
        Compared(name=name, version=version, rows=rows) for (name, version), rows in found.items()
    ]


def trails(evidence: Evidence, scope: PackScope) -> list[Trail]:
    """Return the streams of an audit trail, each as one chapter; of another pack, none."""
    if scope.kind != ScopeKind.TRAIL and scope.models:
        return []
    views = {view.about["stream"]: view for view in evidence.of_streams()}
    return [
        _trail(name, views.get(name), scope, place)
        for place, name in enumerate((*scope.models, *scope.streams), start=1)
    ]


def _trail(stream: str, view: Evidence | None, scope: PackScope, place: int) -> Trail:
    """Without a view nothing was entered there in the period."""
    rows = [row for row in entry_rows(view) if scope.covers(as_date(row.at))] if view else []
    return Trail(
        section=Section(
            name="trail",
            anchor=f"t{place}-trail",
            number=str(place),
            title=capitalized(STREAMS[stream]) if stream in STREAMS else scope.title,
            detail=counted(len(rows), "entry", "entries"),
        ),
        stream=stream,
        count=len(rows),
        first=rows[0].seq if rows else 0,
        last=rows[-1].seq if rows else 0,
        entries=rows[-MOST_PRINTED:],
    )


def table_of_contents(
    parts: Sequence[Part], streams: Sequence[Trail], *, first: Sequence[Section] = ()
) -> list[Section]:
    """Return what the page of contents lists, the chapter on verification last."""
    several = [
        Section(
            name="portfolio",
            anchor="portfolio",
            number="",
            title="Overview",
            detail=counted(len(parts), "model"),
        )
    ]
    return [
        *first,
        *(several if len(parts) > 1 else []),
        *(section for part in parts for section in part.sections),
        *(trail.section for trail in streams),
        Section(
            name="verify",
            anchor="verify",
            number="A",
            title="How to verify this document",
            detail="and what it proves",
        ),
    ]
