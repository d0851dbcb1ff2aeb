"""A sample in the evidence of a pack: its two documents, and what is printed of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from governance.core.wording import counted
from governance.evidence.rules.parts import Section
from governance.evidence.rules.populations.lists import ENTRY, REF, Row
from governance.evidence.rules.populations.sampling import Allotment, Method
from governance.evidence.rules.reading import Evidence

POPULATION_MEMBER, SAMPLE_MEMBER = "population", "sample"
PRINTED = (
    "at",
    "model",
    "version",
    "severity",
    "opinion",
    "move",
    "change",
    "role",
    "person",
    "by",
)
"""The columns that fit on a page, of those that the kind has; the evidence holds all."""


@dataclass(frozen=True, kw_only=True)
class Sampled:
    """What a chapter says of a sample. Cells are text; people are called by their names."""

    section: Section
    population: Mapping[str, Any]
    sample: Mapping[str, Any]
    method: str
    extracted_by: str
    drawn_by: str
    differences: int
    strata: Sequence[Allotment]
    columns: Sequence[str]
    rows: Sequence[tuple[Sequence[str], str]]


def sampled(evidence: Evidence) -> Sampled | None:
    """Return what is printed of the sample that the evidence is of, if it is of one."""
    population = evidence.document.get(POPULATION_MEMBER)
    sample = evidence.document.get(SAMPLE_MEMBER)
    if population is None or sample is None:
        return None
    held = {row[REF]: row for row in population["rows"]}
    rows = [held[one["ref"]] for one in sample["chosen"]]
    columns = [name for name in PRINTED if name in population["source"]["columns"]]
    control = population["control"]
    return Sampled(
        section=Section(
            name="sample",
            anchor="sample",
            number="S",
            title="Population and sample",
            detail=f"{counted(len(rows), 'row')} of {population['count']}",
        ),
        population=population,
        sample=sample,
        method=str(Method(sample["method"]).label),
        extracted_by=evidence.name(population["extraction"]["by"]),
        drawn_by=evidence.name(sample["drawn_by"]),
        differences=sum(len(control[name]) for name in ("gone", "untold", "altered")),
        strata=[Allotment(**part) for part in sample["strata"]],
        columns=[name.replace("_", " ").capitalize() for name in columns],
        rows=[([_said(row, name, evidence) for name in columns], row[ENTRY]) for row in rows],
    )


def _said(row: Row, name: str, evidence: Evidence) -> str:
    value = row[name]
    if name == "at":
        return value[:10]
    return evidence.name(value) if value.startswith(("user:", "service:")) else value
