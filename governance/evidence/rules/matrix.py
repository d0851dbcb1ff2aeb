"""Requirements and the evidence of them, as a pack holds and prints them.

The member `coverage` of the evidence is derived: worked out from the records when the pack was
built, by the rules of that day. It proves nothing by itself, and says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from governance.evidence.rules.coverage import CoverageState, Covered, EvidenceItem
from governance.evidence.rules.reading import Evidence

MEMBER = "coverage"
DERIVED = (
    "Worked out from the records in this file and the files of the frameworks, when it was built. "
    "It says which requirement has which evidence, not that a requirement is met."
)
MOST_ITEMS = 3
"""So many are printed with one requirement; the rest is counted."""

TONES: Mapping[CoverageState, tuple[str, str]] = {
    CoverageState.COMPLETE: ("ok", "✓"),
    CoverageState.PARTIAL: ("warn", "–"),
    CoverageState.NONE: ("bad", "✕"),
    CoverageState.NOT_APPLICABLE: ("na", "·"),
    CoverageState.UNKNOWN: ("warn", "?"),
}
CHAPTERS: Mapping[str, str] = {
    "artifact": "versions",
    "card": "card",
    "card-withdrawal": "card",
    "condition": "signoffs",
    "deployment_report": "versions",
    "dossier": "decisions",
    "evaluation": "decisions",
    "finding": "validation",
    "lapse": "exceptions",
    "model": "summary",
    "override": "exceptions",
    "report": "validation",
    "request": "decisions",
    "sign_off": "signoffs",
    "slot_assignment": "versions",
    "stage_change": "versions",
    "version": "versions",
    "version_input": "versions",
    "waiver": "exceptions",
}
"""The chapter in which a record is printed, by its kind; what is not named stands in the ledger."""
ELSEWHERE = "ledger"


def coverage_member(
    found: Mapping[str, Sequence[Covered]], *, names: Mapping[str, str]
) -> dict[str, Any]:
    """Return the member of the evidence: by the reference of the model what each framework asks.

    `names` are those of the frameworks.
    """
    asked = {one.requirement.key: one.requirement for rows in found.values() for one in rows}
    editions = list(dict.fromkeys((key[0], key[1]) for key in asked))
    return {
        "derived": DERIVED,
        "frameworks": [
            {
                "id": framework,
                "version": version,
                "name": names.get(framework, framework),
                "requirements": [
                    {
                        "id": one.id,
                        "citation": one.citation,
                        "title": one.title,
                        "group": one.group,
                    }
                    for key, one in asked.items()
                    if key[:2] == (framework, version)
                ],
            }
            for framework, version in editions
        ],
        "models": {ref: [_covered(one) for one in rows] for ref, rows in found.items()},
    }


def _covered(one: Covered) -> dict[str, Any]:
    asked = one.requirement
    return {
        "framework": asked.framework,
        "version": asked.version,
        "id": asked.id,
        "state": one.state.value,
        "because": one.because,
        "items": [_item(item) for item in one.items],
        "missing": list(one.missing),
    }


def _item(item: EvidenceItem) -> dict[str, Any]:
    return {
        "kind": item.kind,
        "ref": item.ref,
        "label": item.label,
        "day": item.day.isoformat(),
        "stale": item.stale,
    }


@dataclass(frozen=True, kw_only=True)
class ItemRow:
    label: str
    day: date
    stale: bool
    chapter: str


@dataclass(frozen=True, kw_only=True)
class RequirementRow:
    """One requirement for one model. `group` is there where a new one begins."""

    id: str
    citation: str
    title: str
    group: str
    state: CoverageState
    because: str
    items: Sequence[ItemRow]
    more: int
    missing: Sequence[str]

    @property
    def tone(self) -> str:
        return TONES[self.state][0]

    @property
    def mark(self) -> str:
        return TONES[self.state][1]


@dataclass(frozen=True, kw_only=True)
class Alike:
    """Requirements of which one sentence says all that there is."""

    state: CoverageState
    because: str
    citations: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class FrameworkRows:
    """What one version of a framework asks of one model, and what there is."""

    id: str
    name: str
    version: str
    rows: Sequence[RequirementRow]
    alike: Sequence[Alike]
    counts: Mapping[CoverageState, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    def count(self, state: str) -> int:
        return self.counts.get(CoverageState(state), 0)


def matrix(evidence: Evidence) -> list[FrameworkRows]:
    """Return what each chosen framework asks of the model of this evidence; nothing if none is."""
    held = evidence.document.get(MEMBER)
    if not held:
        return []
    rows = held["models"].get(evidence.about.get("model", ""), [])
    return [found for one in held["frameworks"] if (found := _framework(one, rows)) is not None]


def _framework(
    framework: Mapping[str, Any], rows: Iterable[Mapping[str, Any]]
) -> FrameworkRows | None:
    edition = (framework["id"], framework["version"])
    own = {row["id"]: row for row in rows if (row["framework"], row["version"]) == edition}
    if not own:
        return None
    asked = [one for one in framework["requirements"] if one["id"] in own]
    return FrameworkRows(
        id=framework["id"],
        name=framework["name"],
        version=framework["version"],
        rows=list(_rows(asked, own)),
        alike=_alike(asked, own),
        counts=Counter(CoverageState(row["state"]) for row in own.values()),
    )


def _rows(
    asked: Iterable[Mapping[str, str]], own: Mapping[str, Mapping[str, Any]]
) -> Iterator[RequirementRow]:
    group = ""
    for one in asked:
        row = own[one["id"]]
        state = CoverageState(row["state"])
        if _says_all(row):
            continue
        items = [_item_row(item) for item in row["items"]]
        yield RequirementRow(
            id=one["id"],
            citation=one["citation"],
            title=one["title"],
            group=one["group"] if one["group"] != group else "",
            state=state,
            because=row["because"],
            items=items[:MOST_ITEMS],
            more=max(len(items) - MOST_ITEMS, 0),
            missing=row["missing"],
        )
        group = one["group"]


def _item_row(item: Mapping[str, Any]) -> ItemRow:
    return ItemRow(
        label=item["label"],
        day=date.fromisoformat(item["day"]),
        stale=item["stale"],
        chapter=CHAPTERS.get(item["ref"].partition(":")[0], ELSEWHERE),
    )


def _says_all(row: Mapping[str, Any]) -> bool:
    """Tell whether the reason is all: it does not apply, or nobody knows whether it does."""
    state = CoverageState(row["state"])
    if state == CoverageState.NOT_APPLICABLE:
        return True
    return state == CoverageState.UNKNOWN and not row["items"]


def _alike(asked: Iterable[Mapping[str, str]], own: Mapping[str, Mapping[str, Any]]) -> list[Alike]:
    """By state and reason, in the order in which they first come up."""
    found: dict[tuple[str, str], list[str]] = {}
    for one in asked:
        row = own[one["id"]]
        if _says_all(row):
            found.setdefault((row["state"], row["because"]), []).append(one["id"])
    return [
        Alike(state=CoverageState(state), because=because, citations=named)
        for (state, because), named in found.items()
    ]
